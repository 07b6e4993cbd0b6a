"""A month at the bank, from the statement to balances to the cent, and undone to what it was."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum

from exigible.domain.refusals import Refused, WrongInput
from exigible.operations import bank_lines
from exigible.operations.acts import By
from exigible.operations.matching import deciding
from exigible.operations.matching.parts import Part
from exigible.operations.matching.running import run_matching
from exigible.operations.matching.settings import save_settings
from exigible.operations.payments import record_payment
from exigible.store.models import (
    Account,
    BankLine,
    BankLineMatch,
    Claim,
    Creditor,
    CreditorBankAccount,
    Debtor,
    DiscountGranted,
    JournalEntry,
    LearnedPayer,
    LineDecision,
    LineFee,
    MatchingRun,
    Payment,
    Remittance,
    RemittanceItem,
    StoredDocument,
)
from tests.bank_text import IBAN, camt, camt_entry
from tests.builders import make_account, make_claim, make_creditor, make_debtor
from tests.operations.importing import AT, BY, bring, done, sound

pytestmark = pytest.mark.django_db
USER = By("user:00000000-0000-4000-8000-00000000000a")
DUE = date(2026, 10, 31)


def account_of(
    creditor: Creditor, name: str, *claims: tuple[str, int], **fields: object
) -> Account:
    account = make_account(creditor, debtor=make_debtor(name=name, **fields))
    for ref, cents in claims:
        make_claim(account, cents, DUE, ref=ref, issued_on=date(2026, 10, 1))
    return account


def open_sums() -> dict[str, int]:
    return dict(Claim.objects.order_by("ref").values_list("ref", "balance_cents"))


def line(cents: int) -> BankLine:
    return BankLine.objects.get(amount_cents=cents)


def accounted_for() -> int:
    """Return the sum of what was booked, less fees, set aside, in suspense, and waiting."""
    booked = sum(
        Payment.objects.filter(bank_lines__ended_at=None, bank_lines__isnull=False).values_list(
            "amount_cents", flat=True
        )
    )
    fees = LineFee.objects.aggregate(sum=Sum("amount_cents"))["sum"] or 0
    rest = BankLine.objects.exclude(state="matched").aggregate(sum=Sum("amount_cents"))["sum"] or 0
    return booked - fees + rest


@pytest.fixture
def creditor() -> Creditor:
    made = make_creditor()
    CreditorBankAccount.objects.create(creditor=made, iban=IBAN, is_default=True)
    return made


STATEMENT = [
    ("2026-11-02", "1200.00", "VIR SEPA SERRURERIE DESNOYELLES FA26-04702", "A1"),
    ("2026-11-03", "-48.20", "FRAIS DE TENUE DE COMPTE", "A2"),
    ("2026-11-04", "980.00", "VIR PEINTURE OZANNEAU FA26-05001 ESCOMPTE", "A3"),
    ("2026-11-05", "912.40", "VIR SEPA MARQUES ET FILS", "A4"),
    ("2026-11-06", "700.00", "VIR TRANSPORTS GUIBERT FA26-06001", "A5"),
    ("2026-11-09", "450.00", "VIR URSSAF REMBOURSEMENT", "A6"),
    ("2026-11-12", "-300.00", "PRLV SEPA REJETE PAYSAGES LIGNON FA26-07001 MD01", "A7"),
]


@pytest.fixture
def month(creditor: Creditor) -> dict[str, Account]:
    """The accounts, their claims, and a month's statement, not matched yet."""
    accounts = {
        "desnoyelles": account_of(creditor, "Serrurerie Desnoyelles", ("FA26-04702", 120000)),
        "ozanneau": account_of(creditor, "Peinture Ozanneau", ("FA26-05001", 100000)),
        "guibert": account_of(creditor, "Transports Guibert", ("FA26-06001", 60000)),
        "lignon": account_of(creditor, "Paysages Lignon", ("FA26-07001", 30000)),
        "marques": account_of(creditor, "Menuiserie du Port", ("FA26-08001", 200000)),
    }
    claim = Claim.objects.get(ref="FA26-07001")
    record_payment(
        accounts["lignon"].pk,
        kind="direct_debit",
        amount_cents=30000,
        value_date=date(2026, 11, 1),
        allocations=[(claim.pk, 30000)],
        by=BY,
        at=AT,
    )
    save_settings(
        creditor.pk,
        {"discount_rate": 20000, "discount_days": 40, "discount_vat_rate": 200000},
        by=USER,
        at=AT,
    )
    done(creditor, camt(STATEMENT), name="releve.xml")
    return accounts


