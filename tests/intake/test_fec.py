"""Reading a FEC in the shapes found in the wild, and refusing what makes no sense."""

import io
from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exigible.intake.fec import FecFile, is_opening_journal
from exigible.intake.fec_report import FecReport, Opening, Posting
from exigible.intake.identifiers import is_siren
from exigible.intake.problems import Unreadable
from tests.campaign import rounds
from tests.fec_text import COLUMNS, FecLine, entry, fec, invoice, receipt

NAME = "732829320FEC20251231.txt"  # a SIREN whose check digit is right
SALE = entry("VE 1 20250110 FA1", "411 DUPONT 1200 =A", "706 -1000", "44571 -200")
MONEY = entry("BQ 2 20250210 FA1", "512 1200 'VIR Été à Nîmes n° 3'", "411 DUPONT -1200 =A")


def read(
    content: str | bytes, *, name: str = NAME, partial: bool = False
) -> tuple[list[Posting], FecReport]:
    data = content.encode() if isinstance(content, str) else content
    file = FecFile(lambda: io.BytesIO(data), name, partial=partial)
    return list(file.postings()), file.report


def codes(report: FecReport) -> list[str]:
    return [problem.code for problem in report.problems.listed]


def refusal(content: str | bytes) -> str:
    """Return the code that refuses a file."""
    try:
        _, report = read(content)
    except Unreadable as error:
        assert error.problem.message
        return error.problem.code
    first = report.problems.first_blocking
    assert first is not None, "the file is accepted"
    return first.code


def test_the_two_lines_of_a_customer() -> None:
    postings, report = read(fec(SALE, MONEY))
    assert report.entries == 5
    assert report.debit_cents == report.credit_cents == 240_000
    assert [(p.account, p.auxiliary, p.debit_cents, p.credit_cents) for p in postings] == [
        ("411", "DUPONT", 120_000, 0),
        ("411", "DUPONT", 0, 120_000),
    ]
    assert report.lettered_groups == {("411", "DUPONT", "A")}
    assert report.closing_on == date(2025, 12, 31)
    assert codes(report) == []


@pytest.mark.parametrize("delimiter", ["\t", "|", ";", ","])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_separators_and_line_ends(delimiter: str, end: str) -> None:
    decimal = "." if delimiter == "," else ","
    text = fec(SALE, MONEY, delimiter="\x00", end=end)
    text = text.replace(",", decimal).replace("\x00", delimiter)
    postings, report = read(text)
    assert [p.line for p in postings] == [2, 6]
    assert report.problems.blocking == 0


def test_line_ends_mixed_in_one_file() -> None:
    lines = fec(SALE, MONEY, end="\n").splitlines()
    text = "".join(
        line + end for line, end in zip(lines, ["\r\n", "\n", "\r", "\r\n", "\n", ""], strict=False)
    )
    assert len(read(text)[0]) == 2


@pytest.mark.parametrize(
    ("encoding", "label"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-bom"),
        ("iso-8859-15", "iso-8859-15"),
        ("cp1252", "cp1252"),
        ("cp850", "cp850"),
        ("utf-16", "utf-16"),
    ],
)
def test_encodings(encoding: str, label: str) -> None:
    words = "VIR Été à Nîmes n° 3" + (" ’œuvre" if encoding == "cp1252" else "")
    words += " 3 €" if encoding == "iso-8859-15" else ""
    line = entry("BQ 2 20250210 FA1", "512 1200", f'411 DUPONT -1200 "{words}"')
    postings, report = read(fec(SALE, line).encode(encoding))
    assert report.shape.label == label
    assert postings[1].label == words


def test_a_degree_sign_alone_betrays_code_page_850() -> None:
    text = fec(entry("BQ 1 20250101 F1", "512 1", '411 X -1 "FACT N° 12"')).encode("cp850")
    postings, report = read(text)
    assert (report.shape.label, postings[0].label) == ("cp850", "FACT N° 12")


def test_one_broken_byte_does_not_make_utf8_something_else() -> None:
    label = '512 1 "Été à Nîmes, dépôt créé à l’aéroport général"'
    text = fec(entry("BQ 1 20250101 F1", label, "411 X -1 CASSÉ")).encode()
    _, report = read(text.replace("CASSÉ".encode(), b"CASS\xe9"))
    assert report.shape.label == "utf-8"
    assert codes(report) == ["broken_characters"]


