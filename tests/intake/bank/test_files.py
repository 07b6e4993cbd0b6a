"""Recognition from the first bytes, archives, dry runs, and every real file beside the project."""

import io
import json
import zipfile
from pathlib import Path

import pytest

from exigible.intake.bank.files import recognise
from exigible.intake.bank.texts import as_iban, french_iban
from exigible.intake.importing import dry_run
from tests.bank_text import IBAN, camt, cfonb120, mt940, ofx

LINE = ("2026-11-02", "100.00", "VIR", "R1")
TEXTS = {
    "camt053": camt([LINE]),
    "camt054": camt([LINE], message="054"),
    "mt940": mt940(("261102", "C1,00", "X"), closing="1,00"),
    "cfonb120": cfonb120(("021126", "1.00", "X")),
    "ofx": ofx("<TRNTYPE>CREDIT"),
}


@pytest.mark.parametrize("format_", TEXTS)
def test_a_format_is_told_from_its_first_bytes(format_: str) -> None:
    text = TEXTS[format_]
    assert recognise(text[:8192].encode()) == format_
    assert recognise(b"\xef\xbb\xbf" + text[:8192].encode()) == format_


@pytest.mark.parametrize("text", ["", "1\n2\n", "code;nom", "%PDF-1.7", "<html></html>", "31;a"])
def test_anything_else_is_not(text: str) -> None:
    assert recognise(text.encode()) is None


def archive(*members: tuple[str, str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in members:
            made.writestr(name, text)
    return stream.getvalue()


def report(folder: Path, content: bytes | str, format_: str = "") -> dict[str, object]:
    path = folder / "f"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    answer = dry_run(path, format_=format_).as_json()
    json.dumps(answer)
    return answer


def test_messages_in_an_archive_are_one_file(tmp_path: Path) -> None:
    second = camt([("2026-11-03", "5.00", "B")], opening="100.00", number="2")
    answer = report(tmp_path, archive(("../../a.xml", camt([LINE])), ("d/b.xml", second)))
    assert (answer["format"], answer["accepted"]) == ("camt053", True)
    assert answer["counts"]["statements"] == 2  # type: ignore[index]
    assert answer["totals"]["credit"] == {"EUR": "105.00"}  # type: ignore[index]
    assert list(tmp_path.iterdir()) == [tmp_path / "f"]  # nothing is written beside


def test_the_same_message_twice_in_an_archive_is_one(tmp_path: Path) -> None:
    answer = report(tmp_path, archive(("a.xml", camt([LINE])), ("b.xml", camt([LINE]))))
    assert answer["counts"]["statements"] == 1  # type: ignore[index]


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ([("a.xml", camt([LINE])), ("b.txt", "bonjour")], "not_recognised"),
        ([("a.xml", camt([LINE])), ("b.sta", TEXTS["mt940"])], "mixed_formats"),
        ([("a.xml", camt([LINE])), ("[Content_Types].xml", "")], "damaged_archive"),
    ],
)
def test_an_archive_of_something_else_is_refused(
    members: list[tuple[str, str]], code: str, tmp_path: Path
) -> None:
    answer = report(tmp_path, archive(*members), "camt053")
    assert answer["error"]["code"] == code  # type: ignore[index]


def test_an_archive_that_unpacks_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exigible.intake.bank.files.MAX_UNPACKED", 1_000_000)
    bomb = camt([LINE]).replace("</Stmt>", " " * 5_000_000 + "</Stmt>")
    answer = report(tmp_path, archive(("a.xml", bomb)))
    assert answer["error"]["code"] == "too_large"  # type: ignore[index]


def test_the_answer_of_the_outside_contract(tmp_path: Path) -> None:
    answer = report(tmp_path, camt([LINE, ("2026-11-03", "-9.90", "FRAIS")]))
    assert answer["totals"] == {"credit": {"EUR": "100.00"}, "debit": {"EUR": "9.90"}}
    assert answer["counts"]["lines"] == 2  # type: ignore[index]
    [statement] = answer["statements"]  # type: ignore[misc]
    assert (statement["iban"], statement["opening"], statement["closing"]) == (
        IBAN,
        "0.00",
        "90.10",
    )
    assert (statement["from"], statement["checked"]) == ("2026-11-02", True)


