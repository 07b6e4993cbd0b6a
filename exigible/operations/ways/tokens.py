"""Tokens: the right of another program to act for some creditors, in some ways, until a day.

The secret is 256 random bits, shown once; its SHA-256 is kept. (A slow hash protects what people
choose; nobody guesses 256 bits, and each request pays for the hash.)
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from exigible.domain.refusals import Refused, WrongInput
from exigible.operations.acts import By, act_on_house
from exigible.store.models import ApiToken, Creditor

MARK = "exg_"
SHOWN = 10  # letters kept, to tell tokens apart
LONGEST = timedelta(days=366)
NAME_LENGTH = 100
MOST_REQUESTS, WINDOW = 120, timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Allowed:
    """Whether one more request may pass: how many are left, and after how long if none is."""

    left: int
    wait_seconds: int = 0


def create_token(
    name: str,
    *,
    scopes: Sequence[str],
    creditor_ids: Sequence[int],
    expires_at: datetime,
    by: By,
    at: datetime,
) -> tuple[ApiToken, str]:
    """Create a token; return it with its secret, which nothing will give again."""
    name = name.strip()
    if not name or len(name) > NAME_LENGTH or not name.isprintable():
        raise WrongInput("token_name", "Dites quel logiciel s’en servira.", field="name")
    known = [scope for scope in ApiToken.Scope.values if scope in scopes]
    if not known or set(scopes) - set(known):
        raise WrongInput("token_scopes", "Choisissez au moins un droit.", field="scopes")
    if not at < expires_at <= at + LONGEST:
        raise WrongInput(
            "token_expiry",
            "Un jeton vaut un an au plus, à compter d’aujourd’hui.",
            field="expires_on",
        )
    secret = MARK + secrets.token_urlsafe(32)
    with act_on_house(by=by, at=at) as act:
        creditors = list(Creditor.objects.filter(pk__in=creditor_ids, archived=False))
        if not creditors or len(creditors) != len(set(creditor_ids)):
            raise WrongInput(
                "token_creditors", "Choisissez au moins un créancier.", field="creditors"
            )
        token = ApiToken.objects.create(
            name=name,
            prefix=secret[:SHOWN],
            digest=_digest(secret),
            scopes=known,
            created_by=by.uuid,
            created_at=at,
            expires_at=expires_at,
        )
        token.creditors.set(creditors)
        act.journal(
            "token_created",
            f"token:{token.pk}",
            name=name,
            scopes=known,
            creditors=sorted(one.pk for one in creditors),
            expires_at=expires_at.isoformat(),
        )
    return token, secret


def revoke_token(token_id: int, *, by: By, at: datetime) -> ApiToken:
    """End a token at once; what it brought stays."""
    with act_on_house(by=by, at=at) as act:
        token = ApiToken.objects.select_for_update().get(pk=token_id)
        if token.revoked_at is not None:
            raise Refused("token_revoked", f"Le jeton « {token.name} » est déjà révoqué.")
        token.revoked_by, token.revoked_at = by.uuid, at
        token.save(update_fields=["revoked_by", "revoked_at"])
        act.journal("token_revoked", f"token:{token.pk}", name=token.name)
    return token


def token_of(secret: str, *, at: datetime) -> ApiToken | None:
    """Return the token that a secret opens now; None for one unknown, expired or revoked."""
    if not secret.startswith(MARK) or len(secret) > 200:
        return None
    return ApiToken.objects.filter(
        digest=_digest(secret), revoked_at__isnull=True, expires_at__gt=at
    ).first()


def count_request(token: ApiToken, *, at: datetime) -> Allowed:
    """Count a request of a token and say whether it passes: `MOST_REQUESTS` a minute.

    One statement, for all the web processes at once.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE store_apitoken
                  SET last_used_at = %(at)s,
                      window_count = CASE WHEN window_started_at > %(start)s
                                          THEN least(window_count + 1, %(most)s + 1) ELSE 1 END,
                      window_started_at = CASE WHEN window_started_at > %(start)s
                                               THEN window_started_at ELSE %(at)s END
                WHERE id = %(id)s
            RETURNING window_count, window_started_at""",
            {"at": at, "start": at - WINDOW, "most": MOST_REQUESTS, "id": token.pk},
        )
        count, started_at = cursor.fetchone()
    if count <= MOST_REQUESTS:
        return Allowed(MOST_REQUESTS - count)
    left = (started_at + WINDOW - at).total_seconds()
    return Allowed(0, max(1, int(left) + 1))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
