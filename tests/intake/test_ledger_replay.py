"""From a customer's ledger lines to claims, payments and what settled what."""

import io
from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exigible.intake.fec import DEFAULT_PREFIXES, FecFile
from exigible.intake.fec_dry_run import lines_of
from exigible.intake.ledger_plan import Line, Plan
from exigible.intake.ledger_replay import current_openings, plan_account
from exigible.intake.receivables import CreditKind
from tests.fec_text import FecLine, entry, fec, invoice, receipt

Entries = list[FecLine]


def lines(*entries: Entries, year: int = 2025, batch: int = 1) -> list[Line]:
    """Read a file of one customer and one year."""
    data = fec(*entries).encode()
    file = FecFile(
        lambda: io.BytesIO(data), f"732829320FEC{year}1231.txt", prefixes=DEFAULT_PREFIXES
    )
    read = lines_of(file.report, list(file.postings()))
    assert file.report.accepted, file.report.problems.listed
    for line in read:
        line.batch_id = batch
        line.token = (batch, line.token)
    return read


def plan(*entries: Entries) -> Plan:
    made = plan_account(lines(*entries))
    check(made, lines(*entries))
    return made


def check(made: Plan, read: list[Line]) -> None:
    """The facts of a plan equal the ledger, account by account and day by day, and never invent."""
    days = sorted({line.on for line in read})
    opened = [line for line in read if line.opening]
    for place in {line.ledger_account for line in read}:
        for on in days:
            ledger = sum(
                line.cents for line in read if line.ledger_account == place and line.on <= on
            )
            assert balance(made, place, on) == ledger, (place, on)
    if not opened:
        assert not made.unexplained


def balance(made: Plan, place: str, on: date = date(2100, 1, 1)) -> int:
    """Return what the facts of a plan say an account held on a day."""
    total = sum(
        debit.cents
        for claim in made.claims
        for debit in claim.debits
        if debit.ledger_account == place and debit.on <= on
    )
    total -= sum(
        credit.cents
        for credit in made.payments
        if credit.line.ledger_account == place and credit.line.on <= on
    )
    total += sum(
        back.credit.cents
        for back in made.returns
        if back.debit.ledger_account == place and back.debit.on <= on
    )
    moves = [*made.moves, *(move for group in made.groups for move in group.moves)]
    total -= sum(move.cents for move in moves if move.source == place and move.on <= on)
    total += sum(move.cents for move in moves if move.target == place and move.on <= on)
    return total  # what a group settles adds to nothing: a claim less, a payment used


def left(made: Plan) -> dict[str, int]:
    """Return what is left of each claim, by its number."""
    found: Counter[str] = Counter()
    for claim in made.claims:
        found[claim.ref or claim.line.label] += sum(claim.left.values())
    return dict(found)


def unused(made: Plan) -> int:
    """Return the credit that nothing uses."""
    returned = {id(back.credit) for back in made.returns}
    used = sum(piece.cents for group in made.groups for piece in group.pieces)
    return sum(c.cents for c in made.payments if id(c) not in returned) - used


FIRST, SECOND = invoice("F1", "20250110", "X", 100), invoice("F2", "20250120", "X", 60)


# --- what a line is -----------------------------------------------------------------------------


def test_a_receivable_debit_is_a_claim_and_a_piece_repeats() -> None:
    twice = entry("VE 1 20250110 F1", "411 X 100", "411 X 50", "706 -150")
    made = plan(twice)
    assert [(claim.ref, claim.cents) for claim in made.claims] == [("F1", 10_000), ("F1", 5_000)]
    assert all(claim.is_invoice for claim in made.claims)


def test_credits_are_told_apart() -> None:
    note = entry("VE 3 20250201 AV1", "411 X -20", "706 20")
    cheque = entry("BQ 4 20250202 R1", "512 30", '411 X -30 "CHQ 77"')
    card = entry("BQ 5 20250202 R2", "512 5", '411 X -5 "CB du jour"')
    loss = entry("OD 6 20250203", "654 10", "411 X -10")
    advance = entry("BQ 7 20250204", "512 40", "4191 X -40")
    made = plan(FIRST, note, cheque, card, loss, advance)
    assert [credit.kind for credit in made.payments] == [
        CreditKind.CREDIT_NOTE,
        CreditKind.CHEQUE,
        CreditKind.CARD,
        CreditKind.OTHER,
        CreditKind.ADVANCE,
    ]
    assert left(made) == {"F1": 10_000}  # nothing is matched that accounting has not
    assert unused(made) == 10_500


