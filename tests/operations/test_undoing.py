"""Imports taken back whole: accounting exports, electronic invoices, statuses, drops of exhibits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from exigible.domain.refusals import Refused
from exigible.intake.importing import guessed
from exigible.operations.disputes import open_dispute
from exigible.operations.imports import receive_file, run_import
from exigible.operations.payments import allocate, record_payment
from exigible.operations.undoing import undo_import, undo_plan
from exigible.store.models import (
    Claim,
    Creditor,
    Debtor,
    EInvoice,
    ImportBatch,
    InvoiceStatus,
    LedgerLine,
    Task,
)
from tests.einvoice_text import cdar, cii
from tests.fec_text import entry, fec, invoice, receipt
from tests.operations.importing import (
    AT,
    BY,
    bring,
    done,
    ledger,
    open_claims,
    sound,
    standing,
    unused_credit,
)

pytestmark = pytest.mark.django_db
LEDGER = "732829320FEC20261231.txt"
NOTHING: dict[str, object] = {"entries": {}, "payments": {}, "allocations": {}}


@pytest.fixture
def creditor() -> Creditor:
    return Creditor.objects.create(name="Négoce SA", siren="732829320", term_days=45)


def take(creditor: Creditor, content: bytes | str, name: str = LEDGER) -> ImportBatch:
    done(creditor, content, name=name)
    return ImportBatch.objects.latest("pk")


def undo(batch: ImportBatch) -> list[str]:
    """Undo an import, check everything, and return what the plan said would be done."""
    said = undo_plan(batch)
    assert said.blockers == []
    done_words = undo_import(batch.pk, by=BY, at=AT, reason="mauvais fichier").words
    assert done_words == said.words
    assert sound() == []
    batch.refresh_from_db()
    assert batch.status == "undone"
    return [plain(words) for words in said.words]


def plain(words: str) -> str:
    return words.replace("\u202f", " ").replace("\xa0", " ")


# --- accounting exports ---------------------------------------------------------------------------

SALES = [invoice("F1", "20260110", "DUPONT", 1200), invoice("F2", "20260112", "DURAND", 300)]


def test_an_export_is_withdrawn_and_taken_again(creditor: Creditor) -> None:
    paid = [
        invoice("F1", "20260110", "DUPONT", 1200, "A"),
        SALES[1],
        receipt("R1", "20260210", "DUPONT", 1200, "A"),
    ]
    batch = take(creditor, fec(*paid))
    before = ledger(creditor)
    words = undo(batch)
    assert "3 lignes comptables retirées" in words
    assert "2 créances contrepassées" in words
    assert "1 règlement ou avoir contrepassé" in words
    assert ledger(creditor) == NOTHING
    assert LedgerLine.objects.filter(withdrawn_at=None).count() == 0
    assert LedgerLine.objects.count() == 3  # nothing is deleted
    take(creditor, fec(*paid))
    assert ledger(creditor) == before
    assert undo_plan(batch).blockers == ["Cet import est déjà annulé."]


def test_what_an_export_lettered_or_renumbered_is_given_back(creditor: Creditor) -> None:
    many = [invoice(f"F{n}", "20260110", "DUPONT", 10 + n) for n in range(24)]
    first = take(creditor, fec(*many, receipt("R1", "20260210", "DUPONT", 10)))
    before, lines = ledger(creditor), list(LedgerLine.objects.order_by("pk").values())
    lettered = [invoice(f"F{n}", "20260110", "DUPONT", 10 + n, "A" * (n == 0)) for n in range(24)]
    whole = [*lettered, receipt("R1", "20260210", "DUPONT", 10, "A")]
    renumbered = [[replace(line, number=f"9{line.number}") for line in one] for one in whole]
    second = take(creditor, fec(*renumbered))
    assert "F0" not in open_claims(creditor)
    with pytest.raises(Refused, match="importé depuis, s’appuie sur celui-ci"):
        undo_import(first.pk, by=BY, at=AT)
    assert "25 lignes comptables rétablies" in undo(second)
    assert ledger(creditor) == before
    assert list(LedgerLine.objects.order_by("pk").values()) == lines
    undo(first)
    assert ledger(creditor) == NOTHING


def test_a_payment_that_came_back_goes_with_its_export(creditor: Creditor) -> None:
    entries = [
        entry("BQ 0 20260101 F0", "512 3", "411 X -3"),
        entry("VE 1 20260101 F1", "411 X 1", "706 -1"),
        entry("BQ 2 20260102 F2", "411 X 3 REJET", "512 -3"),
    ]
    batch = take(creditor, fec(*entries))
    before = standing(creditor)
    undo(batch)
    assert standing(creditor) == NOTHING
    take(creditor, fec(*entries))
    assert standing(creditor) == before


def test_a_year_that_loses_its_opening_is_understood_without_it(creditor: Creditor) -> None:
    old = entry("VE 1 20251115 F0", "411 DUPONT 500", "706 -500")
    take(creditor, fec(old), "732829320FEC20251231.txt")
    before = ledger(creditor)
    opening = entry("AN 1 20260101 AN", "411 DUPONT 480", "890 -480")
    batch = take(creditor, fec(opening, *SALES))
    assert ledger(creditor) != before
    undo(batch)
    assert ledger(creditor) == before


def test_an_export_stays_while_people_worked_on_it(creditor: Creditor) -> None:
    batch = take(creditor, fec(*SALES))
    claim = Claim.objects.get(ref="F1")
    payment = record_payment(
        claim.account_id,
        kind="transfer",
        amount_cents=5_000,
        value_date=date(2026, 2, 1),
        by=BY,
        at=AT,
    )
    allocate(payment.pk, [(claim.pk, 5_000)], by=BY, at=AT)
    open_dispute(
        Claim.objects.get(ref="F2").account_id,
        claim_id=Claim.objects.get(ref="F2").pk,
        reason="price",
        on=date(2026, 2, 1),
        answer_due_on=date(2026, 3, 1),
        by=BY,
        at=AT,
    )
    before = ledger(creditor)
    with pytest.raises(Refused) as refusal:
        undo_import(batch.pk, by=BY, at=AT)
    said = plain(refusal.value.message)
    assert "1 créance de cet import a été payée ou modifiée depuis : F1." in said
    assert "1 créance est contestée : F2." in said
    assert ledger(creditor) == before


def test_what_the_ledger_took_over_from_a_document_is_claimed_again(creditor: Creditor) -> None:
    document = take(creditor, cii("F-1"), "facture.xml")
    before = open_claims(creditor)
    export = take(creditor, fec(invoice("F-1", "20260105", "DUPONT", 120)))
    assert "1 créance ou avoir que la comptabilité a repris" in plain(undo_plan(document).kept[0])
    undo(export)
    assert open_claims(creditor) == before
    again = take(creditor, fec(invoice("F-1", "20260105", "DUPONT", 120)))
    assert open_claims(creditor) == {"F-1": 12000}
    # The other way round: the document goes, the ledger's claim stays.
    undo(document)
    assert open_claims(creditor) == {"F-1": 12000}
    undo(again)
    assert open_claims(creditor) == {}


def test_lists_that_gave_way_are_named(creditor: Creditor, tmp_path: Path) -> None:
    items = "Code client;N° facture;Date;Échéance;Reste dû\nDUPONT;F1;10/01/2026;10/02/2026;1200\n"
    path = tmp_path / "encours.csv"
    path.write_text(items)

    def take_list() -> None:
        batch = receive_file(
            items.encode(), name=path.name, creditor=creditor, by=BY, at=AT,
            mapping=guessed(path, name=path.name),
        )  # fmt: skip
        assert run_import(batch.pk, at=AT, progress=lambda *_: None).accepted

    take_list()
    export = take(creditor, fec(*SALES))
    [said] = undo_plan(export).kept
    assert "La liste « encours.csv » avait laissé sa place" in plain(said)
    undo(export)
    assert open_claims(creditor) == {}
    take_list()
    assert open_claims(creditor) == {"F1": 120_000}


@pytest.mark.corpus
@pytest.mark.slow
@pytest.mark.parametrize("name", ["111111111FEC20221231.TXT", "000000000FEC20231231.txt"])
def test_a_real_export_leaves_nothing(creditor: Creditor, shared_data: Path, name: str) -> None:
    batch = take(creditor, (shared_data / "fec" / name).read_bytes(), name)
    undo(batch)
    assert ledger(creditor) == NOTHING


# --- electronic invoices and statuses ---------------------------------------------------------------


def test_electronic_invoices_are_withdrawn_and_taken_again(creditor: Creditor) -> None:
    batch = take(creditor, cii("F-1"), "facture.xml")
    assert open_claims(creditor) == {"F-1": 12000}
    words = undo(batch)
    assert words[:2] == ["1 facture électronique retirée", "1 créance contrepassée"]
    assert open_claims(creditor) == {}
    assert EInvoice.objects.get().withdrawn_at == AT
    assert ImportBatch.objects.get().document is not None
    again = take(creditor, cii("F-1"), "facture.xml")
    assert again.status == "done"
    assert open_claims(creditor) == {"F-1": 12000}
    assert EInvoice.objects.filter(withdrawn_at=None).count() == 1


def test_what_a_document_completed_is_given_back(creditor: Creditor) -> None:
    take(creditor, fec(invoice("F-1", "20260105", "DUPONT", 120)))
    claim, debtor = Claim.objects.values().get(), Debtor.objects.values().get()
    batch = take(creditor, cii("F-1"), "facture.xml")
    assert Claim.objects.get().due_on_source == "stated"
    export = ImportBatch.objects.get(format="fec")
    with pytest.raises(Refused, match="facture électronique d’un autre import s’y rattache"):
        undo_import(export.pk, by=BY, at=AT)
    undo(batch)
    assert Claim.objects.values().get() == claim
    assert Debtor.objects.values().get() == debtor
    undo(export)
    assert ledger(creditor) == NOTHING


def test_a_credit_note_gives_its_invoice_back(creditor: Creditor) -> None:
    take(creditor, cii("F-1"), "facture.xml")
    note = take(
        creditor,
        cii("AV-1", kind="381", amount="20.00", preceding=[("F-1", "20260105")]),
        "avoir.xml",
    )
    assert open_claims(creditor) == {"F-1": 10000}
    undo(note)
    assert open_claims(creditor) == {"F-1": 12000}
    assert unused_credit(creditor) == 0


def test_statuses_go_with_their_message_and_wait_again_without_their_invoice(
    creditor: Creditor,
) -> None:
    document = take(creditor, cii("F-1"), "facture.xml")
    said = take(creditor, cdar("207", "F-1"), "statut.xml")
    [task] = Task.objects.all()
    assert {"1 statut de facture retiré", "1 tâche close"} <= set(undo(said))
    task.refresh_from_db()
    assert task.done_at == AT
    again = take(creditor, cdar("207", "F-1"), "statut.xml")
    undo(document)
    waiting = InvoiceStatus.objects.get(withdrawn_at=None)
    assert (waiting.batch_id, waiting.claim_id, waiting.account_id) == (again.pk, None, None)
    take(creditor, cii("F-1"), "facture.xml")
    waiting.refresh_from_db()
    assert waiting.claim is not None
    assert waiting.claim.balance_cents == 12000


def test_the_database_refuses_to_bring_back_or_delete(creditor: Creditor) -> None:
    undo(take(creditor, fec(*SALES)))
    undo(take(creditor, cii("F-1"), "facture.xml"))
    refused: list[Callable[[], object]] = [
        lambda: LedgerLine.objects.update(withdrawn_at=None),
        lambda: LedgerLine.objects.all().delete(),
        lambda: EInvoice.objects.update(withdrawn_at=None),
    ]
    for act in refused:
        with pytest.raises(IntegrityError), transaction.atomic():
            act()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM store_ledgerline WHERE withdrawn_at IS NOT NULL")
        assert cursor.fetchone()[0] == 2


def test_an_import_that_wrote_nothing_has_nothing_to_undo(creditor: Creditor) -> None:
    take(creditor, fec(*SALES))
    batch, _ = bring(creditor, fec(*SALES), name=LEDGER)
    assert batch.status == "unchanged"
    with pytest.raises(Refused, match="n’a rien écrit"):
        undo_import(batch.pk, by=BY, at=AT)
