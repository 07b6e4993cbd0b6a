"""Signing in: no public registration, the person's own account only."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are created by an administrator, never from the sign-in page."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
