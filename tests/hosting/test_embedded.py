"""The embedded server on real processes: started, shared, killed, refused."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from exigible.hosting import cluster as clusters
from exigible.hosting import embedded, postgres_conf
from exigible.hosting.cluster import Cluster, DatabaseRefused
from exigible.hosting.environment import WrongSetting, read_environment
from tests.hosting.conftest import (
    OTHER_USER,
    Home,
    alive,
    eventually,
    kill,
    needs_linux,
    needs_other_user,
    needs_root,
)

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="demande POSIX")]


def quiet(_sentence: str) -> None:
    pass


def ensure(home: Home) -> bool:
    return embedded.ensure_running(home.environment, say=quiet)


def refusal_of(home: Home, *command: str) -> dict[str, str]:
    """The refusal of a command, as a program reads it."""
    answer = home.run(*(command or ("db", "start")), "--json")
    assert answer.returncode == 1, answer.stderr
    assert "Traceback" not in answer.stderr
    error = json.loads(answer.stdout)["error"]
    assert isinstance(error, dict)
    return error


# Starting.


def test_asking_for_the_connection_starts_and_creates_nothing(home: Home):
    keys = embedded.connection_settings(home.environment)
    assert keys["NAME"] == "exigible"
    assert not home.path.exists()
    assert embedded.status(home.environment).state == "absent"


def test_first_start_creates_a_cluster_that_suits_the_product(home: Home):
    assert ensure(home) is True
    assert ensure(home) is False  # it runs already
    expected = {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "data_checksums": "on",
        "listen_addresses": "",
        "TimeZone": "UTC",
        "max_connections": "400",
        "log_truncate_on_rotation": "on",
    }
    asked = "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)"
    assert dict(home.query(asked, list(expected))) == expected
    [[encoding, collate, ctype]] = home.query(
        "SELECT pg_encoding_to_char(encoding), datcollate, datctype FROM pg_database"
        " WHERE datname = 'exigible'"
    )
    assert (encoding, collate, ctype) == ("UTF8", "C", "C")
    [[superuser, owner]] = home.query(
        "SELECT rolsuper, datdba = pg_roles.oid FROM pg_roles, pg_database"
        " WHERE rolname = 'exigible' AND datname = 'exigible'"
    )
    assert (superuser, owner) == (False, True)


def test_the_socket_is_behind_a_folder_closed_to_others(home: Home):
    ensure(home)
    folder = home.cluster.sockets
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len(os.fsencode(home.cluster.socket)) <= 107
    assert home.cluster.socket.is_socket()


def test_a_home_with_a_long_path_still_has_a_short_socket(new_home: Callable[..., Home]):
    home = new_home(uid=OTHER_USER, name="d" * 120)
    assert home.run("db", "start").returncode == 0
    address = json.loads(home.run("db", "status", "--json").stdout)["address"]
    assert len(os.fsencode(address)) <= 107
    folder = Path(address).parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    # Its place taken by someone else's folder: refused rather than trusted.
    assert home.run("db", "stop").returncode == 0
    shutil.rmtree(folder)
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    assert refusal_of(home)["code"] == "socket_folder_not_ours"


ASK_THROUGH_DJANGO = """
from exigible.cli._command import load_django
load_django()
from django.db import connection
with connection.cursor() as cursor:
    print(cursor.execute("SELECT current_database()").fetchone()[0])
