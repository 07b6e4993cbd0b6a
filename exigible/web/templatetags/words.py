"""The words of a step and of an account, as filters."""

from datetime import date

from django import template

from exigible.domain.states import Chip
from exigible.store.models import Account, Proposal
from exigible.web import wording

register = template.Library()

register.filter("asked", wording.asked)
register.filter("first_reason", wording.first_reason)
register.filter("reasons_in_words", wording.reasons)
register.filter("quality", wording.quality)
register.filter("initials", wording.initials)
register.filter("night_words", wording.night)


@register.filter
def main_chip(account: Account) -> Chip | None:
    return wording.main_chip(account)


@register.filter
def account_chips(account: Account) -> list[Chip]:
    return wording.account_chips(account)


@register.filter
def channel_icon(step: Proposal) -> str:
    return wording.CHANNEL_ICONS.get(step.channel, "task")


@register.filter
def age_class(days: int) -> str:
    """The step of the ageing scale a delay falls in."""
    for name, most in (("s1", 30), ("s2", 60), ("s3", 90), ("s4", 180)):
        if days <= most:
            return name
    return "s5"


@register.filter
def days_late(oldest_due_on: date, today: date) -> int:
    """Days since a due date, none before it."""
    return max(0, (today - oldest_due_on).days)


@register.filter
def dial(number: str) -> str:
    """A number as a telephone dials it: « 02 61 91 40 17 » gives « 0261914017 »."""
    return "".join(c for c in number if c.isdigit() or c == "+")
