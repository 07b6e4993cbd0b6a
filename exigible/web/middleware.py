"""Answers that do not depend on a page: the database being away."""

import logging
import sys
from collections.abc import Callable
from typing import Any

from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from exigible.hosting.outage import is_database_away, is_disk_full, outage_reason

Handler = Callable[[HttpRequest], HttpResponse]

RETRY_SECONDS = 10
logger = logging.getLogger("exigible.web")


class DatabaseAwayMiddleware:
    """Show a clear page while the database is away; the next request tries again.

    The database may fail anywhere: in a view, in the session, in the person's permissions, while a
    template is rendered. Django turns each of these into a 500 before outer middleware sees it,
    and announces the exception by a signal: that is what is listened to. A connection lost with
    the server is replaced by the next request (CONN_HEALTH_CHECKS).
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        self._away = False
        got_request_exception.connect(_note_outage, dispatch_uid="exigible.web.database_away")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        error = getattr(request, "_database_away", None)
        if error is None:
            if self._away and response.status_code < 500:
                self._away = False
                logger.warning("the database answers again")
            return response
        if not self._away:
            self._away = True
            logger.error("the database is away: %s", outage_reason(error))
        return database_away(request, error)


def database_away(request: HttpRequest, error: BaseException) -> HttpResponse:
    """Return the page for an outage: rendered from a file, without session, person or database."""
    page = render_to_string(
        "errors/database_away.html",
        {
            "disk_full": is_disk_full(error),
            "retry_seconds": RETRY_SECONDS,
            "reloads": request.method in {"GET", "HEAD"},
        },
    )
    return HttpResponse(
        page,
        status=503,
        headers={"Retry-After": str(RETRY_SECONDS), "Cache-Control": "no-store"},
    )


def _note_outage(*, request: Any = None, **_: object) -> None:
    error = sys.exception()
    if request is not None and is_database_away(error):
        request._database_away = error