"""


def test_a_home_may_have_any_ordinary_name(new_home: Callable[..., Home]):
    home = new_home(uid=OTHER_USER, name="Données d’Émile, « l'été » & fils 100%")
    assert home.run("db", "start").returncode == 0
    assert home.python(ASK_THROUGH_DJANGO).stdout.split() == ["exigible"]
    assert home.run("db", "stop").returncode == 0


@needs_other_user
def test_a_home_whose_name_a_shell_would_change_is_refused(new_home: Callable[..., Home]):
    home = new_home(uid=OTHER_USER, name="a$HOME")
    assert refusal_of(home)["code"] == "home_name_unfit"


@needs_linux
def test_nobody_stands_in_for_the_server(home: Home):
    """Whoever else would listen on the socket is refused by the client itself."""
    ensure(home)
    keys = embedded.connection_settings(home.environment)
    asked = {"host": keys["HOST"], "user": "exigible", "dbname": "exigible"}
    psycopg.connect(**asked, requirepeer=keys["OPTIONS"]["requirepeer"]).close()
    with pytest.raises(psycopg.OperationalError, match="requirepeer"):
        psycopg.connect(**asked, requirepeer="daemon")


def test_commands_started_together_on_an_empty_home_share_one_server(user_home: Home):
    commands = [user_home.start("db", "start", "--json") for _ in range(8)]
    answers = [command.communicate(timeout=120) for command in commands]
    assert [command.returncode for command in commands] == [0] * 8, answers
    states = [json.loads(answer) for answer, _ in answers]
    assert [state["state"] for state in states] == ["running"] * 8
    assert len({state["pid"] for state in states}) == 1
    assert sum(state["started"] for state in states) == 1


def test_stop_then_start_keeps_the_data(home: Home):
    ensure(home)
    home.query("CREATE TABLE kept AS SELECT 42 AS answer")
    pid = home.postmaster()
    assert embedded.stop(home.environment, say=quiet) is True
    assert embedded.stop(home.environment, say=quiet) is False
    assert not alive(pid)
    assert embedded.status(home.environment).state == "stopped"
    assert ensure(home) is True
    assert home.query("SELECT answer FROM kept") == [(42,)]


def test_the_server_outlives_the_command_that_started_it(user_home: Home):
    assert user_home.run("db", "start").returncode == 0
    status = json.loads(user_home.run("db", "status", "--json").stdout)
    assert status["state"] == "running"
    assert alive(status["pid"])
    assert os.getsid(status["pid"]) != os.getsid(0)  # no terminal's Ctrl C reaches it


def test_a_server_in_use_is_left_running(home: Home):
    ensure(home)
    keys = embedded.connection_settings(home.environment)
    with psycopg.connect(host=keys["HOST"], user="exigible", dbname="exigible"):
        assert embedded.stop_if_unused(home.environment, say=quiet) is False
        assert embedded.is_running(home.environment)
    assert embedded.stop_if_unused(home.environment, say=quiet) is True
    assert not embedded.is_running(home.environment)


# Killed.


@needs_linux
def test_nothing_committed_is_lost_when_the_postmaster_is_killed_under_load(home: Home):
    ensure(home)
    home.query("CREATE TABLE loaded (id bigint PRIMARY KEY, filler text)")
    keys = embedded.connection_settings(home.environment)
    committed: list[int] = []
    started = threading.Barrier(5)

    def load(worker: int) -> None:
        try:
            with psycopg.connect(
                host=keys["HOST"], user="exigible", dbname="exigible", autocommit=True
            ) as connection:
                started.wait()
                for number in range(1_000_000):
                    row = worker * 1_000_000 + number
                    connection.execute("INSERT INTO loaded VALUES (%s, repeat('x', 2000))", [row])
                    committed.append(row)
        except psycopg.OperationalError:
            return

    workers = [threading.Thread(target=load, args=[number]) for number in range(4)]
    for worker in workers:
        worker.start()
    started.wait()
    eventually(lambda: len(committed) > 500, within=60)
    kill(home.postmaster())
    for worker in workers:
        worker.join(timeout=60)
        assert not worker.is_alive()
    assert ensure(home) is True
    found = {row[0] for row in home.query("SELECT id FROM loaded")}
    assert set(committed) <= found
    assert len(found) - len(committed) <= 4  # at most the commit each worker was waiting for


@needs_linux
def test_a_busy_process_of_a_killed_server_does_not_prevent_the_next_start(home: Home):
    ensure(home)
    keys = embedded.connection_settings(home.environment)
    connection = psycopg.connect(host=keys["HOST"], user="exigible", dbname="exigible")
    backend = connection.info.backend_pid
    burning = "SELECT count(*) FROM generate_series(1, 10000000000)"  # hours, never looking up

    def burn() -> None:
        with pytest.raises(psycopg.OperationalError):
            connection.execute(burning)

    burner = threading.Thread(target=burn)
    burner.start()
    eventually(lambda: home.query("SELECT 1 FROM pg_stat_activity WHERE query = %s", burning))
    kill(home.postmaster())
    time.sleep(0.2)
    assert alive(backend)  # it has not noticed
    assert ensure(home) is True
    assert not alive(backend)
    burner.join(timeout=10)
    assert home.query("SELECT 1") == [(1,)]


@needs_linux
def test_recovery_may_take_longer_than_any_timeout(home: Home):
    """Recovery is held up for fifteen seconds; the command waits, says so, and succeeds."""
    ensure(home)
    home.query(
        "CREATE TABLE big AS SELECT g, repeat('y', 500) AS t FROM generate_series(1, 300000) g"
    )
    kill(home.postmaster())
    said: list[str] = []
    outcome: list[bool] = []
    starting = threading.Thread(
        target=lambda: outcome.append(embedded.ensure_running(home.environment, say=said.append))
    )
    starting.start()
    recovering = eventually(lambda: _startup_process(home), every=0.001)
    os.kill(recovering, signal.SIGSTOP)
    time.sleep(15)
    assert starting.is_alive()
    os.kill(recovering, signal.SIGCONT)
    starting.join(timeout=60)
    assert outcome == [True]
    assert any("arrêt brutal" in sentence for sentence in said)
    assert home.query("SELECT count(*) FROM big") == [(300000,)]


def _startup_process(home: Home) -> int | None:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                title = (entry / "cmdline").read_bytes()
                if b"startup" in title and os.readlink(entry / "cwd") == str(home.cluster.data):
                    return int(entry.name)
            except OSError:
                continue
    return None


@needs_linux
def test_a_pid_taken_by_another_program_is_not_the_server(home: Home):
    """After a reboot, or in a container, the number in postmaster.pid is someone else's."""
    ensure(home)
    pid_file = home.cluster.data / "postmaster.pid"
    kill(home.postmaster())
    lines = pid_file.read_text().splitlines()
    user = home.cluster.user
    options = {"user": user.uid, "group": user.gid, "extra_groups": []} if user else {}
    with subprocess.Popen(["sleep", "60"], **options) as other:
        lines[0] = str(other.pid)
        pid_file.write_text("\n".join(lines) + "\n")
        assert not embedded.is_running(home.environment)
        assert ensure(home) is True
        assert other.poll() is None  # left alone
        other.kill()


