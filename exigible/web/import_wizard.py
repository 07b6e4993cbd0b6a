"""What the wizard of *Imports* shows of a table: how it is read, with samples, and what that gives.

The page is one form; each change posts it whole, is understood here, kept on the draft, and drawn again.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from exigible.domain import french
from exigible.domain.text_keys import ref_key
from exigible.intake.bank.dry_run import dry_run_table as dry_run_bank
from exigible.intake.cells import Illegible, read_cents, read_day
from exigible.intake.mapping.grids import Grid, first_lines, open_grid
from exigible.intake.mapping.guessing import (
    HEADER_WITHIN,
    SAMPLE,
    Column,
    Guess,
    columns_of,
    guess,
)
from exigible.intake.mapping.kinds import Kind, TargetKind, kinds
from exigible.intake.mapping.model import Mapping, fingerprint
from exigible.intake.mapping.reading import read_mapped
from exigible.intake.mapping.values import DayOrder
from exigible.intake.problems import Problem, Unreadable
from exigible.intake.report import ImportReport
from exigible.intake.table_dry_run import dry_run_table
from exigible.operations.documents import path_of
from exigible.operations.table_imports.taking import Mode, has_ledger
from exigible.store.models import CreditorBankAccount, ImportBatch

PREVIEW_ROWS = 6
PREVIEW_PROBLEMS = 8
DAY_ORDERS = (
    (DayOrder.DAY_FIRST, "jour, mois, année (31/01/2026)"),
    (DayOrder.MONTH_FIRST, "mois, jour, année (01/31/2026)"),
    (DayOrder.YEAR_FIRST, "année, mois, jour (2026-01-31)"),
)
DECIMALS = ((",", "la virgule (1 234,56)"), (".", "le point (1,234.56)"))


@dataclass(frozen=True, slots=True)
class Line:
    """One column of the file, and what it says if anything."""

    number: int
    column: Column
    field: str

    @property
    def name(self) -> str:
        return f"colonne-{self.number}"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as it is understood; `wrong` is what was written where it is not."""

    text: str
    numeric: bool = False
    wrong: bool = False


@dataclass(slots=True)
class Wizard:
    """The page: the choices made, the columns, the preview."""

    batch: ImportBatch
    mapping: Mapping
    mode: str
    sheets: tuple[str, ...]
    lines: list[Line]
    fingerprint: str
    days_proven: bool
    beside_ledger: bool
    report: ImportReport | None = None
    accounts: list[tuple[str, str]] = field(
        default_factory=list
    )  # of the creditor, for a statement
    account: str = ""
    preview: list[tuple[int, list[Cell]]] = field(default_factory=list)
    preview_fields: list[str] = field(default_factory=list)
    refusal: str = ""

    @property
    def kind(self) -> Kind:
        return self.mapping.definition

    @property
    def kinds(self) -> list[Kind]:
        return list(kinds().values())

    @property
    def missing(self) -> str:
        return self.kind.missing_words(self.mapping.found)

    @property
    def repeats(self) -> bool:
        """Whether lines of this kind may name their customer once, above them."""
        return self.kind.key not in (TargetKind.CUSTOMERS, TargetKind.BANK_STATEMENT)

    @property
    def unused(self) -> int:
        return sum(not line.field for line in self.lines)

    @property
    def preview_labels(self) -> list[str]:
        return [self.kind.fields[name].label for name in self.preview_fields]

    @property
    def problems(self) -> list[Problem]:
        return self.report.problems[:PREVIEW_PROBLEMS] if self.report else []

    @property
    def seen(self) -> int:
        """How many lines the preview reads."""
        return SAMPLE

    @property
    def modes(self) -> list[tuple[str, str, str]]:
        """Return the modes offered: value, label, hint."""
        return modes_of(self.kind.key, self.beside_ledger)


def modes_of(kind: str, beside_ledger: bool) -> list[tuple[str, str, str]]:
    """Return what a table of a kind may be to its creditor: value, label, hint."""
    if kind not in (TargetKind.OPEN_ITEMS, TargetKind.CUSTOMERS):
        return []
    if beside_ledger:
        first = (
            Mode.COMPLETE.value,
            "Compléter la comptabilité",
            "Ce créancier a un export comptable : le fichier donne ce que l’export ne dit pas, et "
            "n’ouvre rien.",
        )
    else:
        first = (
            Mode.DELTA.value,
            "Ajouter ce qui est nouveau",
            "Ce qui est déjà ici ne change pas ; rien n’est retiré.",
        )
    if kind == TargetKind.CUSTOMERS:
        return [first] if beside_ledger else []
    return [
        first,
        (
            Mode.STOCK.value,
            "C’est tout l’encours du créancier",
            "Ce qui est ouvert ici et n’est plus dans le fichier sera « à confirmer » : rien n’est "
            "soldé sans vous.",
        ),
    ]


def open_wizard(batch: ImportBatch, posted: Map[str, str] | None = None) -> Wizard | None:
    """Return the wizard of a draft, as the form posted says it; None where the file is no table."""
    assert batch.document is not None
    try:
        grid = _head(str(path_of(batch.document.sha256)), batch.sha256)
        found = _understood(batch, grid, posted)
    except Unreadable:
        return None
    mapping, lines, print_, proven = found
    modes_mode = posted.get("mode", "") if posted is not None else batch.options.get("mode", "")
    wizard = Wizard(
        batch=batch,
        mapping=mapping,
        mode=modes_mode,
        sheets=grid.sheets,
        lines=lines,
        fingerprint=print_,
        days_proven=proven,
        beside_ledger=has_ledger(batch.creditor_id or 0),
    )
    offered = [value for value, _, _ in wizard.modes]
    if wizard.mode not in offered:
        wizard.mode = offered[0] if offered else ""
    if mapping.kind is TargetKind.BANK_STATEMENT and "account" not in mapping.columns:
        _choose_account(wizard, posted)
    _preview(wizard, grid)
    return wizard


