"""Who works here: inviting, changing and deactivating people, and the portfolios they see.

A person is a role and portfolios. The journal knows opaque ids only: names and addresses stay in
`User`. Nobody is deleted: a person who leaves is deactivated, and what they did keeps its author.

Whoever is invited chooses a password through a one-time link that the page makes (`web/invitations`);
until then, and from the moment a new link is asked for, no password opens the account.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from exigible.domain.refusals import Refused, WrongInput
from exigible.domain.roles import CAPABILITIES, ROLE_LABELS, Capability, Role
from exigible.operations.acts import By, act_on_house
from exigible.store.models import Creditor, Portfolio, User

NAME_LENGTH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFacts:
    """What an administrator says of a person; `portfolio_ids` is ignored with `all_portfolios`."""

    name: str
    email: str
    role: str
    portfolio_ids: Sequence[int] = ()
    all_portfolios: bool = False


def invite_user(facts: PersonFacts, *, by: By, at: datetime) -> User:
    """Create a person without a password; the page then gives the one-time link.

    Refuse an address that someone already has, a role unknown, and a working role without any
    portfolio: such a person would see nothing.
    """
    name, email, role, portfolios = _checked(facts)
    with act_on_house(by=by, at=at) as act:
        user = User(email=email, name=name, role=role, all_portfolios=facts.all_portfolios)
        user.set_unusable_password()
        _save_with_own_address(user)
        user.portfolios.set(portfolios)
        act.journal("user_invited", subject_of(user), **_rights(facts, role, portfolios))
    return user


def change_user(user_id: int, facts: PersonFacts, *, by: By, at: datetime) -> User:
    """Change a person's name, address, role and portfolios; refuse to lose the last administrator."""
    name, email, role, portfolios = _checked(facts)
    with act_on_house(by=by, at=at) as act:
        administrators = _locked_administrators()
        user = _locked_user(user_id)
        if role != Role.ADMINISTRATOR:
            _refuse_last_administrator(user, administrators, field="role")
        user.name, user.email, user.role = name, email, role
        user.all_portfolios = facts.all_portfolios
        _save_with_own_address(user)
        user.portfolios.set(portfolios)
        act.journal("user_changed", subject_of(user), **_rights(facts, role, portfolios))
    return user


def deactivate_user(user_id: int, *, by: By, at: datetime) -> User:
    """Close a person's access at once; refuse the last administrator, and oneself.

    The accounts in that person's charge stay theirs until someone entrusts them to another.
    """
    with act_on_house(by=by, at=at) as act:
        administrators = _locked_administrators()
        user = _locked_user(user_id)
        if not user.is_active:
            raise Refused("user_inactive", f"{user.name} n’a déjà plus accès.")
        _refuse_last_administrator(user, administrators)
        if user.opaque_id == by.uuid:
            raise Refused(
                "own_access",
                "Vous ne pouvez pas fermer votre propre accès. Demandez-le à un autre administrateur.",
            )
        user.is_active = False
        user.save(update_fields=["is_active"])
        act.journal("user_deactivated", subject_of(user))
    return user


def reactivate_user(user_id: int, *, by: By, at: datetime) -> User:
    """Open again the access of a person who had left; their former password opens nothing."""
    with act_on_house(by=by, at=at) as act:
        user = _locked_user(user_id)
        if user.is_active:
            raise Refused("user_active", f"{user.name} a déjà accès.")
        user.is_active = True
        user.set_unusable_password()
        user.save(update_fields=["is_active", "password"])
        act.journal("user_reactivated", subject_of(user))
    return user


def renew_access(user_id: int, *, by: By, at: datetime) -> User:
    """Void a person's password, sessions and earlier links, so that a new link can be given."""
    with act_on_house(by=by, at=at) as act:
        user = _locked_user(user_id)
        if not user.is_active:
            raise Refused(
                "user_inactive", f"{user.name} n’a plus accès. Rouvrez d’abord son accès."
            )
        user.set_unusable_password()
        user.save(update_fields=["password"])
        act.journal("user_access_renewed", subject_of(user))
    return user


def remove_second_factor(user_id: int, *, by: By, at: datetime) -> User:
    """Forget the second factor of a person who lost the device; they will be asked for none."""
    with act_on_house(by=by, at=at) as act:
        user = _locked_user(user_id)
        removed, _ = Authenticator.objects.filter(user=user).delete()
        if not removed:
            raise Refused(
                "no_second_factor", f"{user.name} n’a pas de double authentification à retirer."
            )
        act.journal("user_second_factor_removed", subject_of(user))
    return user


def choose_password(user_id: int, password: str, *, by: By, at: datetime) -> User:
    """Set the password a person chose through their one-time link; refuse a weak one."""
    with act_on_house(by=by, at=at) as act:
        user = _locked_user(user_id)
        if not user.is_active:
            raise Refused(
                "user_inactive", "Cet accès est fermé. Adressez-vous à un administrateur."
            )
        try:
            validate_password(password, user)
        except ValidationError as weak:
            raise WrongInput("password", " ".join(weak.messages), field="password") from None
        user.set_password(password)
        user.save(update_fields=["password"])
        act.journal("user_password_chosen", subject_of(user))
    return user