def test_a_debit_of_adjustments_is_no_invoice() -> None:
    made = plan(entry("OD 1 20250110", '411 X 0.02 "Écart de règlement"', "758 -0.02"))
    assert [claim.is_invoice for claim in made.claims] == [False]


# --- lettering ------------------------------------------------------------------------------------


def test_one_payment_of_one_claim() -> None:
    made = plan(invoice("F1", "20250110", "X", 100, "A"), receipt("R", "20250301", "X", 100, "A"))
    [group] = made.groups
    [piece] = group.pieces
    assert (piece.cents, piece.on, group.names_claims) == (10_000, date(2025, 3, 1), True)
    assert left(made) == {"F1": 0}


def test_a_payment_made_before_the_invoice_counts_from_the_invoice() -> None:
    made = plan(receipt("R", "20250105", "X", 100, "A"), invoice("F1", "20250110", "X", 100, "A"))
    assert made.groups[0].pieces[0].on == date(2025, 1, 10)


def test_several_claims_with_several_payments_make_no_pair() -> None:
    made = plan(
        invoice("F1", "20250110", "X", 100, "A"),
        invoice("F2", "20250120", "X", 60, "A"),
        receipt("R1", "20250201", "X", 60, "A"),
        receipt("R2", "20250301", "X", 100, "A"),
    )
    [group] = made.groups
    assert not group.names_claims  # not even 60 with 60
    # The oldest claim first: 60 of F1 in February; its last 40, then F2, in March.
    assert [(p.claim.ref, p.cents, p.on.month) for p in group.pieces] == [
        ("F1", 6_000, 2),
        ("F1", 4_000, 3),
        ("F2", 6_000, 3),
    ]
    assert left(made) == {"F1": 0, "F2": 0}


def test_a_partial_lettering_settles_the_oldest_claims() -> None:
    made = plan(
        invoice("F2", "20250120", "X", 60, "a"),
        invoice("F1", "20250110", "X", 100, "a"),
        receipt("R1", "20250201", "X", 120, "a"),
    )
    assert left(made) == {"F1": 0, "F2": 4_000}
    assert made.groups[0].names_claims


def test_a_group_with_too_much_credit_leaves_the_rest_unused() -> None:
    made = plan(invoice("F1", "20250110", "X", 100, "A"), receipt("R", "20250201", "X", 120, "A"))
    assert left(made) == {"F1": 0}
    assert unused(made) == 2_000


def test_codes_are_scoped_by_account_and_year() -> None:
    made = plan(
        invoice("F1", "20250110", "X", 100, "A"),
        entry("BQ 9 20250201", "512 100", "4111 X -100 =A"),
    )
    assert left(made) == {"F1": 10_000}
    years = [
        *lines(invoice("F1", "20240110", "X", 100, "A"), year=2024),
        *lines(receipt("R", "20250201", "X", 100, "A"), batch=2),
    ]
    assert left(plan_account(years)) == {"F1": 10_000}


def test_a_credit_note_lettered_with_its_invoice() -> None:
    made = plan(
        invoice("F1", "20250110", "X", 100, "A"),
        entry("VE 2 20250115 AV1", "411 X -100 =A", "706 100"),
    )
    assert made.groups[0].pieces[0].credit.kind is CreditKind.CREDIT_NOTE
    assert left(made) == {"F1": 0}


# --- transfers keep the same claim ------------------------------------------------------------------


@pytest.mark.parametrize("target", ["416", "413", "4117"])
@pytest.mark.parametrize("letter", ["", " =A"])
def test_a_transfer_moves_the_claim(target: str, letter: str) -> None:
    code = letter.removeprefix(" =")
    made = plan(
        invoice("F1", "20250110", "X", 100, code),
        entry("OD 1 20250601", f"411 X -100{letter}", f"{target} X 100"),
    )
    [claim] = made.claims
    assert (claim.ref, claim.ledger_account, claim.left) == (
        "F1",
        target,
        {"411": 0, target: 10_000},
    )
    assert claim.retention is (target == "4117")
    assert made.payments == []  # a bill accepted is not cash