@needs_linux
def test_a_creation_cut_short_is_started_over(home: Home):
    ensure(home)
    embedded.stop(home.environment, say=quiet)
    base = home.cluster.base
    (base / "data").rename(base / "data.new")  # as a crash during initdb leaves it
    (base / "created").unlink()
    (base / "data.new" / "PG_VERSION").unlink()
    assert ensure(home) is True
    assert home.query("SELECT 1") == [(1,)]
    assert not (base / "data.new").exists()


# Refused.


def test_the_folder_of_another_release_is_refused(home: Home):
    ensure(home)
    embedded.stop(home.environment, say=quiet)
    (home.cluster.data / "PG_VERSION").write_text("17\n")
    error = refusal_of(home)
    assert error["code"] == "other_postgresql_version"
    assert "PostgreSQL 17" in error["message"]
    assert "PostgreSQL 18" in error["message"]
    assert "exigible backup" in error["message"]


def test_a_folder_that_is_not_a_cluster_is_left_alone(home: Home):
    ensure(home)
    embedded.stop(home.environment, say=quiet)
    shutil.rmtree(home.cluster.data)
    home.cluster.data.mkdir()
    (home.cluster.data / "precious.txt").write_text("à garder")
    assert refusal_of(home)["code"] == "not_a_database"
    assert (home.cluster.data / "precious.txt").read_text() == "à garder"


def test_a_server_that_dies_at_start_shows_its_last_words(home: Home):
    ensure(home)
    embedded.stop(home.environment, say=quiet)
    (home.cluster.data / "local.conf").write_text("no_such_setting = 12\n")
    error = refusal_of(home)
    assert error["code"] == "database_does_not_start"
    assert "no_such_setting" in error["message"]
    assert str(home.cluster.base) in error["message"]
    (home.cluster.data / "local.conf").unlink()
    assert ensure(home) is True


