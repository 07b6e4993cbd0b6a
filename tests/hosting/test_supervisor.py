"""`exigible serve` on real processes: what dies comes back, what stops leaves nothing behind."""

import http.client
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from exigible.hosting import embedded
from exigible.hosting.environment import read_environment
from exigible.hosting.supervisor import Supervisor
from tests.hosting.conftest import EXIGIBLE, Home, alive, eventually, kill

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="lit /proc pour trouver les processus"),
]


@dataclass
class Served:
    """A `serve` under way on a home."""

    home: Home
    process: subprocess.Popen[str]
    port: int
    log: Path

    @property
    def said(self) -> str:
        return self.log.read_text()

    def get(self, path: str = "/sante") -> http.client.HTTPResponse | None:
        """The answer to a request, its body read; None if nobody listens."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path, headers={"Host": "localhost"})
            response = connection.getresponse()
            response.text = response.read().decode()  # type: ignore[attr-defined]
            return response
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def status(self) -> int | None:
        response = self.get()
        return response.status if response else None

    def child(self, module: str) -> int | None:
        """The pid of a child, by the module it runs."""
        for entry in Path("/proc").iterdir():
            try:
                line = (entry / "cmdline").read_bytes().split(b"\0")
                parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
            except OSError:
                continue
            if f"exigible.hosting.{module}".encode() in line and parent == str(self.process.pid):
                return int(entry.name)
        return None

    def children(self) -> list[int]:
        found = [self.child(name) for name in ("web_process", "worker_process", "keeper")]
        return [pid for pid in found if pid is not None]

    def ready(self) -> "Served":
        eventually(lambda: "Exigible est prêt" in self.said, within=90)
        eventually(lambda: self.child("worker_process"), within=30)
        return self

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=40)


@pytest.fixture
def serve(ready_home: Home, tmp_path: Path) -> Callable[..., Served]:
    """Start `serve` on the test's home; each call is another one, on another port."""

    def start(**variables: str) -> Served:
        return start_on(ready_home, tmp_path, variables)

    return start


