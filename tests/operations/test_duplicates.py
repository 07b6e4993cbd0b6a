"""The search for duplicates over a whole base: what it finds, keeps and forgets, and at what scale."""

import random
from typing import Any

import pytest
from django.db import connection

from exigible.domain.identity.duplicates import blocking_keys, compare
from exigible.domain.refusals import Refused
from exigible.operations import duplicates, merging
from exigible.operations.acts import By
from exigible.store.bulk import copy_rows
from exigible.store.models import (
    Contact,
    Debtor,
    DebtorBankAccount,
    DuplicatePair,
    DuplicateSearch,
    JournalEntry,
)
from tests.builders import AT, TODAY, fictional_siren, make_account, make_creditor, make_debtor
from tests.campaign import rounds

pytestmark = pytest.mark.django_db
SIGNED: dict[str, Any] = {"by": By.job("test"), "at": AT}


def pairs() -> set[tuple[int, int]]:
    return set(DuplicatePair.objects.values_list("first_id", "second_id"))


def test_each_way_of_being_the_same_is_found() -> None:
    siren = fictional_siren(88001)
    base = make_debtor(name="SARL Lestrade Garonnais", siren=siren, postcode="47000", city="Agen")
    by_siren = make_debtor(name="Transports du Midi", siren=siren, postcode="31000")
    spelled = make_debtor(name="LESTRADE GARONAIS", postcode="47000", address_line1="")
    Contact.objects.filter(debtor=spelled).update(email=base.contacts.get().email.upper())
    paying = make_debtor(name="Lestrade", postcode="33000", address_line1="")
    for debtor in (base, paying):
        DebtorBankAccount.objects.create(
            debtor=debtor, iban="FR7630006000011234567890189", origin="test", recorded_at=AT
        )
    stranger = make_debtor(name="Boulangerie Pol", postcode="47000")
    found = duplicates.search_duplicates(at=AT)
    assert found.debtors == 5
    assert pairs() >= {(base.pk, by_siren.pk), (base.pk, spelled.pk), (base.pk, paying.pk)}
    assert not any(stranger.pk in pair for pair in pairs())
    assert DuplicateSearch.objects.get().pairs == DuplicatePair.objects.count()


def test_searching_again_changes_nothing_and_forgets_what_is_no_more() -> None:
    one, other = make_debtor(name="Élan Bois"), make_debtor(name="SARL ELAN BOIS")
    duplicates.search_duplicates(at=AT)
    kept = DuplicatePair.objects.get()
    duplicates.search_duplicates(at=AT)
    assert DuplicatePair.objects.get().pk == kept.pk
    Debtor.objects.filter(pk=other.pk).update(name="Garage Poncelin", address_line1="4 quai Vert")
    duplicates.search_duplicates(at=AT)
    assert not DuplicatePair.objects.exists()
    assert one.pk


def test_a_merged_debtor_is_compared_no_more_and_his_pair_waits() -> None:
    creditor = make_creditor()
    one, other = (
        make_account(creditor, debtor=make_debtor(name="Élan Bois")).debtor for _ in range(2)
    )
    duplicates.search_duplicates(at=AT)
    made = merging.merge(one.pk, other.pk, on=TODAY, **SIGNED)
    assert made.reasons[0][0] == "same_name"
    assert duplicates.search_duplicates(at=AT).debtors == 1
    assert pairs() == {(one.pk, other.pk)}


def test_two_that_are_not_the_same_are_said_so_and_back() -> None:
    account = make_account(debtor=make_debtor(name="Élan Bois"))
    other = make_debtor(name="Elan Bois")
    apart = duplicates.set_apart(other.pk, account.debtor_id, **SIGNED)
    assert (apart.first_id, apart.second_id) == (account.debtor_id, other.pk)
    assert duplicates.set_apart(other.pk, account.debtor_id, **SIGNED).pk == apart.pk
    duplicates.bring_back(apart.pk, **SIGNED)
    with pytest.raises(Refused):
        duplicates.bring_back(apart.pk, **SIGNED)
    lines = JournalEntry.objects.filter(account=account).order_by("seq")
    assert [one.action for one in lines] == ["debtors_set_apart", "debtors_brought_back"]


