"""What lists of messages and letter batches show of each."""

from datetime import date, datetime

from django import template
from django.utils.safestring import SafeString

from exigible.domain.states import Chip
from exigible.operations.messages import paris_day as day_in_paris
from exigible.store.models import LetterBatch
from exigible.web.templatetags.components import chip
from exigible.web.wording import CHANNEL_ICONS

register = template.Library()

TO_PRINT = Chip("À imprimer", "ring", "info")
TO_REBUILD = Chip("À reconstituer", "tri", "ochre")
POSTED = Chip("Posté", "tick", "leaf")
FORMAL = Chip("Mise en demeure", "tri", "wax")


@register.simple_tag
def batch_chip(batch: LetterBatch) -> SafeString | str:
    if batch.printed_at is not None:
        return chip(POSTED)
    return chip(TO_PRINT if batch.document_id else TO_REBUILD)


@register.simple_tag
def formal_notice_chip() -> SafeString | str:
    return chip(FORMAL)


@register.filter
def channel_of_message(channel: str) -> str:
    """The icon of a channel."""
    return CHANNEL_ICONS.get(channel, "mail")  # type: ignore[call-overload]


@register.filter
def paris_day(at: datetime | None) -> date | None:
    return None if at is None else day_in_paris(at)