def _choose_account(wizard: Wizard, posted: Map[str, str] | None) -> None:
    """Offer the bank accounts of the creditor where he has several and the file names none."""
    his = CreditorBankAccount.objects.filter(creditor=wizard.batch.creditor).order_by("pk")
    wizard.accounts = [(one.iban, f"{one.label} {one.iban}".strip()) for one in his]
    said = posted.get("compte", "") if posted is not None else wizard.batch.options.get("account")
    wizard.account = said if said in dict(wizard.accounts) else ""


@lru_cache(maxsize=8)
def _head(path: str, sha256: str) -> Grid:
    """Return the first lines of a file; each process keeps those of the last few."""
    return first_lines(open_grid(Path(path)), SAMPLE + HEADER_WITHIN)


type Understood = tuple[Mapping, list[Line], str, bool]


def _understood(batch: ImportBatch, grid: Grid, posted: Map[str, str] | None) -> Understood:
    if posted is None:
        kept = batch.options.get("mapping")
        if kept:
            mapping = Mapping.from_json(kept)
            return _as_said(grid, mapping)
        return _as_guessed(guess(grid, name=batch.filename))
    kind = _one_of(TargetKind, posted.get("kind", ""), TargetKind.OPEN_ITEMS)
    sheet = posted.get("sheet", "") if posted.get("sheet", "") in grid.sheets else grid.sheets[0]
    has_headings = posted.get("titres") != "non"
    drawn_for = (kind.value, sheet, "oui" if has_headings else "non")
    if posted.get("dessine", "") != "|".join(drawn_for):  # another table, or read otherwise
        found = guess(grid, name=batch.filename, kind=kind, sheet=sheet)
        if has_headings or not found.mapping.has_headings:
            return _as_guessed(found)
    header_line, columns, _ = columns_of(grid, sheet, has_headings=has_headings)
    definition = kinds()[kind]
    chosen: dict[str, str] = {}
    for number, column in enumerate(columns):
        name = posted.get(f"colonne-{number}", "")
        if name in definition.fields and name not in chosen:
            chosen[name] = column.key
    currency = posted.get("devise", "").strip().upper()[:3]
    constants = {"currency": currency} if currency and "currency" not in chosen else {}
    mapping = Mapping(
        kind=kind,
        columns=chosen,
        constants=constants if "currency" in definition.fields else {},
        sheet=sheet,
        has_headings=has_headings and header_line > 0,
        day_order=_one_of(DayOrder, posted.get("jours", ""), DayOrder.DAY_FIRST),
        decimal="." if posted.get("decimale") == "." else ",",
        fill_down=tuple(
            name for name in ("code", "name", "siren") if posted.get("repete") and name in chosen
        ),
    )
    return _as_said(grid, mapping)


def _as_guessed(found: Guess) -> Understood:
    return (
        found.mapping,
        _lines(found.columns, found.mapping),
        found.fingerprint,
        found.days_proven,
    )


def _as_said(grid: Grid, mapping: Mapping) -> Understood:
    sheet = mapping.sheet if mapping.sheet in grid.sheets else grid.sheets[0]
    _, columns, _ = columns_of(grid, sheet, has_headings=mapping.has_headings)
    print_ = fingerprint((column.key for column in columns), has_headings=mapping.has_headings)
    return replace(mapping, sheet=sheet), _lines(columns, mapping), print_, True


def _lines(columns: list[Column], mapping: Mapping) -> list[Line]:
    said = {key: name for name, key in mapping.columns.items()}
    return [Line(number, column, said.get(column.key, "")) for number, column in enumerate(columns)]


def _one_of[E](values: type[E], text: str, default: E) -> E:
    try:
        return values(text)  # type: ignore[call-arg]
    except ValueError:
        return default


def _preview(wizard: Wizard, grid: Grid) -> None:
    """Read the first lines as the mapping says, for the page to show."""
    if wizard.missing:
        return
    path = Path(grid.path)
    try:
        table = read_mapped(path, wizard.mapping, grid=grid)
    except Unreadable as error:
        wizard.refusal = error.problem.message
        return
    types = {name: one.type for name, one in wizard.kind.fields.items()}
    wizard.preview_fields = [name for name in wizard.kind.fields if name in wizard.mapping.columns]
    for number, row in table.rows:
        cells = [_cell(row.get(name, ""), types[name]) for name in wizard.preview_fields]
        wizard.preview.append((number, cells))
        if len(wizard.preview) == PREVIEW_ROWS:
            break
    if wizard.mapping.kind is TargetKind.BANK_STATEMENT:
        wizard.report = dry_run_bank(path, wizard.batch.filename, wizard.mapping, grid=grid)
    else:
        wizard.report = dry_run_table(
            path, wizard.batch.filename, wizard.mapping.kind, mapping=wizard.mapping, grid=grid
        )


def _cell(text: str, type_: str) -> Cell:
    try:
        if type_ == "day":
            read = read_day(text)
            return Cell(french.day(read) if read else "", numeric=True)
        if type_ == "amount":
            return Cell(french.amount(read_cents(text)) if text else "", numeric=True)
    except Illegible:
        return Cell(text, numeric=True, wrong=True)
    return Cell(text)


def source_name(filename: str) -> str:
    """Return a name for the source of a file: « export clients » of « export_clients-2026-11.csv »."""
    stem = filename.rpartition(".")[0] or filename
    words = [word for word in stem.replace("_", " ").replace("-", " ").split() if ref_key(word)]
    return " ".join(word for word in words if not word.isdigit())[:60] or "Source"
