"""`exigible serve`: the database, the web process and the workers, together, for as long as it lasts.

The supervisor stays small: it loads neither Django nor psycopg's pools. It starts the web process
while the database starts, starts again what dies (waiting longer each time), and stops what it
started. See `child` for how its children end with it, and `keeper` for the database.
"""

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from exigible.domain.refusals import Refused
from exigible.hosting import embedded
from exigible.hosting.child import REFUSED_FOR_GOOD, SUPERVISED
from exigible.hosting.embedded import Say, say_on_stderr
from exigible.hosting.environment import Environment
from exigible.hosting.web_process import HEALTH_PATH, open_sockets

_FIRST_DELAY, _LONGEST_DELAY = 0.5, 30.0  # seconds before starting again what died
_WELL_AFTER = 60.0  # seconds alive after which a death is a first death again
_CHILDREN_END_IN = 25.0  # seconds; a worker finishes its job for twenty
_TICK = 0.1


@dataclass
class Child:
    """One supervised process."""

    name: str  # for the user: "Le processus web"
    module: str
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_at: float = 0.0  # not before this moment
    delay: float = _FIRST_DELAY

    def start(self) -> None:
        options: dict[str, object] = {"stdin": subprocess.PIPE}
        if os.name == "nt":
            options["creationflags"] = subprocess.CREATE_NEW_PROCESS_GROUP  # type: ignore[attr-defined]
        else:
            options["start_new_session"] = True  # Ctrl C of the terminal reaches us alone
        command = [sys.executable, "-P", "-m", self.module, SUPERVISED]
        self.process = subprocess.Popen(command, **options)  # type: ignore[call-overload]
        self.started_at = time.monotonic()

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def died(self, now: float) -> int:
        """Note a death: when to start again. Return the exit code."""
        assert self.process is not None
        code = int(self.process.returncode)
        self.ask_to_stop()
        self.process = None
        if now - self.started_at > _WELL_AFTER:
            self.delay = _FIRST_DELAY
        self.start_at = now + self.delay
        return code

    def wait_longer_next_time(self) -> None:
        self.delay = min(self.delay * 2, _LONGEST_DELAY)


