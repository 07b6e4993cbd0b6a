"""What every page shows around its content: menu, counts, the person, the creditor.

Everything is computed when a template asks for it, so that fragments cost nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import groupby

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

from exigible.domain.roles import Capability
from exigible.store.models import Creditor, User
from exigible.store.queries.access import visible_creditors
from exigible.web import clock
from exigible.web.sections import SECTIONS, Section, sections_of

COUNT_SECONDS = 20  # how old a count in the menu may be


@dataclass(frozen=True, slots=True)
class MenuLine:
    section: Section
    current: bool
    waiting: int


class Shell:
    """The frame of a page, for one request."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def user(self) -> User:
        assert isinstance(self.request.user, User)
        return self.request.user

    @cached_property
    def today(self) -> date:
        return clock.today()

    @cached_property
    def menu(self) -> list[tuple[str, list[MenuLine]]]:
        """Groups of the menu, each with its lines."""
        lines = [
            MenuLine(section, section.key == self.current_section, self._waiting(section))
            for section in sections_of(self.user)
        ]
        return [
            (group, list(of_group))
            for group, of_group in groupby(lines, lambda line: line.section.group)
        ]

    @cached_property
    def current_section(self) -> str:
        match = self.request.resolver_match
        return getattr(match.func, "section", "") if match else ""

    @cached_property
    def creditors(self) -> list[Creditor]:
        return list(visible_creditors(self.user))

    @cached_property
    def creditor_name(self) -> str:
        for creditor in self.creditors:
            if creditor.pk == self.user.current_creditor_id:
                return creditor.name
        match self.creditors:
            case []:
                return "Aucun créancier"
            case [only]:
                return only.name
        return "Tous les créanciers"

    @cached_property
    def may_search(self) -> bool:
        return self.user.may(Capability.SEE_ACCOUNTS)

    @cached_property
    def session_seconds(self) -> int:
        return self.request.session.get_expiry_age()

    def _waiting(self, section: Section) -> int:
        if section.waiting is None:
            return 0
        key = _count_key(section, self.user)
        count = cache.get(key)
        if count is None:
            count = section.waiting(self.user, clock.today())
            cache.set(key, count, COUNT_SECONDS)
        return count


class CountsFollowActsMiddleware:
    """Have the menu count anew for whoever has just acted."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "POST" and isinstance(request.user, User):
            cache.delete_many([_count_key(one, request.user) for one in SECTIONS if one.waiting])
        return response


def _count_key(section: Section, user: User) -> str:
    return f"waiting:{section.key}:{user.pk}:{user.current_creditor_id}"


def shell(request: HttpRequest) -> dict[str, object]:
    """Context processor: `shell` in every template, empty until someone has signed in."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {}
    return {"shell": Shell(request)}
