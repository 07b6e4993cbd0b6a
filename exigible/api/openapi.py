"""The OpenAPI 3.1 document: every address, what it takes, what it answers, in the words of the guide."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from django.conf import settings
from django.http import JsonResponse

from exigible import __version__
from exigible.api.frame import Call, Endpoint, answer
from exigible.store.models import ApiToken

BASE = "/api/v1/"
_TEXT, _WHOLE = {"type": "string"}, {"type": "integer"}
_MAYBE_TEXT, _MAYBE_WHOLE = {"type": ["string", "null"]}, {"type": ["integer", "null"]}
_EUROS = {"type": "string", "pattern": r"^-?\d+\.\d{2}$", "examples": ["1234.56"]}
_MAYBE_EUROS = {"type": ["string", "null"], "pattern": r"^-?\d+\.\d{2}$"}
_DAY, _MAYBE_DAY = (
    {"type": "string", "format": "date"},
    {"type": ["string", "null"], "format": "date"},
)
_MAYBE_MOMENT = {"type": ["string", "null"], "format": "date-time"}
_COUNTS = {"type": "object", "additionalProperties": {"type": "integer"}}


def _object(**properties: object) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(name: str, of: str, *, pages: bool = True) -> dict[str, Any]:
    rows = {"type": "array", "items": _ref(of)}
    return _object(**{name: rows, "next": _MAYBE_TEXT} if pages else {name: rows})


SCHEMAS: dict[str, dict[str, Any]] = {
    "OpenApi": {"type": "object"},
    "Error": _object(
        error={
            "type": "object",
            "properties": {
                "code": {"type": "string", "description": "Stable, pour les programmes."},
                "message": {"type": "string", "description": "En français, pour les personnes."},
                "details": {"type": "array", "items": _object(path=_TEXT, message=_TEXT)},
            },
            "required": ["code", "message"],
            "additionalProperties": False,
        }
    ),
    "Creditor": _object(id=_WHOLE, name=_TEXT, siren=_MAYBE_TEXT),
    "Creditors": _list("creditors", "Creditor", pages=False),
    "Import": _object(
        id=_WHOLE,
        creditor=_WHOLE,
        format=_TEXT,
        content=_TEXT,
        filename=_TEXT,
        sha256=_TEXT,
        size_bytes=_WHOLE,
        state=_TEXT,
        message=_TEXT,
        way=_TEXT,
        brought_by=_TEXT,
        received_at=_MAYBE_MOMENT,
        finished_at=_MAYBE_MOMENT,
        counts=_COUNTS,
        written=_COUNTS,
        problems=_WHOLE,
        may_be_undone={"type": "boolean"},
    ),
    "Imports": _list("imports", "Import"),
    "Deposit": {
        **_object(
            deposit=_WHOLE,
            new={"type": "boolean"},
            message=_TEXT,
            documents=_MAYBE_TEXT,
        )
    },
    "Problem": _object(
        line=_MAYBE_WHOLE,
        path=_MAYBE_TEXT,
        field=_MAYBE_TEXT,
        code=_TEXT,
        message=_TEXT,
        blocking={"type": "boolean"},
    ),
    "Problems": _list("problems", "Problem"),
    "Document": _object(
        filename=_TEXT, state=_TEXT, note=_TEXT, exhibit=_MAYBE_WHOLE, account=_MAYBE_WHOLE
    ),
    "Documents": _list("documents", "Document", pages=False),
    "Account": _object(
        id=_WHOLE,
        creditor=_WHOLE,
        number=_TEXT,
        phase=_TEXT,
        debtor=_object(
            name=_TEXT, kind=_TEXT, siren=_MAYBE_TEXT, postcode=_TEXT, city=_TEXT, country=_TEXT
        ),
        as_of=_MAYBE_DAY,
        balance=_MAYBE_EUROS,
        overdue=_MAYBE_EUROS,
        disputed=_MAYBE_EUROS,
        not_due=_MAYBE_EUROS,
        credit=_MAYBE_EUROS,
    ),
    "Accounts": _list("accounts", "Account"),
    "Claim": _object(
        id=_WHOLE,
        creditor=_WHOLE,
        account=_WHOLE,
        account_number=_TEXT,
        reference=_TEXT,
        kind=_TEXT,
        label=_TEXT,
        issued_on=_MAYBE_DAY,
        due_on=_DAY,
        due_on_source=_TEXT,
        currency=_TEXT,
        amount=_EUROS,
        balance=_EUROS,
    ),
    "Claims": _list("claims", "Claim"),
}
# `import` is a word of Python.
SCHEMAS["Deposit"]["properties"]["import"] = {"anyOf": [_ref("Import"), {"type": "null"}]}
SCHEMAS["Deposit"]["required"].append("import")
ERRORS = {
    400: "La requête n’est pas lisible.",
    401: "Il manque un jeton en vigueur.",
    403: "Le jeton n’a pas ce droit.",
    404: "Rien à cette adresse, ou rien que ce jeton puisse voir.",
    409: "Une règle s’y oppose ; le message dit laquelle.",
    413: "La requête est trop lourde.",
    415: "Le type du corps n’est pas celui attendu.",
    422: "Une valeur ne convient pas ; chaque erreur dit son chemin.",
    429: "Trop de requêtes ; Retry-After dit combien de secondes attendre.",
    503: "La base de données ne répond pas ; recommencez.",
}
ABOUT = (
    "Déposer des fichiers et des données, suivre les imports, lire comptes et créances. Montants en "
    'euros ("1234.56"), dates ISO. Une requête n’est reconnue que par son jeton : ni cookie, ni session.'
)


def document(call: Call) -> JsonResponse:
    """Serve the document."""
    return answer(_document(), headers={"Cache-Control": "max-age=300"})


@cache
def _document() -> dict[str, Any]:
    from exigible.api.endpoints import ENDPOINTS

    paths: dict[str, dict[str, Any]] = {}
    for one in ENDPOINTS:
        paths.setdefault(path_of(one), {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Exigible", "version": __version__, "description": ABOUT},
        "servers": [{"url": settings.BASE_URL}],
        "security": [{"jeton": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "jeton": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Créé dans Administration, Jetons.",
                }
            },
            "schemas": SCHEMAS,
        },
    }


def path_of(endpoint: Endpoint) -> str:
    """Return the path of an endpoint as OpenAPI writes it: /api/v1/imports/{import_id}."""
    return BASE + re.sub(r"<\w+:(\w+)>", r"{\1}", endpoint.path)


def _operation(one: Endpoint) -> dict[str, Any]:
    errors = [400, 401, 403, 404, 409, 413, 415, 422, 429, 503] if one.scope else []
    operation: dict[str, Any] = {
        "operationId": f"{one.method.lower()}_{one.name.removeprefix('api_')}",
        "summary": one.says,
        "parameters": [_parameter(param) for param in one.params],
        "responses": {
            **{
                str(status): {
                    "description": "Fait." if status == 200 else "Reçu ; la lecture suit.",
                    "content": {"application/json": {"schema": _ref(schema)}},
                }
                for status, schema in one.answers.items()
            },
            **{
                str(status): {
                    "description": ERRORS[status],
                    "content": {"application/json": {"schema": _ref("Error")}},
                }
                for status in errors
            },
        },
    }
    if one.scope is None:
        operation["security"] = []
    else:
        operation["description"] = f"Droit du jeton : {ApiToken.Scope(one.scope).label}."
    if one.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {kind: {"schema": schema} for kind, schema in one.body.items()},
        }
        operation["parameters"].append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "La même clé deux fois ne dépose qu’une fois.",
                "schema": {"type": "string", "maxLength": 200},
            }
        )
    return operation


def _parameter(param: Any) -> dict[str, Any]:
    return {
        "name": param.name,
        "in": "path" if param.in_path else "query",
        "required": param.in_path or param.required,
        "description": param.says,
        "schema": dict(param.schema),
    }
