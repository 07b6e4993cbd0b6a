"""The database of a test session, and its home; loaded before everything else (`-p tests.database`).

Without EXIGIBLE_DATABASE_URL, an embedded server of the session's own starts when the first test
asks for a database, shared by the workers of pytest-xdist. It never syncs to the disk: nothing in
it outlives the session. A guardian process removes it, and the home, at the end of the session,
even when pytest itself is killed: it waits for the end of a pipe that pytest holds.

Migrating takes many seconds, most of them Django's: whatever needs a migrated database is copied
from one that the first to ask has migrated, for all the workers.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_OURS = "PYTEST_EXIGIBLE_HOME"  # set by the controller, read by its workers
_MIGRATED = "migrated"  # under our home: a home whose database is migrated, and stopped
_TEMPLATE = "exigible_template"
_guardian: subprocess.Popen[bytes] | None = None


def _choose_home() -> None:
    """Give the session a home of its own, before Django's settings are read."""
    if _OURS in os.environ:
        return
    home = tempfile.mkdtemp(prefix="exg-")
    os.environ[_OURS] = os.environ["EXIGIBLE_HOME"] = home
    os.environ["EXIGIBLE_RECHERCHE_URL"] = "non"  # no test asks the real registers
    os.environ.setdefault("EXIGIBLE_SECRET_KEY", "clé des essais, qui ne protège rien du tout")


def pytest_configure(config: pytest.Config) -> None:
    global _guardian  # noqa: PLW0603 (one for the process)
    if not hasattr(config, "workerinput") and _guardian is None:
        command = [sys.executable, "-P", __file__, os.environ[_OURS]]
        _guardian = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)


def pytest_unconfigure(config: pytest.Config) -> None:
    if _guardian is not None and not hasattr(config, "workerinput"):
        _guardian.communicate()


def ensure_server() -> None:
    """Start the session's server, if it has one of its own."""
    from exigible.hosting import embedded
    from exigible.hosting.cluster import ROLE, Cluster
    from exigible.hosting.environment import read_environment

    environment = read_environment()
    if environment.database is not None:
        return
    cluster = Cluster(environment, durable=False)
    if embedded.ensure_running(environment, cluster=cluster, say=lambda sentence: None):
        with embedded.superuser_connection(cluster) as connection:
            # Test databases are created, and emptied despite the guards, by the product's role.
            connection.execute(f"ALTER ROLE {ROLE} SUPERUSER")


@contextmanager
def made_once(name: str) -> Iterator[bool]:
    """Hold the making of something the workers share; yield whether it remains to be made."""
    from exigible.hosting.locks import exclusive

    folder = Path(os.environ[_OURS])
    with exclusive(folder / f"{name}.lock"):
        made = folder / f"{name}.made"
        yield not made.exists()
        made.touch()


def ensure_template() -> None:
    """Migrate a database for the workers to copy, if there are several and the server is ours."""
    from django.db import connection

    from exigible.hosting.environment import read_environment

    if "PYTEST_XDIST_WORKER" not in os.environ or read_environment().database is not None:
        return
    asked = connection.settings_dict["TEST"]
    with made_once("template") as missing:
        if missing:
            kept = connection.settings_dict["NAME"], asked["NAME"]
            asked["NAME"] = _TEMPLATE
            connection.creation.create_test_db(verbosity=0, autoclobber=True)
            connection.close()
            connection.settings_dict["NAME"], asked["NAME"] = kept
    asked["TEMPLATE"] = _TEMPLATE


def migrated_home() -> Path:
    """Return a stopped home whose database `exigible migrate` made; remade for no worker."""
    home = Path(os.environ[_OURS]) / _MIGRATED
    with made_once(_MIGRATED) as missing:
        if missing:
            exigible = Path(sys.executable).with_name("exigible")
            variables = {**os.environ, "EXIGIBLE_HOME": str(home)}
            variables.pop("EXIGIBLE_DATABASE_URL", None)
            for command in (["migrate"], ["db", "stop"]):
                subprocess.run([exigible, *command], env=variables, check=True, capture_output=True)
    return home


def remove_home(home: Path) -> None:
    """Stop the server of a home and remove all of it, what lives under /var/lib included."""
    from exigible.hosting import embedded
    from exigible.hosting.cluster import Cluster
    from exigible.hosting.environment import read_environment

    if not home.is_dir():
        home.unlink(missing_ok=True)
    environment = read_environment({"EXIGIBLE_HOME": str(home)})
    cluster = Cluster(environment)
    base = cluster.base
    if base.exists():
        embedded.stop(environment, cluster=cluster)
        shutil.rmtree(base, ignore_errors=True)
    if not cluster.tcp:
        shutil.rmtree(cluster.sockets, ignore_errors=True)
    shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    sys.stdin.buffer.read()  # until the session ends, or dies
    remove_home(Path(sys.argv[1]) / _MIGRATED)
    remove_home(Path(sys.argv[1]))
else:
    _choose_home()