@pytest.mark.parametrize(
    ("debit", "credit"),
    [("D", "C"), ("d", "c"), ("+1", "-1"), ("1", "-1"), ("+", "-"), ("Débit", "Crédit")],
)
def test_amount_and_sense(debit: str, credit: str) -> None:
    header = "|".join(COLUMNS).replace("Debit|Credit", "Montant|Sens")
    rows = [header]
    for line in (*SALE, *MONEY):
        cells = line.cells()
        sense = debit if line.amount > 0 else credit
        cells[11:13] = [f"{abs(line.amount):.2f}".replace(".", ","), sense]
        rows.append("|".join(cells))
    postings, report = read("\n".join(rows))
    assert report.debit_cents == report.credit_cents == 240_000
    assert [p.credit_cents for p in postings] == [0, 120_000]


def test_a_negative_debit_is_a_credit() -> None:
    text = fec(SALE).replace("1200,00|0,00", "0,00|-1200,00")  # a negative credit is a debit
    postings, report = read(text)
    assert (postings[0].debit_cents, postings[0].credit_cents) == (120_000, 0)
    assert (report.debit_cents, report.credit_cents) == (0, 0)  # the file's own sums


@pytest.mark.parametrize(
    "header",
    [
        "|".join(COLUMNS).upper(),
        "|".join(COLUMNS).lower(),
        "|".join(f' "{name}" ' for name in COLUMNS),
        "|".join(COLUMNS).replace("EcritureDate", "Écriture Date").replace("Debit", "Débit"),
        "|".join(COLUMNS) + "|",
        "|".join([*COLUMNS, "DateRglt", "ModeRglt", "NatOp", "IdClient"]),
    ],
)
def test_headers_in_every_dress(header: str) -> None:
    width = len(header.split("|"))
    body = fec(SALE, MONEY, end="\n").split("\n")[1:-1]
    rows = [line + "|" * (width - len(COLUMNS)) for line in body]
    postings, report = read("\n".join([header, *rows]))
    assert (len(postings), report.problems.blocking) == (2, 0)


def test_columns_in_another_order() -> None:
    rows = [line.split("|") for line in fec(SALE, MONEY, end="\n").strip().split("\n")]
    postings, _ = read("\n".join("|".join(reversed(row)) for row in rows))
    assert [p.auxiliary for p in postings] == ["DUPONT", "DUPONT"]


def test_fixed_width_text_is_trimmed() -> None:
    text = fec(SALE).replace("|DUPONT|", "|DUPONT      |").replace("VE|", "VE  |")
    postings, _ = read(text)
    assert (postings[0].journal, postings[0].auxiliary) == ("VE", "DUPONT")


def test_quoted_cells_and_a_separator_inside_them() -> None:
    text = fec(SALE).replace("|FA1 DUPONT|", '|"FA1 | ""DUPONT"""|')
    postings, report = read(text)
    assert postings[0].label == 'FA1 | "DUPONT"'
    assert report.problems.blocking == 0


def test_an_inch_mark_is_no_quote() -> None:
    text = fec(SALE).replace("|FA1 DUPONT|", '|ECRAN 24" NOIR|')
    assert read(text)[0][0].label == 'ECRAN 24" NOIR'


def test_lines_cut_after_the_last_useful_column() -> None:
    text = fec(SALE, MONEY).replace("|||\r\n", "|\r\n").replace("20250110||\r\n", "20250110\r\n")
    assert read(text)[1].problems.blocking == 0


# --- entries ------------------------------------------------------------------------------------


def test_an_unbalanced_entry_refuses_the_file_and_names_itself() -> None:
    wrong = entry("VE 7 20250111 FA7", "411 DUPONT 10", "706 -9")
    _, report = read(fec(SALE, wrong, MONEY))
    [problem] = report.problems.listed
    assert (problem.code, problem.line, problem.blocking) == ("unbalanced_entry", 5, True)
    assert "écriture 7 du journal VE" in problem.message
    _, partial = read(fec(SALE, wrong, MONEY), partial=True)
    assert partial.accepted
    assert partial.entries == 7


def test_an_entry_is_a_journal_and_a_number_whatever_its_days() -> None:
    sale = list(entry("VE 1 20250110", "411 X 10", "706 -10"))
    sale[1] = FecLine(*(getattr(sale[1], name) for name in FecLine.__slots__))
    late = entry("VE 1 20250112", "706 -10")
    assert read(fec(sale[:1], late))[1].accepted
    other = entry("OD 1 20250110", "706 -10")
    assert refusal(fec(sale[:1], other)) == "unbalanced_entry"