def test_a_bill_paid_then_a_bill_unpaid_that_comes_back() -> None:
    accepted = entry("OD 1 20250201", "413 X 100", "411 X -100")
    paid = plan(
        FIRST,
        entry("OD 1 20250201", "413 X 100 =B", "411 X -100"),
        entry("BQ 2 20250331", "512 100", "413 X -100 =B"),
    )
    assert left(paid) == {"F1": 0}
    unpaid = plan(FIRST, accepted, entry("OD 3 20250401", "411 X 100 IMPAYE", "413 X -100"))
    [claim] = unpaid.claims
    assert (claim.ledger_account, claim.left["411"]) == ("411", 10_000)


def test_a_transfer_names_its_claim_by_piece_by_amount_or_by_age() -> None:
    other = invoice("F3", "20250105", "X", 100)
    by_piece = plan(FIRST, other, entry("OD 9 20250601 F1", "411 X -100", "416 X 100"))
    assert {c.ref: c.ledger_account for c in by_piece.claims} == {"F1": "416", "F3": "411"}
    by_amount = plan(FIRST, SECOND, entry("OD 9 20250601", "411 X -60 .", "416 X 60 ."))
    assert {c.ref: c.ledger_account for c in by_amount.claims} == {"F1": "411", "F2": "416"}
    by_age = plan(FIRST, SECOND, entry("OD 9 20250601", "411 X -130 .", "416 X 130 ."))
    assert [c.left for c in by_age.claims] == [
        {"411": 0, "416": 10_000},
        {"411": 3_000, "416": 3_000},
    ]


def test_one_transfer_of_several_invoices() -> None:
    made = plan(
        FIRST,
        SECOND,
        entry("OD 9 20250601", "411 X -100 .", "411 X -60 .", "416 X 160 ."),
        receipt("R", "20250701", "X", 1),
    )
    assert {c.ref: c.ledger_account for c in made.claims} == {"F1": "416", "F2": "416"}


def test_what_was_moved_is_paid_where_it_stands() -> None:
    made = plan(
        FIRST,
        entry("OD 9 20250601", "411 X -100", "416 X 100 =D"),
        entry("BQ 2 20250701", "512 80", "416 X -80 =D"),
    )
    assert left(made) == {"F1": 2_000}
    assert made.claims[0].ledger_account == "416"


def test_a_transfer_of_nothing_known_shows_what_the_ledger_shows() -> None:
    made = plan(entry("OD 9 20250601", "411 X -100", "416 X 100"))
    assert (balance(made, "411"), balance(made, "416")) == (-10_000, 10_000)
    assert [claim.detail_unknown for claim in made.claims] == [True]


def test_a_transfer_may_be_lettered_before_the_claim_it_moves_is_known() -> None:
    made = plan(
        entry("OD 9 20250101", "411 X -100 =A", "416 X 100"),
        invoice("F1", "20250110", "X", 100, "A"),
    )
    [claim] = made.claims
    assert (claim.ref, claim.ledger_account) == ("F1", "416")


# --- advances -------------------------------------------------------------------------------------


def test_an_advance_deducted_by_the_invoice_is_part_of_it() -> None:
    made = plan(
        entry("BQ 1 20250101", "512 1000", "4191 X -1000"),
        entry("VE 2 20250201 F1", "411 X 200", "4191 X 1000", "706 -1000", "44571 -200"),
    )
    [claim] = made.claims
    assert (claim.cents, sum(claim.left.values()), claim.ledger_account) == (120_000, 20_000, "411")
    assert made.groups[0].pieces[0].credit.kind is CreditKind.ADVANCE


def test_an_advance_transferred_to_the_invoice_keeps_the_claim() -> None:
    made = plan(
        entry("BQ 1 20250101", "512 500", "4191 X -500"),
        invoice("F1", "20250201", "X", 1200),
        entry("OD 3 20250202 F1", "4191 X 500", "411 X -500"),
    )
    assert left(made) == {"F1": 70_000}
    assert len(made.claims) == 1
    assert unused(made) == 0


# --- payments that come back ------------------------------------------------------------------------


