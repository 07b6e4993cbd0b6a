"""The first administrator: only through the link, only once."""

import re

import pytest
from django.core.signing import TimestampSigner
from django.test import Client

from exigible.domain.roles import Role
from exigible.store.models import JournalEntry, User
from exigible.web.first_access import invitation

pytestmark = pytest.mark.django_db
TYPED = {
    "name": "Ève Marchadier",
    "email": "Eve@Negoce.example",
    "password": "une phrase assez longue",
    "again": "une phrase assez longue",
}


@pytest.fixture
def visitor() -> Client:
    return Client(headers={"host": "localhost"})


@pytest.fixture
def path() -> str:
    found = re.search(r"https?://[^/]+(/\S+)", invitation())
    assert found
    return found[1]


def test_the_link_creates_an_administrator_and_signs_in(visitor: Client, path: str) -> None:
    assert "Premier accès" in visitor.get(path).content.decode()
    assert visitor.post(path, TYPED).status_code == 302
    user = User.objects.get()
    assert (user.email, user.role, user.all_portfolios) == (
        "eve@negoce.example",
        Role.ADMINISTRATOR,
        True,
    )
    assert visitor.get("/comptes/").status_code == 200
    actions = JournalEntry.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["user_invited", "user_password_chosen"]


def test_it_opens_nothing_once_someone_has_an_access(visitor: Client, path: str) -> None:
    visitor.post(path, TYPED)
    other = Client(headers={"host": "localhost"})
    assert (
        other.post(path, TYPED | {"email": "autre@negoce.example"}).headers["Location"]
        == "/connexion/"
    )
    assert User.objects.count() == 1
    assert invitation() == ""


def test_a_forged_or_old_link_does_not_exist(visitor: Client) -> None:
    assert visitor.get("/premier-acces/administrateur:abc/").status_code == 404
    other_use = TimestampSigner(salt="autre").sign("administrateur")
    assert visitor.post(f"/premier-acces/{other_use}/", TYPED).status_code == 404


def test_a_day_later_the_link_is_dead(
    visitor: Client, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exigible.web.first_access._VALID_SECONDS", -1)
    assert visitor.get(path).status_code == 404


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"password": "court", "again": "court"}, "password-error"),
        ({"again": "autre chose de long"}, "Les deux mots de passe diffèrent"),
        ({"email": "eve"}, "email-error"),
        ({"name": " "}, "name-error"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    visitor: Client, path: str, typed: dict[str, str], said: str
) -> None:
    answer = visitor.post(path, TYPED | typed)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "Ève Marchadier" in answer.content.decode() or "name" in typed
    assert not User.objects.exists()
