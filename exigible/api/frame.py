"""The frame of every API address: who asks, how much, in what form, and errors as JSON.

A request carries a token and nothing else counts: no cookie, no session. Each address is an
`Endpoint`; routes and the OpenAPI document both come from the list of them.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.views.decorators.csrf import csrf_exempt

from exigible.domain.refusals import Refused, WrongInput
from exigible.hosting.outage import is_database_away
from exigible.operations.ways import tokens
from exigible.store.models import ApiToken, Creditor
from exigible.web import clock

TOKEN = "jeton"  # noqa: S105 (how a view declares that it wants one)
MOST_BYTES = 500 * 1024 * 1024  # of a deposit
MOST_JSON = 4 * 1024 * 1024  # DATA_UPLOAD_MAX_MEMORY_SIZE
MOST_ROWS, ROWS = 500, 100
MOST_REFUSED, REFUSED_SECONDS = 30, 60  # requests that no token opens, of one address
log = logging.getLogger("exigible.api")


class ApiError(Exception):
    """An answer that is not the one asked for: its status, a stable code, a French sentence."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: Sequence[Mapping[str, object]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.details, self.headers = list(details), dict(headers or {})

    def response(self) -> JsonResponse:
        said: dict[str, object] = {"code": self.code, "message": self.message}
        if self.details:
            said["details"] = self.details
        return answer({"error": said}, status=self.status, headers=self.headers)


NOT_FOUND = ApiError(404, "not_found", "Rien à cette adresse, ou rien que ce jeton puisse voir.")


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of the address (`in_path`) or of its query."""

    name: str
    says: str
    schema: Mapping[str, object] = field(default_factory=lambda: {"type": "string"})
    in_path: bool = False
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One method of one address. `body` and `answers` are JSON schemas, or names of them."""

    method: str
    path: str  # as Django writes it, below /api/v1/
    name: str  # of the route
    act: Callable[[Call], JsonResponse]
    scope: ApiToken.Scope | None
    says: str
    params: Sequence[Param] = ()
    body: Mapping[str, Any] | None = None  # media type to schema
    answers: Mapping[int, str]  # status to schema name


@dataclass(slots=True)
class Call:
    """One request, its token known and counted."""

    request: HttpRequest
    token: ApiToken | None
    arguments: dict[str, Any]

    @property
    def signed(self) -> ApiToken:
        assert self.token is not None
        return self.token

    def query(self, name: str) -> str:
        return self.request.GET.get(name, "").replace("\x00", "").strip()[:200]

    def creditors(self) -> list[Creditor]:
        return list(self.signed.creditors.filter(archived=False).order_by("pk"))

    def creditor(self, said: object) -> Creditor:
        """Return the creditor named by its id or its SIREN; the only one where none is named."""
        mine = self.creditors()
        text = "" if said is None else str(said).replace(" ", "")
        if not text:
            if len(mine) == 1:
                return mine[0]
            raise ApiError(
                422,
                "creditor",
                "Ce jeton vaut pour plusieurs créanciers : dites lequel (creditor).",
                details=[{"path": "creditor", "message": "ce champ manque"}],
            )
        found = next((one for one in mine if text in (str(one.pk), one.siren)), None)
        if found is None:
            raise ApiError(
                422,
                "creditor",
                "Ce créancier n’existe pas, ou ce jeton ne vaut pas pour lui.",
                details=[{"path": "creditor", "message": "ce créancier n’est pas connu"}],
            )
        return found

    def json(self) -> Any:
        """Return the body, read strictly; raise ApiError with what is wrong with it."""
        if self.request.content_type != "application/json":
            raise ApiError(415, "media_type", "Le corps est attendu en application/json.")
        body = self.request.body
        try:
            said = json.loads(body.decode("utf-8"), parse_constant=_not_json)
            json.dumps(said, ensure_ascii=False).encode()  # half of a pair is no text
            return said
        except (ValueError, RecursionError) as error:
            line = getattr(error, "lineno", None)
            where = f" (ligne {line})" if line else ""
            raise ApiError(
                400, "json", f"Le corps n’est pas un document JSON en UTF-8{where}."
            ) from None


def _not_json(constant: str) -> None:
    raise ValueError(constant)


