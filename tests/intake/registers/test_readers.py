"""Answers of registers: what is read, what is not published, and whatever else may come."""

import copy
import json
import random
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from exigible.domain.identity.company import Address, combine, differences, from_json, to_json, told
from exigible.intake.problems import Unreadable
from exigible.intake.registers import READERS
from exigible.intake.registers.recherche_entreprises import read_candidates
from tests import registers as answers
from tests.campaign import rounds
from tests.registers import SIREN

MADE = {"recherche": answers.recherche, "sirene": answers.sirene, "rne": answers.rne}


def read(register: str, answer: Any, siren: str = SIREN) -> Any:
    return READERS[register](json.dumps(answer).encode(), siren)


@pytest.mark.parametrize("register", sorted(MADE))
def test_each_register_tells_the_same_company(register: str) -> None:
    company = read(register, MADE[register]())
    assert (company.name, company.legal_form, company.kind) == (
        "LESTRADE GARONNAIS",
        "SAS",
        "professional",
    )
    assert company.address == Address(line1="8 RUE DES SCIEURS", postcode="47000", city="AGEN")
    assert company.siret == answers.siret_of(SIREN)
    assert company.active is True
    assert from_json(json.loads(json.dumps(to_json(company)))) == company


def test_the_rest_of_what_they_tell() -> None:
    found = read("recherche", answers.recherche())
    assert found.staff == "20 à 49 salariés"
    assert [(one.name, one.role) for one in found.officers] == [
        ("LOUISE GARONNE", "Présidente de SAS"),
        ("HOLDING GARONNE", "Directeur général"),
    ]
    said = read("rne", answers.rne())
    assert [(one.name, one.role) for one in said.officers] == [("LOUISE GARONNE", "président")]
    assert "SECRETVILLE" not in str(said)
    assert "1970" not in str(said)


@pytest.mark.parametrize("status", ["P", "N"])
@pytest.mark.parametrize(
    ("register", "name"),
    [
        ("recherche", "statut_diffusion"),
        ("sirene", "statutDiffusionUniteLegale"),
        ("rne", "diffusionINSEE"),
    ],
)
def test_what_is_not_published_is_not_kept(register: str, name: str, status: str) -> None:
    form = {
        "recherche": {"nature_juridique": "1000"},
        "sirene": {"categorieJuridiqueUniteLegale": "1000"},
        "rne": {"formeJuridique": "1000"},
    }[register]
    company = read(register, MADE[register](**{name: status}, **form))
    assert not company.public
    kept = json.dumps(to_json(company), ensure_ascii=False)
    for hidden in ("GARONN", "SCIEURS", "47000", "AGEN"):
        assert hidden not in kept
    assert (company.siren, company.form_code, company.active) == (SIREN, "1000", True)
    # A company keeps its name: it is nobody's.
    assert read(register, MADE[register](**{name: status})).name == "LESTRADE GARONNAIS"


def test_a_company_that_has_ceased() -> None:
    assert read("sirene", answers.sirene(etatAdministratifUniteLegale="C")).struck_off
    assert read("recherche", answers.recherche(etat_administratif="C")).struck_off
    gone = answers.rne()
    gone["formality"]["content"]["personneMorale"]["detailCessationEntreprise"] = {
        "dateRadiation": "2025-03-02"
    }
    company = read("rne", gone)
    assert (company.active, company.ceased_on) == (False, date(2025, 3, 2))


def test_a_mention_of_collective_proceedings() -> None:
    company = read(
        "rne",
        answers.rne(
            mentions=(
                "Jugement d'ouverture d'une procédure de REDRESSEMENT JUDICIAIRE",
                "Modification du capital social",
                "Conversion en Liquidation Judiciaire",
            )
        ),
    )
    assert [one.on for one in company.mentions] == [date(2026, 3, 15), date(2026, 1, 15)]
    assert company.insolvent


def test_one_picture_of_several_registers() -> None:
    both = combine(
        {
            "rne": read("rne", answers.rne(mentions=("Liquidation judiciaire",))),
            "sirene": read("sirene", answers.sirene(etatAdministratifUniteLegale="C")),
        }
    )
    assert both is not None
    assert both.struck_off
    assert both.insolvent
    assert both.staff == "20 à 49 salariés"  # Sirene's
    assert both.officers  # the RNE's
    assert told(both)["address"] == "8 RUE DES SCIEURS, 47000 AGEN"
    assert combine({}) is None