def test_a_month_is_matched_to_the_cent_and_undone_to_what_it_was(
    creditor: Creditor, month: dict[str, Account]
) -> None:
    before = open_sums()
    total = sum(BankLine.objects.values_list("amount_cents", flat=True))
    run = run_matching(creditor.pk, at=AT)
    # Certain: the exact invoice, the overpaid one stays credit, the debit that came back.
    assert (run.lines, run.booked, run.set_aside) == (7, 3, 2)
    assert line(120000).state == "matched"
    assert line(-30000).state == "matched"
    assert open_sums() == before | {"FA26-04702": 0, "FA26-06001": 0, "FA26-07001": 30000}
    assert Payment.objects.get(amount_cents=70000).unallocated_cents == 10000  # paid too much
    assert line(-4820).state_reason.startswith("N’est pas le règlement d’un client")
    assert line(45000).state == "set_aside"
    assert accounted_for() == total
    decision = line(120000).decisions.get()
    assert decision.automatic
    assert "FA26 04702" in "".join(decision.reasons)
    # Run again: nothing moves, nothing doubles.
    payments = Payment.objects.count()
    again = run_matching(creditor.pk, at=AT + timedelta(hours=1))
    assert (again.booked, Payment.objects.count()) == (0, payments)
    # The discount taken in time waits for a person, who grants it: the claim is closed, with its VAT.
    match = BankLineMatch.objects.get(line=line(98000))
    assert (match.gap, match.account) == ("discount_due", month["ozanneau"])
    deciding.accept(line(98000).pk, by=USER, at=AT)
    assert Claim.objects.get(ref="FA26-05001").balance_cents == 0
    granted = DiscountGranted.objects.get()
    assert (granted.net_cents, granted.vat_cents) == (1667, 333)  # 20.00 TTC at 20 %
    # Nobody knows who that is: suspense, then found.
    deciding.suspend([line(91240).pk], by=USER, at=AT)
    assert line(91240).state == "suspense"
    claim = Claim.objects.get(ref="FA26-08001")
    part = Part(account_id=month["marques"].pk, cents=91240, claims=[(claim.pk, 91240)])
    deciding.settle(line(91240).pk, [part], by=USER, at=AT)
    claim.refresh_from_db()
    assert claim.balance_cents == 200000 - 91240
    assert accounted_for() == total
    assert sound() == []
    # Undone one by one, everything is as before; and never booked alone again.
    for one in BankLine.objects.filter(state="matched"):
        deciding.undo(one.pk, by=USER, at=AT + timedelta(minutes=5))
    assert open_sums() == before
    deciding.put_back(list(BankLine.objects.values_list("pk", flat=True)), by=USER, at=AT)
    run = run_matching(creditor.pk, at=AT + timedelta(hours=2))
    assert (run.lines, run.booked, run.set_aside) == (7, 0, 0)
    assert accounted_for() == total
    assert sound() == []


def test_automatic_booking_is_the_creditors_to_allow(
    creditor: Creditor, month: dict[str, Account]
) -> None:
    save_settings(creditor.pk, {"automatic": False}, by=USER, at=AT)
    run = run_matching(creditor.pk, at=AT)
    assert run.booked == 0
    assert line(120000).state == "to_match"
    assert BankLineMatch.objects.get(line=line(120000)).parts
    save_settings(creditor.pk, {"automatic": True, "automatic_up_to_cents": 100000}, by=USER, at=AT)
    run_matching(creditor.pk, at=AT)
    assert line(120000).state == "to_match"
    assert line(-30000).state == "matched"
    with pytest.raises(WrongInput, match="de 2 à 4"):
        save_settings(creditor.pk, {"least_evidence": 1}, by=USER, at=AT)
    changed = JournalEntry.objects.filter(action="matching_rules_changed").last()
    assert changed is not None
    assert changed.facts["changes"] == {
        "automatic": [False, True],
        "automatic_up_to_cents": [None, 100000],
    }


