"""One-time links by which people choose their password: no e-mail is needed to hand one over.

A link is made of the person's opaque id and of a token over the password now stored: choosing a
password, or asking for another link, voids it. It lasts `PASSWORD_RESET_TIMEOUT`.
"""

from uuid import UUID

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.http import HttpRequest
from django.urls import reverse

from exigible.store.models import User


class _Invitations(PasswordResetTokenGenerator):
    key_salt = "exigible.web.invitations"


_tokens = _Invitations()
DAYS = settings.PASSWORD_RESET_TIMEOUT // 86_400


def link_for(user: User, request: HttpRequest) -> str:
    """Return the whole address of a person's link."""
    path = reverse("welcome", args=[user.opaque_id, token_for(user)])
    return request.build_absolute_uri(path)


def token_for(user: User) -> str:
    """Return the secret part of a person's link."""
    return _tokens.make_token(user)


def invited(opaque_id: UUID, token: str) -> User | None:
    """Return whose link it is, None if it was used, replaced, or is too old."""
    user = User.objects.filter(opaque_id=opaque_id, is_active=True).first()
    return user if user is not None and _tokens.check_token(user, token) else None