def test_a_damaged_cluster_shows_why(home: Home):
    ensure(home)
    embedded.stop(home.environment, say=quiet)
    (home.cluster.data / "global" / "pg_control").write_bytes(bytes(8192))
    error = refusal_of(home)
    assert error["code"] == "database_does_not_start"
    assert "FATAL" in error["message"]


def test_a_home_that_is_a_file_is_refused_by_name(home: Home):
    home.path.write_text("")
    assert refusal_of(home)["field"] == "EXIGIBLE_HOME"


@needs_other_user
def test_a_home_we_may_not_write_is_refused(user_home: Home):
    user_home.path.mkdir(mode=0o755)  # root's
    error = refusal_of(user_home)
    assert error["code"] == "home_not_writable"
    assert str(user_home.path) in error["message"]
    assert list(user_home.path.iterdir()) == []


@contextmanager
def mounted(home: Home, options: str) -> Iterator[None]:
    """Put the home on a small disk of its own."""
    home.path.mkdir(exist_ok=True)
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"uid={home.uid},mode=0700,{options}", "essai", home.path],
        check=True,
    )
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", home.path], check=True)


@pytest.fixture
def may_mount(tmp_path: Path) -> None:
    """Skip where root itself may not mount (an unprivileged container)."""
    tried = subprocess.run(
        ["mount", "-t", "tmpfs", "essai", tmp_path], capture_output=True, check=False
    )
    if tried.returncode != 0:
        pytest.skip("ce système ne laisse pas monter de disque d’essai")
    subprocess.run(["umount", tmp_path], check=True)


@needs_other_user
@pytest.mark.usefixtures("may_mount")
def test_a_full_disk_is_refused_before_the_first_start(user_home: Home):
    with mounted(user_home, "size=20m"):
        error = refusal_of(user_home)
        assert error["code"] == "disk_full"
        assert "il reste 20 Mo" in error["message"]
        assert not (user_home.path / "postgresql" / "data").exists()


@needs_other_user
@pytest.mark.usefixtures("may_mount")
def test_a_disk_that_filled_up_is_named_and_nothing_is_lost(user_home: Home):
    with mounted(user_home, "size=400m"):
        assert user_home.run("db", "start").returncode == 0
        user_home.query("CREATE TABLE kept AS SELECT 42 AS answer")
        assert user_home.run("db", "stop").returncode == 0
        filler = user_home.path / "filler"
        _fill(filler, 1024 * 1024)
        _fill(user_home.path / "dust", 4096)  # not even room for its pid file
        error = refusal_of(user_home)
        assert error["code"] == "disk_full"
        filler.unlink()
        assert user_home.run("db", "start").returncode == 0
        assert user_home.query("SELECT answer FROM kept") == [(42,)]
        assert user_home.run("db", "stop").returncode == 0


def _fill(path: Path, block: int) -> None:
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(block))


@needs_other_user
@pytest.mark.usefixtures("may_mount")
def test_a_read_only_disk_is_refused(user_home: Home):
    with mounted(user_home, "size=400m"):
        assert user_home.run("db", "start").returncode == 0
        assert user_home.run("db", "stop").returncode == 0
        subprocess.run(["mount", "-o", "remount,ro", user_home.path], check=True)
        error = refusal_of(user_home)
        assert error["code"] == "disk_read_only"
        assert "lecture seule" in error["message"]


# Under root.


@needs_root
def test_under_root_the_server_is_another_user_and_no_folder_is_widened(
    new_home: Callable[..., Home],
):
    home = new_home()
    above = [home.path.parent, home.path.parent.parent, Path("/var/lib"), Path("/var")]
    home.path.parent.chmod(0o700)
    before = [folder.stat().st_mode for folder in above]
    ensure(home)
    assert [folder.stat().st_mode for folder in above] == before
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o700
    assert home.cluster.base.parent == Path("/var/lib/exigible")
    assert home.cluster.data.stat().st_uid != 0
    assert Path(f"/proc/{home.postmaster()}").stat().st_uid == home.cluster.data.stat().st_uid
    for folder in (home.cluster.base, home.cluster.data, home.cluster.sockets, home.cluster.logs):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@needs_other_user
