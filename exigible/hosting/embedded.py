"""The embedded PostgreSQL: started when needed, shared by the commands of a home, stopped cleanly.

`connection_settings` starts nothing. `ensure_running` starts the server unless it answers already,
creating the cluster the first time; a lock file in the home makes one of several commands do it
while the others wait. There is no limit on the time crash recovery may take. The server is a
daemon: it outlives the command that started it, until `stop`.

Every start rewrites postgresql.conf, so that a new release brings its settings; what an operator
changes goes to `local.conf` beside it, or through ALTER SYSTEM, and wins.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from exigible.hosting.cluster import (
    DATABASE,
    MAJOR,
    ROLE,
    SUPERUSER,
    Cluster,
    DatabaseRefused,
    ensure_root_folder,
    ensure_system_user,
    is_root,
)
from exigible.hosting.cluster_folders import (
    check_home_of_base,
    check_reach,
    own,
    prepare_socket_folder,
    write,
)
from exigible.hosting.cluster_refusals import (
    NEEDED_AT_FIRST,
    disk_full,
    explain,
    explained,
    last_words,
    log_sizes,
)
from exigible.hosting.environment import Environment
from exigible.hosting.locks import exclusive
from exigible.hosting.postgres_conf import configure

__all__ = [
    "DatabaseRefused",
    "ServerStatus",
    "connection_settings",
    "ensure_running",
    "is_running",
    "status",
    "stop",
    "stop_if_unused",
    "superuser_connection",
]

Say = Callable[[str], None]

_NO_LIMIT = "2592000"  # seconds pg_ctl waits: a month, beyond any recovery

_ORPHANS_LEAVE_IN = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """What `exigible db status` shows. `state` is "running", "starting", "stopped" or "absent"."""

    state: str
    pid: int | None
    data: Path
    address: str
    log: Path


def connection_settings(environment: Environment) -> dict[str, Any]:
    """Return Django's connection keys for the embedded server of this home, starting nothing."""
    return Cluster(environment).connection()


