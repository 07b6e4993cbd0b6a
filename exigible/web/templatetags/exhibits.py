"""What the pages of exhibits show beside the common tags: the two states of a document."""

from django import template
from django.utils.safestring import SafeString

from exigible.web import chips
from exigible.web.templatetags.components import chip

register = template.Library()


@register.simple_tag
def guessed_chip() -> SafeString | str:
    """A kind that nobody has confirmed."""
    return chip(chips.GUESSED)


@register.simple_tag
def unfiled_chip() -> SafeString | str:
    """A document on no account yet."""
    return chip(chips.UNFILED)
