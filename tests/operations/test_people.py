"""Who may come in: invitations, roles and portfolios, the last administrator, one-time access."""

import threading

import pytest
from django.db import connection

from exigible.domain.refusals import Refused, WrongInput
from exigible.domain.roles import Role
from exigible.operations import people
from exigible.operations.acts import By
from exigible.operations.people import PersonFacts
from exigible.store.models import JournalEntry, Portfolio, User
from tests.builders import AT, make_creditor

BY = By.job("test")
pytestmark = pytest.mark.django_db


def administrator(email: str = "ariane@exemple.example") -> User:
    return User.objects.create_user(
        email, "un mot de passe long", name="Ariane Keller", role=Role.ADMINISTRATOR
    )


def facts(**fields: object) -> PersonFacts:
    return PersonFacts(
        **{
            "name": "Claire Maubert",
            "email": "claire@exemple.example",
            "role": "collector",
            "all_portfolios": True,
            **fields,
        }
    )


def test_an_invited_person_has_no_password_and_the_journal_no_name():
    user = people.invite_user(facts(), by=BY, at=AT)
    assert not user.has_usable_password()
    line = JournalEntry.objects.get(action="user_invited")
    assert line.account_id is None
    assert line.subject == f"user:{user.opaque_id}"
    assert line.facts == {"role": "collector", "all_portfolios": True, "portfolios": []}


def test_an_address_serves_once_whatever_its_case():
    people.invite_user(facts(), by=BY, at=AT)
    with pytest.raises(WrongInput) as refused:
        people.invite_user(facts(email="Claire@Exemple.example"), by=BY, at=AT)
    assert refused.value.field == "email"
    assert User.objects.count() == 1
    assert JournalEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "  "}, "name"),
        ({"email": "claire"}, "email"),
        ({"role": "king"}, "role"),
        ({"all_portfolios": False}, "portfolios"),
        ({"all_portfolios": False, "portfolio_ids": [10**9]}, "portfolios"),
    ],
)
def test_what_is_missing_is_refused_at_its_field(fields: dict[str, object], field: str):
    with pytest.raises(WrongInput) as refused:
        people.invite_user(facts(**fields), by=BY, at=AT)
    assert refused.value.field == field
    assert not User.objects.exists()


def test_portfolios_are_those_chosen_and_all_of_them_names_none():
    creditor = make_creditor()
    other = people.create_portfolio(creditor.pk, "Grands comptes", by=BY, at=AT)
    user = people.invite_user(facts(all_portfolios=False, portfolio_ids=[other.pk]), by=BY, at=AT)
    assert list(user.portfolios.all()) == [other]
    people.change_user(user.pk, facts(portfolio_ids=[other.pk]), by=BY, at=AT)
    user.refresh_from_db()
    assert user.all_portfolios
    assert not user.portfolios.exists()


def test_the_last_administrator_stays():
    ariane = administrator()
    with pytest.raises(Refused) as refused:
        people.change_user(ariane.pk, facts(email=ariane.email, role="manager"), by=BY, at=AT)
    assert refused.value.code == "last_administrator"
    with pytest.raises(Refused) as refused:
        people.deactivate_user(ariane.pk, by=BY, at=AT)
    assert refused.value.code == "last_administrator"
    administrator("boris@exemple.example")
    people.deactivate_user(ariane.pk, by=BY, at=AT)
    ariane.refresh_from_db()
    assert not ariane.is_active


def test_a_deactivated_administrator_does_not_count():
    ariane, boris = administrator(), administrator("boris@exemple.example")
    people.deactivate_user(boris.pk, by=BY, at=AT)
    with pytest.raises(Refused):
        people.deactivate_user(ariane.pk, by=BY, at=AT)


def test_nobody_closes_their_own_access():
    ariane = administrator()
    administrator("boris@exemple.example")
    with pytest.raises(Refused) as refused:
        people.deactivate_user(ariane.pk, by=By.user(ariane), at=AT)
    assert refused.value.code == "own_access"


def test_renewed_access_voids_the_password():
    ariane = administrator()
    before = ariane.get_session_auth_hash()
    renewed = people.renew_access(ariane.pk, by=BY, at=AT)
    assert not renewed.has_usable_password()
    assert renewed.get_session_auth_hash() != before
    with pytest.raises(WrongInput):
        people.choose_password(ariane.pk, "court", by=BY, at=AT)
    people.choose_password(ariane.pk, "douze caractères au moins", by=BY, at=AT)
    ariane.refresh_from_db()
    assert ariane.check_password("douze caractères au moins")


def test_an_inactive_person_chooses_no_password():
    administrator("boris@exemple.example")
    claire = people.invite_user(facts(), by=BY, at=AT)
    people.deactivate_user(claire.pk, by=BY, at=AT)
    with pytest.raises(Refused):
        people.choose_password(claire.pk, "douze caractères au moins", by=BY, at=AT)
    people.reactivate_user(claire.pk, by=BY, at=AT)
    people.choose_password(claire.pk, "douze caractères au moins", by=BY, at=AT)


def test_a_portfolio_name_serves_once_for_a_creditor():
    creditor = make_creditor()
    with pytest.raises(WrongInput):
        people.create_portfolio(creditor.pk, "Portefeuille principal", by=BY, at=AT)
    people.create_portfolio(make_creditor().pk, "Grands comptes", by=BY, at=AT)
    portfolio = people.create_portfolio(creditor.pk, "Grands comptes", by=BY, at=AT)
    people.rename_portfolio(portfolio.pk, "Comptes clés", by=BY, at=AT)
    assert Portfolio.objects.filter(creditor=creditor, name="Comptes clés").exists()


def test_two_administrators_cannot_remove_each_other_at_once(transactional_db: None):
    ariane, boris = administrator(), administrator("boris@exemple.example")
    refused: list[str] = []
    start = threading.Barrier(2)

    def remove(one: User) -> None:
        start.wait()
        try:
            people.deactivate_user(one.pk, by=BY, at=AT)
        except Refused as refusal:
            refused.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=remove, args=[one]) for one in (ariane, boris)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["last_administrator"]
    assert User.objects.filter(is_active=True).count() == 1
