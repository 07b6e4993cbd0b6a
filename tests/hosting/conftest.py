"""Homes to run real servers in, as root and as an ordinary user."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from exigible.hosting import embedded
from exigible.hosting.cluster import Cluster
from exigible.hosting.environment import Environment, read_environment
from tests.database import migrated_home, remove_home

EXIGIBLE = Path(sys.executable).with_name("exigible")
AS_ROOT = os.name != "nt" and os.geteuid() == 0
needs_root = pytest.mark.skipif(not AS_ROOT, reason="demande d’être root")
OTHER_USER = pwd.getpwnam("nobody").pw_uid if AS_ROOT and shutil.which("setpriv") else None
needs_other_user = pytest.mark.skipif(OTHER_USER is None, reason="demande root et setpriv")
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="lit /proc")


@dataclass
class Home:
    """A home of its own for one test; commands run on it in other processes."""

    path: Path
    uid: int | None = None  # run commands as this user instead of ourselves
    variables: dict[str, str] = field(default_factory=dict)
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def environment(self) -> Environment:
        return read_environment({"EXIGIBLE_HOME": str(self.path), **self.variables})

    @property
    def cluster(self) -> Cluster:
        return Cluster(self.environment)

    @property
    def process_options(self) -> dict[str, Any]:
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("EXIGIBLE_") or name == "EXIGIBLE_SECRET_KEY"
        }
        options: dict[str, Any] = {
            "env": {**inherited, "EXIGIBLE_HOME": str(self.path), **self.variables},
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
        }
        return options

    def command(self, *arguments: object) -> list[str]:
        """A command line as the home's user. It may read what we read (our Python is perhaps in a
        closed folder), but writes nothing and is root nowhere."""
        line = [str(argument) for argument in arguments]
        if self.uid is None:
            return line
        who = [f"--reuid={self.uid}", f"--regid={self.uid}", "--clear-groups"]
        reading = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
        return ["setpriv", *who, *reading, *line]

    def run(self, *arguments: object, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run `exigible` to its end."""
        command = self.command(EXIGIBLE, *arguments)
        return subprocess.run(command, **self.process_options, timeout=timeout, check=False)

    def python(self, code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Run a script in the product's environment, with Django and the builders of tests."""
        command = self.command(sys.executable, "-c", code, *arguments)
        return subprocess.run(command, **self.process_options, timeout=120, check=True)

    def start(self, *arguments: object, **options: Any) -> subprocess.Popen[str]:
        """Start `exigible` and leave it running; ended with the test."""
        command = self.command(EXIGIBLE, *arguments)
        process = subprocess.Popen(command, **self.process_options | options)
        self.processes.append(process)
        return process

    def query(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the database as the product does."""
        import psycopg

        keys = embedded.connection_settings(self.environment)
        with psycopg.connect(
            host=keys["HOST"], port=keys["PORT"], user=keys["USER"], dbname=keys["NAME"]
        ) as connection:
            cursor = connection.execute(query, values or None)
            return cursor.fetchall() if cursor.description else []

    def postmaster(self) -> int:
        return int((self.cluster.data / "postmaster.pid").read_text().split()[0])

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.communicate()
        remove_home(self.path)


@pytest.fixture
def new_home() -> Iterator[Callable[..., Home]]:
    """Make homes, removed with their servers at the end of the test."""
    homes: list[Home] = []

    def make(*, uid: int | None = None, name: str = "h", **variables: str) -> Home:
        root = Path(tempfile.mkdtemp(prefix="exh-"))
        if uid is not None:
            os.chown(root, uid, uid)
        home = Home(root / name, uid=uid, variables=variables)
        homes.append(home)
        return home

    yield make
    for home in homes:
        home.close()
        for leftover in sorted(home.path.parent.parent.glob(home.path.parent.name + "*")):
            subprocess.run(["rm", "-rf", str(leftover)], check=True)


@pytest.fixture(scope="session")
def migrated() -> Home:
    """A stopped home with a migrated database, to copy from: migrating takes seconds."""
    return Home(migrated_home())


@pytest.fixture
def ready_home(new_home: Callable[..., Home], migrated: Home) -> Home:
    """A home of ours whose database is migrated, and stopped."""
    return copy_of(migrated, new_home())


def copy_of(source: Home, home: Home) -> Home:
    """Make `home` a copy of a stopped one, with a database of its own."""
    home.path.mkdir(mode=0o700)
    base = home.cluster.base
    subprocess.run(["cp", "-a", source.cluster.base, base], check=True)
    if base != home.path / "postgresql":  # under root
        (base / "home").write_text(os.path.realpath(home.path))
        home.cluster.link.symlink_to(base)
    if (source.path / "documents").exists():
        subprocess.run(["cp", "-a", source.path / "documents", home.path], check=True)
    return home


@pytest.fixture
def home(new_home: Callable[..., Home]) -> Home:
    """A home of ours: under root, its server runs as another user."""
    return new_home()


@pytest.fixture
def user_home(new_home: Callable[..., Home]) -> Home:
    """The home of an ordinary user: `nobody` when the tests run as root, ourselves otherwise."""
    return new_home(uid=OTHER_USER)


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def kill(pid: int) -> None:
    """Kill -9, and wait until it is dead."""
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: not alive(pid), every=0.001)


def eventually(condition: Callable[[], Any], *, within: float = 15, every: float = 0.05) -> Any:
    """Return the first true answer; fail after `within` seconds."""
    deadline = time.monotonic() + within
    while not (answer := condition()):
        assert time.monotonic() < deadline, "cela n’est pas arrivé à temps"
        time.sleep(every)
    return answer
