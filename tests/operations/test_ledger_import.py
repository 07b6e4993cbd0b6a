"""A FEC in the database: increments, overlaps, lettering that comes later, years in any order."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from exigible.intake.importing import dry_run
from exigible.operations import ledger_import
from exigible.operations.ledger_lines import Contradiction
from exigible.operations.payments import (
    allocate,
    record_payment,
    reverse_payment,
    reverse_settlement,
)
from exigible.operations.undoing import undo_import
from exigible.store.models import (
    Account,
    Claim,
    Creditor,
    Entry,
    ImportBatch,
    ImportProblem,
    JournalEntry,
    LedgerLine,
    Payment,
    Settlement,
)
from tests.campaign import rounds
from tests.fec_text import FecLine, entry, fec, invoice, receipt
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
Entries = list[FecLine]

JANUARY = [
    invoice("F1", "20250110", "DUPONT", 1200),
    invoice("F2", "20250120", "DUPONT", 300),
    invoice("F3", "20250121", "DURAND", 60.5),
]
FEBRUARY = [
    receipt("R1", "20250210", "DUPONT", 1200),
    invoice("F4", "20250211", "DURAND", 40),
]


@pytest.fixture(autouse=True)
def _documents(tmp_path: Path, settings: Settings) -> None:
    settings.DOCUMENTS_FOLDER = tmp_path / "documents"


@pytest.fixture
def creditor() -> Creditor:
    return new_creditor()


def new_creditor() -> Creditor:
    return Creditor.objects.create(name="Négoce SA", term_days=30, term_method="days_then_eom")


def with_code(entries: list[Entries], codes: dict[str, str]) -> list[Entries]:
    """Letter the customer lines of some entries, by piece."""
    return [
        [
            line
            if line.account[:2] != "41" or line.piece not in codes
            else FecLine(
                *(
                    codes[line.piece] if name == "letter" else getattr(line, name)
                    for name in FecLine.__slots__
                )
            )
            for line in one
        ]
        for one in entries
    ]


# --- one file -----------------------------------------------------------------------------------


def test_customers_claims_and_payments_are_there(creditor: Creditor) -> None:
    report = done(creditor, fec(*JANUARY, *FEBRUARY))
    assert report.written == {"lines": 5, "accounts": 2, "claims": 4, "payments": 1}
    assert open_claims(creditor) == {"F1": 120_000, "F2": 30_000, "F3": 6_050, "F4": 4_000}
    assert unused_credit(creditor) == 120_000
    account = Account.objects.select_related("debtor").get(number="DUPONT")
    assert (account.debtor.name, account.debtor.kind) == ("Dupont", "unknown")
    claim = Claim.objects.get(ref="F1")
    # 10 January + 30 days is 9 February; then the end of that month.
    assert (claim.due_on, claim.due_on_source) == (date(2025, 2, 28), "derived")
    assert account.figures.balance_cents == 30_000


def test_every_act_is_in_the_accounts_journal(creditor: Creditor) -> None:
    batch, _ = bring(creditor, fec(*JANUARY))
    lines = JournalEntry.objects.filter(account__isnull=False)
    assert {line.account.number for line in lines} == {"DUPONT", "DURAND"}
    assert {line.actor for line in lines} == {f"import:{batch.pk}"}
    house = JournalEntry.objects.get(account=None)
    assert house.facts["sha256"] == batch.sha256


def test_the_same_file_twice_changes_nothing_and_says_so(creditor: Creditor) -> None:
    text = fec(*with_code([*JANUARY, *FEBRUARY], {"F1": "A", "R1": "A"}))
    done(creditor, text)
    before = (ledger(creditor), Entry.objects.count(), JournalEntry.objects.count())
    batch, report = bring(creditor, text)
    assert batch.status == "unchanged"
    assert report.unchanged
    assert (ledger(creditor), Entry.objects.count(), JournalEntry.objects.count() - 1) == before
    # Written otherwise, it is still the same ledger.
    batch, _ = bring(creditor, text.replace("|", "\t").encode("utf-16"), name="autre.txt")
    assert batch.status == "unchanged"


def test_till_takings_and_collective_accounts_are_never_chased(creditor: Creditor) -> None:
    till = entry("VE 1 20250131", '411 CCB 100 "RECETTE CB"', "706 -100")
    rows = fec(till, *JANUARY).replace("|Ccb|", "|RECETTE CB|")
    done(creditor, rows)
    assert {a.number: a.never_chased for a in Account.objects.all()} == {
        "CCB": True,
        "DUPONT": False,
        "DURAND": False,
    }
    assert "caisse" in Account.objects.get(number="CCB").never_chased_reason


def test_accounts_without_auxiliary_are_the_customers(creditor: Creditor) -> None:
    done(
        creditor,
        fec(
            entry("VE 1 20250110 F1", "411DUPONT 100", "706 -100"),
            entry("OD 2 20250601", "411DUPONT -100", "416DUPONT 100"),
        ),
    )
    [claim] = Claim.objects.select_related("account")
    assert (claim.account.number, claim.ledger_account) == ("411DUPONT", "416DUPONT")


def test_prefixes_are_the_creditors(creditor: Creditor) -> None:
    creditor.customer_prefixes = ["467"]
    creditor.save()
    done(creditor, fec(*JANUARY, entry("VE 9 20250110 L1", "467 LOCATAIRE 700", "752 -700")))
    assert open_claims(creditor) == {"L1": 70_000}


@pytest.mark.parametrize(
    "wrong",
    [
        fec(*JANUARY).replace("|706|", "|706|x|", 1),
        fec(*JANUARY).replace("-", "é").replace("20250121", "20250230"),
        fec(*JANUARY, entry("VE 9 20250101", "411 X 1", "706 -2")),
        fec(*JANUARY)[:700],
        "",
        "\x00" * 50,
    ],
)
def test_a_refused_file_changes_nothing(creditor: Creditor, wrong: str) -> None:
    batch, report = bring(creditor, wrong, format_="fec")
    assert batch.status == "refused"
    assert batch.error == report.error.message
    assert ImportProblem.objects.filter(batch=batch, blocking=True).exists()
    assert not any(
        model.objects.exists() for model in (Account, Claim, Payment, LedgerLine, JournalEntry)
    )
    assert done(creditor, fec(*JANUARY)).written["claims"] == 3


def test_a_partial_reading_takes_what_is_legible(creditor: Creditor) -> None:
    cut = fec(*JANUARY, *FEBRUARY).split("\r\n")
    cut[2] = cut[2].replace("20250110", "20251340")
    batch, report = bring(creditor, "\r\n".join(cut[:-2]), partial=True)
    assert batch.status == "done"
    assert {problem.code for problem in report.problems} == {"wrong_date", "unbalanced_entry"}
    assert open_claims(creditor) == {"F1": 120_000, "F2": 30_000, "F3": 6_050, "F4": 4_000}
    assert sound() == []


def test_facts_that_contradict_the_ledger_are_never_committed(
    creditor: Creditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cent lost between the plan and the facts undoes everything."""
    flush = ledger_import.Writer.flush

    def lose_a_cent(self: ledger_import.Writer) -> None:
        row = list(self.entries[-1])
        row[5] -= 1  # type: ignore[operator]
        self.entries[-1] = tuple(row)
        flush(self)

    monkeypatch.setattr(ledger_import.Writer, "flush", lose_a_cent)
    with pytest.raises(Contradiction):
        bring(creditor, fec(*JANUARY))
    assert ImportBatch.objects.get().status == "failed"
    assert not Claim.objects.exists()
    monkeypatch.undo()
    assert done(creditor, fec(*JANUARY)).accepted