def create_portfolio(creditor_id: int, name: str, *, by: By, at: datetime) -> Portfolio:
    """Add a portfolio to a creditor; refuse a name the creditor already has."""
    name = _portfolio_name(name)
    with act_on_house(by=by, at=at) as act:
        creditor = Creditor.objects.get(pk=creditor_id)
        portfolio = Portfolio(creditor=creditor, name=name)
        _save_named(portfolio)
        act.journal("portfolio_created", f"portfolio:{portfolio.pk}", creditor=creditor.pk)
    return portfolio


def rename_portfolio(portfolio_id: int, name: str, *, by: By, at: datetime) -> Portfolio:
    """Rename a portfolio; refuse a name the creditor already has."""
    name = _portfolio_name(name)
    with act_on_house(by=by, at=at) as act:
        portfolio = (
            Portfolio.objects.select_for_update(of=("self",))
            .select_related("creditor")
            .get(pk=portfolio_id)
        )
        former, portfolio.name = portfolio.name, name
        _save_named(portfolio)
        act.journal("portfolio_renamed", f"portfolio:{portfolio.pk}", former=former, name=name)
    return portfolio


def subject_of(user: User) -> str:
    """Return how the journal names a person: by opaque id."""
    return f"user:{user.opaque_id}"


# ---- helpers


def _checked(facts: PersonFacts) -> tuple[str, str, Role, list[Portfolio]]:
    name, email = facts.name.strip()[:NAME_LENGTH], facts.email.strip().lower()
    if not name:
        raise WrongInput("name", "Le nom manque. Saisissez le prénom et le nom.", field="name")
    try:
        validate_email(email)
    except ValidationError:
        raise WrongInput(
            "email",
            f"« {facts.email.strip()[:60]} » n’est pas une adresse e-mail. Vérifiez-la.",
            field="email",
        ) from None
    try:
        role = Role(facts.role)
    except ValueError:
        raise WrongInput("role", "Choisissez un rôle.", field="role") from None
    portfolios = (
        []
        if facts.all_portfolios
        else list(Portfolio.objects.filter(pk__in=set(facts.portfolio_ids)))
    )
    if len(portfolios) != len(set(facts.portfolio_ids)) and not facts.all_portfolios:
        raise WrongInput(
            "portfolio", "Un des portefeuilles n’existe plus. Relisez la liste.", field="portfolios"
        )
    if _needs_portfolio(role) and not portfolios and not facts.all_portfolios:
        raise WrongInput(
            "no_portfolio",
            f"Sans portefeuille, un {ROLE_LABELS[role].lower()} ne voit aucun compte. Choisissez-en "
            "au moins un, ou tous.",
            field="portfolios",
        )
    return name, email, role, portfolios


def _needs_portfolio(role: Role) -> bool:
    """An administrator may look after people only; every other role that sees accounts needs some."""
    return role != Role.ADMINISTRATOR and Capability.SEE_ACCOUNTS in CAPABILITIES[role]


def _rights(facts: PersonFacts, role: Role, portfolios: list[Portfolio]) -> dict[str, object]:
    """What the journal keeps of a person's rights: no name, no address."""
    return {
        "role": role.value,
        "all_portfolios": facts.all_portfolios,
        "portfolios": sorted(portfolio.pk for portfolio in portfolios),
    }


def _locked_administrators() -> list[User]:
    """Lock every active administrator, in order: two removals at once cannot both pass."""
    return list(
        User.objects.select_for_update()
        .filter(role=Role.ADMINISTRATOR, is_active=True)
        .order_by("pk")
    )


def _locked_user(user_id: int) -> User:
    return User.objects.select_for_update().get(pk=user_id)


def _refuse_last_administrator(
    user: User, administrators: Sequence[User], *, field: str | None = None
) -> None:
    if [one.pk for one in administrators] == [user.pk]:
        raise Refused(
            "last_administrator",
            f"{user.name} est le seul administrateur en activité. Nommez-en d’abord un autre.",
            field=field,
        )


def _save_with_own_address(user: User) -> None:
    """Save a person, refusing an address that someone else has, whatever its case."""
    taken = WrongInput(
        "email_taken",
        "Cette adresse est déjà celle d’une autre personne. Saisissez-en une autre, ou rouvrez son "
        "accès.",
        field="email",
    )
    if User.objects.filter(email__iexact=user.email).exclude(pk=user.pk).exists():
        raise taken
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:  # taken between the check and the save
        raise taken from None


def _portfolio_name(typed: str) -> str:
    name = typed.strip()[:NAME_LENGTH]
    if not name:
        raise WrongInput("portfolio_name", "Le nom du portefeuille manque.", field="name")
    return name


def _save_named(portfolio: Portfolio) -> None:
    try:
        with transaction.atomic():
            portfolio.save()
    except IntegrityError:
        raise WrongInput(
            "portfolio_taken",
            f"Un portefeuille de {portfolio.creditor.name} s’appelle déjà ainsi. Choisissez un autre "
            "nom.",
            field="name",
        ) from None
