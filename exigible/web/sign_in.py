"""Signing in: no public registration, the person's own account only."""

from collections.abc import Callable

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are created by an administrator, never from the sign-in page."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": (
            "L’adresse e-mail ou le mot de passe n’est pas le bon. Vérifiez l’un et l’autre."
        ),
        "too_many_login_attempts": (
            "Trop d’essais de suite. Attendez cinq minutes, puis réessayez."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class SignInMiddleware(LoginRequiredMiddleware):
    """Every page wants someone signed in, unless it says otherwise.

    A part of a page asked for after the session's end gets 401, so that the page stays as it is
    with what was typed, and offers to sign in.
    """

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., object]
    ) -> HttpResponse:
        if request.headers.get("HX-Request"):
            return HttpResponse(status=401)
        return super().handle_no_permission(request, view_func)