def test_a_rejected_payment_leaves_the_claim_open() -> None:
    made = plan(
        invoice("F1", "20250110", "X", 100, "A"),
        receipt("R1", "20250301", "X", 100, "A"),
        entry("BQ 3 20250310", '411 X 100 "REJET PRLV"', "512 -100"),
    )
    assert [claim.ref for claim in made.claims] == ["F1"]
    assert left(made) == {"F1": 10_000}
    assert len(made.returns) == 1
    assert made.groups == []


def test_a_rejection_lettered_with_everything_else() -> None:
    made = plan(
        invoice("F1", "20250110", "X", 100, "A"),
        receipt("R1", "20250301", "X", 100, "A"),
        entry("BQ 3 20250310", "411 X 100 =A", "512 -100"),
        receipt("R2", "20250401", "X", 100, "A"),
    )
    [piece] = made.groups[0].pieces
    assert piece.on == date(2025, 4, 1)
    assert left(made) == {"F1": 0}


def test_a_refund_takes_back_the_credit_of_its_amount() -> None:
    made = plan(
        receipt("R1", "20250301", "X", 100),
        entry("BQ 3 20250310", '411 X 100 "VIR remboursement"', "512 -100"),
    )
    assert made.claims == []
    assert unused(made) == 0


def test_a_bank_debit_that_takes_nothing_back_is_a_claim() -> None:
    made = plan(
        invoice("F1", "20250110", "X", 100, "A"),
        receipt("R1", "20250301", "X", 100, "A"),
        entry("BQ 3 20250310", '411 X 100 "VIR"', "512 -100"),  # nobody speaks of a rejection
    )
    assert [claim.is_invoice for claim in made.claims] == [True, False]


# --- opening balances -------------------------------------------------------------------------------

Y2024 = (
    invoice("F1", "20241110", "X", 100),
    invoice("F2", "20241120", "X", 60),
    receipt("R1", "20241201", "X", 10),
)


def years(*files: list[Line]) -> Plan:
    every = current_openings([line for file in files for line in file])
    return plan_account(every, {line.fy for line in every if line.opening})


def opening(*rows: str) -> Entries:
    total = sum(float(row.split()[2]) for row in rows)
    return entry("AN 1 20250101 AN", *rows, f"120 {-total:.2f}")


def test_openings_alone_open_what_they_say() -> None:
    made = years(lines(opening('411 X 100 "Facture F1"', "411 X -10 AN")))
    assert [(claim.ref, claim.detail_unknown) for claim in made.claims] == [("F1", False)]
    assert unused(made) == 1_000


def test_an_aggregated_opening_is_one_claim_of_unknown_detail() -> None:
    made = years(lines(opening('411 X 150 "Solde à nouveau"')))
    assert [(claim.ref, claim.detail_unknown) for claim in made.claims] == [("", True)]


@pytest.mark.parametrize(
    "rows",
    [
        ['411 X 100 "Facture F1"', '411 X 60 "Facture F2"', "411 X -10 AN"],
        ["411 X 100 AN", "411 X 60 AN", "411 X -10 AN"],
        ['411 X 150 "Solde à nouveau"'],
        ["411 X 110 AN", "411 X 40 AN"],  # neither detail nor sum: the same total all the same
    ],
)
def test_openings_of_a_known_year_open_nothing(rows: list[str]) -> None:
    made = years(lines(*Y2024, year=2024), lines(opening(*rows), batch=2))
    assert left(made) == {"F1": 10_000, "F2": 6_000}
    assert unused(made) == 1_000
    assert made.unexplained == []


def test_a_payment_lettered_with_an_opening_pays_the_old_invoice() -> None:
    made = years(
        lines(*Y2024, year=2024),
        lines(
            opening('411 X 100 =A "Facture F1"', "411 X 60 AN", "411 X -10 AN"),
            receipt("R2", "20250215", "X", 100, "A"),
            batch=2,
        ),
    )
    assert left(made) == {"F1": 0, "F2": 6_000}
    assert made.groups[0].pieces[0].claim.line.fy == date(2024, 12, 31)


def test_a_payment_lettered_with_an_aggregated_opening_settles_all_it_held() -> None:
    made = years(
        lines(*Y2024, year=2024),
        lines(opening("411 X 150 =A AN"), receipt("R2", "20250215", "X", 150, "A"), batch=2),
    )
    assert left(made) == {"F1": 0, "F2": 0}
    assert unused(made) == 0