def test_under_root_the_home_of_someone_else_keeps_its_owner(user_home: Home):
    assert user_home.run("db", "start").returncode == 0
    assert user_home.run("db", "stop").returncode == 0
    assert ensure(user_home) is True  # root, on the home of nobody
    assert Path(f"/proc/{user_home.postmaster()}").stat().st_uid == user_home.uid
    embedded.stop(user_home.environment, say=quiet)
    assert user_home.run("db", "start").returncode == 0  # still usable by its owner
    assert user_home.run("db", "stop").returncode == 0


@needs_root
def test_under_root_the_system_user_is_created(new_home: Callable[..., Home]):
    if shutil.which("useradd") is None:
        pytest.skip("pas de useradd sur ce système")
    home = new_home(EXIGIBLE_PG_USER="exigible-essai")
    try:
        ensure(home)
        assert home.cluster.user is not None
        assert home.cluster.user.name == "exigible-essai"
        embedded.stop(home.environment, say=quiet)
    finally:
        subprocess.run(["userdel", "exigible-essai"], check=False, capture_output=True)


@needs_root
@pytest.mark.parametrize("name", ["root", "Robert;", "-x", "a" * 40])
def test_an_unfit_system_user_is_refused_by_name(new_home: Callable[..., Home], name: str):
    home = new_home(EXIGIBLE_PG_USER=name)
    with pytest.raises(WrongSetting, match="EXIGIBLE_PG_USER"):
        ensure(home)