def test_an_iban_is_learnt_from_people_once_and_twice_for_somebody_else(creditor: Creditor) -> None:
    own = account_of(creditor, "Atelier Kerlann", *((f"FK26-000{n}", 11000 + n) for n in range(5)))
    iban = "FR7612345000010000000123456"

    def paid(day: int, cents: int, name: str) -> BankLine:
        inside = (
            f"<TxDtls><RltdPties><Dbtr><Nm>{name}</Nm></Dbtr><DbtrAcct><Id><IBAN>{iban}</IBAN></Id>"
            "</DbtrAcct></RltdPties><RmtInf><Ustrd>REGLEMENT</Ustrd></RmtInf></TxDtls>"
        )
        entry = camt_entry(f"2026-11-{day:02d}", f"{cents / 100:.2f}", "", f"K{day}", inside)
        done(
            creditor,
            camt([entry], opening=None, message="054", number=str(day)),
            name=f"avis{day}.xml",
        )
        return BankLine.objects.latest("pk")

    def settle(one: BankLine, ref: str) -> None:
        claim = Claim.objects.get(ref=ref)
        part = Part(
            account_id=own.pk, cents=one.amount_cents, claims=[(claim.pk, one.amount_cents)]
        )
        deciding.settle(one.pk, [part], by=USER, at=AT)

    settle(paid(2, 11000, "SCI DES GLENAN"), "FK26-0000")
    payer = LearnedPayer.objects.get(kind="iban")
    assert (payer.account, payer.third_party, payer.counts) == (own, True, False)
    second = paid(3, 11001, "SCI DES GLENAN")
    run_matching(creditor.pk, at=AT)
    assert BankLineMatch.objects.get(line=second).accounts == []  # one confirmation is not enough
    settle(second, "FK26-0001")
    third = paid(4, 11002, "SCI DES GLENAN")
    run_matching(creditor.pk, at=AT)
    assert BankLineMatch.objects.get(line=third).account == own
    # Undoing takes the confirmation back.
    deciding.undo(second.pk, by=USER, at=AT)
    payer.refresh_from_db()
    assert not payer.counts


def document(name: str) -> StoredDocument:
    from exigible.operations.documents import store_document

    return store_document(name.encode(), name=name, media_type="text/plain", at=AT)


def test_an_agents_statement_books_gross_to_debtors_and_fees_to_the_creditor(
    creditor: Creditor,
) -> None:
    one = account_of(creditor, "Hôtel des Sources", ("FB26-1001", 50000))
    other = account_of(creditor, "Garage Tournebise", ("FB26-1002", 30000))
    done(
        creditor, camt([("2026-11-10", "720.00", "VIR SELARL LORIN COMMISSAIRE DE JUSTICE", "C1")])
    )
    paper = Remittance.objects.create(
        creditor=creditor,
        kind="agent",
        document=document("reversement"),
        filename="reversement.csv",
        sender="Selarl Lorin",
        dated_on=date(2026, 11, 9),
        gross_cents=80000,
        fees_cents=8000,
        recorded_by="user:x",
        recorded_at=AT,
    )
    for rank, (ref, cents) in enumerate((("FB26-1001", 50000), ("FB26-1002", 30000))):
        RemittanceItem.objects.create(
            remittance=paper, rank=rank, reference=ref, amount_cents=cents
        )
    run_matching(creditor.pk, at=AT)
    match = BankLineMatch.objects.get()
    assert (match.kind, match.gap, match.fees_cents) == ("agent", "agent_fees", 8000)
    assert match.remittance == paper
    assert line(72000).state == "to_match"  # what a mandatary keeps is a person's to accept
    deciding.accept(line(72000).pk, by=USER, at=AT)
    assert set(Claim.objects.values_list("balance_cents", flat=True)) == {0}
    assert set(Payment.objects.values_list("account", "amount_cents")) == {
        (one.pk, 50000),
        (other.pk, 30000),
    }
    assert accounted_for() == 72000
    assert sound() == []
    deciding.undo(line(72000).pk, by=USER, at=AT)
    assert open_sums() == {"FB26-1001": 50000, "FB26-1002": 30000}
    assert LineFee.objects.aggregate(sum=Sum("amount_cents"))["sum"] == 0
    assert sound() == []


def test_a_receipt_that_the_ledger_has_is_not_booked_twice(creditor: Creditor) -> None:
    account = account_of(creditor, "Scierie Morel", ("FS26-2001", 40000))
    claim = account.claims.get()
    record_payment(
        account.pk,
        kind="transfer",
        amount_cents=40000,
        value_date=date(2026, 11, 11),
        allocations=[(claim.pk, 40000)],
        by=By("fec:1:12"),
        at=AT,
    )
    done(creditor, camt([("2026-11-10", "400.00", "VIR SCIERIE MOREL FS26-2001", "D1")]))
    run_matching(creditor.pk, at=AT)
    assert line(40000).state == "matched"
    assert Payment.objects.count() == 1
    # The other way round: the bank first, the ledger after.
    second = make_claim(account, 7000, DUE, ref="FS26-2002", issued_on=date(2026, 10, 1))
    done(creditor, camt([("2026-11-12", "70.00", "VIR SCIERIE MOREL FS26-2002", "D2")], number="2"))
    run_matching(creditor.pk, at=AT)
    assert line(7000).state == "matched"
    record_payment(
        account.pk,
        kind="transfer",
        amount_cents=7000,
        value_date=date(2026, 11, 13),
        by=By("fec:2:40"),
        at=AT,
    )
    run_matching(creditor.pk, at=AT)
    live = Payment.objects.filter(amount_cents=7000, reversed_by=None)
    assert [(one.origin, one.allocated_cents) for one in live] == [("fec:2:40", 7000)]
    second.refresh_from_db()
    assert second.balance_cents == 0
    assert sound() == []


