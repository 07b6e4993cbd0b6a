"""The API as another program meets it: tokens, deposits, imports, reading; and what it refuses."""

import hashlib
import json
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import get_resolver

from exigible.api import frame
from exigible.api.endpoints import ENDPOINTS
from exigible.api.openapi import path_of
from exigible.domain.roles import Role
from exigible.operations.acts import By
from exigible.operations.ways import tokens
from exigible.store.models import ApiToken, Claim, ExhibitArrival, ImportBatch, Incoming, Payment
from exigible.web import clock
from tests.exhibit_files import pdf
from tests.factories import World
from tests.operations.ways.steps import STATEMENT, TABLE, read_all
from tests.web.conftest import NOW, _documents_apart, _frozen_clock, _world_of_the_module, world

__all__ = ["_documents_apart", "_frozen_clock", "_world_of_the_module", "world"]
ALL = tuple(ApiToken.Scope.values)
BY = By.job("test")


class Program:
    """Another program: its token, and nothing else."""

    def __init__(self, secret: str) -> None:
        self.client = Client(headers={"authorization": f"Bearer {secret}"})

    def get(self, path: str, status: int = 200, **query: object) -> Any:
        return self._read(self.client.get(f"/api/v1/{path}", query), status, "GET", path)

    def send(self, path: str, content: object, status: int = 202, **headers: str) -> Any:
        response = self.client.post(
            f"/api/v1/{path}", json.dumps(content), content_type="application/json", headers=headers
        )
        return self._read(response, status, "POST", path)

    def deposit(
        self, name: str, content: bytes, status: int = 202, key: str = "", **fields: object
    ) -> Any:
        headers = {"idempotency-key": key} if key else {}
        response = self.client.post(
            "/api/v1/imports",
            {"file": SimpleUploadedFile(name, content), **fields},
            headers=headers,
        )
        return self._read(response, status, "POST", "imports")

    def post(self, path: str, status: int = 200) -> Any:
        return self._read(self.client.post(f"/api/v1/{path}"), status, "POST", path)

    @staticmethod
    def _read(response: Any, status: int, method: str, path: str) -> Any:
        assert response.status_code == status, response.content.decode()
        assert response["Content-Type"] == "application/json"
        assert not response.cookies
        said = response.json()
        check(said, schema_of(method, path, status), f"{method} {path} {status}")
        return said


@pytest.fixture
def make(world: World) -> Callable[..., Program]:
    def program(*scopes: str, creditors: list[Any] | None = None, days: int = 30) -> Program:
        _, secret = tokens.create_token(
            "Logiciel comptable",
            scopes=scopes or ALL,
            creditor_ids=[one.pk for one in creditors or [world.creditor]],
            expires_at=NOW + timedelta(days=days),
            by=BY,
            at=NOW,
        )
        return Program(secret)

    return program


# ---- the document, held against what is really answered


def document() -> dict[str, Any]:
    return Client().get("/api/v1/openapi.json").json()


def schema_of(method: str, path: str, status: int) -> dict[str, Any]:
    if status >= 400:
        return {"$ref": "#/components/schemas/Error"}
    real = f"/api/v1/{path}"
    for template, methods in document()["paths"].items():
        parts, asked = template.split("/"), real.split("/")
        if len(parts) == len(asked) and all(
            one == other or one.startswith("{") for one, other in zip(parts, asked, strict=True)
        ):
            said = methods[method.lower()]["responses"][str(status)]
            return said["content"]["application/json"]["schema"]
    raise AssertionError(f"{path} is not in the document")


TYPES = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}


