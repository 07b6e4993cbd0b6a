"""Pages of a long list by keyset: the next page starts after the last row read, at any depth.

An order is a column, its direction, and the primary key to tell equals apart. Nulls come last in
both directions.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, Model, Q, QuerySet

type Key = int | str | date | None


@dataclass(frozen=True, slots=True)
class Order:
    """Sort by `column` (a lookup path), then by `key`, the column of the primary key."""

    column: str
    descending: bool = False
    key: str = "pk"


@dataclass(frozen=True, slots=True)
class Slice[M: Model]:
    """One page: its rows, and the cursor of the next if there is one."""

    rows: list[M]
    next_cursor: str


def read_page[M: Model](
    rows: QuerySet[M], order: Order, *, size: int, cursor: str = ""
) -> Slice[M]:
    """Return `size` rows after `cursor` ("" for the first page); ValueError on a cursor not ours."""
    if cursor:
        value, key = _unpacked(cursor)
        try:
            rows = rows.filter(_after(order, value, key))
        except (TypeError, ValidationError) as wrong:
            raise ValueError("a cursor of another order") from wrong
    column = F(order.column)
    first = column.desc(nulls_last=True) if order.descending else column.asc(nulls_last=True)
    found = list(rows.order_by(first, order.key)[: size + 1])
    if len(found) <= size:
        return Slice(found, "")
    last = found[size - 1]
    return Slice(found[:size], _packed(_value(last, order.column), _value(last, order.key)))


def _after(order: Order, value: Key, key: int) -> Q:
    column = order.column
    if value is None:
        return Q(**{f"{column}__isnull": True, f"{order.key}__gt": key})
    beyond = "lt" if order.descending else "gt"
    equal = Q(**{column: value, f"{order.key}__gt": key})
    return Q(**{f"{column}__{beyond}": value}) | equal | Q(**{f"{column}__isnull": True})


def _value(row: Model, path: str) -> Any:
    found: Any = row
    for name in path.split("__"):
        found = getattr(found, name)
    return found


def _packed(value: Key, key: int) -> str:
    kind = "d" if isinstance(value, date) else "v"
    plain = value.isoformat() if isinstance(value, date) else value
    content = json.dumps([kind, plain, key], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def _unpacked(cursor: str) -> tuple[Key, int]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        kind, value, key = json.loads(base64.urlsafe_b64decode(padded.encode()))
    except (binascii.Error, UnicodeError, TypeError) as wrong:
        raise ValueError("not a cursor of ours") from wrong
    if (
        kind not in ("v", "d")
        or not isinstance(key, int)
        or not isinstance(value, int | str | None)
    ):
        raise ValueError("not a cursor of ours")
    return (date.fromisoformat(str(value)) if kind == "d" else value), key