def say_on_stderr(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()


def ensure_running(
    environment: Environment, *, say: Say = say_on_stderr, cluster: Cluster | None = None
) -> bool:
    """Start the embedded server unless it runs; return True if this call started it.

    Returns when it accepts connections and its database exists. With EXIGIBLE_DATABASE_URL there
    is nothing to start. Raise DatabaseRefused with the reason and the way out.
    """
    if environment.database is not None:
        return False
    cluster = cluster or Cluster(environment)
    if _answers(cluster):
        return False
    with _locked(cluster, say):
        cluster = replace(cluster)  # what another command created while we waited
        if _answers(cluster):
            return False
        cluster = _prepare_folders(cluster, say)
        started = _alive_pid(cluster) is None
        with explained(cluster.base):
            _ensure_cluster(cluster, say)
            if started:
                _start(cluster, say)
            _ensure_database(cluster)
        return started


def is_running(environment: Environment, *, cluster: Cluster | None = None) -> bool:
    """Whether the embedded server accepts connections now."""
    return _answers(cluster or Cluster(environment))


def status(environment: Environment, *, cluster: Cluster | None = None) -> ServerStatus:
    """Return the state of the embedded server of this home; changes nothing."""
    cluster = cluster or Cluster(environment)
    pid = _alive_pid(cluster)
    if _answers(cluster):
        state = "running"
    elif pid is not None:
        state = "starting"
    else:
        state = "stopped" if (cluster.data / "PG_VERSION").exists() else "absent"
    if not cluster.tcp:
        address = str(cluster.socket)
    else:
        address = "" if state == "absent" else f"127.0.0.1:{cluster.port_and_password()[0]}"
    return ServerStatus(state, pid, cluster.data, address, cluster.logs)


def stop(
    environment: Environment,
    *,
    on_purpose: bool = True,
    say: Say = say_on_stderr,
    cluster: Cluster | None = None,
) -> bool:
    """Stop the embedded server, ending its sessions; return False if it was not running.

    `on_purpose` leaves a mark so that `serve` leaves it stopped until something asks for it.
    """
    cluster = cluster or Cluster(environment)
    if not cluster.base.exists():
        return False
    with _locked(cluster, say):
        if on_purpose:
            cluster.stopped_on_purpose.touch()
        return _stop(cluster, say)


def stop_if_unused(
    environment: Environment, *, say: Say = say_on_stderr, cluster: Cluster | None = None
) -> bool:
    """Stop the embedded server unless a command still uses it; return True if it is stopped.

    Sessions of processes that have just ended get two seconds to disappear.
    """
    cluster = cluster or Cluster(environment)
    if not cluster.base.exists():
        return True
    with _locked(cluster, say):
        patience = time.monotonic() + 2
        while _answers(cluster) and _sessions(cluster):
            if time.monotonic() > patience:
                return False
            time.sleep(0.1)
        _stop(cluster, say)
        return True


def stopped_on_purpose(environment: Environment) -> bool:
    """Whether `exigible db stop` was the last word."""
    return Cluster(environment).stopped_on_purpose.exists()


@contextmanager
def superuser_connection(cluster: Cluster, dbname: str = "postgres") -> Iterator[Any]:
    """Open an autocommit psycopg connection as the cluster's superuser."""
    import psycopg

    keys = cluster.connection()
    with psycopg.connect(
        host=keys["HOST"],
        port=keys["PORT"],
        user=SUPERUSER,
        password=keys["PASSWORD"] or None,
        dbname=dbname,
        autocommit=True,
        connect_timeout=30,
    ) as connection:
        yield connection


def _answers(cluster: Cluster) -> bool:
    """Whether the server is ready and its database created: two small reads and a connection."""
    try:
        lines = (cluster.data / "postmaster.pid").read_text().splitlines()
        ready = len(lines) >= 8 and lines[7].strip() == "ready" and cluster.created.exists()
    except OSError:
        return False
    return ready and cluster.attached and _alive_pid(cluster) is not None and _connects(cluster)


def _connects(cluster: Cluster) -> bool:
    try:
        if cluster.tcp:
            address = ("127.0.0.1", cluster.port_and_password()[0])
            with socket.create_connection(address, timeout=5):
                return True
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(5)
            probe.connect(str(cluster.socket))
            return True
    except OSError:
        return False


def _alive_pid(cluster: Cluster) -> int | None:
    """The running postmaster's pid; a pid left by a crash and taken by another program is not it."""
    try:
        pid = int((cluster.data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    if sys.platform == "linux":
        return pid if _works_in(pid, cluster.data) else None
    if os.name == "nt":
        answer = cluster.run([cluster.program("pg_ctl"), "status", "-D", str(cluster.data)])
        return pid if answer.returncode == 0 else None
    answer = subprocess.run(
        ["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return pid if "postgres" in answer.stdout else None


def _works_in(pid: int, data: Path) -> bool:
    """Whether the process is a postgres whose working folder is `data` (Linux)."""
    try:
        name = Path(f"/proc/{pid}/comm").read_text().strip()
        return name == "postgres" and os.readlink(f"/proc/{pid}/cwd") == str(data)
    except OSError:
        return False


def _sessions(cluster: Cluster) -> int:
    with superuser_connection(cluster) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        ).fetchone()
        return int(row[0])


@contextmanager
def _locked(cluster: Cluster, say: Say) -> Iterator[None]:
    with explained(cluster.home):
        cluster.home.mkdir(parents=True, exist_ok=True, mode=0o700)

    def waiting() -> None:
        say("Une autre commande démarre ou arrête la base de ce dossier ; attente…")

    holding = exclusive(cluster.lock, waiting=waiting)
    with explained(cluster.home):
        holding.__enter__()
    try:
        yield
    finally:
        holding.__exit__(None, None, None)


def _prepare_folders(cluster: Cluster, say: Say) -> Cluster:
    """Create the base folder, owned by the server's user, and what it holds but the cluster."""
    forbidden = set(str(cluster.base)) & set('"$`\n' + ("" if os.name == "nt" else "\\"))
    if forbidden:  # pg_ctl starts the server through a shell
        raise DatabaseRefused(
            "home_name_unfit",
            f"Le chemin {cluster.base} contient {' '.join(sorted(forbidden))!r}, que PostgreSQL "
            "n’accepte pas dans le nom de son dossier. Choisissez un autre EXIGIBLE_HOME.",
            field="EXIGIBLE_HOME",
        )
    if cluster.link.is_symlink() and not cluster.link.exists():
        raise DatabaseRefused(
            "database_folder_missing",
            f"La base de ce dossier se trouvait dans {os.readlink(cluster.link)}, qui n’existe "
            "plus. Remettez ce dossier en place. S’il est perdu, supprimez le lien "
            f"{cluster.link} pour repartir d’une base vide, puis restaurez une sauvegarde.",
        )
    with explained(cluster.base):
        if is_root() and not cluster.link.exists():
            _set_aside(cluster, say)
            user = ensure_system_user(cluster.environment.pg_user)
            ensure_root_folder()
            cluster.base.mkdir(mode=0o700)
            (cluster.base / "home").write_text(os.path.realpath(cluster.home))
            os.chown(cluster.base, user.uid, user.gid)
            cluster.link.symlink_to(cluster.base)
            cluster = replace(cluster)
        elif not is_root():
            cluster.base.mkdir(mode=0o700, exist_ok=True)
        if cluster.link.is_symlink():
            check_home_of_base(cluster)
        check_reach(cluster)
        cluster.logs.mkdir(mode=0o700, exist_ok=True)
        own(cluster, cluster.logs)
    if not cluster.tcp:
        prepare_socket_folder(cluster)
    return cluster


def _set_aside(cluster: Cluster, say: Say) -> None:
    """The home is new but its place under /var/lib is taken: keep what was there, elsewhere."""
    if not cluster.base.exists():
        return
    if not (cluster.data / "PG_VERSION").exists():
        shutil.rmtree(cluster.base)
        return
    _stop(cluster, say)
    kept = cluster.base.with_name(f"{cluster.base.name}-{datetime.now(UTC):%Y%m%dT%H%M%S}")
    cluster.base.rename(kept)
    say(
        f"Le dossier {cluster.home} a été recréé : la base de l’ancien est gardée dans {kept}. "
        "Supprimez-la si elle ne sert plus."
    )
    cluster.__dict__.pop("user", None)


def _ensure_cluster(cluster: Cluster, say: Say) -> None:
    """Create the cluster if there is none; refuse one of another release, or what is not one."""
    version = cluster.data / "PG_VERSION"
    if version.exists():
        found = version.read_text().strip()
        if found != str(MAJOR):
            raise DatabaseRefused(
                "other_postgresql_version",
                f"La base de {cluster.data} a été créée par PostgreSQL {found} ; cette version "
                f"d’Exigible utilise PostgreSQL {MAJOR}. Sauvegardez-la avec la version d’Exigible "
                "qui l’a créée (exigible backup), puis restaurez cette sauvegarde dans un dossier "
                "neuf (exigible restore).",
                facts={"found": found, "expected": str(MAJOR)},
            )
        return
    if cluster.data.exists() and any(cluster.data.iterdir()):
        raise DatabaseRefused(
            "not_a_database",
            f"Le dossier {cluster.data} n’est pas vide et ne contient pas de base PostgreSQL. "
            "Déplacez ce qu’il contient, ou choisissez un autre EXIGIBLE_HOME.",
        )
    free = shutil.disk_usage(cluster.base).free
    if free < NEEDED_AT_FIRST:
        raise disk_full(cluster.base, free)
    say("Création de la base de données…")
    draft = cluster.base / "data.new"  # renamed once complete: a crash here leaves no half cluster
    shutil.rmtree(draft, ignore_errors=True)
    command = [cluster.program("initdb"), "-D", str(draft), "--username", SUPERUSER]
    command += ["--encoding", "UTF8", "--locale", "C", "--data-checksums", "--no-instructions"]
    command += ["--auth-local", "trust", "--auth-host", "scram-sha-256"]
    command += [] if cluster.durable else ["--no-sync"]
    secret = cluster.base / ".password"
    if cluster.tcp:
        write(cluster, secret, cluster.port_and_password()[1])
        command += ["--pwfile", str(secret)]
    try:
        answer = cluster.run(command)
    finally:
        secret.unlink(missing_ok=True)
    if answer.returncode != 0:
        shutil.rmtree(draft, ignore_errors=True)
        raise explain(cluster, answer.stdout, "La base de données n’a pas pu être créée.")
    if cluster.data.exists():
        cluster.data.rmdir()
    draft.rename(cluster.data)


def _start(cluster: Cluster, say: Say) -> None:
    _end_orphans(cluster, say)
    while True:
        configure(cluster)
        cluster.start_log.unlink(missing_ok=True)
        before = log_sizes(cluster)
        if _pg_ctl(
            cluster,
            ["start", "-l", str(cluster.start_log)],
            "La base termine de se remettre d’un arrêt brutal ; rien n’est perdu, attente…",
            say,
        ):
            cluster.stopped_on_purpose.unlink(missing_ok=True)
            return
        said = last_words(cluster, before)
        if "pre-existing shared memory block" in said:
            # A process of the crashed server has not noticed yet; it soon will.
            _end_orphans(cluster, say)
            time.sleep(0.5)
        elif cluster.tcp and "could not bind" in said:
            cluster.port_and_password(other_port=True)  # another program took the port
        else:
            raise explain(cluster, said, "La base de données ne démarre pas.")


def _stop(cluster: Cluster, say: Say) -> bool:
    if _alive_pid(cluster) is None:
        return False
    with explained(cluster.base):
        if _pg_ctl(cluster, ["stop", "-m", "fast"], "La base finit d’écrire ses données…", say):
            return True
    if _alive_pid(cluster) is None:
        return True
    raise DatabaseRefused(
        "database_does_not_stop",
        f"La base ne s’arrête pas. Ses messages sont dans {cluster.logs}.",
    )


def _pg_ctl(cluster: Cluster, arguments: list[str], when_long: str, say: Say) -> bool:
    """Run pg_ctl to its end, however long; tell the user why after two seconds.

    Nothing reads its output: on Windows the server would inherit the pipe and keep it open.
    """
    import threading

    timer = threading.Timer(2, say, [when_long])
    timer.daemon = True
    timer.start()
    try:
        answer = cluster.run(
            [
                cluster.program("pg_ctl"),
                *arguments,
                "-D",
                str(cluster.data),
                "-w",
                "-s",
                "-t",
                _NO_LIMIT,
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    finally:
        timer.cancel()
    return answer.returncode == 0


def _end_orphans(cluster: Cluster, say: Say) -> None:
    """After a kill -9 of the postmaster, end what it left behind, as it would have done itself.

    Processes of a dead server keep its shared memory, and a busy one may not notice for long; they
    are known by their working folder. Once none is left, the lock files go: PostgreSQL takes any
    process that bears their number for its server, be it another program's (after a reboot, in a
    container) or a dead one that nobody has waited for.
    """
    if sys.platform != "linux" or not (cluster.data / "postmaster.pid").exists():
        return
    patience = time.monotonic() + _ORPHANS_LEAVE_IN
    while orphans := [
        int(name)
        for name in os.listdir("/proc")
        if name.isdigit() and _works_in(int(name), cluster.data)
    ]:
        for pid in orphans:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGQUIT)
        if time.monotonic() > patience:
            say("Des processus de l’ancienne base ne se terminent pas ; attente…")
            patience = time.monotonic() + _ORPHANS_LEAVE_IN
        time.sleep(0.05)
    (cluster.data / "postmaster.pid").unlink(missing_ok=True)
    cluster.socket.with_name(f"{cluster.socket.name}.lock").unlink(missing_ok=True)


def _ensure_database(cluster: Cluster) -> None:
    """Create the role and the database; safe to repeat, marked once done."""
    if cluster.created.exists():
        return
    from psycopg import sql

    role, database = sql.Identifier(ROLE), sql.Identifier(DATABASE)
    with superuser_connection(cluster) as connection:
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE])
        if known.fetchone() is None:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(role))
        if cluster.tcp:
            secret = sql.Literal(cluster.port_and_password()[1])
            connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, secret))
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if known.fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))
    write(cluster, cluster.created, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}\n")
