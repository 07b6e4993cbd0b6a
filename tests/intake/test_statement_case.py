"""The case of a statement, read from outside: each wrong field named, no contradiction accepted."""

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exigible.domain.case import (
    ClaimKind,
    NoticeDay,
    PaymentSource,
    PlanPenalties,
    Tariff,
    TitleKind,
)
from exigible.domain.refusals import OutsideKnownLaw, Refused, WrongInput
from exigible.domain.statement import statement, statement_answer
from exigible.domain.terms import MaximumTerm, TermMethod
from exigible.intake.statement_case import read_case
from exigible.intake.statement_events import READERS
from tests.campaign import rounds

AS_OF = date(2026, 3, 31)
ROOT = Path(__file__).parents[2]


def a_case(**changes: Any) -> dict[str, Any]:
    case: dict[str, Any] = {
        "creditor": {"name": "Créancier", "kind": "professional"},
        "debtor": {"name": "Débiteur", "kind": "professional"},
        "claims": [
            {
                "ref": "F-1",
                "kind": "invoice",
                "issued_on": "2025-01-10",
                "due_on": "2025-02-10",
                "principal": "1000.00",
                "fixed_indemnity": True,
            }
        ],
        "events": [],
    }
    return case | changes


def claim(**changes: Any) -> dict[str, Any]:
    case = a_case()
    case["claims"][0] |= changes
    return case


def event(**fields: Any) -> dict[str, Any]:
    return a_case(events=[fields])


LOAN = {"kind": "loan_instalment", "contract_on": "2024-01-01"}
CONSUMER = {"debtor": {"kind": "consumer"}}

WRONG: list[tuple[dict[str, Any], str]] = [
    # amounts
    (claim(principal="-1"), "claims[0].principal"),
    (claim(principal="0.00"), "claims[0].principal"),
    (claim(principal="1e308"), "claims[0].principal"),
    (claim(principal="100000000000000.00"), "claims[0].principal"),
    (claim(principal=12.5), "claims[0].principal"),
    (claim(principal="1000.001"), "claims[0].principal"),
    (claim(principal=True), "claims[0].principal"),
    (claim(net="900.00", vat="200.00"), "claims[0].net"),
    (claim(vat="1000.00"), "claims[0].vat"),
    (claim(vat="-1"), "claims[0].vat"),
    (claim(penalty_clause={"amount": "10", "judged": "-1"}), "claims[0].penalty_clause.judged"),
    # days
    (claim(due_on="2025-02-30"), "claims[0].due_on"),
    (claim(due_on="10/02/2025"), "claims[0].due_on"),
    (claim(due_on="1850-01-01"), "claims[0].due_on"),
    (claim(due_on="2025-01-01"), "claims[0].due_on"),
    (claim(contract_on="2025-03-01"), "claims[0].contract_on"),
    (claim(contract_months=-1), "claims[0].contract_months"),
    (claim(contract_months="12"), "claims[0].contract_months"),
    (a_case(as_of="2024-12-31"), "as_of"),
    (a_case(if_paid_on=["2026-03-30"]), "if_paid_on[0]"),
    (a_case(if_paid_on="2026-12-01"), "if_paid_on"),
    (a_case(if_paid_on=["demain"]), "if_paid_on[0]"),
    # terms
    (claim(due_on=None, payment_terms={"days": 400}), "claims[0].payment_terms.days"),
    (claim(due_on=None, issued_on=None, payment_terms={"days": 30}), "claims[0].issued_on"),
    (claim(payment_terms={"maximum": "net90"}), "claims[0].payment_terms.maximum"),
    (claim(payment_terms={"maximum": "transport30", "method": "x"}),
     "claims[0].payment_terms.method"),
    (claim(payment_terms={"maximum": "perishable30"}), "claims[0].payment_terms.from"),
    # credit
    (claim(credit={}), "claims[0].credit"),
    (claim(**LOAN | {"contract_on": None}, credit={}) | CONSUMER, "claims[0].contract_on"),
    (claim(**LOAN, credit={"capital": "10"}) | CONSUMER, "claims[0].credit.capital"),
    (claim(**LOAN, credit={"accelerated": True, "deferred": True}) | CONSUMER,
     "claims[0].credit.deferred"),
    # conventions
    (a_case(conventions={"day_count": "360"}), "conventions.day_count"),
    (a_case(conventions={"formal_notice": "read"}), "conventions.formal_notice"),
    (a_case(conventions={"insolvency": "never"}), "conventions.insolvency"),
    (a_case(conventions={"basis": "365"}), "conventions.basis"),
    (a_case(allocation_order="newest"), "allocation_order"),
    # contradictions between facts
    (event(type="payment", on="2025-01-09", amount="1"), "events[0].on"),
    (event(type="formal_notice", on="2025-01-09"), "events[0].on"),
    (event(type="formal_notice", on="2025-03-01", presented_on="2025-02-28"),
     "events[0].presented_on"),
    (event(type="judgment", on="2025-01-09"), "events[0].on"),
    (event(type="judgment", on="2025-06-01", served_on="2025-05-31"), "events[0].served_on"),
    (event(type="judgment", on="2025-06-01", final_on="2025-05-31"), "events[0].final_on"),
    (event(type="judgment", on="2025-06-01", kind="verdict"), "events[0].kind"),
    (event(type="capitalisation", requested_on="2025-01-09"), "events[0].requested_on"),
    (event(type="capitalisation", requested_on="2025-06-01", ground="?"), "events[0].ground"),
    (event(type="insolvency_opening", on="2025-06-01", withdrawn_on="2025-05-31"),
     "events[0].withdrawn_on"),
    (event(type="grace_period", **{"from": "2025-09-01", "to": "2025-08-31"}), "events[0].to"),
    (event(type="grace_period", **{"from": "2025-09-01", "to": "2025-09-30"},
           lapsed_on="2025-08-31"), "events[0].lapsed_on"),
    (event(type="payment_plan", **{"from": "2025-09-01", "to": "2025-09-30"}, penalties="halved"),
     "events[0].penalties"),
    (event(type="increase_relief", on="2025-06-01", points="6"), "events[0].points"),
    (event(type="assignment", on="2025-06-01", creditor_kind="bank"), "events[0].creditor_kind"),
    (event(type="payment", on="2025-06-01", amount="1", to="rent"), "events[0].to"),
    (event(type="payment", on="2025-06-01", amount="1", to=[]), "events[0].to"),
    (event(type="payment", on="2025-06-01", amount="1", to=["interest", "interest"]),
     "events[0].to[1]"),
    (event(type="payment_returned", on="2025-06-01", payment="P-9"), "events[0].payment"),
    (a_case(events=[
        {"type": "payment", "on": "2025-06-01", "amount": "1", "ref": "P"},
        {"type": "payment_returned", "on": "2025-05-31", "payment": "P"},
    ]), "events[1].on"),
    (event(type="cost", on="2025-06-01", amount="1", borne_by="nobody"), "events[0].borne_by"),
    (event(type="cost", on="2025-06-01", borne_by="debtor", tariff="A444-31"),
     "events[0].collected"),
    (event(type="cost", on="2025-06-01", borne_by="debtor", tariff="A444-31", amount="1",
           collected="1"), "events[0].amount"),
    (event(type="miracle"), "events[0].type"),
    (event(type=["payment"]), "events[0].type"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "field"), WRONG)