def answer(
    content: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> JsonResponse:
    return JsonResponse(
        content,
        safe=False,
        status=status,
        json_dumps_params={"ensure_ascii": False},
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def view_of(endpoints: Sequence[Endpoint]) -> Callable[..., JsonResponse]:
    """Return the view of one address: one endpoint a method."""
    by_method = {one.method: one for one in endpoints}

    @csrf_exempt  # no cookie counts here: there is nothing to forge
    @login_not_required
    def view(request: HttpRequest, **arguments: Any) -> JsonResponse:
        try:
            return _answered(request, by_method, arguments)
        except ApiError as error:
            return error.response()
        except WrongInput as wrong:
            details = [{"path": wrong.field, "message": wrong.message}] if wrong.field else []
            return ApiError(422, wrong.code, wrong.message, details=details).response()
        except Refused as refused:
            return ApiError(409, refused.code, refused.message).response()
        except RequestDataTooBig:
            return _too_large(MOST_JSON).response()
        except (SuspiciousOperation, MultiPartParserError):
            return ApiError(400, "request", "La requête n’est pas lisible.").response()
        except Exception as error:
            if is_database_away(error):
                return ApiError(
                    503,
                    "database_away",
                    "La base de données ne répond pas. Recommencez dans un instant.",
                    headers={"Retry-After": "10"},
                ).response()
            reference = secrets.token_hex(4)
            log.exception("API answered 500, reference %s, %s", reference, request.path)
            return ApiError(
                500, "ours", f"Une erreur du programme, à signaler : référence {reference}."
            ).response()

    view.access = TOKEN  # type: ignore[attr-defined]
    view.section = ""  # type: ignore[attr-defined]
    if all(one.scope is None for one in endpoints):
        view.access = "public"  # type: ignore[attr-defined]
    view.endpoints = list(endpoints)  # type: ignore[attr-defined]
    return view


def _answered(
    request: HttpRequest, by_method: Mapping[str, Endpoint], arguments: dict[str, Any]
) -> JsonResponse:
    endpoint = by_method.get(request.method or "")
    if endpoint is not None and endpoint.scope is None:
        return endpoint.act(Call(request, None, arguments))
    token = _token(request)
    allowed = tokens.count_request(token, at=clock.now())
    if allowed.wait_seconds:
        raise ApiError(
            429,
            "too_many",
            f"Plus de {tokens.MOST_REQUESTS} requêtes en une minute. Attendez "
            f"{allowed.wait_seconds} secondes.",
            headers={"Retry-After": str(allowed.wait_seconds)},
        )
    if endpoint is None:
        raise ApiError(
            405,
            "method",
            f"{request.method} ne sert pas à cette adresse.",
            headers={"Allow": ", ".join(sorted(by_method))},
        )
    if endpoint.scope not in token.scopes:
        assert endpoint.scope is not None
        raise ApiError(403, "scope", f"Ce jeton n’a pas le droit « {endpoint.scope.label} ».")
    said = request.headers.get("Content-Length", "")
    if said.isdecimal() and int(said[:20]) > MOST_BYTES:  # no other length is read beyond
        raise _too_large(MOST_BYTES)
    response = endpoint.act(Call(request, token, arguments))
    response["X-RateLimit-Remaining"] = str(allowed.left)
    return response


def _token(request: HttpRequest) -> ApiToken:
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    token = tokens.token_of(secret.strip(), at=clock.now()) if kind.lower() == "bearer" else None
    if token is None:
        _count_refused(request)
        raise ApiError(
            401,
            "token",
            "Il faut un jeton en vigueur : Authorization: Bearer exg_…",
            headers={"WWW-Authenticate": 'Bearer realm="exigible"'},
        )
    return token


def _count_refused(request: HttpRequest) -> None:
    """Count a request without a living token; raise ApiError where its address tried too many.

    A token in force passes from the same address: only what opens nothing is counted, by each web process.
    """
    key = f"api-refused:{get_adapter().get_client_ip(request)}"
    cache.add(key, 0, REFUSED_SECONDS)
    try:
        tried = cache.incr(key)
    except ValueError:  # it ended meanwhile
        return
    if tried > MOST_REFUSED:
        raise ApiError(
            429,
            "too_many_refused",
            f"Plus de {MOST_REFUSED} requêtes sans jeton en vigueur en une minute, de cette adresse. "
            "Vérifiez le jeton, puis recommencez.",
            headers={"Retry-After": str(REFUSED_SECONDS)},
        )


def _too_large(most: int) -> ApiError:
    return ApiError(
        413, "too_large", f"La requête dépasse {most // 1024**2} Mo. Faites-en plusieurs dépôts."
    )
