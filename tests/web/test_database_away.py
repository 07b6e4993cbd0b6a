"""The page for an outage, wherever the database fails: view, session, permissions, template.

The server stopped and started again for real is in tests/hosting/test_supervisor.py.
"""

import psycopg
import pytest
from django.core.signals import request_started
from django.db import OperationalError, close_old_connections, connection
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.test import Client
from django.urls import path
from pytest_django import Settings

from exigible.urls import urlpatterns as product


def lost(code: str = "57P01") -> OperationalError:
    error = OperationalError("terminating connection due to administrator command")
    error.__cause__ = psycopg.errors.lookup(code)("terminating connection")
    return error


def in_a_view(request: HttpRequest) -> HttpResponse:
    raise lost(request.GET.get("code", "57P01"))


def in_a_template(request: HttpRequest) -> HttpResponse:
    def fail() -> str:
        raise lost()

    return HttpResponse(Template("{{ fail }}").render(Context({"fail": fail})))


def in_the_session(request: HttpRequest) -> HttpResponse:
    request.session["seen"] = True  # saved by the middleware, after the view
    return HttpResponse("page")


def for_someone(request: HttpRequest) -> HttpResponse:
    return HttpResponse("page")


def a_mistake(request: HttpRequest) -> HttpResponse:
    raise ValueError("ours")


urlpatterns = [
    *product,
    path("essai/prive", for_someone),
    path("essai/vue", in_a_view),
    path("essai/gabarit", in_a_template),
    path("essai/session", in_the_session),
    path("essai/erreur", a_mistake),
]
for pattern in urlpatterns[-4:]:
    pattern.callback.login_required = False  # type: ignore[union-attr]


@pytest.fixture
def client(settings: Settings) -> Client:
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False)


def assert_away(response: HttpResponse) -> None:
    assert response.status_code == 503
    assert response["Retry-After"] == "10"
    assert response["Cache-Control"] == "no-store"
    assert "style-src 'self'" in response["Content-Security-Policy"]
    page = response.content.decode()
    assert "<script" not in page
    assert "style=" not in page
    assert "Rien de ce qui l’était déjà n’est perdu" in page


@pytest.fixture
def session_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.contrib.sessions.backends.db import SessionStore

    def fail(*_: object, **__: object) -> None:
        raise lost()

    for name in ("load", "save", "create"):
        monkeypatch.setattr(SessionStore, name, fail)


@pytest.mark.parametrize("address", ["/essai/vue", "/essai/gabarit"])
def test_an_outage_inside_a_page(client: Client, address: str):
    assert_away(client.get(address))


@pytest.mark.usefixtures("session_fails")
def test_an_outage_while_saving_the_session(client: Client):
    assert_away(client.get("/essai/session"))


@pytest.mark.usefixtures("session_fails")
def test_an_outage_while_finding_who_asks(client: Client):
    client.cookies["sessionid"] = "someone-or-other"
    assert_away(client.get("/essai/prive"))


def test_what_was_typed_is_not_reloaded_away(client: Client):
    read = client.get("/essai/vue").content.decode()
    typed = client.post("/essai/vue").content.decode()
    assert 'http-equiv="refresh"' in read
    assert 'http-equiv="refresh"' not in typed
    assert "Revenez à la page précédente" in typed


def test_a_full_disk_says_so(client: Client):
    page = client.get("/essai/vue?code=53100").content.decode()
    assert "disque de la base de données est plein" in page


def test_a_deadlock_or_a_mistake_is_an_error_not_an_outage(client: Client):
    assert client.get("/essai/vue?code=40P01").status_code == 500
    assert client.get("/essai/erreur").status_code == 500


@pytest.mark.django_db(transaction=True)
def test_a_lost_connection_is_replaced_by_the_next_request(
    client: Client, monkeypatch: pytest.MonkeyPatch
):
    request_started.connect(close_old_connections)
    assert client.get("/sante").status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
    other.close()
    connection.health_check_enabled = True
    connection.health_check_done = False
    assert client.get("/sante").status_code == 200