def start_on(home: Home, folder: Path, variables: dict[str, str]) -> Served:
    """Start `serve` on a home, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / f"serve-{port}.log"
    home.variables = {**home.variables, "EXIGIBLE_PORT": str(port), **variables}
    with log.open("w") as output:
        process = home.start("serve", stdout=output, stderr=output)
    return Served(home, process, port, log)


def test_serve_on_an_empty_home_then_an_orderly_end(home: Home, tmp_path: Path):
    served = start_on(home, tmp_path, {}).ready()
    assert served.status() == 200
    assert f"http://localhost:{served.port}" in served.said
    children, postmaster = served.children(), served.home.postmaster()
    assert len(children) == 3
    assert served.end() == 0
    assert not any(alive(pid) for pid in (*children, postmaster))
    assert served.status() is None
    assert "Traceback" not in served.said


def test_serve_leaves_running_a_database_it_found_running(
    ready_home: Home, serve: Callable[..., Served]
):
    assert ready_home.run("db", "start").returncode == 0
    postmaster = ready_home.postmaster()
    served = serve().ready()
    assert served.end() == 0
    assert alive(postmaster)


def test_what_dies_starts_again(serve: Callable[..., Served]):
    served = serve().ready()
    for module, name in (("web_process", "web"), ("worker_process", "de travail")):
        before = served.child(module)
        assert before is not None
        kill(before)
        after = eventually(lambda module=module: served.child(module), within=30)
        assert after != before
        assert re.search(rf"Le processus {name} s’est arrêté \(signal SIGKILL\)", served.said)
    assert eventually(lambda: served.status() == 200, within=60)


def test_a_killed_postmaster_starts_again_and_pages_recover(serve: Callable[..., Served]):
    served = serve().ready()
    web, postmaster = served.child("web_process"), served.home.postmaster()
    kill(postmaster)
    eventually(lambda: served.status() == 200 and served.home.postmaster() != postmaster, within=60)
    assert served.child("web_process") == web  # the same process: no restart was needed
    # The page that asks can be answered just before the supervisor, which looks on its own, says so.
    eventually(lambda: "La base de données est de nouveau en marche" in served.said)


def test_pages_say_that_the_database_is_stopped_then_recover(serve: Callable[..., Served]):
    served = serve().ready()
    web = served.child("web_process")
    assert served.home.run("db", "stop").returncode == 0
    response = served.get()
    assert response is not None
    assert response.status == 503
    assert response.getheader("Retry-After") == "10"
    assert "no-store" in str(response.getheader("Cache-Control"))
    assert "default-src 'none'" in str(response.getheader("Content-Security-Policy"))
    page = response.text  # type: ignore[attr-defined]
    assert "La base de données ne répond pas" in page
    assert "Traceback" not in page
    # Stopped on purpose: serve leaves it so.
    time.sleep(3)
    assert not embedded.is_running(served.home.environment)
    assert "exigible db start" in served.said
    assert served.home.run("db", "start").returncode == 0
    eventually(lambda: served.status() == 200)
    assert served.child("web_process") == web
    eventually(lambda: served.child("worker_process"))
    assert "Traceback" not in served.said


def test_a_killed_serve_leaves_no_stray_and_the_next_one_recovers(serve: Callable[..., Served]):
    served = serve().ready()
    children, postmaster = served.children(), served.home.postmaster()
    kill(served.process.pid)
    eventually(lambda: not any(alive(pid) for pid in (*children, postmaster)), within=40)
    again = serve().ready()
    assert again.status() == 200
    assert again.end() == 0
    assert not embedded.is_running(again.home.environment)


def test_a_serve_killed_while_starting_leaves_no_stray(serve: Callable[..., Served]):
    served = serve()
    eventually(lambda: served.child("web_process"), within=30, every=0.01)
    web = served.child("web_process")
    kill(served.process.pid)
    eventually(lambda: web is None or not alive(web), within=40)


def test_the_last_of_two_serves_stops_the_database(serve: Callable[..., Served]):
    first = serve().ready()
    second = serve().ready()
    assert first.end() == 0
    assert "une autre commande s’en sert" in first.said
    assert second.status() == 200
    assert second.end() == 0
    assert not embedded.is_running(second.home.environment)


def test_a_port_already_taken_is_refused_before_anything_starts(home: Home):
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        port = squatter.getsockname()[1]
        home.variables = {"EXIGIBLE_PORT": str(port)}
        for command in ("serve", "web", "demo"):
            answer = home.run(command)
            assert answer.returncode == 1
            assert f"Le port {port} est déjà pris" in answer.stderr
            assert "EXIGIBLE_PORT" in answer.stderr
    assert not home.cluster.base.exists()


def test_an_unknown_address_is_refused_by_name(home: Home):
    home.variables = {"EXIGIBLE_HOST": "nulle.part.invalid"}
    answer = home.run("serve")
    assert answer.returncode == 1
    assert "EXIGIBLE_HOST" in answer.stderr


def test_a_refused_database_ends_serve_with_its_reason(
    ready_home: Home, serve: Callable[..., Served]
):
    (ready_home.cluster.data / "PG_VERSION").write_text("17\n")
    served = serve()
    assert served.process.wait(timeout=60) == 1
    assert "PostgreSQL 17" in served.said
    assert "Traceback" not in served.said
    assert served.children() == []


def test_a_database_of_a_newer_release_ends_serve_with_its_reason(
    ready_home: Home, serve: Callable[..., Served]
):
    assert ready_home.run("db", "start").returncode == 0
    ready_home.query(
        "INSERT INTO django_migrations (app, name, applied) VALUES ('store', '9999_later', now())"
    )
    served = serve()
    assert served.process.wait(timeout=60) == 1
    assert "version plus récente" in served.said
    assert "9999_later" in served.said


def test_ctrl_c_in_a_terminal_ends_everything(ready_home: Home):
    home = ready_home
    controller, terminal = pty.openpty()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        home.variables = {"EXIGIBLE_PORT": str(probe.getsockname()[1])}

    def own_the_terminal() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # ignored by what runs in the background
        os.setsid()
        import fcntl
        import termios

        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)

    process = subprocess.Popen(
        [str(EXIGIBLE), "serve"],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=home.process_options["env"],
        preexec_fn=own_the_terminal,  # noqa: PLW1509 (no thread of ours runs)
    )
    os.close(terminal)
    said = b""
    try:
        while b"Exigible est pr" not in said:
            said += os.read(controller, 4096)
        os.write(controller, b"\x03")
        assert process.wait(timeout=40) == 0
    finally:
        process.kill()
        process.wait()
        os.close(controller)
    assert b"Traceback" not in said
    assert not embedded.is_running(home.environment)


def test_web_and_worker_run_apart(ready_home: Home):
    home = ready_home
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home.variables = {"EXIGIBLE_PORT": str(port)}
    web = home.start("web", stderr=subprocess.DEVNULL)
    worker = home.start("worker", stderr=subprocess.DEVNULL)
    served = Served(home, web, port, Path(os.devnull))
    eventually(lambda: served.status() == 200, within=90)
    workers = "SELECT count(*) FROM procrastinate_workers"
    eventually(lambda: home.query(workers) == [(1,)], within=60)
    for process in (web, worker):
        process.terminate()
        assert process.wait(timeout=30) == 0
    assert home.query(workers) == [(0,)]  # it took its leave
    assert embedded.is_running(home.environment)  # a lone command leaves it running


# Jobs.

DEFER = """
import sys
from exigible.cli._command import open_database
open_database()
from procrastinate.contrib.django import app
task = app.configure_task("builtin:procrastinate.builtin_tasks.remove_old_jobs")
for number in range(int(sys.argv[1])):
    task.defer(max_hours=999)
