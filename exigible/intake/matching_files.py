"""The files of `exigible match`: open invoices, bank lines, cheques paid in, payment plans.

Semicolon CSV in UTF-8 with a header; columns in any order, others than ours passed over. Each file is
read whole or refused, with its line, its column, and what to write instead.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import NoReturn

from exigible.domain.french import typeset
from exigible.domain.matching import BankLine, Cheque, Claim, Customer, Plan
from exigible.domain.matching.texts import name_words
from exigible.domain.refusals import WrongInput
from exigible.intake.cells import Illegible, read_cents, read_day

MAX_ROWS = 5_000_000
MAX_FIELD = 20_000
MAX_COLUMNS = 200
MAX_BYTES = 2 * 1024**3
MAX_INSTALMENTS = 600
HOME_CURRENCY = "EUR"

INVOICES = (
    "customer", "name", "trade_name", "town", "siren", "ibans", "invoice",
    "issue_date", "due_date", "amount", "currency", "status",
)  # fmt: skip
LINES = (
    "line", "date", "amount", "currency", "label", "counterparty", "counterparty_iban", "end_to_end",
)  # fmt: skip
REMITTANCES = ("slip", "cheque", "drawer", "amount")
PLANS = ("plan", "customer", "invoices", "instalments", "amount", "last_amount", "first_date")
STATUSES = {"": False, "open": False, "collected": True}
_CURRENCY = re.compile(r"[A-Z]{3}")

Row = tuple[int, dict[str, str]]


def read_invoices(path: Path) -> tuple[list[Customer], list[Claim]]:
    """Return the customers and open items of a file. Raise WrongInput naming the line."""
    seen: dict[str, dict[str, dict[str, None]]] = {}
    claims: list[Claim] = []
    days = _Days(path)
    for number, row in _rows(path, INVOICES, ("invoice", "amount")):
        cell = _Cell(path, number, row)
        ref = cell.needed("invoice")
        code = row["customer"] or _code(row, ref)
        known = seen.get(code)
        if known is None:
            known = seen[code] = {key: {} for key in ("names", "town", "siren", "ibans")}
        for name in (row["name"], row["trade_name"]):
            if name:
                known["names"][name] = None
        for key in ("town", "siren"):
            if row[key]:
                known[key][row[key]] = None
        if row["ibans"]:
            known["ibans"].update(
                dict.fromkeys(filter(None, map(str.strip, row["ibans"].split("|"))))
            )
        status = row["status"].lower()
        if status not in STATUSES:
            cell.refuse("status", "wrong_status", f"« {status[:40]} » : « open » ou « collected ».")
        claims.append(
            Claim(
                ref=ref,
                customer=code,
                cents=cell.cents("amount"),
                currency=cell.currency(),
                issued_on=days.read(row["issue_date"], number, "issue_date"),
                due_on=days.read(row["due_date"], number, "due_date"),
                collected=STATUSES[status],
            )
        )
    customers = [
        Customer(
            code=code,
            names=tuple(sorted(known["names"])),
            towns=tuple(sorted(known["town"])),
            sirens=tuple(sorted(known["siren"])),
            ibans=tuple(sorted(known["ibans"])),
        )
        for code, known in sorted(seen.items())
    ]
    # In an order of their own: that of the file must not change an answer.
    claims.sort(key=lambda one: (one.customer, one.due_on or date.min, one.ref, one.cents))
    return customers, claims


def read_lines(path: Path) -> list[BankLine]:
    """Return the bank lines of a file, in its order. Raise WrongInput naming the line."""
    found: list[BankLine] = []
    seen: dict[str, int] = {}
    days = _Days(path)
    for number, row in _rows(path, LINES, ("line", "date", "amount")):
        cell = _Cell(path, number, row)
        name = cell.needed("line")
        if name in seen:
            cell.refuse(
                "line", "duplicate_line", f"« {name[:40]} » est déjà à la ligne {seen[name]}."
            )
        seen[name] = number
        on = days.read(cell.needed("date"), number, "date")
        if on is None:
            cell.refuse("date", "wrong_date", "écrivez AAAA-MM-JJ.")
        found.append(
            BankLine(
                id=name,
                on=on,
                cents=cell.cents("amount"),
                currency=cell.currency(),
                label=row["label"],
                counterparty=row["counterparty"],
                iban=row["counterparty_iban"],
                end_to_end=row["end_to_end"],
            )
        )
    return found


def read_remittances(path: Path) -> list[Cheque]:
    """Return the cheques of a file. Raise WrongInput naming the line."""
    found = []
    for number, row in _rows(path, REMITTANCES, ("slip", "amount")):
        cell = _Cell(path, number, row)
        cents = cell.cents("amount")
        if cents <= 0:
            cell.refuse("amount", "wrong_amount", "un chèque a un montant positif.")
        found.append(Cheque(row["slip"], row["cheque"], row["drawer"], cents))
    return found


def read_plans(path: Path, refs: frozenset[str]) -> list[Plan]:
    """Return the payment plans of a file; `refs` are the invoices known. Raise WrongInput."""
    found = []
    days = _Days(path)
    for number, row in _rows(path, PLANS, ("plan", "invoices", "amount")):
        cell = _Cell(path, number, row)
        cents = cell.cents("amount")
        last = cell.cents("last_amount") if row["last_amount"] else cents
        if cents < 0 or last < 0:
            cell.refuse("amount", "wrong_amount", "une échéance a un montant positif.")
        count = row["instalments"] or "0"
        if not (count.isascii() and count.isdigit() and int(count[:9]) <= MAX_INSTALMENTS):
            cell.refuse(
                "instalments", "wrong_number", f"un nombre d’échéances, {MAX_INSTALMENTS} au plus."
            )
        found.append(
            Plan(
                code=cell.needed("plan"),
                customer=row["customer"],
                invoices=_invoices(row["invoices"], refs),
                instalments=int(count),
                cents=cents,
                last_cents=last,
                first_on=days.read(row["first_date"], number, "first_date"),
            )
        )
    return found


def _invoices(text: str, refs: frozenset[str]) -> tuple[str, ...]:
    for separator in ("|", ",", None):
        parts = [part.strip() for part in text.split(separator)]
        if text.strip() in refs:
            return (text.strip(),)
        if len(parts) > 1:
            return tuple(part for part in parts if part)
    return (text.strip(),) if text.strip() else ()


def _code(row: Mapping[str, str], ref: str) -> str:
    """Return a customer's code where the file has none: from his SIREN, else his name."""
    if row["siren"]:
        return f"siren {row['siren']}"
    name = row["name"] or row["trade_name"]
    return f"nom {name_words(name)} {row['town']}".strip() if name else f"facture {ref}"


