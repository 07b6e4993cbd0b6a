"""What the pages of imports show: weights, shares, the words of fields and formats."""

from datetime import date

from django import template

from exigible.domain import french
from exigible.domain.states import Chip
from exigible.intake.formats import LABELS, Format
from exigible.operations.table_imports.stock import ANSWERS
from exigible.store.models import StockAbsence
from exigible.web import wording
from exigible.web.chips import ABSENCE_TAKEN_BACK, ABSENCES, BLOCKING, REMARK

register = template.Library()
register.filter("field_words", wording.field_of_file)
register.filter("content_words", wording.content_of)
register.filter("way_words", wording.way_words)
register.filter("arrival_way", wording.arrival_way_words)
_UNITS = ("ko", "Mo", "Go")


@register.filter
def weight(size_bytes: int) -> str:
    """« 612 octets », « 214 ko », « 1,4 Go »: what a file weighs."""
    if size_bytes < 1000:
        return french.count(size_bytes, "octet")
    size, unit = size_bytes / 1000, 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    shown = f"{size:.1f}".replace(".", ",") if size < 10 else f"{size:.0f}"
    return f"{shown}{french.NO_BREAK}{_UNITS[unit]}"


@register.simple_tag
def percent_of(done: int, total: int) -> str:
    """« 42 % » of a job."""
    return f"{min(100, 100 * done // max(total, 1))}{french.NO_BREAK}%"


@register.filter
def iso_day(text: str) -> str:
    """« 31/12/2025 » of a day kept as 2025-12-31."""
    return french.day(date.fromisoformat(text))


@register.filter
def kind_words(kind: str) -> str:
    """« liste de règlements » of a kind of table."""
    return LABELS[Format(kind)]


@register.filter
def absence_chip(absence: StockAbsence) -> Chip:
    return ABSENCE_TAKEN_BACK if absence.taken_back_at else ABSENCES[absence.outcome]


@register.filter
def may_take_back(absence: StockAbsence) -> bool:
    return absence.outcome in ANSWERS and absence.taken_back_at is None


@register.filter
def in_currency(cents: int, currency: str) -> str:
    """« 1 234,56 € », « 1 234,56 SEK »."""
    return french.money(cents, currency)


@register.filter
def severity_chip(blocking: bool) -> Chip:
    return BLOCKING if blocking else REMARK