# --- increments and overlaps ----------------------------------------------------------------------


def test_next_month_is_an_increment(creditor: Creditor) -> None:
    done(creditor, fec(*JANUARY))
    report = done(creditor, fec(*JANUARY, *FEBRUARY))
    assert report.written["lines"] == 2
    done(creditor, fec(*FEBRUARY))
    assert LedgerLine.objects.count() == 5


def test_equal_lines_keep_the_larger_count(creditor: Creditor) -> None:
    twice = entry("VE 1 20250110 F1", "411 X 10", "411 X 10", "706 -20")
    thrice = entry("VE 1 20250110 F1", "411 X 10", "411 X 10", "411 X 10", "706 -30")
    done(creditor, fec(twice))
    assert open_claims(creditor) == {"F1": 1_000}
    assert Claim.objects.count() == 2
    done(creditor, fec(thrice))
    assert Claim.objects.count() == 3
    done(creditor, fec(twice))
    assert Claim.objects.count() == 3


def test_a_customer_renamed_makes_no_new_line(creditor: Creditor) -> None:
    done(creditor, fec(*JANUARY))
    batch, _ = bring(creditor, fec(*JANUARY).replace("|Dupont|", "|Dupont et Fils|"))
    assert batch.status == "unchanged"


def test_what_is_no_longer_in_the_file_is_to_be_confirmed(creditor: Creditor) -> None:
    done(creditor, fec(*JANUARY))
    report = done(creditor, fec(JANUARY[0], JANUARY[2]))
    assert [problem.code for problem in report.problems] == ["missing_line"]
    assert "F2 DUPONT" in report.problems[0].message
    assert open_claims(creditor)["F2"] == 30_000


