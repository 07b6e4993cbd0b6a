"""Tables of contacts, receipts, credit limits, insurers' guarantees and known disputes, read by mapping.

Each reader gives typed rows and notes what is wrong by its line; a row without its customer or without
what makes it (an amount, a day, a reason) is left, and told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from exigible.domain.text_keys import name_key, ref_key
from exigible.intake.lines import LineReader, TableFile, read_emails, read_phone, short, siren_of
from exigible.intake.mapping.grids import Grid
from exigible.intake.mapping.model import Mapping
from exigible.intake.mapping.reading import read_mapped
from exigible.intake.problems import Problems
from exigible.intake.receivables import CreditKind, PostedAs, credit_kind
from exigible.intake.tables import Table

YES = frozenset({"oui", "yes", "true", "vrai", "x", "1", "o", "y"})
_ROLES = {
    "accounting": "compta accounting account factur billing tresor reglement paiement payable finance",
    "management": "direct gerant president dg manag pdg ceo cfo daf owner",
    "purchasing": "achat purchas buyer acheteur approvisionnement",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """The customer a row is about, by his code, else his name, and his SIREN if it is said."""

    code: str
    siren: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactLine:
    """Someone to write to at a customer's."""

    line: int
    who: Who
    name: str
    title: str
    role: str
    email: str
    phone: str
    is_main: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentLine:
    """A receipt; below zero, one that came back."""

    line: int
    who: Who
    value_date: date
    amount_cents: int
    kind: str
    reference: str
    invoice: str
    label: str
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitLine:
    """A credit limit of a customer."""

    line: int
    who: Who
    amount_cents: int
    decided_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GuaranteeLine:
    """What a credit insurer covers of a customer's debt."""

    line: int
    who: Who
    insurer: str
    policy: str
    reference: str
    amount_cents: int
    currency: str
    starts_on: date | None
    ends_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeLine:
    """A dispute already known elsewhere; no amount: all of the invoice."""

    line: int
    who: Who
    invoice: str
    amount_cents: int | None
    reason: str
    opened_on: date | None
    answer_due_on: date | None
    holder: str


def read_contacts(
    path: Path, mapping: Mapping, *, partial: bool, grid: Grid | None = None
) -> TableFile[ContactLine]:
    """Open a table of contacts; raise Unreadable if it is none."""
    return _read(path, mapping, _contact, partial=partial, grid=grid)


def read_payments(
    path: Path, mapping: Mapping, *, partial: bool, grid: Grid | None = None
) -> TableFile[PaymentLine]:
    """Open a table of receipts; raise Unreadable if it is none."""
    return _read(path, mapping, _payment, partial=partial, grid=grid)


def read_limits(
    path: Path, mapping: Mapping, *, partial: bool, grid: Grid | None = None
) -> TableFile[LimitLine]:
    """Open a table of credit limits; raise Unreadable if it is none."""
    return _read(path, mapping, _limit, partial=partial, grid=grid)


def read_guarantees(
    path: Path, mapping: Mapping, *, partial: bool, grid: Grid | None = None
) -> TableFile[GuaranteeLine]:
    """Open a table of insurers' guarantees; raise Unreadable if it is none."""
    return _read(path, mapping, _guarantee, partial=partial, grid=grid)


def read_disputes(
    path: Path, mapping: Mapping, *, partial: bool, grid: Grid | None = None
) -> TableFile[DisputeLine]:
    """Open a table of disputes; raise Unreadable if it is none."""
    return _read(path, mapping, _dispute, partial=partial, grid=grid)


def _read[R](
    path: Path,
    mapping: Mapping,
    row: Callable[[LineReader, Who], R | None],
    *,
    partial: bool,
    grid: Grid | None,
) -> TableFile[R]:
    table = read_mapped(path, mapping, grid=grid)
    problems = Problems(partial=partial)
    return TableFile(table, problems, _lines(table, problems, row))


def _lines[R](
    table: Table, problems: Problems, row: Callable[[LineReader, Who], R | None]
) -> Iterator[R]:
    for number, cells in table.rows:
        line = LineReader(number, cells, problems)
        code = line.text("code") or line.text("name") or line.text("customer") or ""
        siren = siren_of(line)
        if not (code or siren):
            line.wrong("code", "missing_code", "le client manque ; la ligne est laissée.")
            continue
        made = row(line, Who(code=code, siren=siren))
        if made is not None:
            yield made