def test_what_the_known_year_does_not_explain_opens() -> None:
    made = years(
        lines(*Y2024, year=2024),
        lines(
            opening(
                '411 X 100 "Facture F1"', '411 X 33 "Facture F9"', "411 X 60 F2", "411 X -10 R"
            ),
            batch=2,
        ),
    )
    assert left(made) == {"F1": 10_000, "F2": 6_000, "F9": 3_300}


def test_an_aggregated_opening_above_what_is_known_opens_the_difference_only() -> None:
    made = years(lines(*Y2024, year=2024), lines(opening("411 X 190 AN"), batch=2))
    assert left(made) == {"F1": 10_000, "F2": 6_000, "Report, détail inconnu": 4_000}
    assert made.unexplained == [(date(2025, 12, 31), "411", 4_000)]


def test_what_was_paid_in_months_not_imported_is_credited_and_said() -> None:
    made = years(lines(*Y2024, year=2024), lines(opening("411 X 60 F2"), batch=2))
    assert left(made) == {"F1": 10_000, "F2": 6_000}  # extinguished by nobody
    assert unused(made) == 10_000
    assert balance(made, "411") == 6_000
    assert made.unexplained == [(date(2025, 12, 31), "411", -9_000)]


def test_the_order_of_the_years_does_not_matter() -> None:
    old = lines(*Y2024, year=2024)
    new = lines(opening("411 X 150 AN"), invoice("F3", "20250301", "X", 5), batch=2)
    assert left(years(old, new)) == left(years(new, old))


def test_provisional_openings_give_way_to_the_final_ones() -> None:
    provisional = lines(opening('411 X 100 "Facture F1"', '411 X 60 "Facture F2"'))
    final = lines(opening('411 X 100 "Facture F1"'), batch=2)
    assert left(years(provisional, final)) == {"F1": 10_000}


# --- properties -------------------------------------------------------------------------------------

AMOUNTS = st.integers(1, 9)
DAYS = st.integers(1, 28)


@st.composite
def ledgers(draw: st.DrawFn) -> list[Entries]:
    """Draw a customer's year: sales, receipts, notes, transfers, rejections, lettered at random."""
    made = []
    for number in range(draw(st.integers(1, 14))):
        day = f"2025{draw(st.integers(1, 12)):02d}{draw(DAYS):02d}"
        amount = draw(AMOUNTS)
        code = draw(st.sampled_from(["", " =A", " =B"]))
        kind = draw(st.sampled_from(["sale", "note", "money", "back", "move", "return", "advance"]))
        place = draw(st.sampled_from(["411", "416"]))
        head = f"{number} {day} F{number}"
        made.append(
            {
                "sale": entry(f"VE {head}", f"{place} X {amount}{code}", f"706 {-amount}"),
                "note": entry(f"VE {head}", f"{place} X {-amount}{code}", f"706 {amount}"),
                "money": entry(f"BQ {head}", f"512 {amount}", f"{place} X {-amount}{code}"),
                "back": entry(f"BQ {head}", f"{place} X {amount}{code} REJET", f"512 {-amount}"),
                "move": entry(f"OD {head}", f"411 X {-amount}{code}", f"416 X {amount}{code}"),
                "return": entry(f"OD {head}", f"416 X {-amount}{code}", f"411 X {amount}{code}"),
                "advance": entry(f"BQ {head}", f"512 {amount}", f"4191 X {-amount}{code}"),
            }[kind]
        )
    return made


@given(ledgers())
def test_facts_equal_the_ledger_on_every_day(entries: list[Entries]) -> None:
    made = plan(*entries)
    for group in made.groups:
        for piece in group.pieces:
            assert piece.cents > 0
    for claim in made.claims:
        assert all(cents >= 0 for cents in claim.left.values())
    assert unused(made) >= 0


@given(ledgers(), st.randoms(use_true_random=False))
def test_the_order_of_the_lines_does_not_matter(entries: list[Entries], chance: object) -> None:
    read = lines(*entries)
    expected = left(plan_account(read))
    shuffled = list(read)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert left(plan_account(shuffled)) == expected