def test_after_a_judgment_old_claims_are_not_paid(creditor: Creditor) -> None:
    account = account_of(
        creditor,
        "Hôtel Trois Sources",
        ("FH26-3001", 21000),
        insolvency_opened_on=date(2026, 11, 1),
        insolvency_kind="redressement",
    )
    done(creditor, camt([("2026-11-10", "210.00", "VIR HOTEL TROIS SOURCES FH26-3001", "E1")]))
    run_matching(creditor.pk, at=AT)
    one = line(21000)
    assert one.state == "to_match"
    with pytest.raises(Refused, match="jugement") as refusal:
        deciding.accept(one.pk, by=USER, at=AT)
    assert refusal.value.article == "C. com. art. L. 622-7"
    deciding.settle(one.pk, [Part(account_id=account.pk, cents=21000)], by=USER, at=AT)
    assert Payment.objects.get().unallocated_cents == 21000


def test_a_credit_note_deducted_is_used_and_given_back(creditor: Creditor) -> None:
    account = account_of(creditor, "Verrerie Jouan", ("FV26-4001", 100000))
    note = record_payment(
        account.pk,
        kind="credit_note",
        amount_cents=15000,
        value_date=date(2026, 10, 20),
        reference="AV26-0007",
        by=BY,
        at=AT,
    )
    done(creditor, camt([("2026-11-10", "850.00", "VIR VERRERIE JOUAN FV26-4001 AV26-0007", "F1")]))
    run_matching(creditor.pk, at=AT)
    if line(85000).state != "matched":
        deciding.accept(line(85000).pk, by=USER, at=AT)
    assert open_sums() == {"FV26-4001": 0}
    note.refresh_from_db()
    assert note.allocated_cents == 15000
    deciding.undo(line(85000).pk, by=USER, at=AT)
    note.refresh_from_db()
    assert (open_sums(), note.allocated_cents) == ({"FV26-4001": 100000}, 0)
    assert sound() == []


def test_the_database_refuses_a_line_that_does_not_add_up(
    creditor: Creditor, month: dict[str, Account]
) -> None:
    payment = record_payment(
        month["marques"].pk, kind="transfer", amount_cents=100, value_date=DUE, by=BY, at=AT
    )
    with pytest.raises(IntegrityError, match="ne font pas son montant"), transaction.atomic():
        bank_lines.mark_matched(line(91240).pk, [payment.pk], by=BY, at=AT)
    run_matching(creditor.pk, at=AT)
    with pytest.raises(IntegrityError, match="viennent encore"), transaction.atomic():
        BankLine.objects.filter(amount_cents=120000).update(state="to_match")
    with pytest.raises(IntegrityError, match="ne se modifie"), transaction.atomic():
        LineDecision.objects.update(confidence=1)


def test_what_another_took_meanwhile_is_left_to_a_person(
    creditor: Creditor, month: dict[str, Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    from exigible.operations.matching import running

    kept = running._answers

    def late(*arguments: object) -> object:
        answers = kept(*arguments)  # type: ignore[arg-type]
        claim = Claim.objects.get(ref="FA26-04702")
        record_payment(
            claim.account_id,
            kind="cheque",
            amount_cents=120000,
            value_date=DUE,
            allocations=[(claim.pk, 120000)],
            by=BY,
            at=AT,
        )
        return answers

    monkeypatch.setattr(running, "_answers", late)
    run_matching(creditor.pk, at=AT)
    assert line(120000).state == "to_match"
    assert Claim.objects.get(ref="FA26-04702").balance_cents == 0
    assert MatchingRun.objects.get().booked == 2
    assert LineDecision.objects.filter(line=line(120000)).count() == 0


def test_a_merged_debtor_pays_under_his_old_name(creditor: Creditor) -> None:
    account = account_of(creditor, "Nouvelle Enseigne Bretonne", ("FM26-5001", 33300))
    Debtor.objects.create(
        name="Quincaillerie Abgrall", name_key="quincaillerie abgrall", merged_into=account.debtor
    )
    bring(creditor, camt([("2026-11-10", "333.00", "VIR QUINCAILLERIE ABGRALL", "G1")]))
    run_matching(creditor.pk, at=AT)
    assert BankLineMatch.objects.get().account == account
