"""Who may open which page.

Every view declares the capability it needs (`page`), or that any signed-in person may open it
(`personal`), or that it is open to all (`public`). What a role or a portfolio does not allow is a
404, never a 403: nobody learns that a file exists. The test of the permission matrix walks every
address and refuses a view that declares nothing.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse

from exigible.domain.roles import Capability
from exigible.store.models import Account, User
from exigible.store.queries.access import visible_accounts

View = Callable[..., HttpResponse]
PERSONAL = "personal"
PUBLIC = "public"


def page(capability: Capability, *, section: str = "") -> Callable[[View], View]:
    """Declare what a view needs, and the section of the menu it lights up."""

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not person(request).may(capability):
                raise Http404
            return view(request, *args, **kwargs)

        return _declared(guarded, capability, section)

    return declare


def personal(*, section: str = "") -> Callable[[View], View]:
    """Declare a view that serves a signed-in person's own things."""

    def declare(view: View) -> View:
        @wraps(view)
        def declared(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            return view(request, *args, **kwargs)

        return _declared(declared, PERSONAL, section)

    return declare


def public(view: View) -> View:
    """Declare a view open to people who have not signed in."""

    @wraps(view)
    def declared(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return view(request, *args, **kwargs)

    return _declared(login_not_required(declared), PUBLIC, "")


def person(request: HttpRequest) -> User:
    """Return who is signed in; views behind `LoginRequiredMiddleware` always have someone."""
    return cast(User, request.user)


def account_or_404(request: HttpRequest, account_id: int) -> Account:
    """Return the account if it is in the person's portfolio; otherwise it does not exist."""
    account = (
        visible_accounts(person(request))
        .select_related("creditor", "debtor", "collector", "strategy", "figures")
        .filter(pk=account_id)
        .first()
    )
    if account is None:
        raise Http404
    return account


def _declared(view: View, access: Capability | str, section: str) -> View:
    view.access = access  # type: ignore[attr-defined]
    view.section = section  # type: ignore[attr-defined]
    return view
