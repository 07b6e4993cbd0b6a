"""What the pages of *Administration* and *Stratégies* show: IBANs, terms, access, steps."""

from django import template

from exigible.domain import french
from exigible.domain.states import Chip
from exigible.store.models import Creditor, StrategyStep, User
from exigible.web.views.creditors import terms_words
from exigible.web.views.people import access_words
from exigible.web.views.texts import text_of

register = template.Library()
register.filter("terms_of", terms_words)
register.filter("template_slug", text_of)
_ACCESS = {
    "ouvert": Chip("Ouvert", "tick", "leaf"),
    "invité": Chip("Invité", "ring", "info"),
    "fermé": Chip("Fermé", "slash", ""),
}


@register.filter
def access_chip(user: User) -> Chip:
    return _ACCESS[access_words(user)]


@register.filter
def iban(number: str) -> str:
    """« FR76 3000 6000 … »: groups of four, as on a bank slip."""
    return french.NO_BREAK.join(number[i : i + 4] for i in range(0, len(number), 4))


@register.filter
def step_day(step: StrategyStep) -> str:
    """« J−5 » before the due date, « J+8 » after."""
    if step.offset_days == 0:
        return "jour J"
    sign = french.MINUS if step.offset_days < 0 else "+"
    return f"J{sign}{abs(step.offset_days)}"


@register.filter
def rate_of(creditor: Creditor) -> str:
    return french.percent(creditor.clause_rate) if creditor.clause_rate else "taux supplétif"
