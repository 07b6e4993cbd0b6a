"""Merging two debtors that are one, and taking the merge back: figures, contacts, fields, journal."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.forms.models import model_to_dict

from exigible.domain.refusals import Refused, Stale, WrongInput
from exigible.domain.roles import Role
from exigible.operations import completing, figures, merging, opening
from exigible.operations.acts import By
from exigible.operations.check import check_everything
from exigible.operations.customer_import import import_customers
from exigible.store.models import (
    Account,
    AccountFigures,
    Contact,
    Debtor,
    DebtorBankAccount,
    DebtorMerge,
    ImportBatch,
    JournalEntry,
)
from tests.builders import (
    AT,
    TODAY,
    fictional_siren,
    make_account,
    make_claim,
    make_creditor,
    make_debtor,
)
from tests.factories import make_user

pytestmark = pytest.mark.django_db
BY = By.job("test")
SIGNED: dict[str, Any] = {"on": TODAY, "by": BY, "at": AT}
SIREN = fictional_siren(77001)


@pytest.fixture
def twins() -> tuple[Account, Account]:
    """One company known twice at one creditor: complete, then as a ledger brought it."""
    creditor = make_creditor()
    known = make_account(creditor, debtor=make_debtor(name="SARL Lestrade", siren=SIREN))
    bare = make_account(
        creditor,
        debtor=make_debtor(name="Lestrade", kind="unknown", address_line1="", postcode="", city=""),
    )
    make_claim(known, 100_000, TODAY - timedelta(days=40))
    make_claim(bare, 50_000, TODAY - timedelta(days=10))
    figures.refresh([known.pk, bare.pk], TODAY)
    return known, bare


def everything() -> dict[str, Any]:
    """All that a merge may touch, to compare before and after."""
    kept_out = {"version"}
    return {
        "debtors": [model_to_dict(one) for one in Debtor.objects.order_by("pk")],
        "keys": list(Debtor.objects.order_by("pk").values_list("name_key", flat=True)),
        "contacts": [model_to_dict(one) for one in Contact.objects.order_by("pk")],
        "accounts": [
            model_to_dict(one, exclude=kept_out) for one in Account.objects.order_by("pk")
        ],
        "ibans": [model_to_dict(one) for one in DebtorBankAccount.objects.order_by("pk")],
        "figures": [model_to_dict(one) for one in AccountFigures.objects.order_by("pk")],
    }


def test_every_account_goes_to_the_debtor_kept(twins: tuple[Account, Account]) -> None:
    known, bare = twins
    # Of unknown quality, the second account bears nothing.
    before = {row.pk: row for row in AccountFigures.objects.all()}
    assert before[bare.pk].accessories_cents == 0
    made = merging.merge(known.debtor_id, bare.debtor_id, **SIGNED)
    bare.refresh_from_db()
    assert bare.debtor_id == known.debtor_id
    assert Debtor.objects.get(pk=made.merged_id).merged_into_id == known.debtor_id
    after = {row.pk: row for row in AccountFigures.objects.all()}
    # What is owed has not moved by a cent; the quality of the one kept now counts for both.
    for pk in (known.pk, bare.pk):
        assert after[pk].balance_cents == before[pk].balance_cents
        assert after[pk].overdue_cents == before[pk].overdue_cents
    # 500,00 × 12,40 % × 10 / 365 = 1,699 €, then 40,00 €.
    assert after[bare.pk].accessories_cents == 170 + 4000
    assert after[known.pk].accessories_cents == before[known.pk].accessories_cents


def test_undoing_gives_all_of_it_back(twins: tuple[Account, Account]) -> None:
    known, bare = twins
    merged = bare.debtor
    merged.vat_number = "FR00"
    merged.save()
    DebtorBankAccount.objects.create(
        debtor=merged, iban="FR7630006000011234567890189", origin="test", recorded_at=AT
    )
    before = everything()
    made = merging.merge(known.debtor_id, merged.pk, take=["name"], **SIGNED)
    assert everything() != before
    assert Debtor.objects.get(pk=known.debtor_id).name == "Lestrade"
    undone = merging.undo_merge(made.pk, **SIGNED)
    assert undone.left == ()
    assert everything() == before
    actions = list(
        JournalEntry.objects.filter(account=bare).order_by("seq").values_list("action", flat=True)
    )
    assert actions == ["debtors_merged", "merge_undone"]


def test_what_somebody_wrote_since_stays(twins: tuple[Account, Account]) -> None:
    known, bare = twins
    made = merging.merge(bare.debtor_id, known.debtor_id, **SIGNED)
    completing.complete_debtor(
        bare.pk, completing.DebtorFacts(address_line1="1 rue Neuve"), **SIGNED
    )
    undone = merging.undo_merge(made.pk, **SIGNED)
    assert undone.left == ("address",)
    bare.debtor.refresh_from_db()
    assert (bare.debtor.address_line1, bare.debtor.siren) == ("1 rue Neuve", "")


def test_contacts_follow_once(twins: tuple[Account, Account]) -> None:
    known, bare = twins
    same = known.debtor.contacts.get().email.upper()
    Contact.objects.create(debtor=bare.debtor, email=same)
    merging.merge(known.debtor_id, bare.debtor_id, **SIGNED)
    emails = list(known.debtor.contacts.values_list("email", "is_main"))
    assert len(emails) == 2
    assert sum(main for _, main in emails) == 1


@pytest.mark.parametrize("changed", ["siren", "insolvency"])
def test_two_persons_in_law_are_never_merged(twins: tuple[Account, Account], changed: str) -> None:
    known, bare = twins
    if changed == "siren":
        Debtor.objects.filter(pk=bare.debtor_id).update(siren=fictional_siren(77002))
    else:
        for account, kind in ((known, "sauvegarde"), (bare, "liquidation")):
            opening.record_insolvency(account.debtor_id, kind=kind, opened_on=TODAY, by=BY, at=AT)
    with pytest.raises(Refused):
        merging.merge(known.debtor_id, bare.debtor_id, **SIGNED)
    assert not DebtorMerge.objects.exists()


def test_an_insolvency_is_never_lost(twins: tuple[Account, Account]) -> None:
    known, bare = twins
    opening.record_insolvency(bare.debtor_id, kind="redressement", opened_on=TODAY, by=BY, at=AT)
    made = merging.merge(known.debtor_id, bare.debtor_id, **SIGNED)
    assert Debtor.objects.get(pk=known.debtor_id).insolvency_opened_on == TODAY
    merging.undo_merge(made.pk, **SIGNED)
    assert Debtor.objects.get(pk=known.debtor_id).insolvency_opened_on is None


def test_a_chain_is_undone_from_its_end(twins: tuple[Account, Account]) -> None:
    known, bare = twins
    third = make_account(known.creditor)
    before = everything()
    first = merging.merge(known.debtor_id, bare.debtor_id, **SIGNED)
    second = merging.merge(third.debtor_id, known.debtor_id, **SIGNED)
    assert set(Account.objects.values_list("debtor_id", flat=True)) == {third.debtor_id}
    with pytest.raises(Refused, match="réuni avec"):
        merging.undo_merge(first.pk, **SIGNED)
    merging.undo_merge(second.pk, **SIGNED)
    merging.undo_merge(first.pk, **SIGNED)
    now = everything()
    for part in ("debtors", "contacts", "accounts"):
        assert now[part] == before[part]
    with pytest.raises(Refused, match="déjà défaite"):
        merging.undo_merge(first.pk, **SIGNED)


def test_nothing_is_merged_on_an_old_page(twins: tuple[Account, Account]) -> None:
    known, bare = twins
    seen = merging.versions([known.debtor_id, bare.debtor_id])
    completing.complete_debtor(bare.pk, completing.DebtorFacts(city="Agen"), **SIGNED)
    with pytest.raises(Stale):
        merging.merge(known.debtor_id, bare.debtor_id, expected_versions=seen, **SIGNED)


def test_a_debtor_is_merged_once_and_not_with_himself(twins: tuple[Account, Account]) -> None:
    known, bare = twins
    with pytest.raises(WrongInput):
        merging.merge(known.debtor_id, known.debtor_id, **SIGNED)
    with pytest.raises(WrongInput):
        merging.merge(known.debtor_id, bare.debtor_id, take=["city"], **SIGNED)
    merging.merge(known.debtor_id, bare.debtor_id, **SIGNED)
    with pytest.raises(Refused):
        merging.merge(known.debtor_id, bare.debtor_id - 0, **SIGNED)


def test_the_database_refuses_accounts_on_a_merged_debtor(twins: tuple[Account, Account]) -> None:
    known, bare = twins
    merged = bare.debtor
    made = merging.merge(known.debtor_id, merged.pk, **SIGNED)
    merged.refresh_from_db()
    for refused in (
        lambda: make_account(known.creditor, debtor=merged),
        lambda: Account.objects.filter(pk=bare.pk).update(debtor=merged),
        lambda: Debtor.objects.filter(pk=known.debtor_id).update(merged_into=merged),
        lambda: DebtorMerge.objects.filter(pk=made.pk).update(kept=merged),
        lambda: DebtorMerge.objects.filter(pk=made.pk).delete(),
        lambda: made.accounts.all().delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            refused()


def test_the_better_known_is_kept(twins: tuple[Account, Account]) -> None:
    known, bare = twins
    assert merging.suggested(bare.debtor, known.debtor) == (known.debtor, bare.debtor)
    assert [part for part, _, _ in merging.differences(known.debtor, bare.debtor)] == ["name"]


def test_a_customer_file_does_not_undo_what_was_decided(
    twins: tuple[Account, Account], tmp_path: Any
) -> None:
    known, bare = twins
    merging.merge(known.debtor_id, bare.debtor_id, **SIGNED)
    path = tmp_path / "clients.csv"
    path.write_text(
        "code;nom;ville;iban\n"
        f"{bare.number};LESTRADE ET FILS;Agen;FR76 3000 6000 0112 3456 7890 189\n"
        f"{known.number};Lestrade SARL;;\n"
    )
    batch = ImportBatch.objects.create(
        creditor=known.creditor, format="customers", filename="clients.csv", created_at=AT
    )
    for changed in (2, 0):  # twice: nothing sways between the two lines
        report = import_customers(
            batch, known.creditor, path, partial=False, on=TODAY, at=AT, progress=lambda *_: None
        )
        assert report.written["customers"] == changed
    debtor = Debtor.objects.get(pk=known.debtor_id)
    assert (debtor.name, debtor.city) == ("Lestrade SARL", "Quimper")
    assert [one.iban for one in debtor.bank_accounts.all()] == ["FR7630006000011234567890189"]


def test_the_act_bears_the_person(twins: tuple[Account, Account]) -> None:
    known, bare = twins
    user = make_user(Role.CREDIT_MANAGER, known.creditor)
    made = merging.merge(
        known.debtor_id, bare.debtor_id, on=date(2026, 11, 22), by=By.user(user), at=AT
    )
    assert made.recorded_by == user.opaque_id


def test_the_check_finds_a_pointer_that_no_merge_says(
    twins: tuple[Account, Account], tmp_path: Any
) -> None:
    known, bare = twins
    made = merging.merge(known.debtor_id, bare.debtor_id, **SIGNED)

    def broken() -> set[str]:
        report = check_everything(at=AT, on=TODAY, folder=tmp_path)
        return {one.subject for one in report.findings if one.rule == "merged_debtor"}

    assert broken() == set()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE store_debtor SET merged_into_id = NULL WHERE id = %s", [made.merged_id]
        )
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    assert broken() == {f"debtor:{made.merged_id}"}