def test_a_renumbered_export_is_recognised(creditor: Creditor) -> None:
    year = [
        invoice(f"F{n}", f"2025{1 + n % 12:02d}{1 + n % 28:02d}", "X", 10 + n) for n in range(40)
    ]
    done(creditor, fec(*year))
    renumbered = [
        [FecLine(x.journal, f"9{x.number}", *x.cells()[3:4], *_rest(x)) for x in one]
        for one in year
    ]
    report = done(creditor, fec(*renumbered))
    assert "renumbered" in {problem.code for problem in report.problems}
    assert Claim.objects.count() == 40
    assert bring(creditor, fec(*renumbered))[0].status == "unchanged"


def _rest(line: FecLine) -> tuple[object, ...]:
    return tuple(getattr(line, name) for name in FecLine.__slots__[3:])


def test_a_few_equal_operations_of_other_entries_are_other_lines(creditor: Creditor) -> None:
    done(creditor, fec(entry("VE 1 20250110 F", "411 X 10", "706 -10")))
    done(creditor, fec(entry("VE 2 20250110 F", "411 X 10", "706 -10")))
    assert Claim.objects.count() == 2


# --- lettering that comes later ---------------------------------------------------------------------


def test_later_lettering_arrives_as_new_facts(creditor: Creditor) -> None:
    done(creditor, fec(*JANUARY, *FEBRUARY))
    report = done(creditor, fec(*with_code([*JANUARY, *FEBRUARY], {"F1": "A", "R1": "A"})))
    assert report.written == {"lines": 0, "accounts": 1, "settlements": 1}
    assert "F1" not in open_claims(creditor)
    settlement = Settlement.objects.get()
    assert (settlement.code, settlement.scope) == ("A", "411/DUPONT/2025-12-31")
    allocation = settlement.allocations.get()
    assert (allocation.claim.ref, allocation.value_date) == ("F1", date(2025, 2, 10))


def test_changed_then_removed_lettering_is_reversed(creditor: Creditor) -> None:
    every = [*JANUARY, *FEBRUARY]
    done(creditor, fec(*with_code(every, {"F1": "A", "R1": "A"})))
    done(creditor, fec(*with_code(every, {"F2": "A", "R1": "A"})))
    assert open_claims(creditor)["F1"] == 120_000
    assert "F2" not in open_claims(creditor)
    assert unused_credit(creditor) == 90_000
    assert Settlement.objects.filter(kind="reversal").count() == 1
    done(creditor, fec(*every))
    assert open_claims(creditor)["F2"] == 30_000
    assert unused_credit(creditor) == 120_000


def test_an_older_export_brought_late_takes_no_lettering_away(creditor: Creditor) -> None:
    lettered = with_code([*JANUARY, *FEBRUARY], {"F1": "A", "R1": "A"})
    done(creditor, fec(*lettered))
    batch, _ = bring(creditor, fec(*JANUARY))
    assert batch.status == "unchanged"
    assert "F1" not in open_claims(creditor)


def test_a_partial_group_that_grows(creditor: Creditor) -> None:
    first = receipt("R1", "20250210", "DUPONT", 500)
    second = receipt("R2", "20250310", "DUPONT", 700)
    done(creditor, fec(*with_code([*JANUARY, first], {"F1": "a", "R1": "a"})))
    assert open_claims(creditor)["F1"] == 70_000
    done(
        creditor,
        fec(*with_code([*JANUARY, first, second], {"F1": "A", "R1": "A", "R2": "A"})),
    )
    assert "F1" not in open_claims(creditor)
    other = new_creditor()
    done(other, fec(*with_code([*JANUARY, first, second], {"F1": "A", "R1": "A", "R2": "A"})))
    assert ledger(other) == ledger(creditor)


