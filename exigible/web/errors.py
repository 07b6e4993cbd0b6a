"""Pages for what went wrong. What a person may not see does not exist: a denial is a 404."""

import logging
import secrets

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

log = logging.getLogger("exigible.web")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, "errors/not_found.html", 404)


def denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, "errors/not_found.html", 404)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, "errors/bad_request.html", 400)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(request, "errors/csrf.html", 403)


def broken(request: HttpRequest) -> HttpResponse:
    """Our own mistake: a page that reads nothing from the database, with a reference to quote."""
    reference = secrets.token_hex(4)
    log.error("error page shown, reference %s, %s %s", reference, request.method, request.path)
    response = HttpResponse(
        render_to_string("errors/broken.html", {"reference": reference}), status=500
    )
    response["X-Reference"] = reference
    return response


def _page(request: HttpRequest, template: str, status: int) -> HttpResponse:
    """Draw an error within the frame of the person signed in, alone for others and fragments."""
    signed_in = getattr(request, "user", None) is not None and request.user.is_authenticated
    layout = "base.html" if signed_in else "entrance.html"
    return render(request, template, {"layout": layout}, status=status)
