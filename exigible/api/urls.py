"""The routes of the API, made of its endpoints; anything else below /api/ is a 404 as JSON."""

from collections import defaultdict

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt

from exigible.api.endpoints import ENDPOINTS
from exigible.api.frame import NOT_FOUND, Endpoint, view_of

_by_path: defaultdict[tuple[str, str], list[Endpoint]] = defaultdict(list)
for _one in ENDPOINTS:
    _by_path[_one.path, _one.name].append(_one)


@csrf_exempt
@login_not_required
def nowhere(request: HttpRequest) -> JsonResponse:
    """Say that there is nothing here."""
    return NOT_FOUND.response()


nowhere.access = "public"  # type: ignore[attr-defined]

urlpatterns = [
    *(path(f"v1/{where}", view_of(ones), name=name) for (where, name), ones in _by_path.items()),
    re_path(r"^.*$", nowhere, name="api_nowhere"),
]
