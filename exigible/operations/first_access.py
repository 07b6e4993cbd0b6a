"""The first person of a new house: an administrator, created once, before anyone can sign in."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from exigible.domain.refusals import Refused, WrongInput
from exigible.domain.roles import Role
from exigible.operations.acts import By
from exigible.operations.people import PersonFacts, choose_password, invite_user
from exigible.store.models import User

BY = By.job("premier accès")


def nobody_yet() -> bool:
    """Say whether no one has ever been given an access."""
    return not User.objects.exists()


@transaction.atomic
def create_first_administrator(name: str, email: str, password: str, *, at: datetime) -> User:
    """Create an administrator who sees everything; refuse as soon as someone has an access."""
    with (
        connection.cursor() as cursor
    ):  # two first accesses at once: the second one waits, then sees
        cursor.execute("LOCK TABLE store_user IN SHARE ROW EXCLUSIVE MODE")
    if not nobody_yet():
        raise Refused(
            "access_exists",
            "Un accès existe déjà. Connectez-vous, ou demandez une invitation à l’administrateur.",
        )
    try:
        validate_password(password, User(name=name, email=email))
    except ValidationError as weak:
        raise WrongInput("password", " ".join(weak.messages), field="password") from None
    facts = PersonFacts(name=name, email=email, role=Role.ADMINISTRATOR, all_portfolios=True)
    user = invite_user(facts, by=BY, at=at)
    return choose_password(user.pk, password, by=BY, at=at)