def test_a_key_that_everybody_shares_brings_nobody_together() -> None:
    siren = fictional_siren(88002)
    many = duplicates.MOST_SHARING + 10
    for number in range(many):
        make_debtor(name=f"Magasin {number}", siren=siren)
    duplicates.search_duplicates(at=AT)
    first = Debtor.objects.order_by("pk").first()
    # A State's number is compared with the first of its holders: as many pairs as debtors, less one.
    assert first is not None
    assert {one for one, _ in pairs()} == {first.pk}
    assert len(pairs()) == many - 1


WORDS = [
    "garage",
    "transport",
    "menuiserie",
    "boulangerie",
    "pharmacie",
    "atelier",
    "maison",
    "clinique",
    "hotel",
    "librairie",
]
NAMES = [
    "lestrade",
    "poncelin",
    "morvelec",
    "quenherve",
    "bourdaloue",
    "tournebise",
    "desnoyelles",
    "helenac",
    "passemard",
]


def populate(count: int, twins: int, rng: random.Random) -> set[tuple[str, str]]:
    """Write debtors in bulk, `twins` of them a second time, spelled otherwise; return their names."""
    rows = []
    for number in range(count):
        suffix = "".join(rng.choice("abcdefghijlmnoprstuv") for _ in range(4))
        name = f"{rng.choice(WORDS)} {rng.choice(NAMES)} {suffix}"
        siren = fictional_siren(number % 99_999) if number % 3 else ""
        rows.append(
            (
                name,
                siren,
                f"{rng.randrange(1, 200)} rue des {rng.choice(NAMES)}",
                f"{rng.randrange(1000, 95999):05d}",
            )
        )
    sample = rng.sample(rows, twins)
    again = [
        (f"SARL {name.upper()}", "", street.replace("rue", "R."), postcode)
        for name, _, street, postcode in sample
    ]
    columns = (
        "name",
        "name_key",
        "kind",
        "siren",
        "siret",
        "vat_number",
        "legal_form",
        "language",
        "address_line1",
        "address_line2",
        "address_line3",
        "postcode",
        "city",
        "country",
    )
    types = dict.fromkeys(columns, "text") | {
        "address_ok": "bool",
        "email_ok": "bool",
        "insolvency_kind": "text",
        "created_at": "timestamptz",
    }
    copy_rows(
        "store_debtor",
        types,
        (
            (
                name,
                name,
                "professional",
                siren,
                "",
                "",
                "",
                "fr",
                street,
                "",
                "",
                postcode,
                "Ville",
                "FR",
                True,
                True,
                "",
                AT,
            )
            for name, siren, street, postcode in rows + again
        ),
    )
    return {(name, f"SARL {name.upper()}") for name, _, _, _ in sample}


def test_the_search_finds_what_comparing_everybody_would() -> None:
    rng = random.Random(4)
    populate(300, 60, rng)
    duplicates.search_duplicates(at=AT)
    everybody = duplicates._parties("WHERE true ORDER BY d.id")
    slow = {
        (one.id, other.id)
        for rank, one in enumerate(everybody)
        for other in everybody[rank + 1 :]
        if compare(one, other) is not None
    }
    assert pairs() == slow
    assert len(slow) >= 60


@pytest.mark.slow
def test_a_book_of_many_debtors() -> None:
    """The work grows with what is shared, not with the square of the book."""
    many, few = rounds(9_500, 95_000), rounds(500, 5_000)
    twins = populate(many, few, random.Random(7))
    found = duplicates.search_duplicates(at=AT)
    assert found.debtors == many + few
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.name, b.name FROM store_duplicatepair p JOIN store_debtor a ON a.id = p.first_id"
            " JOIN store_debtor b ON b.id = p.second_id"
        )
        assert set(cursor.fetchall()) >= twins


def test_keys_are_few() -> None:
    party = duplicates._parties("WHERE d.id = %s", make_debtor().pk)[0]
    assert len(list(blocking_keys(party))) <= 6