def check(value: Any, schema: dict[str, Any], where: str) -> None:
    """Hold a value against a schema of the document (the part of JSON Schema that it uses)."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/components/schemas/")
        return check(value, document()["components"]["schemas"][name], where)
    if "anyOf" in schema:
        for one in schema["anyOf"]:
            if (one.get("type") == "null") == (value is None):
                return check(value, one, where)
    known = {"type", "properties", "required", "additionalProperties", "items", "pattern"}
    assert set(schema) <= known | {"format", "examples", "description"}, f"{where}: {schema}"
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    assert type(value) in [TYPES[kind] for kind in kinds], f"{where}: {value!r} for {kinds}"
    if isinstance(value, dict) and "properties" in schema:
        assert set(schema["required"]) <= set(value), where
        assert set(value) <= set(schema["properties"]), where
        for name, one in value.items():
            check(one, schema["properties"][name], f"{where}.{name}")
    if isinstance(value, list):
        for number, one in enumerate(value):
            check(one, schema["items"], f"{where}[{number}]")
    return None


@pytest.mark.django_db
def test_the_document_tells_every_route_and_no_other():
    said = document()
    assert said["openapi"] == "3.1.0"
    routes: set[tuple[str, str]] = set()
    resolver = next(one for one in get_resolver().url_patterns if str(one.pattern) == "api/")
    for one in resolver.url_patterns:
        for endpoint in getattr(one.callback, "endpoints", []):
            routes.add((endpoint.method, path_of(endpoint)))
            assert path_of(endpoint).replace("{", "<").count("<") == len(one.pattern.converters)
    told = {(method.upper(), path) for path, methods in said["paths"].items() for method in methods}
    assert told == routes
    assert len(routes) == len(ENDPOINTS)
    ids = [one["operationId"] for methods in said["paths"].values() for one in methods.values()]
    assert len(ids) == len(set(ids))
    for path, methods in said["paths"].items():
        for operation in methods.values():
            named = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
            assert named == {part[1:-1] for part in path.split("/") if part.startswith("{")}
    text = json.dumps(said)
    names = {one.split('"')[0] for one in text.split("#/components/schemas/")[1:]}
    assert names <= set(said["components"]["schemas"])


# ---- tokens


def test_only_a_living_token_opens_and_a_session_never_does(
    make: Callable[..., Program], world: World
):
    program = make()
    assert [one["name"] for one in program.get("creditors")["creditors"]] == [world.creditor.name]
    signed_in = Client()
    signed_in.force_login(world.people[Role.ADMINISTRATOR])
    for client in (signed_in, Client()):
        response = client.get("/api/v1/creditors")
        assert response.status_code == 401
        assert response["WWW-Authenticate"].startswith("Bearer")
        check(response.json(), schema_of("GET", "creditors", 401), "401")
    for wrong in ("exg_" + "x" * 43, "", "é" * 20, "exg_" + "a" * 5000):
        response = Client(headers={"authorization": f"Bearer {wrong}".encode().decode("latin-1")})
        assert response.get("/api/v1/creditors").status_code == 401
    token = ApiToken.objects.get()
    assert token.last_used_at == NOW
    kept = [str(value) for value in ApiToken.objects.values_list().get()]
    secret = program.client.defaults["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
    assert secret not in " ".join(kept)
    assert token.digest == hashlib.sha256(secret.encode()).hexdigest()
    tokens.revoke_token(token.pk, by=BY, at=NOW)
    program.get("creditors", 401)


def test_a_token_ends_on_its_day(make: Callable[..., Program], monkeypatch: pytest.MonkeyPatch):
    program = make(days=2)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=2))
    program.get("creditors", 401)


def test_each_right_is_its_own(make: Callable[..., Program]):
    addresses = {
        "import": ("POST", "customers"),
        "follow": ("GET", "imports"),
        "undo": ("POST", "imports/1/undo"),
        "read": ("GET", "claims"),
    }
    for held in ALL:
        program = make(held)
        for needed, (method, path) in addresses.items():
            ask = program.client.get if method == "GET" else program.client.post
            status = ask(f"/api/v1/{path}").status_code
            assert (status == 403) == (held != needed), (held, path, status)


def test_an_address_that_tries_tokens_is_slowed_and_a_living_one_passes(
    make: Callable[..., Program], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(frame, "MOST_REFUSED", 3)
    cache.clear()
    program = make()
    wrong = Client(headers={"authorization": f"Bearer exg_{'x' * 43}"})
    answers = [wrong.get("/api/v1/creditors") for _ in range(5)]
    assert [one.status_code for one in answers] == [401, 401, 401, 429, 429]
    assert answers[-1]["Retry-After"] == "60"
    check(answers[-1].json(), schema_of("GET", "creditors", 429), "429")
    other = Client(headers={"authorization": "Bearer exg_y"}, REMOTE_ADDR="192.0.2.7")
    assert other.get("/api/v1/creditors").status_code == 401
    program.get("creditors")
    cache.clear()


def test_problems_without_a_line_come_last_in_one_order(make: Callable[..., Program]):
    program = make()
    made = program.deposit("releve.xml", STATEMENT)
    batch = ImportBatch.objects.get(pk=made["import"]["id"])
    batch.problems.all().delete()
    for line, code in ((None, "a"), (4, "b"), (None, "c"), (2, "d"), (4, "e"), (None, "f")):
        batch.problems.create(line=line, code=code, message=code)
    read, cursor = [], ""
    while cursor is not None:
        page = program.get(f"imports/{batch.pk}/problems", limit="1", cursor=cursor)
        read += [one["code"] for one in page["problems"]]
        cursor = page["next"]
    assert read == ["d", "b", "e", "a", "c", "f"]


def test_another_creditor_does_not_exist(make: Callable[..., Program], world: World):
    program, other = make(), make(creditors=[world.other_creditor])
    made = program.deposit("releve.xml", STATEMENT)
    batch = made["import"]["id"]
    account = world.accounts["morvelec"].pk
    for path in (f"imports/{batch}", f"imports/{batch}/problems", f"accounts/{account}"):
        program.get(path)
        other.get(path, 404)
    other.post(f"imports/{batch}/undo", 404)
    assert other.get("imports")["imports"] == []
    theirs = other.get("claims", open="false")["claims"]
    assert {one["creditor"] for one in theirs} == {world.other_creditor.pk}
    other.get("claims", 422, creditor=world.creditor.pk)
    other.deposit("x.xml", STATEMENT, 422, creditor=world.creditor.pk)
    both = make(creditors=[world.creditor, world.other_creditor])
    both.deposit("x.xml", STATEMENT, 422)  # whose?
    both.deposit("x.xml", STATEMENT, 200, creditor="552 100 554")


def test_requests_are_counted(make: Callable[..., Program], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tokens, "MOST_REQUESTS", 3)
    program, other = make(), make()
    for left in (2, 1, 0):
        response = program.client.get("/api/v1/creditors")
        assert (response.status_code, response["X-RateLimit-Remaining"]) == (200, str(left))
    response = program.client.get("/api/v1/creditors")
    assert (response.status_code, response["Retry-After"]) == (429, "61")
    other.get("creditors")
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(seconds=61))
    program.get("creditors")


# ---- deposits


def test_a_file_is_taken_once_by_its_key_and_by_its_content(
    make: Callable[..., Program], world: World
):
    program = make()
    first = program.deposit("releve.xml", STATEMENT, key="nuit-1")
    assert first["new"]
    again = program.deposit("releve.xml", STATEMENT, 200, key="nuit-1")
    assert (again["deposit"], again["new"]) == (first["deposit"], False)
    program.deposit("autre.csv", TABLE, 409, key="nuit-1")
    same = program.deposit("copie.xml", STATEMENT, 200, key="nuit-2")
    assert same["import"]["id"] == first["import"]["id"]
    assert "déjà été reçu" in same["message"]
    assert ImportBatch.objects.count() == 1

    read_all(world.creditor, NOW)
    done = program.get(f"imports/{first['import']['id']}")
    assert (done["state"], done["format"], done["way"]) == ("done", "camt053", "api")
    assert done["brought_by"] == "Logiciel comptable"
    assert done["written"]["bank_lines"] == 1
    undone = program.post(f"imports/{done['id']}/undo")
    assert undone["state"] == "undone"
    program.post(f"imports/{done['id']}/undo", 409)
    assert program.deposit("releve.xml", STATEMENT, key="nuit-3")["new"]  # may come again
    assert [one["state"] for one in program.get("imports", way="api")["imports"]] == [
        "waiting",
        "undone",
    ]
    assert program.get("imports", way="page")["imports"] == []


def test_documents_and_unknown_tables_go_where_people_see_them(
    make: Callable[..., Program], world: World
):
    program = make()
    made = program.deposit("bon.pdf", pdf("Bon BL-55"))
    assert made["import"] is None
    read_all(world.creditor, NOW)
    path = made["documents"].removeprefix("/api/v1/")
    [row] = program.get(path)["documents"]
    assert (row["filename"], row["state"]) == ("bon.pdf", "kept")
    make(creditors=[world.other_creditor]).get(path, 404)
    unknown = program.deposit("inconnu.csv", TABLE)
    assert unknown["import"]["state"] == "draft"
    assert "Dites ce qu’elles contiennent" in unknown["message"]


def test_data_pushed_as_json_is_taken_as_a_table_is(make: Callable[..., Program], world: World):
    program = make()
    customer = {
        "code": "API-1",
        "name": "Menuiserie Tréguier",
        "city": "Brest",
        "postcode": "29200",
    }
    invoice = {
        "customer": "API-1",
        "customer_name": "Menuiserie Tréguier",
        "number": "F-1",
        "issued_on": "2026-10-01",
        "due_on": "2026-10-31",
        "amount": "1250.40",
    }
    before = Claim.objects.count()
    pushed = program.send("invoices", {"invoices": [invoice, {**invoice, "number": "F-2"}]})
    read_all(world.creditor, NOW)
    done = program.get(f"imports/{pushed['import']['id']}")
    assert done["state"] == "done", done
    assert Claim.objects.count() == before + 2
    [claim] = program.get("claims", reference="F-1")["claims"]
    assert (claim["balance"], claim["due_on"], claim["account_number"]) == (
        "1250.40",
        "2026-10-31",
        "API-1",
    )
    same = {"invoices": [invoice, {**invoice, "number": "F-2"}]}
    assert not program.send("invoices", same, 200)["new"]

    paid = program.send(
        "payments",
        {
            "creditor": world.creditor.siren,
            "payments": [
                {
                    "customer": "API-1",
                    "value_date": "2026-11-05",
                    "amount": "1250.40",
                    "kind": "transfer",
                    "invoice": "F-1",
                }
            ],
        },
    )
    told = program.send("customers", {"customers": [customer]})
    read_all(world.creditor, NOW)
    assert program.get(f"imports/{paid['import']['id']}")["state"] == "done"
    assert program.get(f"imports/{told['import']['id']}")["state"] == "done"
    assert Payment.objects.filter(account__number="API-1", amount_cents=125040).exists()
    [account] = program.get("accounts", number="API-1")["accounts"]
    assert account["debtor"]["city"] == "Brest"
    assert program.get(f"accounts/{account['id']}") == account
    open_now = program.get("claims", account=account["id"])["claims"]
    assert [one["reference"] for one in open_now] == ["F-2"]
    assert program.post(f"imports/{paid['import']['id']}/undo")["state"] == "undone"
    assert len(program.get("claims", account=account["id"])["claims"]) == 2


def test_every_error_is_told_by_its_path_and_nothing_is_kept(make: Callable[..., Program]):
    program = make()
    good = {"customer": "A", "number": "1", "issued_on": "2026-10-01", "amount": "1.00"}
    said = program.send(
        "invoices",
        {
            "invoices": [
                good,
                {**good, "amount": 12.5, "due_on": "31/12/2026"},
                {"customer": "", "number": "2", "issued_on": "2026-02-30", "amount": "1"},
                {**good, "montant": "3"},
                "facture",
            ][:4]
        },
        422,
    )
    paths = [one["path"] for one in said["error"]["details"]]
    assert paths == [
        "invoices[1].due_on",
        "invoices[1].amount",
        "invoices[2].customer",
        "invoices[2].issued_on",
        "invoices[3].montant",
    ]
    messages = {one["path"]: one["message"] for one in said["error"]["details"]}
    assert "12.5" in messages["invoices[1].amount"]
    assert "5 erreurs" in said["error"]["message"]
    for content in (
        [],
        {},
        "x",
        None,
        {"invoices": []},
        {"invoices": {}},
        {"invoices": ["facture"]},
        {"invoices": [good], "mode": "tout"},
        {"invoices": [good], "autre": 1},
        {"invoices": [good] * 10_001},
    ):
        program.send("invoices", content, 422)
    program.send("invoices", {"invoices": [good], "creditor": 999_999}, 422)
    assert not ImportBatch.objects.exists()
    assert not Incoming.objects.exists()


def test_problems_met_while_reading_name_their_path(make: Callable[..., Program], world: World):
    program = make()
    made = program.send(
        "payments",
        {
            "payments": [
                {"customer": "PERSONNE-1", "value_date": "2026-11-05", "amount": "10.00"},
            ]
        },
    )
    read_all(world.creditor, NOW)
    found = program.get(f"imports/{made['import']['id']}/problems")["problems"]
    assert found
    assert {one["path"] for one in found} <= {"payments[0].customer", "payments[0]", "payments"}
    assert all(one["message"] for one in found)


# ---- lists


def test_lists_go_on_by_cursor_and_refuse_what_they_do_not_know(
    make: Callable[..., Program], world: World
):
    program = make()
    seen: list[int] = []
    cursor = ""
    while True:
        page = program.get(
            "claims", limit=3, open="false", **({"cursor": cursor} if cursor else {})
        )
        seen += [one["id"] for one in page["claims"]]
        cursor = page["next"]
        if not cursor:
            break
    mine = Claim.objects.filter(account__creditor=world.creditor).order_by("pk")
    assert seen == list(mine.values_list("pk", flat=True))
    late = program.get("claims", due_to="2026-11-22", limit=500)["claims"]
    assert all(one["due_on"] <= "2026-11-22" and one["balance"] != "0.00" for one in late)
    [found] = program.get("accounts", search="Morvélec")["accounts"]
    assert found["id"] == world.accounts["morvelec"].pk
    assert found["overdue"] == "27438.40"
    for path, query in (
        ("claims", {"limit": "0"}),
        ("claims", {"limit": "501"}),
        ("claims", {"cursor": "abc"}),
        ("claims", {"account": "9" * 30}),
        ("claims", {"due_to": "hier"}),
        ("claims", {"open": "peut-être"}),
        ("accounts", {"phase": "x"}),
        ("imports", {"state": "x"}),
        ("imports", {"way": "x"}),
    ):
        assert program.get(path, 422, **query)["error"]["details"][0]["path"] == next(iter(query))
    program.get("accounts/999999999", 404)


# ---- hostile requests


def test_hostile_requests_get_json_and_leave_nothing(make: Callable[..., Program], settings: Any):
    program = make()
    client = program.client
    for method in ("put", "patch", "delete"):
        response = getattr(client, method)("/api/v1/imports")
        assert (response.status_code, response["Allow"]) == (405, "GET, POST")
    for path in (
        "/api/",
        "/api/v2/imports",
        "/api/v1/imports/0x1",
        "/api/v1/imports/",
        "/api/v1/é\x00",
    ):
        response = client.get(path)
        assert response.status_code == 404, path
        assert response.json()["error"]["code"] == "not_found"
    bodies = [
        b" ",
        b"{",
        b"\xff\xfe{}",
        b'{"invoices": NaN}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"invoices": ' + b"9" * 5000 + b"}",
        b'{"invoices": [{"customer": "\\ud800", "number": "1", "amount": "1", "issued_on": "2026-01-01"}]}',
        b'{"invoices": [{"customer": "a\\u0000b", "number": "1", "amount": "1", "issued_on": "2026-01-01"}]}',
    ]
    chance = random.Random(20261122)
    whole = json.dumps(
        {"invoices": [{"customer": "A", "number": "1", "issued_on": "2026-10-01", "amount": "1"}]}
    ).encode()
    for _ in range(60):
        spoilt = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
        bodies.append(bytes(spoilt))
    for body in bodies:
        response = client.post("/api/v1/invoices", body, content_type="application/json")
        assert response.status_code in (202, 200, 400, 422), (body[:80], response.content)
        assert "ours" not in response.json().get("error", {}).get("code", "")
        ApiToken.objects.update(window_count=0)
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    assert (
        client.post("/api/v1/invoices", b" " * 2000, content_type="application/json").status_code
        == 413
    )
    assert client.post("/api/v1/invoices", b"x=1", content_type="text/plain").status_code == 415
    assert client.post("/api/v1/imports", b"{}", content_type="application/json").status_code == 415
    broken = client.post(
        "/api/v1/imports", b"--x\r\n", content_type="multipart/form-data; boundary="
    )
    assert broken.status_code in (400, 422)
    big = client.post(
        "/api/v1/imports",
        b"",
        content_type="application/json",
        headers={"content-length": str(10**12)},
    )
    assert big.status_code == 413
    program.deposit("vide.csv", b"", 422)
    program.deposit("x.csv", TABLE, 422, format="exe")
    program.deposit("x.csv", TABLE, 422, key="k" * 300)
    climbing = program.deposit("../../etc/passwd", pdf("Trois"))
    assert (
        ExhibitArrival.objects.get(drop=climbing["documents"].split("/")[-1]).filename == "passwd"
    )


def test_a_length_that_is_no_number_and_a_blank_creditor_are_answered(
    world: World, make: Callable[..., Program]
):
    program = make(creditors=[world.creditor])
    response = program.client.get("/api/v1/creditors", headers={"content-length": "beaucoup"})
    assert response.status_code == 200
    assert program.get("accounts", creditor=" ")["accounts"] is not None
    item = {"code": "C1", "name": "Dupont"}
    made = program.send("customers", {"creditor": "  ", "customers": [item]})
    assert made["import"]["creditor"] == world.creditor.pk
