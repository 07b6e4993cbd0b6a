"""Bank statements in CSV or spreadsheets, whatever their columns.

The columns are those of a mapping that somebody checked (`intake.mapping`), else those that the headings
name. A row is a movement; its account and currency, where the table says them, tell the statements apart.
Without such a column, the one IBAN written above the headings is the account's.
A row that only says a balance (« Solde initial ») is no movement: it is checked against them.
A running balance, in either order, is checked row by row: a row that is missing shows. A column of
debit or credit wins over the sign of the amount, which must then agree with the running balance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from exigible.domain.text_keys import name_key
from exigible.intake.bank.columns import (
    HEADINGS,
    LEDGER,
    WORDS,
    Habits,
    guess_habits,
    missing_columns,
    read_amount,
    read_date,
    read_side,
)
from exigible.intake.bank.shapes import (
    BankFile,
    BankLine,
    BankStatement,
    Kind,
    named,
)
from exigible.intake.bank.texts import MAX_NAME, MAX_REF, as_iban, clean, currency_code, ibans_in
from exigible.intake.cells import Illegible
from exigible.intake.formats import Format
from exigible.intake.ledger_text import unreadable
from exigible.intake.mapping.grids import Grid
from exigible.intake.mapping.model import Mapping as ColumnMapping
from exigible.intake.mapping.reading import read_mapped
from exigible.intake.mapping.values import DayOrder
from exigible.intake.problems import Problems, Unreadable
from exigible.intake.tables import Row, Table, read_table

SAMPLE = 1_000  # rows looked at for the habits of the file
MAX_ACCOUNTS = 1_000
# Rows that say a balance; « Solde facture 12 » is what a customer writes on his transfer.
_OPENING = re.compile(
    r"(ancien solde|solde (initial|precedent|anterieur|reporte|d.?ouverture|de depart)|"
    r"opening balance|balance brought forward)\b"
)
_CLOSING = re.compile(
    r"(nouveau solde|solde (final|de cloture|de fin)|closing balance|balance carried forward)\b"
)
_BALANCE = re.compile(r"solde( (crediteur|debiteur|comptable|disponible))? (au|le|en date du) \d")


def looks_like_statement(path: Path) -> bool:
    """Say whether a table's headings are those of a bank statement."""
    try:
        fields = read_table(path, HEADINGS, ("booked_on", "label")).fields
        return LEDGER not in fields and not missing_columns(fields)
    except Unreadable:
        return False


@dataclass(slots=True)
class _Running:
    """The running balance of a statement, in both orders at once until one is refuted."""

    first: int | None = None  # of the first row, and its amount
    first_amount: int = 0
    last: int | None = None
    last_amount: int = 0
    rises: bool = True  # each row's balance is the one above plus its amount
    falls: bool = True  # … the one below plus its amount
    is_whole: bool = True

    def take(self, amount: int, balance: int | None) -> None:
        if balance is None:
            self.is_whole = False
            return
        if self.last is None:
            self.first, self.first_amount = balance, amount
        else:
            self.rises = self.rises and balance == self.last + amount
            self.falls = self.falls and self.last == balance + self.last_amount
        self.last, self.last_amount = balance, amount