def test_the_wrong_field_is_named_with_what_was_expected(case: dict[str, Any], field: str):
    with pytest.raises(WrongInput) as refusal:
        read_case(case, AS_OF)
    assert refusal.value.field == field
    assert refusal.value.message.startswith(f"{field} : ")


def test_a_correcting_credit_note_and_a_seizure_name_their_claim_among_several():
    two = a_case()
    two["claims"].append(two["claims"][0] | {"ref": "F-2"})
    note = {"type": "credit_note", "on": "2025-03-01", "amount": "1", "effect": "from_invoice"}
    seized = {"type": "payment", "on": "2025-03-01", "amount": "1", "source": "seizure"}
    for one in (note, seized):
        with pytest.raises(WrongInput) as refusal:
            read_case(two | {"events": [one]}, AS_OF)
        assert refusal.value.field == "events[0].claim"


def test_a_term_of_the_contract_may_ask_for_capitalisation_before_the_invoice():
    asked = {"type": "capitalisation", "requested_on": "2024-06-01", "ground": "contract"}
    read_case(a_case(events=[asked]), AS_OF)


def test_a_day_before_the_first_known_rate_is_refused_by_its_name():
    old = claim(issued_on="2005-01-10", due_on="2005-02-10", fixed_indemnity=False)
    with pytest.raises(OutsideKnownLaw) as refusal:
        statement(*read_case(old, date(2006, 1, 1)))
    assert refusal.value.field == "taux_bce"


def test_the_guide_tells_every_fact_every_component_every_maximum():
    page = (ROOT / "docs" / "guide" / "calcul.md").read_text(encoding="utf-8")
    words = [*READERS, *(kind.value for kind in ClaimKind), *(term.value for term in MaximumTerm)]
    words += [method.value for method in TermMethod] + [tariff.value for tariff in Tariff]
    words += [kind.value for kind in (*TitleKind, *PaymentSource, *PlanPenalties, *NoticeDay)]
    assert not [word for word in words if f"`{word}`" not in page]


# ---- absurd inputs