def test_a_rejection_that_comes_a_month_later_reopens_the_claim(creditor: Creditor) -> None:
    january = with_code([*JANUARY, *FEBRUARY], {"F1": "A", "R1": "A"})
    done(creditor, fec(*january))
    rejected = entry("BQ 9 20250305 R1", '411 DUPONT 1200 "REJET PRLV"', "512 -1200")
    done(creditor, fec(*january, rejected))
    assert open_claims(creditor)["F1"] == 120_000
    assert unused_credit(creditor) == 0
    [back] = Payment.objects.filter(amount_cents__lt=0)
    assert (back.reverses.label, back.value_date) == ("VIR DUPONT", date(2025, 3, 5))


# --- what people did meanwhile ----------------------------------------------------------------------


def paid_by_hand(creditor: Creditor, cents: int, ref: str = "F1") -> Payment:
    claim = Claim.objects.get(ref=ref)
    return record_payment(
        claim.account_id,
        kind="transfer",
        amount_cents=cents,
        value_date=date(2025, 2, 8),
        allocations=[(claim.pk, cents)],
        by=BY,
        at=AT,
    )


def test_a_receipt_typed_by_hand_is_recognised_in_the_ledger(creditor: Creditor) -> None:
    done(creditor, fec(*JANUARY))
    payment = paid_by_hand(creditor, 120_000)
    report = done(creditor, fec(*with_code([*JANUARY, *FEBRUARY], {"F1": "A", "R1": "A"})))
    assert report.written["recognised"] == 1
    assert Payment.objects.get() == payment
    assert Settlement.objects.count() == 1  # the same money pays the same invoice: nothing to add
    assert "F1" not in open_claims(creditor)


def test_lettering_overrules_a_settlement_by_hand(creditor: Creditor) -> None:
    done(creditor, fec(*JANUARY, *FEBRUARY))
    payment = Payment.objects.get()
    allocate(payment.pk, [(Claim.objects.get(ref="F2").pk, 30_000)], by=BY, at=AT)
    report = done(creditor, fec(*with_code([*JANUARY, *FEBRUARY], {"F1": "A", "R1": "A"})))
    assert "F1" not in open_claims(creditor)
    assert open_claims(creditor)["F2"] == 30_000
    assert "overruled" in {problem.code for problem in report.problems}


def test_what_a_person_reversed_is_not_made_again(creditor: Creditor) -> None:
    text = fec(*with_code([*JANUARY, *FEBRUARY], {"F1": "A", "R1": "A"}))
    done(creditor, text)
    reverse_settlement(Settlement.objects.get().pk, by=BY, at=AT, reason="erreur de lettrage")
    done(creditor, text + fec(invoice("F9", "20250301", "DUPONT", 5)).split("\r\n", 1)[1])
    assert open_claims(creditor)["F1"] == 120_000


def test_a_rejection_recorded_by_hand_then_found_in_the_ledger(creditor: Creditor) -> None:
    january = with_code([*JANUARY, *FEBRUARY], {"F1": "A", "R1": "A"})
    done(creditor, fec(*january))
    reverse_payment(Payment.objects.get().pk, on=date(2025, 3, 5), by=BY, at=AT, reason="impayé")
    rejected = entry("BQ 9 20250305 R1", '411 DUPONT 1200 "REJET PRLV"', "512 -1200")
    done(creditor, fec(*january, rejected))
    assert Payment.objects.filter(amount_cents__lt=0).count() == 1
    assert open_claims(creditor)["F1"] == 120_000
    assert unused_credit(creditor) == 0


# --- years ------------------------------------------------------------------------------------------

Y2024 = fec(
    invoice("F1", "20241110", "X", 100),
    invoice("F2", "20241120", "X", 60),
    receipt("R1", "20241201", "X", 10),
    invoice("G1", "20241120", "Y", 33),
)
N2024 = "732829320FEC20241231.txt"


def opening(*rows: str) -> Entries:
    total = sum(float(row.split()[2]) for row in rows)
    return entry("AN 1 20250101 AN", *rows, f"120 {-total:.2f}")


