"""Bank statements in the database: once each, overlapping, out of order, across formats, undone."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from exigible.domain.refusals import Refused
from exigible.intake.report import ImportReport
from exigible.operations import bank_lines
from exigible.operations.check import check_everything
from exigible.operations.imports import receive_file, run_import
from exigible.operations.payments import record_payment, reverse_payment
from exigible.operations.undoing import undo_import
from exigible.store.models import (
    BankAccountName,
    BankLine,
    BankLineDetail,
    BankLinePayment,
    BankStatement,
    Creditor,
    CreditorBankAccount,
    ImportBatch,
    Payment,
)
from exigible.store.queries.bank import announced_returns, lines_to_match
from tests.bank_text import IBAN, OTHER_IBAN, camt, camt_entry, cfonb120, mt940, ofx
from tests.builders import make_account, make_creditor
from tests.operations.importing import AT, BY, bring, done, sound

pytestmark = pytest.mark.django_db

DAY1 = ("2026-11-02", "100.00", "VIR DUPONT FA-1", "R1")
DAY2 = ("2026-11-03", "-9.90", "FRAIS", "R2")
DAY3 = ("2026-11-04", "250.00", "VIR AUBIN", "R3")


@pytest.fixture
def creditor() -> Creditor:
    made = make_creditor()
    CreditorBankAccount.objects.create(creditor=made, iban=IBAN, is_default=True)
    return made


def live() -> list[tuple[str, int, str]]:
    """Return the lines that count: day, cents, state."""
    return [
        (str(line.booked_on), line.amount_cents, line.state)
        for line in BankLine.objects.exclude(state="withdrawn").order_by("booked_on", "pk")
    ]


def take(creditor: Creditor, content: str | bytes, name: str = "releve.xml") -> ImportReport:
    return done(creditor, content, name=name)


def test_a_statement_once_then_again(creditor: Creditor) -> None:
    report = take(creditor, camt([DAY1, DAY2]))
    assert (report.format, report.unchanged) == ("camt053", False)
    assert report.counts["lines"] == 2
    assert report.totals == {"credit": {"EUR": 10000}, "debit": {"EUR": 990}}
    assert (report.written["statements"], report.written["bank_lines"]) == (1, 2)
    assert live() == [("2026-11-02", 10000, "to_match"), ("2026-11-03", -990, "to_match")]
    assert not Payment.objects.exists()  # a statement extinguishes nothing
    again = take(creditor, camt([DAY1, DAY2]), name="copie.xml")
    assert again.unchanged
    assert again.written["lines_known"] == 2
    assert len(live()) == 2


def test_periods_that_overlap_and_files_out_of_order(creditor: Creditor) -> None:
    take(creditor, camt([DAY2, DAY3], opening="100.00", number="2"))
    first = take(creditor, camt([DAY1, DAY2], number="1"))
    assert (first.written["bank_lines"], first.written["lines_known"]) == (1, 1)
    assert [cents for _, cents, _ in live()] == [10000, -990, 25000]


def test_equal_movements_of_a_day_are_as_many_as_the_bank_says(creditor: Creditor) -> None:
    twice = ("2026-11-02", "50.00", "VIR DUPONT")
    take(creditor, camt([twice], number="1"))
    both = take(creditor, camt([twice, twice], number="2"))
    assert (both.written["bank_lines"], both.written["lines_known"]) == (1, 1)
    references = [("2026-11-02", "50.00", "VIR DUPONT", ref) for ref in ("A", "B")]
    take(creditor, camt(references[:1], number="3", opening="7.00"))
    other = take(creditor, camt(references[1:], number="4", opening="8.00"))
    assert other.written["bank_lines"] == 1  # the bank's references differ: two movements


def test_two_formats_word_the_same_day_differently(creditor: Creditor) -> None:
    take(creditor, camt([DAY1, DAY2, DAY3]))
    text = cfonb120(
        ("021126", "100.00", "VIREMENT DE DUPONT"),
        ("031126", "-9.90", "COTISATION"),
        ("041126", "250.00", "VIREMENT DE AUBIN"),
        ("041126", "12.00", "REMISE CHEQUE"),
    )
    statement = text.replace("30006000011234567890", "")  # the same account, by its RIB
    report = take(creditor, statement, name="releve.txt")
    assert report.format == "cfonb120"
    assert (report.written["bank_lines"], report.written["lines_known"]) == (1, 3)
    third = take(
        creditor,
        mt940(("261102", "C100,00", "DUPONT"), ("261105", "C5,00", "NEUF"), closing="105,00"),
        name="releve.sta",
    )
    assert (third.written["bank_lines"], third.written["lines_known"]) == (1, 1)


def test_what_was_announced_is_confirmed_or_set_aside(creditor: Creditor) -> None:
    announced = camt(
        [DAY1, ("2026-11-03", "77.00", "ANNONCE", "R9")], opening=None, message="052", number="i"
    )
    take(creditor, announced)
    report = take(creditor, camt([DAY1, DAY2, DAY3]))
    assert report.written["set_aside"] == 1
    aside = BankLine.objects.get(amount_cents=7700)
    assert (aside.state, aside.state_reason) == ("set_aside", "unconfirmed")
    assert BankLine.objects.get(amount_cents=10000).provisional  # confirmed, and still waiting
    batch = BankStatement.objects.get(kind="statement").batch
    undo_import(batch.pk, by=BY, at=AT)
    aside.refresh_from_db()
    assert aside.state == "to_match"


def test_a_notice_details_the_line_of_a_statement(creditor: Creditor) -> None:
    take(creditor, camt([("2026-11-02", "-66.50", "PRLV IMPAYES", "R1")], opening="100.00"))
    inside = "".join(
        f'<TxDtls><Refs><EndToEndId>{ref}</EndToEndId></Refs><Amt Ccy="EUR">{amount}</Amt>'
        f"<RtrInf><Rsn><Cd>{why}</Cd></Rsn></RtrInf></TxDtls>"
        for ref, amount, why in (("E1", "54.00", "AM04"), ("E2", "12.50", "MD06"))
    )
    notice = camt(
        [camt_entry("2026-11-02", "-66.50", "", "R1", inside)], opening=None, message="054"
    )
    report = take(creditor, notice)
    assert (report.written["bank_lines"], report.written["bank_details"]) == (0, 2)
    [line] = lines_to_match([creditor.pk])
    assert [(one.end_to_end, one.return_code) for one in line.details.all()] == [
        ("E1", "AM04"),
        ("E2", "MD06"),
    ]
    first = ImportBatch.objects.order_by("pk").first()
    assert first is not None
    with pytest.raises(Refused) as refused:  # the notice depends on it
        undo_import(first.pk, by=BY, at=AT)
    assert refused.value.code == "depended_on"
    assert "annulez-le d’abord" in refused.value.message


def test_an_unknown_account_is_asked_for(creditor: Creditor) -> None:
    content = camt([DAY1], iban=OTHER_IBAN)
    batch, report = bring(creditor, content, name="releve.xml")
    assert (batch.status, report.error.code) == ("refused", "bank_account_unknown")  # type: ignore[union-attr]
    assert not BankLine.objects.exists()
    received = receive_file(
        content.encode(), name="r.xml", creditor=creditor, open_accounts=True, by=BY, at=AT
    )
    assert run_import(received.pk, at=AT).written["bank_accounts"] == 1
    opened = CreditorBankAccount.objects.get(iban=OTHER_IBAN)
    assert not opened.is_default  # debtors go on paying where they did
    assert BankLine.objects.get().bank_account == opened


def test_an_account_without_iban_is_named_once(creditor: Creditor) -> None:
    CreditorBankAccount.objects.create(creditor=creditor, iban=OTHER_IBAN)
    one = ofx("<TRNTYPE>CREDIT<DTPOSTED>20261102<TRNAMT>10.00<FITID>1", account="0123")
    batch, _ = bring(creditor, one, name="r.ofx")
    assert batch.summary["error"]["code"] == "bank_account_unnamed"
    received = receive_file(
        one.encode(), name="r.ofx", creditor=creditor, bank_account=OTHER_IBAN, by=BY, at=AT
    )
    assert run_import(received.pk, at=AT).accepted
    assert BankAccountName.objects.get().written == "1/0123"
    next_one = ofx("<TRNTYPE>CREDIT<DTPOSTED>20261103<TRNAMT>20.00<FITID>2", account="0123")
    assert take(creditor, next_one, name="r2.ofx").written["bank_lines"] == 1


def test_a_file_without_account_is_of_the_only_one(creditor: Creditor) -> None:
    table = "Date;Libellé;Débit;Crédit;Solde\n02/11/2026;VIR DUPONT;;100,00;100,00\n"
    assert take(creditor, table, name="releve.csv").written["bank_lines"] == 1
    assert BankLine.objects.get().bank_account.iban == IBAN


def test_a_statement_that_does_not_add_up_leaves_nothing(creditor: Creditor) -> None:
    for partial in (False, True):
        batch, report = bring(
            creditor, camt([DAY1], closing="99.00"), name="releve.xml", partial=partial
        )
        assert (batch.status, report.error.code) == ("refused", "balance")  # type: ignore[union-attr]
    assert not BankStatement.objects.exists()


def test_rejected_orders_move_no_money(creditor: Creditor) -> None:
    report = take(
        creditor,
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"><CstmrPmtStsRpt><GrpHdr>'
        "<MsgId>P</MsgId><CreDtTm>2026-11-05T09:00:00</CreDtTm></GrpHdr><OrgnlPmtInfAndSts>"
        "<OrgnlPmtInfId>LOT</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>E1</OrgnlEndToEndId>"
        "<TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf><OrgnlTxRef><Amt>"
        '<InstdAmt Ccy="EUR">80.00</InstdAmt></Amt></OrgnlTxRef></TxInfAndSts>'
        "</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>",
    )
    assert (report.counts["returns"], report.totals["rejected"]) == (1, {"EUR": 8000})
    assert not lines_to_match([creditor.pk]).exists()
    [rejected] = announced_returns([creditor.pk])
    assert (rejected.end_to_end, rejected.return_code) == ("E1", "AC04")
    assert (rejected.moves_money, rejected.return_reason) == (False, "compte clos")


# ---- states


def paid(creditor: Creditor, cents: int = 10000) -> Payment:
    account = make_account(creditor)
    return record_payment(
        account.pk, kind="transfer", amount_cents=cents, value_date=date(2026, 11, 2), by=BY, at=AT
    )


def test_a_line_is_matched_by_its_payment_and_released_once_it_is_reversed(
    creditor: Creditor,
) -> None:
    take(creditor, camt([DAY1]))
    line = BankLine.objects.get()
    payment = paid(creditor)
    bank_lines.mark_matched(line.pk, [payment.pk], by=BY, at=AT)
    line.refresh_from_db()
    assert (line.state, BankLinePayment.objects.get().payment) == ("matched", payment)
    assert sound() == []
    with pytest.raises(Refused, match="rapprochée"):
        undo_import(line.statement.batch_id, by=BY, at=AT)
    with pytest.raises(Refused, match="contrepassez"):
        bank_lines.release(line.pk, by=BY, at=AT)
    reverse_payment(payment.pk, on=date(2026, 11, 22), by=BY, at=AT + timedelta(minutes=1))
    bank_lines.release(line.pk, by=BY, at=AT)
    assert lines_to_match([creditor.pk]).get() == line


def test_a_payment_of_another_creditor_is_refused(creditor: Creditor) -> None:
    take(creditor, camt([DAY1]))
    line = BankLine.objects.get()
    stranger = paid(make_creditor())
    with pytest.raises(Refused, match="créancier"):
        bank_lines.mark_matched(line.pk, [stranger.pk], by=BY, at=AT)
    with pytest.raises(IntegrityError, match="autre créancier"), transaction.atomic():
        BankLinePayment.objects.create(
            line=line, payment=stranger, recorded_by="job:x", recorded_at=AT
        )


def test_lines_are_set_aside_with_a_reason_and_put_back(creditor: Creditor) -> None:
    take(creditor, camt([DAY1, DAY2]))
    fees = BankLine.objects.get(amount_cents=-990)
    with pytest.raises(Refused, match="Dites pourquoi"):
        bank_lines.set_aside([fees.pk], reason=" ", by=BY, at=AT)
    assert bank_lines.set_aside([fees.pk], reason="frais de la banque", by=BY, at=AT) == 1
    assert bank_lines.set_aside([fees.pk], reason="frais de la banque", by=BY, at=AT) == 0
    assert [line.amount_cents for line in lines_to_match([creditor.pk])] == [10000]
    assert bank_lines.put_back([fees.pk], by=BY, at=AT) == 1


# ---- undone


def test_an_import_is_undone_as_a_whole_and_may_come_again(creditor: Creditor) -> None:
    take(creditor, camt([DAY1, DAY2]))
    batch = ImportBatch.objects.get()
    undo_import(batch.pk, by=BY, at=AT)
    batch.refresh_from_db()
    assert (batch.status, live()) == ("undone", [])
    assert BankLine.objects.count() == 2  # withdrawn, not deleted
    assert sound() == []
    assert take(creditor, camt([DAY1, DAY2])).written["bank_lines"] == 2
    with pytest.raises(Refused, match="déjà annulé"):
        undo_import(batch.pk, by=BY, at=AT)


def test_an_import_that_a_later_statement_repeats_is_undone_after_it(creditor: Creditor) -> None:
    take(creditor, camt([DAY1, DAY2], number="1"))
    take(creditor, camt([DAY2, DAY3], opening="100.00", number="2"))
    first, second = ImportBatch.objects.order_by("pk")
    with pytest.raises(Refused, match="annulez-le d’abord"):
        undo_import(first.pk, by=BY, at=AT)
    undo_import(second.pk, by=BY, at=AT)
    undo_import(first.pk, by=BY, at=AT)
    assert live() == []


# ---- what the database refuses, what `exigible check` says


def refused_by_database(statement: str, *values: object) -> None:
    with (
        pytest.raises(IntegrityError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, values)


def test_statements_and_lines_are_facts(creditor: Creditor) -> None:
    take(creditor, camt([DAY1, DAY2]))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # as at the end of a transaction
    for statement in (
        "TRUNCATE store_bankline CASCADE",
        "UPDATE store_bankline SET amount_cents = 1",
        "UPDATE store_bankline SET label = 'x'",
        "UPDATE store_bankline SET state = 'matched'",
        "DELETE FROM store_bankline",
        "UPDATE store_bankstatement SET closing_cents = 1",
        "UPDATE store_bankstatement SET credit_cents = credit_cents + 1",
        "DELETE FROM store_bankstatement",
        "DELETE FROM store_importbatch",
        """INSERT INTO store_bankline (statement_id, creditor_id, bank_account_id, identity, rank,
             booked_on, amount_cents, currency, label, counterparty, counterparty_iban, on_behalf_of,
             end_to_end, mandate, bank_ref, refs, code, nature, is_return, return_code, return_reason,
             batch_ref, moves_money, provisional, state, state_reason, state_by)
           SELECT statement_id, creditor_id, bank_account_id, identity, rank, booked_on, amount_cents,
             currency, label, counterparty, counterparty_iban, on_behalf_of, end_to_end, mandate,
             bank_ref, refs, code, nature, is_return, return_code, return_reason, batch_ref,
             moves_money, provisional, state, state_reason, state_by FROM store_bankline""",
    ):
        refused_by_database(statement)
    undo_import(ImportBatch.objects.get().pk, by=BY, at=AT)
    refused_by_database("UPDATE store_bankline SET state = 'to_match'")
    refused_by_database("UPDATE store_bankstatement SET withdrawn_at = NULL")


def test_a_statement_of_another_creditors_account_is_refused_by_the_database(
    creditor: Creditor,
) -> None:
    take(creditor, camt([DAY1]))
    statement = BankStatement.objects.get()
    other = make_creditor()
    statement.pk, statement.creditor, statement.digest = None, other, b"x" * 16
    with pytest.raises(IntegrityError, match="autre créancier"), transaction.atomic():
        statement.save()


def test_check_finds_a_lost_line_and_a_missing_statement(creditor: Creditor) -> None:
    take(creditor, camt([DAY1], number="1", closed_on="2026-11-02"))
    take(creditor, camt([DAY3], opening="90.10", number="3", closed_on="2026-11-04"))
    report = check_everything(at=AT, on=date(2026, 11, 22))
    [gap] = [words for words in report.warnings if "relevé" in words]
    assert "100,00" in gap
    assert "02/11/2026" in gap
    take(creditor, camt([DAY2], opening="100.00", number="2", closed_on="2026-11-03"))
    assert not any(
        "relevé" in words for words in check_everything(at=AT, on=date(2026, 11, 22)).warnings
    )
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM store_bankline WHERE amount_cents = 25000")
        cursor.execute("SET session_replication_role = DEFAULT")
    assert any("il porte 1 opérations" in words for words in sound())


def test_details_are_kept_with_their_line(creditor: Creditor) -> None:
    inside = "".join(
        f"<TxDtls><Refs><EndToEndId>{ref}</EndToEndId></Refs></TxDtls>" for ref in ("A", "B")
    )
    take(
        creditor,
        camt(
            [camt_entry("2026-11-02", "30.00", "", "R1", inside)], opening="0.00", closing="30.00"
        ),
    )
    assert list(BankLineDetail.objects.values_list("end_to_end", "amount_cents")) == [
        ("A", None),
        ("B", None),
    ]
