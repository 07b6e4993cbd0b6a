"""French typography in templates."""

from django import template

register = template.Library()
