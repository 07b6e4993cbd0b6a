"""The words of a step and of an account, as filters."""

from datetime import date

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from exigible.domain.french import NO_BREAK
from exigible.domain.statement import Line
from exigible.domain.states import Chip
from exigible.domain.text_keys import name_key
from exigible.store.models import Account, ImportBatch, MessageStatus, Proposal
from exigible.web import chips, wording
from exigible.web.templatetags.components import chip as render_chip

register = template.Library()

register.filter("asked", wording.asked)
register.filter("first_reason", wording.first_reason)
register.filter("reasons_in_words", wording.reasons)
register.filter("quality", wording.quality)
register.filter("initials", wording.initials)
register.filter("night_words", wording.night)
register.filter("payment_words", wording.payment)
register.filter("full_name", wording.full_name)


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


@register.filter
def mark(label: str, typed: str) -> SafeString | str:
    """The label with what was typed marked, accents and case aside."""
    key = name_key(typed)
    at = name_key(label).find(key) if key else -1
    if at < 0 or len(name_key(label)) != len(label):
        return label
    return format_html(
        "{}<mark>{}</mark>{}", label[:at], label[at : at + len(key)], label[at + len(key) :]
    )


@register.filter
def state_chip(state: str) -> Chip | None:
    return chips.account_state(state)


@register.filter
def message_chip(status: str) -> Chip:
    return chips.MESSAGES[MessageStatus(status)]


@register.filter
def import_chip(status: str) -> Chip:
    return chips.IMPORTS[ImportBatch.Status(status)]


@register.filter
def promise_chip(state: str) -> Chip:
    return chips.PROMISES[state]


@register.simple_tag
def share(part: int, whole: int) -> SafeString | str:
    """« 118 % » of a limit, in wax above it."""
    percent = part * 100 // whole if whole > 0 else 0
    words = f"{max(percent, 0)}{NO_BREAK}%"
    return format_html('<span class="wx">{}</span>', words) if percent > 100 else words


@register.filter
def component_words(line: Line) -> str:
    """The nature of a line of a statement."""
    return line.label or wording.COMPONENTS.get(line.component, line.component)


@register.filter
def negative(cents: int) -> int:
    return -cents


@register.filter
def unlocalised(number: float) -> str:
    """A coordinate as SVG wants it, with a point."""
    return f"{number:g}"


@register.simple_tag
def chip_todo(words: str) -> SafeString | str:
    """A dashed chip for what is still to be confirmed."""
    return render_chip(Chip(words, "tri", "todo"))
