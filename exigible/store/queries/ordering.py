"""Names in the order a reader expects: accents and capitals do not count.

The database compares bytes, so that an index means the same on every machine: « Élan » would come
after « Zénith ». Debtors, who are many, keep a key of their own (`name_key`).
"""

from django.db.models import F, Func, TextField
from django.db.models.expressions import Combinable


class NameKey(Func):
    """What `domain.text_keys.name_key` returns, computed by the database."""

    output_field = TextField()
    template = (
        "lower(regexp_replace(normalize(replace(replace(%(expressions)s, 'œ', 'oe'), 'Œ', 'Oe'),"
        r" NFKD), '[\u0300-\u036f]', '', 'g'))"
    )


def by_name(path: str = "name") -> Combinable:
    """Return the order of the names found at `path` (`creditor__name`)."""
    return NameKey(F(path))