# --- one row each -------------------------------------------------------------------------------


def _contact(line: LineReader, who: Who) -> ContactLine | None:
    emails, phone = read_emails(line), read_phone(line)
    names = [short(line.text(name)) for name in ("first_name", "name")]
    if not emails and not phone:
        line.wrong("email", "no_way_to_reach", "ni e-mail ni téléphone ; la ligne est laissée.")
        return None
    return ContactLine(
        line=line.number,
        who=who,
        name=" ".join(filter(None, names)),
        title=short(line.text("title")) or "",
        role=_role(f"{line.text('role') or ''} {line.text('title') or ''}"),
        email=emails[0] if emails else "",
        phone=phone,
        is_main=ref_key(line.text("is_main") or "") in YES,
    )


def _role(text: str) -> str:
    words = name_key(text)
    if not words.strip():
        return "accounting"
    return next(
        (role for role, starts in _ROLES.items() if any(one in words for one in starts.split())),
        "other",
    )


def _payment(line: LineReader, who: Who) -> PaymentLine | None:
    debit, credit = line.cents("debit"), line.cents("credit")
    cents = line.cents("amount")
    if cents is None and (debit is not None or credit is not None):
        cents = (credit or 0) - (debit or 0)
    value_date = line.day("value_date")
    if not cents or value_date is None:
        if "amount" in line.row and not cents:
            line.wrong(
                "amount", "nothing", "le montant est nul ou illisible ; la ligne est laissée."
            )
        elif value_date is None:
            line.wrong("value_date", "missing_day", "la date manque ; la ligne est laissée.")
        return None
    kind = credit_kind(PostedAs.MONEY, "", "", line.text("kind") or "")
    if kind is CreditKind.OTHER:
        kind = credit_kind(PostedAs.MONEY, "", "", line.text("label") or "")
    return PaymentLine(
        line=line.number,
        who=who,
        value_date=value_date,
        amount_cents=cents,
        kind=kind.value,
        reference=short(line.text("reference")) or "",
        invoice=short(line.text("invoice")) or "",
        label=short(line.text("label")) or "",
        currency=line.currency(),
    )


def _limit(line: LineReader, who: Who) -> LimitLine | None:
    cents = _amount_of(line)
    if cents is None:
        return None
    return LimitLine(
        line=line.number, who=who, amount_cents=cents, decided_on=line.day("decided_on")
    )


def _guarantee(line: LineReader, who: Who) -> GuaranteeLine | None:
    cents = _amount_of(line)
    starts_on, ends_on = line.day("starts_on"), line.day("ends_on")
    if cents is None:
        return None
    if starts_on and ends_on and ends_on < starts_on:
        line.wrong(
            "ends_on", "ends_before_start", "la fin précède le début ; la ligne est laissée."
        )
        return None
    return GuaranteeLine(
        line=line.number,
        who=who,
        insurer=short(line.text("insurer")) or "",
        policy=short(line.text("policy")) or "",
        reference=short(line.text("reference")) or "",
        amount_cents=cents,
        currency=line.currency(),
        starts_on=starts_on,
        ends_on=ends_on,
    )


def _amount_of(line: LineReader) -> int | None:
    cents = line.cents("amount")
    if cents is None:
        if "amount" not in line.row:
            line.wrong("amount", "missing_amount", "le montant manque ; la ligne est laissée.")
        return None
    if cents < 0:
        line.wrong("amount", "wrong_amount", "le montant est négatif ; la ligne est laissée.")
        return None
    return cents


def _dispute(line: LineReader, who: Who) -> DisputeLine | None:
    invoice, reason = short(line.text("invoice")) or "", line.text("reason") or ""
    if not invoice or not reason:
        name, what = ("invoice", "la facture") if not invoice else ("reason", "le motif")
        line.wrong(name, "missing", f"{what} manque ; la ligne est laissée.")
        return None
    return DisputeLine(
        line=line.number,
        who=who,
        invoice=invoice,
        amount_cents=line.cents("amount"),
        reason=" ".join(reason.split()),
        opened_on=line.day("opened_on"),
        answer_due_on=line.day("answer_due_on"),
        holder=short(line.text("holder")) or "",
    )