@dataclass
class Supervisor:
    """Runs until `stop` or a signal. `when_ready` is called once, when pages are first served."""

    environment: Environment
    when_ready: Callable[[], None]
    say: Say = say_on_stderr
    web: Child = field(
        default_factory=lambda: Child("Le processus web", "exigible.hosting.web_process")
    )
    workers: list[Child] = field(default_factory=list)
    _keeper: Child | None = None
    _asked: bool = False  # by `stop`, which a signal may call inside anything: it takes no lock
    _hurry: bool = False
    _ending: threading.Event = field(default_factory=threading.Event)  # for the other thread
    _ready: bool = False

    def run(self) -> int:
        """Serve until asked to stop; return the exit code. Raise Refused where it cannot start."""
        for taken in open_sockets(self.environment):
            taken.close()
        self._listen_to_signals()
        self.web.start()
        try:
            self._start_database()
            self.workers = [
                Child(
                    _worker_name(number, self.environment.workers),
                    "exigible.hosting.worker_process",
                )
                for number in range(1, self.environment.workers + 1)
            ]
            database = threading.Thread(target=self._keep_database, daemon=True)
            database.start()
            code = self._watch()
            self._ending.set()
            database.join(timeout=5)
            return code
        finally:
            self._ending.set()
            self._stop_children()
            self._stop_database()

    def stop(self) -> None:
        """Ask for an orderly end; a second time, for an immediate one."""
        self._hurry, self._asked = self._asked, True

    # The processes.

    def _watch(self) -> int:
        while not self._asked:
            time.sleep(_TICK)
            now = time.monotonic()
            for child in (self.web, *self.workers):
                if child.alive:
                    continue
                if child.process is not None:
                    code = child.died(now)
                    if self._asked:
                        return 0
                    if code == REFUSED_FOR_GOOD and not self._ready:
                        return 1  # the child has said why
                    self.say(
                        f"{child.name} s’est arrêté ({_how(code)}) ; il redémarre dans "
                        f"{child.delay:g} s.".replace(".5 s", ",5 s")
                    )
                    child.wait_longer_next_time()
                elif now >= child.start_at and (child is self.web or self._ready):
                    child.start()
            if not self._ready and self._pages_are_served():
                self._ready = True
                self.when_ready()
        return 0

    def _pages_are_served(self) -> bool:
        """Whether the health page answers 200."""
        if not self.web.alive:
            return False
        everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
        host = everywhere.get(self.environment.host, self.environment.host)
        connection = http.client.HTTPConnection(host, self.environment.port, timeout=2)
        try:
            # By its public name, which is always allowed.
            name = urlsplit(self.environment.base_url).netloc
            connection.request("GET", HEALTH_PATH, headers={"Host": name})
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _stop_children(self) -> None:
        children = [self.web, *self.workers]
        for child in children:
            child.ask_to_stop()
        patience = time.monotonic() + _CHILDREN_END_IN
        for child in children:
            while child.alive and time.monotonic() < patience and not self._hurry:
                time.sleep(0.02)
            if child.process is not None and child.alive:
                child.process.kill()
                child.process.wait()

    # The database.

    def _start_database(self) -> None:
        start_database(self.environment, say=self.say)
        if self.environment.database is not None:
            return
        self._keeper = Child("Le gardien de la base", "exigible.hosting.keeper")
        self._keeper.start()

    def _keep_database(self) -> None:
        """Start the embedded server again when it dies, unless it was stopped on purpose."""
        if self.environment.database is not None:
            return
        delay, told = _FIRST_DELAY, ""
        while not self._ending.wait(1):
            if embedded.is_running(self.environment):
                delay, told = _FIRST_DELAY, ""
                continue
            if embedded.stopped_on_purpose(self.environment):
                if not told:
                    told = "La base a été arrêtée par « exigible db stop » ; « exigible db start » la relance."
                    self.say(told)
                continue
            try:
                if not told:
                    self.say("La base de données s’est arrêtée ; elle redémarre.")
                if start_database(self.environment, say=self.say):
                    self.say("La base de données est de nouveau en marche.")
            except Refused as refusal:
                if refusal.message != told:
                    told = refusal.message
                    self.say(told)
                self._ending.wait(delay)
                delay = min(delay * 2, _LONGEST_DELAY)

    def _stop_database(self) -> None:
        if self._keeper is None or self._keeper.process is None:
            return
        try:
            mark = _started_by_serve(self.environment)
            if mark.exists():
                if embedded.stop_if_unused(self.environment, say=self.say):
                    mark.unlink(missing_ok=True)
                else:
                    self.say("La base reste en marche : une autre commande s’en sert.")
        finally:
            pipe = self._keeper.process.stdin
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.write(b"!")
                    pipe.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._keeper.process.wait(timeout=5)

    # Signals.

    def _listen_to_signals(self) -> None:
        def handle(_number: int, _frame: FrameType | None) -> None:
            self.stop()

        for name in ("SIGTERM", "SIGINT", "SIGBREAK", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, handle)


def start_database(environment: Environment, *, say: Say = say_on_stderr) -> bool:
    """Start the embedded server for `serve`, which will stop it; False if it was running already."""
    started = embedded.ensure_running(environment, say=say)
    if started:
        _started_by_serve(environment).touch()
    return started


def _started_by_serve(environment: Environment) -> Path:
    """A mark in the home: the last `serve` to end stops the server, whichever of them started it."""
    return environment.home / "postgresql.serve"


def serve(
    environment: Environment, *, announce: Sequence[str] = (), say: Say = say_on_stderr
) -> int:
    """Serve until asked to stop. `announce` is printed under the address once pages are served."""

    def when_ready() -> None:
        say(f"Exigible est prêt : {environment.base_url}")
        for line in announce:
            say(line)
        say("Ctrl C pour arrêter.")

    return Supervisor(environment, when_ready, say=say).run()


def _worker_name(number: int, of: int) -> str:
    return "Le processus de travail" if of == 1 else f"Le processus de travail {number}"


def _how(code: int) -> str:
    if code >= 0:
        return f"code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"
