"""Figures of the aged balance: each is a link to the lines it is made of."""

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from exigible.reports.ageing import AgeingRow, Amounts
from exigible.web.templatetags.french import cell

register = template.Library()

HEAT = {"late_90": "h3", "late_180": "h4", "late_more": "h5"}
STRONG = frozenset({"overdue"})


@register.simple_tag
def aged_cell(amounts: Amounts, key: str) -> SafeString:
    """The figure of a column of the totals."""
    return cell(getattr(amounts, key))


@register.simple_tag
def aged_link(row: AgeingRow, key: str, query: str) -> SafeString:
    """The figure of an account, as a link to its lines; nil stays nil."""
    cents = getattr(row.amounts, key)
    if not cents:
        return cell(cents)
    address = reverse("ageing_behind", args=[key])
    joined = f"{query}&compte={row.account_id}" if query else f"compte={row.account_id}"
    css = "fig strong" if key in STRONG else "fig"
    return format_html('<a class="{}" href="{}?{}">{}</a>', css, address, joined, cell(cents))


@register.simple_tag
def aged_heat(amounts: Amounts, key: str) -> str:
    """The class that warms a cell: the older, the warmer, only where something is owed."""
    return f" {HEAT[key]}" if key in HEAT and getattr(amounts, key) > 0 else ""
