"""What every long list shares: sort links, columns that may be left out, saved views.

`docs/how_to/add_a_page.md` shows a screen built on it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, QueryDict
from django.urls import reverse

from exigible.store.keyset import Order
from exigible.store.models import SavedView, User
from exigible.web.filters import PAGING, without

SORT, COLUMNS, VIEW = "tri", "col", "vue"
TABS = 9


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its header, the sort it offers, whether it may be left out, whether it is shown.

    `optional` columns go first on a narrow window; `extra` ones are shown only when asked for.
    `place` is where the cell stands when the row reads as a card on the phone: "name", "main",
    "state", "late"; a cell without a place is not shown there.
    """

    key: str
    label: str
    sort: str = ""
    numeric: bool = False
    optional: bool = False  # may be left out; hidden in a narrow window, unless `narrow`
    narrow: bool = False
    extra: bool = False  # not shown unless chosen
    place: str = ""

    @property
    def css(self) -> str:
        """The classes of its cells."""
        names = (
            "num" if self.numeric else "",
            "optional" if self.optional and not self.narrow else "",
        )
        return " ".join(filter(None, (*names, f"m-{self.place}" if self.place else "")))


@dataclass(frozen=True, slots=True)
class Header:
    """A column's header as the table draws it."""

    column: Column
    query: str = ""  # the address that sorts by it, or the other way round
    direction: str = ""  # "ascending", "descending" or ""


@dataclass(frozen=True, slots=True)
class Tab:
    """A view as a tab."""

    key: str
    label: str
    query: str
    current: bool
    view: SavedView | None = None


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A view that comes with the screen."""

    key: str
    label: str
    query: str


def chosen_order(query: QueryDict, sorts: Mapping[str, Order], default: str) -> tuple[str, Order]:
    """Return the sort asked for (`tri=nom`, `tri=-nom` for the other way) and its order."""
    asked = query.get(SORT, default)
    name, reverse_it = asked.removeprefix("-"), asked.startswith("-")
    if name not in sorts:
        raise Http404
    order = sorts[name]
    return asked, replace(order, descending=not order.descending) if reverse_it else order


def headers(
    columns: Sequence[Column], query: QueryDict, sorts: Mapping[str, Order], asked: str
) -> list[Header]:
    """Return the headers of the columns shown, with their sort links."""
    made = []
    for column in columns:
        if not column.sort:
            made.append(Header(column))
            continue
        current = asked.removeprefix("-") == column.sort
        other_way = current and not asked.startswith("-")
        wanted = f"-{column.sort}" if other_way else column.sort
        copy = query.copy()
        for name in PAGING:
            copy.pop(name, None)
        copy[SORT] = wanted
        direction = ""
        if current:
            down = sorts[column.sort].descending != asked.startswith("-")
            direction = "descending" if down else "ascending"
        made.append(Header(column, copy.urlencode(), direction))
    return made


def shown_columns(columns: Sequence[Column], query: QueryDict) -> list[Column]:
    """Return the columns to show: those asked for (`col=…`), else those shown by default."""
    asked = set(query.getlist(COLUMNS))
    if not asked:
        return [column for column in columns if not column.extra]
    return [
        column for column in columns if column.key in asked or not (column.optional or column.extra)
    ]


def short_page[R](
    rows: Iterable[R],
    query: QueryDict,
    keys: Mapping[str, Callable[[R], Any]],
    default: str,
    *,
    size: int,
) -> tuple[str, Page[R]]:
    """Sort a list short enough to be read whole, as French wants it; return the sort and the page."""
    asked, order = chosen_order(query, {name: Order(name) for name in keys}, default)
    ranked = sorted(rows, key=keys[order.column], reverse=order.descending)
    return asked, Paginator(ranked, size).get_page(query.get("page"))


@dataclass(frozen=True, slots=True)
class Views:
    """The tabs of a list: views of the screen, then those saved, the nine first as tabs."""

    tabs: list[Tab]
    others: list[Tab]
    current: Tab | None
    changed: bool
    query: str  # the present query, as it would be saved

    @property
    def may_save(self) -> bool:
        return self.changed and bool(self.query)


def views(request: HttpRequest, screen: str, built_in: Sequence[BuiltIn], user: User) -> Views:
    """Return the views a person has on a screen, and whether the one open was changed."""
    saved = SavedView.objects.filter(screen=screen).filter(Q(owner=user) | Q(shared=True))
    present = without(request.GET, VIEW)
    opened = request.GET.get(VIEW, "")
    tabs = [
        Tab(one.key, one.label, _with_view(one.key, one.query), opened == one.key)
        for one in built_in
    ]
    tabs += [
        Tab(str(one.pk), one.name, _with_view(str(one.pk), one.query), opened == str(one.pk), one)
        for one in saved.order_by("position", "pk")
    ]
    current = next((tab for tab in tabs if tab.current), None)
    base = without(QueryDict(current.query), VIEW) if current else ""
    return Views(tabs[:TABS], tabs[TABS:], current, present != base, present)


def _with_view(key: str, query: str) -> str:
    return f"{urlencode({VIEW: key})}&{query}" if query else urlencode({VIEW: key})


def saved_query(typed: str) -> str:
    """Return a query string fit to be kept: no view, no page reached, no surprise of length."""
    return without(QueryDict(typed[:4000]), VIEW)


def screen_address(screen: str) -> str:
    """Return the address of a screen's list; only known screens have views."""
    if screen not in {"accounts", "ageing", "messages", "incomplete", "exhibits", "receipts"}:
        raise Http404
    return reverse(screen)
