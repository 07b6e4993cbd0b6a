"""Filters that several screens share: whose accounts, and who looks after them."""

from exigible.store.models import User
from exigible.store.queries.access import visible_creditors
from exigible.store.queries.people import colleagues
from exigible.web.filters import ChoiceFilter, Filter


def of_creditor(user: User) -> list[Filter]:
    """Return the filter by creditor, or none where the person sees, or has chosen, a single one."""
    creditors = [(str(one.pk), one.name) for one in visible_creditors(user)]
    if len(creditors) < 2 or user.current_creditor_id:
        return []
    return [ChoiceFilter("creancier", "Créancier", "Créancier", options=creditors)]


def of_collector(user: User) -> Filter:
    """Return the filter by who looks after an account."""
    followers = [("moi", "moi"), ("personne", "personne"), *colleagues(user)]
    return ChoiceFilter("charge", "Suivi par", "Suivi par", options=followers)