# --- rows and cells ------------------------------------------------------------------------------


class _Cell:
    """The cells of one row, read or refused by name."""

    def __init__(self, path: Path, number: int, row: Mapping[str, str]) -> None:
        self._path, self._number, self._row = path, number, row

    def needed(self, field: str) -> str:
        value = self._row[field]
        if not value:
            self.refuse(field, "missing_value", "la colonne est vide.")
        return value

    def cents(self, field: str) -> int:
        text = self.needed(field)
        try:
            return read_cents(text)
        except Illegible as error:
            self.refuse(field, error.code, f"{error} ; écrivez 1234.56.")

    def currency(self) -> str:
        currency = self._row["currency"].upper() or HOME_CURRENCY
        if not _CURRENCY.fullmatch(currency):
            self.refuse("currency", "wrong_currency", f"« {currency[:20]} » : trois lettres, EUR.")
        return currency

    def refuse(self, field: str, code: str, reason: str) -> NoReturn:
        raise _refusal(self._path, code, reason, line=self._number, field=field)


class _Days:
    """Dates of a file, few of them different."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, date | None] = {}

    def read(self, text: str, number: int, field: str) -> date | None:
        if text in self._known:
            return self._known[text]
        try:
            found = read_day(text)
        except Illegible as error:
            raise _refusal(
                self._path, error.code, f"{error} ; écrivez AAAA-MM-JJ.", line=number, field=field
            ) from None
        if len(self._known) < 100_000:
            self._known[text] = found
        return found


def _rows(path: Path, columns: Sequence[str], needed: Sequence[str]) -> Iterator[Row]:
    """Yield each row with its line, as a mapping of our columns, absent ones empty."""
    with path.open("rb") as stream:
        if stream.seek(0, 2) > MAX_BYTES:
            raise _refusal(path, "too_large", "le fichier dépasse 2 Go.")
    csv.field_size_limit(MAX_FIELD)
    begun = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, delimiter=";", strict=True)
            header = next((cells for cells in reader if cells), None)
            if header is None:
                raise _refusal(path, "empty_file", "le fichier est vide.")
            places = _places(path, header, columns, needed)
            width = len(header)
            names = tuple(places)
            absent = {name: "" for name in columns if name not in places}
            order = [places[name] for name in names]
            begun = reader.line_num
            for count, cells in enumerate(reader):
                first, begun = begun + 1, reader.line_num
                if not cells:
                    continue
                if count >= MAX_ROWS:
                    raise _refusal(path, "too_many_rows", f"plus de {MAX_ROWS} lignes.", line=first)
                if len(cells) > width and any(cells[width:]):
                    raise _refusal(
                        path,
                        "too_many_columns",
                        f"{len(cells)} cellules pour {width} colonnes : mettez entre guillemets un "
                        "texte qui contient un point-virgule.",
                        line=first,
                    )
                cells.extend([""] * (width - len(cells)))
                row = {name: cells[place].strip() for name, place in zip(names, order, strict=True)}
                if absent:
                    row |= absent
                if any(row.values()):
                    yield first, row
    except UnicodeDecodeError:
        raise _refusal(
            path, "wrong_encoding", "le fichier n’est pas en UTF-8.", line=begun + 1
        ) from None
    except csv.Error:
        raise _refusal(
            path,
            "wrong_quotes",
            "un guillemet n’est pas refermé, ou une cellule est trop longue.",
            line=begun + 1,
        ) from None


def _places(
    path: Path, header: Sequence[str], columns: Sequence[str], needed: Sequence[str]
) -> dict[str, int]:
    if len(header) > MAX_COLUMNS:
        raise _refusal(path, "too_many_columns", f"plus de {MAX_COLUMNS} colonnes.", line=1)
    places: dict[str, int] = {}
    for place, cell in enumerate(header):
        name = cell.strip().lower()
        if name in places:
            raise _refusal(
                path, "duplicate_column", f"la colonne {name} est deux fois.", line=1, field=name
            )
        if name in columns:
            places[name] = place
    for name in needed:
        if name not in places:
            raise _refusal(
                path,
                "missing_column",
                f"la colonne {name} manque ; attendues : {';'.join(columns)}.",
                line=1,
                field=name,
            )
    return places


def _refusal(
    path: Path, code: str, reason: str, *, line: int | None = None, field: str | None = None
) -> WrongInput:
    where = f"{path.name}" + (f", ligne {line}" if line else "") + (f", {field}" if field else "")
    return WrongInput(
        code,
        typeset(f"{where} : {reason}"),
        field=field,
        facts={"file": path.name} | ({"line": line} if line else {}),
    )