def test_only_what_differs_is_proposed() -> None:
    company = read("recherche", answers.recherche())
    ours = {
        "name": "Lestrade Garonnais SAS",  # the legal form is no difference
        "legal_form": "",
        "kind": "professional",
        "siret": company.siret,
        "address": "8 rue des Scieurs, 47000 Agen",  # nor are capitals
    }
    assert list(differences(ours, company)) == [("legal_form", "", "SAS")]


@pytest.mark.parametrize(
    ("register", "answer"),
    [
        ("sirene", {"header": {"total": 0}, "etablissements": []}),
        ("recherche", {"results": [], "total_results": 0}),
        ("recherche", {"results": [{"siren": "552100554", "nom_complet": "AUTRE"}]}),
        ("rne", {"siren": SIREN, "data": None, "error": "API error: 404 Not Found"}),
    ],
)
def test_a_company_that_a_register_does_not_know(register: str, answer: Any) -> None:
    assert read(register, answer) is None


@pytest.mark.parametrize("register", ["sirene", "rne"])
def test_an_answer_about_another_company_is_refused(register: str) -> None:
    with pytest.raises(Unreadable, match="une autre entreprise"):
        read(register, MADE[register](), siren="552100554")


def test_candidates_are_those_that_are_published() -> None:
    two = answers.recherche()
    two["results"].append(two["results"][0] | {"statut_diffusion": "P"})
    two["results"].append({"siren": "123456789", "nom_complet": "CLÉ FAUSSE"})
    assert [one.siren for one in read_candidates(json.dumps(two).encode())] == [SIREN]


def mutations(answer: Any, count: int, seed: int) -> Any:
    """Give mutations of an answer: values of another type, members lost, bytes broken."""
    rng = random.Random(seed)
    odd: list[Any] = [
        None,
        [],
        {},
        -1,
        True,
        "",
        "\x00",
        "é" * 500,
        [[]],
        {"a": []},
        1e999,
        "9999-99-99",
        [None],
    ]
    text = json.dumps(answer)
    for _ in range(count):
        if rng.random() < 0.3:
            data = bytearray(text.encode())
            for _ in range(rng.randrange(1, 6)):
                data[rng.randrange(len(data))] = rng.randrange(256)
            yield bytes(data[: rng.randrange(1, len(data) + 1)])
            continue
        changed = json.loads(text)
        for _ in range(rng.randrange(1, 5)):
            holder = changed
            while isinstance(holder, dict | list) and holder:
                key = (
                    rng.choice(list(holder))
                    if isinstance(holder, dict)
                    else rng.randrange(len(holder))
                )
                if rng.random() < 0.3 or not isinstance(holder[key], dict | list):
                    holder[key] = copy.deepcopy(rng.choice(odd))
                    break
                holder = holder[key]
        yield json.dumps(changed).encode()


@pytest.mark.parametrize("register", sorted(MADE))
def test_whatever_comes_is_read_or_refused(register: str) -> None:
    answer = (
        MADE[register]() if register != "rne" else answers.rne(mentions=("Liquidation judiciaire",))
    )
    for data in mutations(answer, rounds(400, 10_000), seed=len(register)):
        try:
            company = READERS[register](data, SIREN)
        except Unreadable:
            continue
        if company is not None:
            assert from_json(json.loads(json.dumps(to_json(company)))) == company
    for data in (b"", b"[]", b"null", b"[" * 100_000, b'{"results":' * 5_000, b"\xff\xfe"):
        with pytest.raises(Unreadable):
            READERS[register](data, SIREN)


@pytest.mark.corpus
def test_real_answers(shared_data: Path) -> None:
    folder = shared_data / "registers"
    expected = {
        ("sirene", "sirene/siret-26570134200148.json", "265701342"): (
            "CENTRE COMMUNAL D'ACTION SOCIALE",
            "57000",
        ),
        ("recherche", "recherche-entreprises/decathlon-extrait.json", "306138900"): (
            "DECATHLON",
            "59650",
        ),
        ("rne", "rne/rne-company-421251067.json", "421251067"): ("BIOCOOP SEVE", "56800"),
        ("rne", "rne/rne-company-492605712.json", "492605712"): ("GAMBINO", "75001"),
        ("rne", "rne/rne-company-552032534.json", "552032534"): ("DANONE", "75009"),
        ("rne", "rne/rne-company-794598813.json", "794598813"): ("DOCTOLIB", "92300"),
    }
    for (register, name, siren), told_there in expected.items():
        company = READERS[register]((folder / name).read_bytes(), siren)
        assert company is not None
        assert (company.name, company.address.postcode) == told_there
        assert company.active
        assert not company.insolvent  # « Radiation du RCS Bobigny » is of a secondary place
    missing = READERS["rne"]((folder / "rne/not-found.json").read_bytes(), "317236248")
    assert missing is None
