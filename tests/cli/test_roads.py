"""`exigible roads`, as other programs and people read it."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exigible.cli.main import run
from exigible.domain.roads.facts import CHOICES, MEANINGS
from tests.campaign import rounds

CASE: dict[str, Any] = {
    "ref": "F-2026-118",
    "on": "2026-11-22",
    "amount": "8200.00",
    "nature": "commercial",
    "origin": "contract",
    "instrument": "none",
    "invoiced": True,
    "liquid": True,
    "due_on": "2026-06-30",
    "contested": "none",
    "creditor_trader": True,
    "debtor_kind": "professional",
    "debtor_trader": True,
    "debtor_city": "Bordeaux",
    "debtor_postcode": "33000",
    "title": "none",
    "insolvency": "none",
    "documents": ["contract", "invoices", "delivery_proof", "statement"],
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EXIGIBLE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def ask(tmp_path: Path, capsys: pytest.CaptureFixture[str], case: object, code: int = 0) -> Any:
    file = tmp_path / "case.json"
    file.write_text(json.dumps(case))
    assert run(["roads", str(file), "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_the_contract(tmp_path: Path, capsys: pytest.CaptureFixture[str], home: Path):
    answer = ask(tmp_path, capsys, CASE)
    roads = {one["id"]: one for one in answer["roads"]}
    order = roads["injonction_de_payer"]
    assert answer["on"] == "2026-11-22"
    assert order["state"] == "open"
    assert order["court"]["name"] == "Tribunal de commerce de Bordeaux"
    assert order["court"]["lawyer"] is False
    assert [one["any_of"] for one in order["missing_documents"]] == [
        ["document_list"],
        ["identity"],
    ]
    assert order["time"]["expected"] is None
    assert {one["id"]: one["length"] for one in order["time"]["waits"]}["IP_EXEC_2M"] == "deux mois"
    assert all("source" in line for line in order["costs"]["lines"])
    assert order["costs"]["complete"] is False
    small = roads["petites_creances"]
    assert small["state"] == "barred"
    assert small["deciding"][0]["source"] == "CPCE art. R. 125-1"
    assert small["deciding"][0]["facts"][0] == {
        "fact": "amount",
        "label": "montant demandé, principal et intérêts",
        "value": "8200.00",
    }
    commercial = roads["creances_commerciales_L126"]
    assert commercial["state"] == "conditional"
    assert [one["fact"] for one in commercial["missing_facts"]] == ["l126_decree_checked"]
    assert commercial["verified"] is False
    assert answer["value"]["road"] == "injonction_de_payer"
    assert any("échéance" in text for text in answer["warnings"])
    assert not home.exists()  # a calculator leaves nothing behind


def test_the_value_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assumed = {
        "road": "assignation_au_fond",
        "win": "90.00",
        "collect": "50.00",
        "costs": "600.00",
        "recoverable_costs": "200.00",
        "settlement_share": "60.00",
        "settlement_paid": "70.00",
        "vat": "1366.67",
        "vat_recovered": True,
    }
    value = ask(tmp_path, capsys, {**CASE, "value": assumed})["value"]
    # Acting: 8 200 × 45 % = 3 690 ; − 600 ; 200 × 45 % = 90 ; 1 366,67 × 55 % = 751,67 (751,6685).
    # Settling: 8 200 × 42 % = 3 444. Writing off: 1 366,67.
    assert {one["choice"]: one["value"] for one in value["choices"]} == {
        "act": "3931.67",
        "settle": "3444.00",
        "write_off": "1366.67",
    }
    assert value["best"] == "act"
    assert {one["name"] for one in value["assumptions"] if one["given"]} == set(assumed) - {"road"}
    assert value["warnings"] == []


def test_costs_that_are_not_known_are_not_passed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    value = ask(tmp_path, capsys, CASE)["value"]
    assert any("inconnus" in text for text in value["warnings"])


def test_a_title_in_hand_leaves_nothing_to_win(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    held = {"title": "judgment", "title_on": "2026-02-02", "title_enforceable": True}
    value = ask(tmp_path, capsys, {**CASE, **held})["value"]
    assert value["road"] == "saisie_attribution"
    assert {one["name"]: one["value"] for one in value["assumptions"]}["win"] == "100.00"


def test_a_barred_road_has_no_value(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    error = ask(tmp_path, capsys, {**CASE, "value": {"road": "petites_creances"}}, code=1)["error"]
    assert error["field"] == "value.road"
    assert error["article"] == "CPCE art. R. 125-1"


def test_without_an_amount_nothing_is_valued(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert ask(tmp_path, capsys, {"on": "2026-11-22"})["value"] is None


def test_an_array_is_answered_in_its_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    answers = ask(tmp_path, capsys, [CASE, {"amount": "x"}, 3, {**CASE, "debtor_country": "DE"}])
    assert "roads" in answers[0]
    assert [one["error"]["field"] for one in answers[1:]] == [
        "amount",
        "(racine)",
        "debtor_country",
    ]


def test_assumptions_that_make_no_sense_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    for assumed, field in (
        ({"costs": "-3"}, "value.costs"),
        ({"delay_days": -1}, "value.delay_days"),
        ({"vat": "8200.00"}, "value.vat"),
        ({"costs": "1", "recoverable_costs": "2"}, "value.recoverable_costs"),
    ):
        error = ask(tmp_path, capsys, {**CASE, "value": assumed}, code=1)["error"]
        assert error["field"] == field
        assert error["message"].startswith(field)


def test_people_read_it_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "case.json"
    file.write_text(json.dumps(CASE))
    assert run(["roads", str(file)]) == 0
    shown = capsys.readouterr().out
    assert shown.index("Voies ouvertes") < shown.index("Voies sous condition")
    assert shown.index("Voies sous condition") < shown.index("Voies fermées")
    assert "Condition non remplie : Le principal et les intérêts ne dépassent pas" in shown
    assert "hypothèses, non du droit" in shown


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.dates().map(str),
    st.lists(st.text(max_size=3), max_size=2),
    st.dictionaries(st.text(max_size=4), st.integers(), max_size=2),
    st.sampled_from([kind.value for kinds in CHOICES.values() for kind in kinds]),
)
NAMES = st.sampled_from([*MEANINGS, "on", "value", "x"])


@settings(
    max_examples=rounds(70, 4_000),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(changes=st.dictionaries(NAMES, VALUES, max_size=4), whole=st.booleans())
def test_whatever_is_asked_gets_an_answer_or_a_refusal(
    changes: dict[str, Any],
    whole: bool,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    document = json.dumps({**(CASE if whole else {}), **changes}).encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(document)))
    code = run(["roads", "-", "--json"])
    shown = capsys.readouterr()
    answer = json.loads(shown.out)
    assert "Traceback" not in shown.err
    if code:
        assert code == 1
        assert answer["error"]["message"]
    else:
        assert answer["roads"]