DETAILED = opening('411 X 100 =A "Facture F1"', "411 X 60 F2", "411 X -10 R", "411 Y 33 G1")
AGGREGATED = opening('411 X 150 =A "Solde à nouveau"', '411 Y 33 "Solde à nouveau"')


@pytest.mark.parametrize("opened", [DETAILED, AGGREGATED])
def test_years_in_any_order_make_the_same_ledger(creditor: Creditor, opened: Entries) -> None:
    paid = 100 if opened is DETAILED else 150
    y2025 = fec(opened, receipt("R2", "20250215", "X", paid, "A"))
    done(creditor, Y2024, name=N2024)
    done(creditor, y2025)
    other = new_creditor()
    done(other, y2025)
    later = done(other, Y2024, name=N2024)
    assert later.written["superseded"] == sum(line.account == "411" for line in opened)
    assert ledger(other) == ledger(creditor)
    left = {"F2": 6_000, "G1": 3_300} if opened is DETAILED else {"G1": 3_300}
    assert open_claims(creditor) == open_claims(other) == left
    for text, name in ((Y2024, N2024), (y2025, "732829320FEC20251231.txt")):
        assert bring(other, text, name=name)[0].status == "unchanged"


def test_an_aggregated_opening_alone_is_a_claim_of_unknown_detail(creditor: Creditor) -> None:
    done(creditor, fec(AGGREGATED))
    claim = Claim.objects.get(account__number="X")
    assert (claim.detail_unknown, claim.balance_cents) == (True, 15_000)


def test_an_opening_that_months_not_imported_explain_is_told(creditor: Creditor) -> None:
    done(creditor, Y2024, name=N2024)
    report = done(creditor, fec(opening("411 X 60 F2", "411 Y 33 G1")))
    [problem] = report.problems
    assert (problem.code, problem.blocking) == ("opening_gap", False)
    assert unused_credit(creditor) == 10_000  # 10 of R1, 90 to be confirmed
    # The missing months arrive: the difference explains itself.
    done(
        creditor,
        Y2024 + fec(receipt("R9", "20241220", "X", 90)).split("\r\n", 1)[1],
        name=N2024,
    )
    assert {p.label for p in Payment.objects.all() if p.unallocated_cents > 0} >= {"VIR X"}
    assert unused_credit(creditor) == 10_000


def test_lines_exported_during_the_year_find_their_year(creditor: Creditor) -> None:
    done(creditor, fec(*JANUARY), name="732829320FEC20250131.txt")
    assert LedgerLine.objects.first().financial_year_end == date(2025, 1, 31)
    lettered = with_code([*JANUARY, *FEBRUARY], {"F1": "A", "R1": "A"})
    start = entry("AN 1 20250101 AN", "411 DURAND 1", "120 -1")
    done(creditor, fec(start, *lettered), name="732829320FEC20250228.txt")
    assert {line.financial_year_end for line in LedgerLine.objects.all()} == {date(2025, 12, 31)}
    assert "F1" not in open_claims(creditor)


def test_final_openings_replace_provisional_ones(creditor: Creditor) -> None:
    done(creditor, fec(opening("411 X 100 F1", "411 X 60 F2")))
    done(creditor, fec(opening("411 X 100 F1", "411 X 7 F5")))
    assert open_claims(creditor) == {"F1": 10_000, "F5": 700}


# --- properties -------------------------------------------------------------------------------------