"""


def jobs(home: Home) -> dict[str, int]:
    return dict(home.query("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY 1"))


def test_no_job_is_lost_when_workers_are_killed_under_load(serve: Callable[..., Served]):
    served = serve(EXIGIBLE_WORKERS="2").ready()
    served.home.python(DEFER, 300)
    for _ in range(6):
        time.sleep(0.7)
        worker = served.child("worker_process")
        if worker is not None:
            kill(worker)
    # A dead worker is silent for thirty seconds before its job is taken up again.
    eventually(lambda: jobs(served.home).keys() == {"succeeded"}, within=120, every=0.5)
    assert sum(jobs(served.home).values()) >= 300


ABANDONED = """
import asyncio, json, sys
from exigible.cli._command import open_database
open_database()
from django.db import connection
from procrastinate.contrib.django import app
from exigible.hosting.worker_process import take_up_abandoned_jobs
with connection.cursor() as cursor:
    cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat)"
                   " VALUES (now() - interval '1 minute') RETURNING id")
    dead = cursor.fetchone()[0]
    cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now()) RETURNING id")
    living = cursor.fetchone()[0]
    for worker, attempts in ((dead, 0), (dead, 4), (living, 0), (None, 0)):
        cursor.execute(
            "INSERT INTO procrastinate_jobs (task_name, status, worker_id, attempts, queue_name)"
            " VALUES ('t', 'doing', %s, %s, 'default')", [worker, attempts])
    for status in ("doing", "todo"):
        cursor.execute(
            "INSERT INTO procrastinate_jobs (task_name, status, worker_id, queue_name, queueing_lock)"
            " VALUES ('t', %s, %s, 'default', 'once')", [status, dead if status == "doing" else None])
async def look():
    with app.replace_connector(app.connector.get_worker_connector()) as other:
        async with other.open_async():
            return await take_up_abandoned_jobs(other)
print(asyncio.run(look()))
with connection.cursor() as cursor:
    cursor.execute("SELECT status::text FROM procrastinate_jobs ORDER BY id")
    print(json.dumps([row[0] for row in cursor.fetchall()]))
"""


def test_only_the_jobs_of_silent_workers_are_taken_up(ready_home: Home):
    answer = ready_home.python(ABANDONED).stdout.splitlines()
    assert answer[0] == "4"
    assert json.loads(answer[1]) == [
        "todo",  # its worker is silent
        "failed",  # four workers fell with it before
        "doing",  # its worker lives
        "todo",  # its worker's row is gone
        "aborted",  # the same work is queued already…
        "todo",  # …here
    ]


def test_a_signal_may_ask_it_to_stop_inside_anything(tmp_path: Path):
    """A handler runs inside what it interrupts: were it to wait for a lock held there, nothing would end."""
    environment = read_environment({"EXIGIBLE_HOME": str(tmp_path)})
    supervisor = Supervisor(environment, lambda: None)
    with supervisor._ending._cond:  # as `Event.wait` holds it
        asking = threading.Thread(target=supervisor.stop, daemon=True)
        asking.start()
        asking.join(timeout=10)
    assert not asking.is_alive()
