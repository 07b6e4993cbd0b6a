"""French typography in templates: filters over `exigible.domain.french`, and their marked-up forms.

A filter returns text; a tag returns the element UI rules ask for (`<data value>`, `<time datetime>`).
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from exigible.domain import french

register = template.Library()
PARIS = ZoneInfo("Europe/Paris")
NIL = mark_safe('<span class="nil">–</span>')
UNKNOWN = mark_safe('<span class="nil">à confirmer</span>')


@register.filter
def euros(cents: int | None) -> str:
    """« 1 234,56 € »; nothing known reads « à confirmer »."""
    return "à confirmer" if cents is None else french.euros(cents)


@register.filter
def amount(cents: int | None) -> str:
    """« 1 234,56 », for a column whose header bears the unit."""
    return "à confirmer" if cents is None else french.amount(cents)


@register.filter
def typed_amount(cents: int | None) -> str:
    """« 1234,56 », as one types it in a field."""
    return "" if cents is None else f"{cents // 100},{cents % 100:02d}"


@register.filter
def euros_value(cents: int) -> str:
    """« 1234.56 », for machines."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


@register.filter
def percent(ten_thousandths: int) -> str:
    return french.percent(ten_thousandths)


@register.filter
def grouped(number: int) -> str:
    return french.grouped(number)


@register.filter
def day(on: date | None) -> str:
    return "" if on is None else french.day(on)


@register.filter
def short_day(on: date) -> str:
    """« 23/11 » : for narrow cells, when the year is plain."""
    return f"{on:%d/%m}"


@register.filter
def long_day(on: date) -> str:
    return french.long_day(on)


@register.filter
def weekday_and_day(on: date) -> str:
    return french.weekday_and_day(on)


@register.filter
def hour(at: datetime) -> str:
    """« 10 h 42 », Paris time."""
    local = at.astimezone(PARIS)
    return f"{local.hour}{french.NO_BREAK}h{french.NO_BREAK}{local.minute:02d}"


@register.filter
def moment(at: datetime) -> str:
    """« 22/11/2026 à 10 h 42 », Paris time."""
    return f"{french.day(at.astimezone(PARIS).date())} à {hour(at)}"


@register.filter
def siren(number: str) -> str:
    """« 999 104 372 »."""
    return french.NARROW.join(number[i : i + 3] for i in range(0, len(number), 3))


@register.filter
def phone(number: str) -> str:
    """« 02 61 91 40 17 » for a French number, as typed otherwise."""
    digits = "".join(c for c in number if c.isdigit())
    if len(digits) == 10 and digits[0] == "0":
        return french.NO_BREAK.join(digits[i : i + 2] for i in range(0, 10, 2))
    return number.replace(" ", french.NO_BREAK)


@register.simple_tag
def counted(number: int, singular: str, plural: str | None = None) -> str:
    """`{% counted 2 "facture" %}` : « 2 factures »."""
    return french.count(number, singular, plural)


@register.simple_tag
def plural(number: int, one: str, several: str) -> str:
    """The word alone, agreed with the number."""
    return one if abs(number) < 2 else several


@register.simple_tag
def money(cents: int | None) -> str | SafeString:
    """« 24 318,40 € » as a `<data>` element; unknown reads « à confirmer »."""
    if cents is None:
        return "à confirmer"
    return format_html(
        '<data class="amt" value="{}">{}</data>', euros_value(cents), french.euros(cents)
    )


@register.simple_tag
def cell(cents: int | None) -> SafeString:
    """An amount in a column whose header bears the unit; nil is « – »."""
    if cents is None:
        return UNKNOWN
    if cents == 0:
        return NIL
    return format_html(
        '<data class="amt" value="{}">{}</data>', euros_value(cents), french.amount(cents)
    )


@register.simple_tag
def on(day_: date | None, form: str = "full") -> SafeString | str:
    """A `<time>`: `{% on claim.due_on %}`, `{% on claim.due_on "short" %}`, "long", "weekday"."""
    if day_ is None:
        return ""
    words = {
        "full": french.day,
        "short": short_day,
        "long": french.long_day,
        "weekday": french.weekday_and_day,
    }[form](day_)
    return format_html('<time datetime="{}">{}</time>', day_.isoformat(), words)


@register.simple_tag
def lateness(due_on: date | None, today: date) -> SafeString | str:
    """« 82 j » after the due date, « dans 8 j » before, « aujourd’hui »."""
    if due_on is None:
        return ""
    days = (today - due_on).days
    if days > 0:
        return f"{french.grouped(days)}{french.NO_BREAK}j"
    words = (
        "aujourd’hui"
        if days == 0
        else f"dans{french.NO_BREAK}{french.grouped(-days)}{french.NO_BREAK}j"
    )
    return format_html('<span class="nil">{}</span>', words)