@st.composite
def years_and_cuts(draw: st.DrawFn) -> tuple[list[Entries], list[list[int]]]:
    """Draw a year of two customers, and overlapping exports that hold it all, in some order."""
    entries = []
    for number in range(draw(st.integers(2, 10))):
        day = f"2025{draw(st.integers(1, 12)):02d}{draw(st.integers(1, 28)):02d}"
        customer = draw(st.sampled_from("XY"))
        amount = draw(st.integers(1, 5))
        code = draw(st.sampled_from(["", " =A", " =B"]))
        head = f"{number} {day} F{number}"
        kind = draw(st.sampled_from(["sale", "note", "money", "back", "move", "twice"]))
        entries.append(
            {
                "sale": entry(f"VE {head}", f"411 {customer} {amount}{code}", f"706 {-amount}"),
                "twice": entry(
                    f"VE {head}",
                    f"411 {customer} {amount}{code}",
                    f"411 {customer} {amount}",
                    f"706 {-2 * amount}",
                ),
                "note": entry(f"VE {head}", f"411 {customer} {-amount}{code}", f"706 {amount}"),
                "money": entry(f"BQ {head}", f"512 {amount}", f"411 {customer} {-amount}{code}"),
                "back": entry(
                    f"BQ {head}", f"411 {customer} {amount}{code} REJET", f"512 {-amount}"
                ),
                "move": entry(
                    f"OD {head}", f"411 {customer} {-amount}{code}", f"416 {customer} {amount}"
                ),
            }[kind]
        )
    places = list(range(len(entries)))
    pieces = draw(st.lists(st.sets(st.sampled_from(places), min_size=1), max_size=2))
    covered = set().union(*pieces) if pieces else set()
    cuts = [sorted(piece) for piece in pieces]
    if rest := [place for place in places if place not in covered]:
        cuts.append(rest)
    return entries, draw(st.permutations(cuts))


@settings(
    max_examples=rounds(12, 500),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(years_and_cuts())
def test_overlapping_exports_in_any_order_make_one_ledger(
    drawn: tuple[list[Entries], list[list[int]]],
) -> None:
    entries, cuts = drawn
    whole, pieces = new_creditor(), new_creditor()
    bring(whole, fec(*entries))
    taken = []
    for cut in cuts:
        before = standing(pieces)
        batch, _ = bring(pieces, fec(*(entries[place] for place in cut)))
        assert batch.status in ("done", "unchanged"), batch.error
        if batch.status == "done":
            taken.append((batch, before))
    assert ledger(pieces) == ledger(whole)
    assert sound() == []
    batch, _ = bring(pieces, fec(*entries))
    assert batch.status == "unchanged"
    # Undone last first, each gives back the ledger that was there before it.
    for batch, before in reversed(taken):
        undo_import(batch.pk, by=BY, at=AT)
        assert standing(pieces) == before
    assert sound() == []
    bring(pieces, fec(*entries))
    assert standing(pieces) == standing(whole)


# --- real files -------------------------------------------------------------------------------------

REAL = ["111111111FEC20221231.TXT", "000000000FEC20231231.txt"]


@pytest.mark.corpus
@pytest.mark.parametrize("name", REAL)
def test_a_real_ledger_equals_its_own_sums(
    creditor: Creditor, shared_data: Path, name: str
) -> None:
    path = shared_data / "fec" / name
    report = done(creditor, path.read_bytes(), name=name)
    for row in report.accounts:
        account = Account.objects.get(creditor=creditor, number=row.auxiliary)
        balance = sum(c.balance_cents for c in account.claims.all())
        credit = sum(p.unallocated_cents for p in account.payments.all())
        assert balance - credit == row.balance_cents
        assert account.figures.balance_cents == row.balance_cents
    foreseen = dry_run(path).counts
    assert {key: report.written.get(key, 0) for key in ("claims", "payments", "settlements")} == {
        key: foreseen[key] for key in ("claims", "payments", "settlements")
    }
    assert bring(creditor, path.read_bytes(), name=name)[0].status == "unchanged"


@pytest.mark.corpus
@pytest.mark.parametrize("name", ["iso-8859-15-crlf-tab-300.txt", "montant-sens-DC-pipe.txt"])
def test_a_real_ledger_cut_in_the_middle(creditor: Creditor, shared_data: Path, name: str) -> None:
    content = (shared_data / "fec" / "derived" / name).read_bytes()
    batch, report = bring(creditor, content, name=name)
    assert (batch.status, report.error.code) == ("refused", "unbalanced_entry")
    assert done(creditor, content, name=name, partial=True).accepted


@pytest.mark.corpus
def test_halves_of_a_real_ledger_make_the_whole(creditor: Creditor, shared_data: Path) -> None:
    content = (shared_data / "fec" / REAL[0]).read_bytes()
    lines = content.split(b"\n")
    march = [line for line in lines[1:] if line and line.split(b"|")[3] < b"20230401"]
    first = b"\n".join([lines[0], *march, b""])
    other = new_creditor()
    done(creditor, first, name=REAL[0])
    done(creditor, content, name=REAL[0])
    done(other, content, name=REAL[0])
    assert ledger(creditor) == ledger(other)