def test_a_journal_numbered_zero_is_one_entry_that_balances() -> None:
    def zero(lines: Sequence[FecLine]) -> list[FecLine]:
        return entry("VE 0 20250110", *(f"{x.account} {x.auxiliary} {x.amount}" for x in lines))

    assert read(fec(zero(SALE), zero(SALE)))[1].accepted
    assert refusal(fec(zero(SALE), zero(SALE)[:-1])) == "unbalanced_entry"


# --- refusals -----------------------------------------------------------------------------------

GOOD = fec(SALE, MONEY)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"\n\n  \n", "empty_file"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "binary_file"),
        (GOOD.replace("DUPONT", "DU\x00PONT", 1), "binary_file"),
        ("JournalCode|JournalLib|EcritureNum\nVE|Ventes|1\n", "missing_columns"),
        (GOOD.replace("|Debit|", "|Dbt|"), "missing_columns"),
        ("une phrase\nune autre\n", "missing_columns"),
        (fec(), "no_lines"),
        (GOOD.replace("20250110|411", "20250230|411"), "wrong_date"),
        (GOOD.replace("|20250110|411", "||411"), "wrong_date"),
        (GOOD.replace("|1200,00|", "|1e308|"), "wrong_amount"),
        (GOOD.replace("|1200,00|", "|12OO,00|"), "wrong_amount"),
        (GOOD.replace("|1200,00|", "|99999999999999999,00|"), "amount_too_large"),
        (GOOD.replace("|411|Clients", "||Clients", 1), "missing_account"),
        (GOOD.replace("FA1 DUPONT", "FA1|DUPONT", 1), "wrong_amount"),  # shifted by one
        (GOOD.replace("|20250110||", "|20250110|1,00|EUR|?", 1), "wrong_columns"),
        (GOOD[: GOOD.rindex("DUPONT")], "wrong_columns"),  # cut
        (GOOD[: GOOD.rindex("BQ|")], "unbalanced_entry"),  # cut between two lines
        (GOOD.replace("|FA1|", f"|{'F' * 501}|"), "field_too_long"),
        (GOOD.replace("|DUPONT|", f"|{'D' * 9_000}|"), "field_too_long"),
        (GOOD.replace("|DUPONT|", "|DU\x00PONT|").encode("utf-16"), "binary_file"),
        ("x" * 200_000, "line_too_long"),
        (GOOD + "y" * 200_000, "line_too_long"),
    ],
)
def test_absurd_files_are_refused(content: str | bytes, code: str) -> None:
    assert refusal(content) == code


def test_a_problem_names_line_field_and_reason() -> None:
    _, report = read(GOOD.replace("20250110|411", "20250230|411"))
    problem = report.problems.listed[0]
    assert (problem.line, problem.field, problem.code) == (2, "EcritureDate", "wrong_date")
    assert problem.message == (
        "Ligne 2, date d’écriture : « 20250230 » n’est pas une date qui existe."
    )


def test_a_line_without_end_is_refused_before_it_is_read() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: object) -> int:
            view = memoryview(buffer)  # type: ignore[arg-type]
            view[:] = b"x" * len(view)
            self.given += len(view)
            assert self.given < 10_000_000, "it should have been refused long ago"
            return len(view)

    with pytest.raises(Unreadable) as error:
        FecFile(lambda: io.BufferedReader(Endless()), NAME)  # type: ignore[arg-type]
    assert error.value.problem.code == "line_too_long"


def test_reading_stops_when_nothing_makes_sense() -> None:
    junk = "VE|V|1|hier|411|C|X|X|F|20250101|L|1,00|0,00||||||\n" * 5_000
    _, report = read(fec(end="\n") + junk)
    assert report.problems.by_code["too_many_problems"] == 1
    assert report.entries < 1_000
    _, partial = read(fec(end="\n") + junk, partial=True)
    assert partial.problems.first_blocking is not None
    assert partial.problems.first_blocking.code == "too_many_problems"


def test_sums_beyond_64_bits_are_refused_even_in_part() -> None:
    sale = "VE|V|{0}|20250101|411|C|X|X|F|20250101|L|99999999999,00|0,00|||||\n"
    sale += "VE|V|{0}|20250101|706|V||||20250101|L|0,00|99999999999,00|||||\n"
    content = fec(end="\n") + "".join(sale.format(number) for number in range(10_001))
    for partial in (False, True):
        _, report = read(content, partial=partial)
        assert report.problems.first_blocking is not None
        assert report.problems.first_blocking.code == "amount_too_large"


def test_a_long_label_is_no_mistake() -> None:
    [posting, *_], report = read(GOOD.replace("FA1 DUPONT", "travaux " * 100, 1))
    assert report.accepted
    assert len(posting.label) == 799


