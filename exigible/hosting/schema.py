"""The database's schema: is it the one this release expects, and bringing it there.

Comparing the names of migration files with django_migrations takes milliseconds; loading the
migrations themselves takes long enough to be felt at each start, so it only happens when one is
missing. An advisory lock makes one of several processes migrate while the others wait.
"""

import pkgutil
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from exigible.domain.refusals import Refused

_LOCK = 734_120  # pg_advisory_lock key of migrations


def missing_migrations(using: str = "default") -> list[str]:
    """Return "app.name" of each migration of this release that the database has not had.

    Raise Refused if the database has had migrations of ours that this release does not know: it
    was used by a newer one.
    """
    expected, applied = _expected(), _applied(using)
    newer = sorted(name for app, name in applied - expected if app == "store")
    if newer:
        raise Refused(
            "database_newer_than_program",
            "La base a été mise à jour par une version plus récente d’Exigible "
            f"(migration {newer[-1]}). Installez cette version ou une plus récente.",
        )
    return sorted(f"{app}.{name}" for app, name in expected - applied)


def bring_up_to_date(
    *, say: Callable[[str], None] = lambda sentence: None, using: str = "default"
) -> list[str]:
    """Apply the missing migrations, if any, then what settings.AFTER_MIGRATION names; return them."""
    if not missing_migrations(using):
        return []
    from django.core.management import call_command
    from django.db import connections

    with connections[using].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        try:
            missing = missing_migrations(using)  # another process may just have done it
            if missing:
                say("Mise à jour de la base de données…")
                call_command("migrate", database=using, interactive=False, verbosity=0)
                if using == "default":
                    after_migration()
            return missing
        finally:
            if connections[using].is_usable():
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def after_migration() -> None:
    """Give the database what settings.AFTER_MIGRATION names; each of them is safe to repeat."""
    from django.conf import settings
    from django.utils.module_loading import import_string

    for path in settings.AFTER_MIGRATION:
        import_string(path)()


def _expected() -> set[tuple[str, str]]:
    from django.apps import apps

    found = set()
    for app in apps.get_app_configs():
        spec = find_spec(f"{app.name}.migrations") if app.module is not None else None
        for place in (spec.submodule_search_locations or []) if spec else []:
            for module in pkgutil.iter_modules([place]):
                if not module.ispkg and module.name[0] not in "_~":
                    found.add((app.label, module.name))
    return found


def _applied(using: str) -> set[tuple[str, str]]:
    from django.db import connections

    with connections[using].cursor() as cursor:
        cursor.execute("SELECT to_regclass('django_migrations') IS NOT NULL")
        row: Any = cursor.fetchone()
        if not row[0]:
            return set()
        cursor.execute("SELECT app, name FROM django_migrations")
        return set(cursor.fetchall())
