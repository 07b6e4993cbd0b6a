"""The same debtor under two spellings: what brings two rows together, and what keeps them apart."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exigible.domain.identity.duplicates import Key, Party, blocking_keys, compare, weights
from exigible.domain.identity.names import core_words, likeness, street_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("S.A.R.L. Dupont & Fils", "DUPONT ET FILS SARL"),
        ("Sté des Établissements Élan", "ELAN"),
        ("Garage de l’Hôtel", "GARAGE HOTEL"),
        ("M. Jean Martin", "MARTIN Jean"),
        ("S A S Œuvres du Sud", "OEUVRES SUD (SAS)"),
    ],
)
def test_legal_forms_accents_and_order_aside(one: str, other: str) -> None:
    assert likeness(core_words(one), core_words(other)) == 1.0


def test_a_name_of_nothing_else_keeps_its_words() -> None:
    assert core_words("La Compagnie") == ("la", "compagnie")
    assert core_words("…") == ()


def test_numbers_tell_apart_what_they_number() -> None:
    assert likeness(core_words("Résidence 12"), core_words("Résidence 14")) <= 0.5
    assert likeness(core_words("Bio Coop"), core_words("Biocoop")) > 0.9


@pytest.mark.parametrize(
    ("lines", "other"),
    [
        (("12, Bd. de la Liberté",), ("12 BOULEVARD DE LA LIBERTE",)),
        (("Bâtiment B", "3 bis, rue des Scieurs"), ("3 B RUE DES SCIEURS", "")),
        (("Zone Artisanale du Lac",), ("ZA DU LAC",)),
    ],
)
def test_a_street_is_written_many_ways(lines: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert street_key(lines) == street_key(other) != ""


def party(name: str = "SARL Lestrade", **fields: Any) -> Party:
    values = {"id": 1, "kind": "professional", "words": core_words(name), "postcode": "47000"}
    return Party(**(values | fields))


@pytest.mark.parametrize(
    ("other", "score"),
    [
        # 90 + 40 + 15, stopped at 100
        ({"siren": "552100554"}, 100),
        # same words 40 + same street 30
        ({"street": "8 r scieurs"}, 70),
        # likeness 0.93 gives 30, the same street 30
        ({"name": "Lestrades", "street": "8 r scieurs"}, 60),
        # same IBAN 55, same words 40, same postcode 15, stopped at 100
        ({"ibans": frozenset({"FR76"})}, 100),
        # same words 40, same e-mail 35, another town
        ({"emails": frozenset({"a@b.fr"}), "postcode": "75001"}, 75),
        # same words 40 and same postcode 15: just shown
        ({}, 55),
    ],
)
def test_points_add_up(other: dict[str, Any], score: int) -> None:
    one = party(
        siren="552100554",
        street="8 r scieurs",
        ibans=frozenset({"FR76"}),
        emails=frozenset({"a@b.fr"}),
    )
    match = compare(one, party(**other))
    assert match is not None
    assert match.score == score
    assert min(sum(reason.points for reason in match.reasons), 100) == score


@pytest.mark.parametrize(
    "other",
    [
        {"siren": "732829320"},  # two SIREN are two persons, whatever else
        {"postcode": "75001"},  # a name alone
        {"name": "Boulangerie Pol", "ibans": frozenset({"FR76"}), "postcode": "75001"},  # a factor
        {"name": "Boulangerie Pol", "street": "8 r scieurs"},  # a business centre
        {"kind": "consumer", "postcode": "47000"},  # many people bear a name in a town
    ],
)
def test_one_coincidence_is_not_enough(other: dict[str, Any]) -> None:
    one = party(siren="552100554", street="8 r scieurs", ibans=frozenset({"FR76"}))
    assert compare(one, party(**other)) is None


def test_no_single_coincidence_reaches_the_list_but_a_states_number() -> None:
    alone = {code: points for code, points in weights().points.items() if points > 0}
    for code in ("same_siren", "same_vat_number"):
        assert alone.pop(code) + weights().points["unlike_name"] >= weights().shown_from
    # An IBAN is enough only where the names are not unlike.
    assert max(alone.values()) <= weights().shown_from


names = st.text(alphabet="abcdeéàç 12&.", max_size=20)


@given(names, names, st.sampled_from(["", "47000"]), st.sampled_from(["", "552100554"]))
def test_the_score_does_not_depend_on_the_order(
    name: str, other_name: str, postcode: str, siren: str
) -> None:
    one, other = party(name, siren=siren), party(other_name, postcode=postcode)
    there, back = compare(one, other), compare(other, one)
    assert (there and there.score) == (back and back.score)


def test_those_who_may_be_the_same_share_a_key() -> None:
    ours = dict(blocking_keys(party("SARL Lestrade BTP", street="8 r scieurs")))
    theirs = dict(blocking_keys(party("Lestrade B.T.P.", postcode="47000")))
    assert ours[Key.NAME] == theirs[Key.NAME]
    assert ours[Key.START] == theirs[Key.START]