@settings(max_examples=rounds(70, 4_000), deadline=None)
@given(st.binary(max_size=400), st.integers(0, len(GOOD)))
def test_garbage_is_refused_or_read_but_never_breaks(noise: bytes, place: int) -> None:
    data = GOOD.encode()
    for content in (noise, data[:place] + noise + data[place:], data[:place]):
        for partial in (False, True):
            try:
                postings, report = read(content, partial=partial)
            except Unreadable as error:
                assert error.problem.message
                continue
            assert report.accepted or report.problems.first_blocking is not None
            assert all(p.debit_cents >= 0 and p.credit_cents >= 0 for p in postings)


# --- names, years, à-nouveaux ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("siren", "valid"),
    [
        ("732829320", True),
        ("123456782", True),
        ("732829321", False),
        ("000000000", False),
        ("111111111", False),
        ("12345678", False),
        ("１２３４５６７８２", False),
    ],
)
def test_check_digit_of_a_siren(siren: str, valid: bool) -> None:
    assert is_siren(siren) is valid


@pytest.mark.parametrize(
    ("name", "warning"),
    [
        ("732829320FEC20251231.txt", []),
        ("732829320FEC20251231_2.csv", []),
        ("000000000FEC20251231.txt", ["siren_check_digit"]),
        ("732829320FEC20221231.txt", ["closing_date"]),
        ("732829320FEC20251331.txt", ["closing_date"]),
        ("export.txt", ["file_name"]),
    ],
)
def test_the_name_against_the_content_is_a_warning(name: str, warning: list[str]) -> None:
    _, report = read(GOOD, name=name)
    assert codes(report) == warning
    assert report.accepted
    assert report.closing_on == date(2025, 12, 31)


OPENING = entry("AN 1 20250401 AN", "411 DUPONT 50", "120 -50")


@pytest.mark.parametrize(
    ("name", "entries", "closing"),
    [
        # A name that fits is believed, whatever the length of the year.
        ("732829320FEC20250630.txt", [invoice("1", "20250110", "X", 1)], date(2025, 6, 30)),
        ("732829320FEC20260331.txt", [invoice("1", "20250110", "X", 1)], date(2026, 3, 31)),
        # An export of September names September; its à-nouveaux of April tell the year.
        (
            "732829320FEC20250930.txt",
            [OPENING, invoice("1", "20250930", "X", 1)],
            date(2026, 3, 31),
        ),
        ("export.txt", [OPENING, invoice("1", "20250930", "X", 1)], date(2026, 3, 31)),
        # Neither name nor à-nouveaux: the civil year, or the twelve months of the lines.
        ("export.txt", [invoice("1", "20250930", "X", 1)], date(2025, 12, 31)),
        (
            "export.txt",
            [invoice("1", "20240710", "X", 1), invoice("2", "20250620", "X", 1)],
            date(2025, 6, 30),
        ),
    ],
)
def test_the_financial_year(name: str, entries: list[list[FecLine]], closing: date) -> None:
    assert read(fec(*entries), name=name)[1].closing_on == closing


@pytest.mark.parametrize(
    ("code", "label", "opening"),
    [
        ("AN", "OD54", True),
        ("RAN", "", True),
        ("AD", "A Nouveaux Détaillés", True),
        ("AD", "Achats divers", False),
        ("OD", "Report à nouveau", True),
        ("AN", "Annulations", False),
        ("VE", "Ventes", False),
        ("X1", "À-nouveaux 2025", True),
    ],
)
def test_journals_of_opening_balances(code: str, label: str, opening: bool) -> None:
    assert is_opening_journal(code, label) is opening


def test_a_line_may_be_an_opening_by_its_label() -> None:
    lines = entry(
        "OD 1 20250101", '411 X 10 "Solde à nouveau"', '411 Y 5 "A.N. 2024"', '120 -15 "RAN"'
    )
    postings, _ = read(fec(lines))
    assert [p.opening for p in postings] == [Opening.BY_LABEL, Opening.NO]


def test_accounts_not_invoiced_yet_are_not_followed() -> None:
    lines = entry("OD 1 20251231", "4181 DUPONT 100", "706 -100")
    postings, report = read(fec(SALE, lines, MONEY))
    assert {p.account for p in postings} == {"411"}
    assert list(report.accounts) == [("411", "DUPONT")]


def test_receipt_helper_balances() -> None:
    assert read(fec(receipt("1", "20250101", "X", 10.5)))[1].accepted