@needs_root
def test_binaries_that_the_system_user_cannot_read_are_copied(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    wheel = clusters.wheel_installation().parent
    closed = tmp_path / "closed"  # a virtual environment under /root, say
    for folder in (wheel, wheel.with_name(f"{wheel.name}.libs")):
        if folder.is_dir():
            shutil.copytree(folder, closed / folder.name, symlinks=True)
    closed.chmod(0o700)
    installation = closed / wheel.name / "pginstall18"
    monkeypatch.setattr(clusters, "wheel_installation", lambda: installation)
    before = set(Path("/var/lib/exigible").glob("postgresql-*"))
    try:
        ensure(home)
        assert home.query("SELECT 1") == [(1,)]
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        program = os.readlink(f"/proc/{home.postmaster()}/exe")
        assert program.startswith("/var/lib/exigible/postgresql-18-")
        embedded.stop(home.environment, say=quiet)
    finally:
        for copy in set(Path("/var/lib/exigible").glob("postgresql-*")) - before:
            shutil.rmtree(copy)


@needs_root
def test_a_copied_home_is_not_served_on_the_original_s_database(home: Home):
    ensure(home)
    copy = Home(home.path.with_name("copy"))
    subprocess.run(["cp", "-a", home.path, copy.path], check=True)
    embedded.stop(home.environment, say=quiet)
    error = refusal_of(copy)
    assert error["code"] == "database_of_another_home"
    assert str(home.path) in error["message"]
    (copy.path / "postgresql").unlink()  # as the message says
    assert ensure(copy) is True
    assert copy.cluster.base != home.cluster.base
    copy.close()


@needs_root
def test_a_moved_home_keeps_its_database(home: Home):
    ensure(home)
    home.query("CREATE TABLE kept AS SELECT 42 AS answer")
    embedded.stop(home.environment, say=quiet)
    home.path = home.path.rename(home.path.with_name("moved"))
    assert ensure(home) is True
    assert home.query("SELECT answer FROM kept") == [(42,)]


@needs_root
def test_a_home_made_anew_starts_empty_and_the_old_database_is_kept(home: Home):
    ensure(home)
    home.query("CREATE TABLE kept AS SELECT 42 AS answer")
    base = home.cluster.base
    shutil.rmtree(home.path)  # while its server runs
    said: list[str] = []
    assert embedded.ensure_running(home.environment, say=said.append) is True
    assert home.query("SELECT to_regclass('kept')") == [(None,)]
    [kept] = base.parent.glob(f"{base.name}-*")
    assert any(str(kept) in sentence for sentence in said)
    assert (kept / "data" / "PG_VERSION").exists()
    shutil.rmtree(kept)


@needs_root
def test_a_lost_database_folder_is_not_replaced_in_silence(home: Home):
    ensure(home)
    embedded.stop(home.environment, say=quiet)
    shutil.rmtree(home.cluster.base)  # a container made again without its volume
    error = refusal_of(home)
    assert error["code"] == "database_folder_missing"


# Port and password, as on Windows.


def over_tcp(home: Home) -> Cluster:
    return replace(home.cluster, tcp=True)


def test_over_tcp_a_password_is_asked(home: Home):
    cluster = over_tcp(home)
    assert embedded.ensure_running(home.environment, cluster=cluster, say=quiet) is True
    keys = cluster.connection()
    assert keys["HOST"] == "127.0.0.1"
    assert stat.S_IMODE((home.path / "postgresql.json").stat().st_mode) == 0o600
    asked = {"host": keys["HOST"], "port": keys["PORT"], "dbname": "exigible"}
    with psycopg.connect(**asked, user="exigible", password=keys["PASSWORD"]) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    for user in ("exigible", "postgres"):
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(**asked, user=user, password="wrong")
        with pytest.raises(psycopg.OperationalError, match="no password supplied"):
            psycopg.connect(**asked, user=user)
    assert embedded.ensure_running(home.environment, cluster=cluster, say=quiet) is False
    assert embedded.stop(home.environment, cluster=cluster, say=quiet) is True


def test_over_tcp_a_port_taken_meanwhile_is_changed(home: Home):
    cluster = over_tcp(home)
    embedded.ensure_running(home.environment, cluster=cluster, say=quiet)
    embedded.stop(home.environment, cluster=cluster, say=quiet)
    port, password = cluster.port_and_password()
    with socket.socket() as squatter:
        # The server's last connections still hold the port for a minute (TIME_WAIT).
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", port))
        squatter.listen()
        assert not embedded.is_running(home.environment, cluster=cluster)
        assert embedded.ensure_running(home.environment, cluster=cluster, say=quiet) is True
    other_port, same_password = cluster.port_and_password()
    assert other_port != port
    assert same_password == password
    embedded.stop(home.environment, cluster=cluster, say=quiet)


def test_over_tcp_a_lost_password_is_refused(home: Home):
    cluster = over_tcp(home)
    embedded.ensure_running(home.environment, cluster=cluster, say=quiet)
    embedded.stop(home.environment, cluster=cluster, say=quiet)
    (home.path / "postgresql.json").unlink()
    with pytest.raises(DatabaseRefused, match="mot de passe"):
        cluster.connection()


# Logs and settings.


def test_logs_hold_neither_statements_nor_values(home: Home):
    ensure(home)
    home.query("CREATE TABLE people (name text PRIMARY KEY)")
    home.query("INSERT INTO people VALUES ('Nolwenn Le Bihan')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        home.query("INSERT INTO people VALUES ('Nolwenn Le Bihan')")

    def logged() -> str:
        return "".join(log.read_text() for log in home.cluster.logs.iterdir())

    eventually(lambda: "duplicate key" in logged())
    said = logged()
    assert "Nolwenn" not in said


def test_memory_follows_the_machine(home: Home, monkeypatch: pytest.MonkeyPatch):
    def shared_buffers(gigabytes: float) -> str:
        monkeypatch.setattr(postgres_conf, "memory_bytes", lambda: int(gigabytes * 1024**3))
        conf = postgres_conf.configuration(home.cluster)
        [line] = [line for line in conf.splitlines() if line.startswith("shared_buffers")]
        return line

    assert shared_buffers(0.5) == "shared_buffers = '128MB'"
    assert shared_buffers(8) == "shared_buffers = '1024MB'"
    assert shared_buffers(256) == "shared_buffers = '2048MB'"


def test_a_server_by_url_is_never_started(tmp_path: Path):
    environment = read_environment(
        {"EXIGIBLE_HOME": str(tmp_path / "h"), "EXIGIBLE_DATABASE_URL": "postgresql://u@h/db"}
    )
    assert embedded.ensure_running(environment, say=quiet) is False
    assert not (tmp_path / "h").exists()