def test_ibans() -> None:
    assert as_iban("fr76 3000 6000 0112 3456 7890 189") == IBAN
    assert as_iban("FR76 3000 6000 0112 3456 7890 188") == ""
    assert french_iban("30006", "00001", "12345678901") == IBAN
    assert french_iban("20041", "01005", "0500013M026") == "FR1420041010050500013M02606"
    assert french_iban("3000X", "00001", "12345678901") == ""
    assert french_iban("3000¹", "00001", "12345678901") == ""


# ---- the real files

ACCEPTED = True
REAL: dict[str, tuple[str, object, dict[str, int], dict[str, dict[str, str]]]] = {
    # file: format, True or the code that refuses it, counts, totals
    "camt/genkgo/camt052.v2.xml": ("camt052", ACCEPTED, {"lines": 1}, {"debit": {"SEK": "200000.00"}}),
    "camt/genkgo/camt052.v8.xml": ("camt052", ACCEPTED, {"lines": 1}, {"debit": {"SEK": "200000.00"}}),
    "camt/genkgo/camt053.v2.all-balance-types.xml": ("camt053", "balance", {"lines": 1}, {"credit": {"EUR": "8.85"}}),
    "camt/genkgo/camt053.v2.minimal.xml": ("camt053", "balance_currency", {"lines": 1}, {}),
    "camt/genkgo/camt053.v2.multi.statement.xml": ("camt053", ACCEPTED, {"statements": 2, "lines": 2, "checked": 2}, {"credit": {"EUR": "8.85"}, "debit": {"EUR": "7.00"}}),
    "camt/genkgo/camt053.v2.wrong.xml": ("camt053", "no_statement", {}, {}),
    "camt/genkgo/camt053.v4.xml": ("camt053", "balance_currency", {"lines": 1}, {}),
    "camt/genkgo/camt054.v2.xml": ("camt054", ACCEPTED, {"lines": 1, "details": 3}, {"debit": {"SEK": "200000.00"}}),
    "camt/genkgo/camt054.v8.xml": ("camt054", ACCEPTED, {"lines": 1, "details": 3}, {"debit": {"SEK": "200000.00"}}),
    "camt/oca/test-camt053.xml": ("camt053", "balance", {"lines": 3, "details": 2, "returns": 2}, {"credit": {"EUR": "1405.31"}, "debit": {"EUR": "1418.30"}}),
    "camt/oca/test-camt053.zip": ("camt053", "balance", {"statements": 2, "lines": 6, "returns": 2}, {"credit": {"EUR": "2810.62"}, "debit": {"EUR": "2696.60"}}),
    "cfonb/pennylane/cfonb120-example.txt": ("cfonb120", ACCEPTED, {"statements": 2, "lines": 6, "returns": 1, "checked": 2}, {"credit": {"EUR": "97.49"}, "debit": {"EUR": "70.81"}}),
    "cfonb/pennylane/cfonb120-operation.txt": ("cfonb120", "no_statement", {}, {}),
    "cfonb/pennylane/cfonb120-operation_detail_without_operation.txt": ("cfonb120", "detail_without_movement", {"lines": 1}, {}),
    "cfonb/pennylane/cfonb120-operation_out_of_statement.txt": ("cfonb120", "movement_outside", {"lines": 1}, {}),
    "cfonb/silarhi/cfonb120-complex-test.txt": ("cfonb120", ACCEPTED, {"statements": 8, "lines": 5, "checked": 8}, {"credit": {"EUR": "0.00"}, "debit": {"EUR": "5210.90"}}),
    "cfonb/silarhi/cfonb120-simple-test.txt": ("cfonb120", ACCEPTED, {"statements": 1, "lines": 0, "checked": 1}, {}),
    "cfonb/silarhi/cfonb240-first-remittance.txt": ("cfonb240", "total", {"lines": 2}, {"announced": {"EUR": "4584.80"}}),
    "cfonb/silarhi/error_codes.csv": ("customers", "missing_columns", {}, {}),
    "csv/oca/debit_credit.csv": ("bank_csv", ACCEPTED, {"lines": 2, "checked": 1}, {"credit": {"EUR": "1533.50"}, "debit": {"EUR": "33.50"}}),
    "csv/oca/multi_currency.csv": ("bank_csv", ACCEPTED, {"statements": 2, "lines": 2}, {"credit": {"EUR": "1525.00", "USD": "0.00"}, "debit": {"EUR": "0.00", "USD": "33.50"}}),
    "csv/oca/sample_statement_en.csv": ("bank_csv", ACCEPTED, {"statements": 2, "lines": 2}, {"credit": {"EUR": "1525.00", "USD": "0.00"}}),
    "mt940/betterplace-sepa_snippet.sta": ("mt940", "balance", {"statements": 2, "lines": 11, "returns": 4}, {"credit": {"EUR": "1430745.72"}, "debit": {"EUR": "3574069.11"}}),
    "mt940/betterplace-sepa_snippet_broken.sta": ("mt940", "unexpected_field", {"lines": 1}, {}),
    "mt940/cmxl-mt940.sta": ("mt940", ACCEPTED, {"statements": 3, "lines": 16, "checked": 3}, {"credit": {"DEM": "49396.74", "EUR": "3000.00", "PLN": "20040.00"}}),
    "mt940/jejik-abnamro.sta": ("mt940", "balance", {"statements": 2, "lines": 10}, {"debit": {"EUR": "345.93"}}),
    "mt940/jejik-generic.sta": ("mt940", ACCEPTED, {"statements": 2, "lines": 2, "checked": 2}, {"debit": {"EUR": "20.00"}}),
    "mt940/jejik-rabobank-iban.sta": ("mt940", ACCEPTED, {"statements": 2, "lines": 4, "checked": 2}, {"debit": {"EUR": "70.00"}}),
    "mt940/mBank-mt940.sta": ("mt940", ACCEPTED, {"statements": 1, "lines": 3, "checked": 1}, {"credit": {"PLN": "0.03"}}),
    "mt940/self-provided-invalid_statement.sta": ("customers", "missing_columns", {}, {}),
    "ofx/oca/test_ofx.ofx": ("ofx", ACCEPTED, {"statements": 2, "lines": 4}, {"debit": {"USD": "360.00"}}),
    "ofx/ofxparse/bank_small.ofx": ("ofx", "no_statement", {}, {}),
    "ofx/ofxparse/checking.ofx": ("ofx", ACCEPTED, {"lines": 3}, {"credit": {"USD": "0.01"}, "debit": {"USD": "59.51"}}),
    "ofx/ofxparse/fail_nice-empty_balance.ofx": ("ofx", ACCEPTED, {"lines": 1}, {"credit": {"CAD": "120.00"}}),
    "ofx/ofxtools/stmtrs.ofx": ("ofx", ACCEPTED, {"lines": 2}, {"debit": {"USD": "500.00"}}),
    "ofx/ofxtools/stmtrs_euro.ofx": ("ofx", ACCEPTED, {"lines": 2}, {"debit": {"USD": "500.00"}}),
    "ofx/deviations/unnamed-bank-amount-comma-decimal.ofx": ("ofx", ACCEPTED, {"lines": 1}, {"debit": {"USD": "2000.00"}}),
    "ofx/deviations/unnamed-bank-empty-tags-curdef-fitid-name.ofx": ("ofx", ACCEPTED, {"lines": 1}, {"debit": {"XXX": "10.00"}}),
    **{
        f"ofx/deviations/{name}": ("ofx", ACCEPTED, {"lines": 1}, {"debit": {"USD": "10.00"}})
        for name in (
            "chase-blank-line-before-header-none-after.qfx",
            "etrade-charset-none-with-encoding-usascii.ofx",
            "lcl-check-without-payee.ofx",
            "unnamed-bank-blank-line-before-header.ofx",
            "unnamed-bank-charset-8859-1-without-iso-prefix.qfx",
            "unnamed-bank-tags-outside-spec.ofx",
            "unnamed-bank-zero-date.ofx",
        )
    },
    "returns/camt054-two-returned-direct-debits.xml": ("camt054", ACCEPTED, {"lines": 2, "returns": 2}, {"debit": {"EUR": "66.50"}}),
    "returns/pain002-accepted-group.xml": ("pain002", ACCEPTED, {"statements": 1, "lines": 0, "returns": 0}, {}),
}  # fmt: skip


@pytest.mark.corpus
def test_every_real_file_gives_what_the_table_says(shared_data: Path) -> None:
    folder = shared_data / "bank"
    found = {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".md"
    }
    assert found == set(REAL)
    for name, (format_, outcome, counts, totals) in REAL.items():
        answer = dry_run(folder / name).as_json()
        error = answer.get("error") or {}
        assert answer["format"] == format_, name
        assert (answer["accepted"] or error["code"]) == outcome, name  # type: ignore[index]
        assert {key: answer["counts"][key] for key in counts} == counts, name  # type: ignore[index]
        for kind, by_currency in totals.items():
            read = answer["totals"][kind]  # type: ignore[index]
            assert {key: read[key] for key in by_currency} == by_currency, (name, kind)