class TableFile(BankFile):
    """A table of movements; `mapping` says its columns and habits, else they are guessed.

    `grid` is the file already open, or its first lines alone.
    """

    def __init__(
        self,
        path: Path,
        problems: Problems,
        *,
        mapping: ColumnMapping | None = None,
        grid: Grid | None = None,
    ) -> None:
        super().__init__(Format.BANK_CSV, problems)
        self._path = path
        self._mapping = mapping
        self._grid = grid
        self._currency = "EUR"
        self._titled = ""  # the account that the lines above the headings name
        self._open: dict[tuple[str, str], tuple[BankStatement, _Running]] = {}

    def lines(self) -> Iterator[BankLine]:
        table = self._table()
        self.encoding, self.columns = table.encoding, table.fields
        named_above = {iban for title in table.titles for iban in ibans_in(title)}
        self._titled = named_above.pop() if len(named_above) == 1 else ""
        habits, rows = self._sampled(table)
        for number, row in rows:
            try:
                line = self._movement(number, row, habits)
            except Illegible as error:
                self.problems.add(error.code, f"Ligne {number} : {error}.", line=number)
                continue
            if line is not None:
                yield self.counted(line)
        if not self.statements:
            raise unreadable("no_statement", "Ce relevé ne contient aucune opération.")
        for statement, running in self._open.values():
            self._close(statement, running, "balance" in table.fields)

    def _table(self) -> Table:
        if self._mapping is not None:
            return read_mapped(self._path, self._mapping, grid=self._grid)
        table = read_table(self._path, HEADINGS, ("booked_on", "label"))
        lacking = missing_columns(table.fields)
        if lacking:
            raise unreadable(
                "missing_columns",
                f"Ce relevé n’a pas {', '.join(WORDS[field] for field in lacking)}. Donnez un titre à "
                "chaque colonne.",
                line=table.header_line,
                field=lacking[0],
            )
        return table

    def _sampled(self, table: Table) -> tuple[Habits, Iterator[Row]]:
        if self._mapping is not None:  # days and amounts come rewritten in one way
            day_first = self._mapping.day_order is not DayOrder.MONTH_FIRST
            return Habits(day_first=day_first, decimal="."), table.rows
        sample = [row for row, _ in zip(table.rows, range(SAMPLE), strict=False)]
        habits = guess_habits(cells for _, cells in sample)
        if habits.dates_ambiguous:
            self.problems.add(
                "ambiguous_dates",
                "Les dates de ce relevé peuvent se lire de deux façons ; le jour est lu avant le mois.",
                field="booked_on",
                blocking=False,
            )

        def rows() -> Iterator[Row]:
            yield from sample
            yield from table.rows

        return habits, rows()

    def _movement(self, number: int, row: Mapping[str, str], habits: Habits) -> BankLine | None:
        for field in ("label", "counterparty"):
            if row.get(field, "")[:1] in ("=", "@"):
                self.problems.add(
                    "formula",
                    f"Ligne {number} : « {clean(row[field], 40)} » est une formule.",
                    line=number,
                    field=field,
                )
                return None
        booked_on = read_date(row.get("booked_on", ""), habits)
        if booked_on is None:
            if row.get("amount") or row.get("debit") or row.get("credit"):
                raise Illegible("missing_date", "la date manque")
            return None  # a line of title or total
        amount, doubtful = self._amount(row, habits)
        balance = read_amount(row.get("balance", ""), habits)
        if self._says_balance(number, row, amount, balance):
            return None
        if amount is None:
            raise Illegible("missing_amount", "le montant manque")
        if doubtful and balance is None:
            raise Illegible(
                "ambiguous_amount", "le signe du montant et la colonne débit/crédit se contredisent"
            )
        statement, running = self._statement(number, row)
        running.take(amount, balance)
        return BankLine(
            statement=statement,
            line=number,
            booked_on=booked_on,
            value_on=read_date(row.get("value_on", ""), habits),
            amount_cents=amount,
            currency=statement.currency,
            label=clean(row.get("label")),
            counterparty=clean(row.get("counterparty"), MAX_NAME),
            counterparty_iban=as_iban(row.get("counterparty_iban", ""))
            or clean(row.get("counterparty_iban"), 34),
            end_to_end=clean(row.get("end_to_end"), MAX_REF),
            bank_ref=clean(row.get("bank_ref"), MAX_REF),
        )

    def _says_balance(
        self, number: int, row: Mapping[str, str], amount: int | None, balance: int | None
    ) -> bool:
        """Say whether a row is a balance rather than a movement, and keep what it says."""
        words = name_key(row.get("label", ""))
        opens, closes = _OPENING.match(words), _CLOSING.match(words)
        if not (opens or closes or _BALANCE.match(words)):
            return False
        said = balance if balance is not None else amount
        statement, running = self._statement(number, row)
        if balance is not None:
            running.take(0, balance)
        if opens and statement.opening_cents is None:
            statement.opening_cents, statement.opening_on = said, statement.first_on
        elif closes:
            statement.closing_cents, statement.closing_on = said, statement.last_on
        return True

    @staticmethod
    def _amount(row: Mapping[str, str], habits: Habits) -> tuple[int | None, bool]:
        """Return the signed amount of a row, and whether its sign is in doubt."""
        debit = read_amount(row.get("debit", ""), habits)
        credit = read_amount(row.get("credit", ""), habits)
        if debit or credit:
            return abs(credit or 0) - abs(debit or 0), False
        amount = read_amount(row.get("amount", ""), habits)
        side = read_side(row.get("side", ""))
        if amount is None:
            return (0, False) if debit == 0 or credit == 0 else (None, False)
        if not side:
            return amount, False
        return side * abs(amount), amount < 0 < side

    def _statement(self, number: int, row: Mapping[str, str]) -> tuple[BankStatement, _Running]:
        written = row.get("account", "") or self._titled
        iban = as_iban(written)
        account = iban or clean(written, MAX_REF)
        currency = currency_code(row.get("currency", "")) or self._currency
        if row.get("currency") and not currency_code(row["currency"]):
            raise Illegible("currency", f"« {clean(row['currency'], 20)} » n’est pas une devise")
        if (account, currency) not in self._open:
            if len(self._open) >= MAX_ACCOUNTS:
                raise unreadable("too_large", "Ce fichier porte trop de comptes.", line=number)
            statement = self.begin(Kind.STATEMENT, line=number)
            statement.account, statement.iban, statement.currency = account, iban, currency
            self._open[account, currency] = statement, _Running()
        return self._open[account, currency]

    def _close(self, statement: BankStatement, running: _Running, has_balance: bool) -> None:
        if has_balance and running.is_whole and running.last is not None:
            if running.rises:
                statement.opening_cents = (running.first or 0) - running.first_amount
                statement.closing_cents = running.last
            elif running.falls:
                statement.opening_cents = running.last - running.last_amount
                statement.closing_cents = running.first
            else:
                self.problems.add(
                    "balance",
                    f"{named(statement)} : le solde ne suit pas les opérations d’une ligne à l’autre. "
                    "Il manque des lignes, ou le fichier a été modifié : exportez-le de nouveau.",
                    line=statement.line,
                    field="balance",
                    fatal=True,
                )
            statement.closing_on = statement.last_on
            statement.opening_on = statement.first_on
        self.end(statement)