FULL = a_case(
    conventions={"day_count": "actual", "formal_notice": "sent", "insolvency": "eve"},
    if_paid_on=["2026-05-01"],
    events=[
        {"type": "formal_notice", "on": "2025-03-01", "presented_on": "2025-03-03"},
        {"type": "payment", "on": "2025-04-01", "amount": "300.00", "claim": "F-1", "ref": "P"},
        {"type": "payment_returned", "on": "2025-04-10", "payment": "P"},
        {"type": "set_off", "claim": "F-1", "amount": "10.00", "other_due_on": "2025-05-01"},
        {"type": "credit_note", "on": "2025-04-02", "amount": "50.00", "effect": "from_invoice"},
        {"type": "judgment", "on": "2025-06-01", "served_on": "2025-06-15"},
        {"type": "increase_relief", "on": "2025-10-01", "points": "2"},
        {"type": "assignment", "on": "2025-10-01", "creditor_kind": "individual"},
        {"type": "capitalisation", "requested_on": "2025-06-01"},
        {"type": "insolvency_opening", "on": "2026-01-15", "withdrawn_on": "2026-02-15"},
        {"type": "grace_period", "from": "2025-09-01", "to": "2026-03-01", "rate": "4.00"},
        {"type": "payment_plan", "from": "2025-09-01", "to": "2026-03-01"},
        {"type": "overindebtedness", "from": "2025-09-01", "rate": "1.00"},
        {"type": "cost", "on": "2025-06-20", "amount": "66.30", "borne_by": "debtor"},
        {"type": "cost", "on": "2025-06-20", "tariff": "A444-31", "collected": "100.00",
         "borne_by": "debtor"},
    ],
)  # fmt: skip
ABSURD = [
    None, "", "0", "-1", "NaN", "1e999", "9" * 40, "2025-02-30", "0001-01-01", "9999-12-31",
    "2199-12-31", "F-1", "\x00", "é" * 3000, 0, -1, 10**30, 1.5, float("nan"), True, [], {},
    [[]], {"on": "2025-01-01"}, ["principal"], "principal", "consumer", "individual", "none",
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of everything in a JSON value, from the root down."""
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*path, index))


PLACES = [place for place in places(FULL) if place]


def changed(edits: list[tuple[tuple[Any, ...], Any]]) -> Any:
    """Return the full case with absurd values put at some places; a place gone is left alone."""
    case = deepcopy(FULL)
    for place, value in edits:
        holder: Any = case
        try:
            for key in place[:-1]:
                holder = holder[key]
            holder[place[-1]] = value
        except (TypeError, KeyError, IndexError):
            continue
    return case


def survive(edits: list[tuple[tuple[Any, ...], Any]]) -> None:
    case = changed(edits)
    try:
        read, day = read_case(case, AS_OF)
        found = statement(read, day)
    except Refused as refusal:
        assert refusal.message
        assert refusal.field
        return
    json.dumps(statement_answer(found))
    # What is owed is never silently nothing: it was paid, credited or set off.
    components = found.components
    owed = sum(one.principal_cents for one in read.claims)
    credited = owed - components.principal
    assert credited >= 0
    assert found.total_cents >= owed - credited - components.payments
    assert found.total_cents >= 0


absurd_edits = st.lists(
    st.tuples(st.sampled_from(PLACES), st.sampled_from(ABSURD)), min_size=1, max_size=4
)


def test_the_full_case_is_accepted():
    case, as_of = read_case(FULL, AS_OF)
    statement(case, as_of)
    assert not case.unread


def test_a_field_nobody_knows_is_told_once_a_kind_and_loses_nothing_else():
    claims = [a_case()["claims"][0] | {"ref": ref, "fixed_indemnty": True} for ref in "AB"]
    interest = {"regime": "contract", "rate": "12.00", "rte": "3"}
    notice = {"type": "formal_notice", "on": "2025-03-01", "label": "lettre"}
    claims[0]["interest"] = interest
    case, as_of = read_case(a_case(claims=claims, events=[notice], siren="1"), AS_OF)
    warnings = statement(case, as_of).warnings
    told = [text.split(" ", 1)[0] for text in warnings if "pas connu ici" in text]
    assert told == ["siren", "claims[0].fixed_indemnty", "claims[0].interest.rte"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"principal": "１０００"}, "claims[0].principal"),
        ({"due_on": "２０２５-02-10"}, "claims[0].due_on"),
        ({"interest": False}, "claims[0].interest"),
    ],
)
def test_what_only_looks_like_a_value_is_refused(change: dict[str, Any], field: str):
    claims = [a_case()["claims"][0] | change]
    with pytest.raises(WrongInput) as refusal:
        read_case(a_case(claims=claims), AS_OF)
    assert refusal.value.field == field


@given(absurd_edits)
@settings(max_examples=rounds(300, 10_000), deadline=None)
def test_absurd_values_give_neither_traceback_nor_silent_zero(
    edits: list[tuple[tuple[Any, ...], Any]],
):
    survive(edits)
