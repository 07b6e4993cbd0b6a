"""The embedded PostgreSQL: started when needed, shared by the commands of a home, stopped cleanly.

`connection_settings` starts nothing. `ensure_running` starts the server unless it answers already,
creating the cluster the first time; a lock file in the home makes one of several commands do it
while the others wait. There is no limit on the time crash recovery may take. The server is a
daemon: it outlives the command that started it, until `stop`.

Every start rewrites postgresql.conf, so that a new release brings its settings; what an operator
changes goes to `local.conf` beside it, or through ALTER SYSTEM, and wins.
"""

import contextlib
import errno
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
from exigible.hosting.environment import Environment
from exigible.hosting.locks import exclusive

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

_NEEDED_AT_FIRST = 200 * 1024 * 1024  # bytes: the new cluster (40 MB) and its first WAL segments
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
        with _explained(cluster.base):
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


# Is it there?


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


# Folders.


@contextmanager
def _locked(cluster: Cluster, say: Say) -> Iterator[None]:
    with _explained(cluster.home):
        cluster.home.mkdir(parents=True, exist_ok=True, mode=0o700)

    def waiting() -> None:
        say("Une autre commande démarre ou arrête la base de ce dossier ; attente…")

    holding = exclusive(cluster.lock, waiting=waiting)
    with _explained(cluster.home):
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
    with _explained(cluster.base):
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
            _check_home_of_base(cluster)
        _check_reach(cluster)
        cluster.logs.mkdir(mode=0o700, exist_ok=True)
        _own(cluster, cluster.logs)
    if not cluster.tcp:
        _prepare_socket_folder(cluster)
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


def _check_home_of_base(cluster: Cluster) -> None:
    """Refuse to serve one cluster from two homes: a copied home links to the original's."""
    note = cluster.base / "home"
    here = os.path.realpath(cluster.home)
    owner = note.read_text() if note.exists() else here
    if owner == here:
        return
    with contextlib.suppress(OSError):
        if os.path.realpath(Path(owner) / "postgresql") == str(cluster.base):
            raise DatabaseRefused(
                "database_of_another_home",
                f"{cluster.home} est une copie de {owner} : sa base, dans {cluster.base}, est "
                f"celle de l’original. Supprimez le lien {cluster.link}, puis restaurez ici une "
                "sauvegarde de l’original.",
            )
    _write(cluster, note, here)  # the home was moved


def _check_reach(cluster: Cluster) -> None:
    """The server's user must reach its folder; nothing above it is widened to let it in."""
    if cluster.user is None:
        return
    answer = cluster.run(["/bin/sh", "-c", 'test -w "$1"', "sh", str(cluster.base)])
    if answer.returncode != 0:
        raise DatabaseRefused(
            "database_folder_out_of_reach",
            f"L’utilisateur « {cluster.user.name} », sous lequel tourne la base, n’atteint pas "
            f"{cluster.base}. Donnez-lui le droit de traverser les dossiers qui y mènent, "
            "ou nommez un autre utilisateur par EXIGIBLE_PG_USER.",
        )


def _prepare_socket_folder(cluster: Cluster) -> None:
    """A folder that nobody else may enter: the socket is the only door and has no password."""
    folder = cluster.sockets
    with _explained(folder):
        try:
            folder.mkdir(mode=0o700)
            _own(cluster, folder)
        except FileExistsError:
            pass
        found = folder.lstat()
    uid = cluster.user.uid if cluster.user else os.geteuid()
    if folder.is_symlink() or found.st_uid != uid or found.st_mode & 0o077:
        raise DatabaseRefused(
            "socket_folder_not_ours",
            f"Le dossier {folder} n’est pas réservé à l’utilisateur de la base. Supprimez-le ; "
            "il sera recréé.",
        )


def _own(cluster: Cluster, path: Path) -> None:
    if cluster.user is not None:
        os.chown(path, cluster.user.uid, cluster.user.gid, follow_symlinks=False)


def _write(cluster: Cluster, path: Path, content: str) -> None:
    """Replace a file of the server, atomically, never through a link its user could have laid."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with contextlib.suppress(FileNotFoundError):
        draft.unlink()
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
    _own(cluster, draft)
    draft.replace(path)


# The cluster.


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
    if free < _NEEDED_AT_FIRST:
        raise _disk_full(cluster.base, free)
    say("Création de la base de données…")
    draft = cluster.base / "data.new"  # renamed once complete: a crash here leaves no half cluster
    shutil.rmtree(draft, ignore_errors=True)
    command = [cluster.program("initdb"), "-D", str(draft), "--username", SUPERUSER]
    command += ["--encoding", "UTF8", "--locale", "C", "--data-checksums", "--no-instructions"]
    command += ["--auth-local", "trust", "--auth-host", "scram-sha-256"]
    command += [] if cluster.durable else ["--no-sync"]
    secret = cluster.base / ".password"
    if cluster.tcp:
        _write(cluster, secret, cluster.port_and_password()[1])
        command += ["--pwfile", str(secret)]
    try:
        answer = cluster.run(command)
    finally:
        secret.unlink(missing_ok=True)
    if answer.returncode != 0:
        shutil.rmtree(draft, ignore_errors=True)
        raise _explain(cluster, answer.stdout, "La base de données n’a pas pu être créée.")
    if cluster.data.exists():
        cluster.data.rmdir()
    draft.rename(cluster.data)


def _start(cluster: Cluster, say: Say) -> None:
    _end_orphans(cluster, say)
    while True:
        _configure(cluster)
        cluster.start_log.unlink(missing_ok=True)
        before = _log_sizes(cluster)
        if _pg_ctl(
            cluster,
            ["start", "-l", str(cluster.start_log)],
            "La base termine de se remettre d’un arrêt brutal ; rien n’est perdu, attente…",
            say,
        ):
            cluster.stopped_on_purpose.unlink(missing_ok=True)
            return
        said = _last_words(cluster, before)
        if "pre-existing shared memory block" in said:
            # A process of the crashed server has not noticed yet; it soon will.
            _end_orphans(cluster, say)
            time.sleep(0.5)
        elif cluster.tcp and "could not bind" in said:
            cluster.port_and_password(other_port=True)  # another program took the port
        else:
            raise _explain(cluster, said, "La base de données ne démarre pas.")


def _stop(cluster: Cluster, say: Say) -> bool:
    if _alive_pid(cluster) is None:
        return False
    with _explained(cluster.base):
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
    _write(cluster, cluster.created, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}\n")


# Its settings.


def _configure(cluster: Cluster) -> None:
    _write(cluster, cluster.data / "postgresql.conf", configuration(cluster))
    rule = "host all all 127.0.0.1/32 scram-sha-256" if cluster.tcp else "local all all trust"
    _write(cluster, cluster.data / "pg_hba.conf", rule + "\n")


def configuration(cluster: Cluster) -> str:
    """Return postgresql.conf: what suits a machine that runs other things too."""
    megabyte = 1024 * 1024
    memory = memory_bytes() // megabyte
    settings: dict[str, str | int] = {
        "listen_addresses": "127.0.0.1" if cluster.tcp else "",
        "port": cluster.port_and_password()[0] if cluster.tcp else 5432,
        "unix_socket_directories": "" if cluster.tcp else str(cluster.sockets),
        "unix_socket_permissions": "0700",
        "max_connections": 400,  # 200 web threads, 64 workers, commands
        "password_encryption": "scram-sha-256",
        "shared_buffers": f"{min(max(memory // 8, 128), 2048)}MB",
        "effective_cache_size": f"{max(memory // 2, 256)}MB",
        "maintenance_work_mem": f"{min(max(memory // 16, 64), 512)}MB",
        "work_mem": f"{min(max(memory // 256, 8), 32)}MB",
        "max_wal_size": "2GB",
        "checkpoint_timeout": "15min",
        "wal_compression": "pglz",
        "random_page_cost": "1.1",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "datestyle": "iso, dmy",
        "default_text_search_config": "pg_catalog.simple",
        # A week of logs, one file a day, without statements or values: they hold names.
        "logging_collector": "on",
        "log_directory": str(cluster.logs),
        "log_filename": "postgresql-%u.log",
        "log_file_mode": "0600",
        "log_rotation_age": "1d",
        "log_rotation_size": 0,
        "log_truncate_on_rotation": "on",
        "log_min_messages": "warning",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_checkpoints": "off",
        "log_autovacuum_min_duration": -1,
    }
    if os.name != "nt":
        # A query whose process was killed ends by itself.
        settings["client_connection_check_interval"] = "10s"
    if not cluster.durable:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    lines = [
        f"{name} = '{value}'".replace("\\", "/")
        if os.name == "nt"
        else f"{name} = {_quoted(value)}"
        for name, value in settings.items()
    ]
    return "\n".join(
        [
            "# Rewritten at each start by Exigible. Put changes in local.conf, in this folder.",
            *lines,
            *(["include = 'local.conf'"] if (cluster.data / "local.conf").exists() else []),
            "",
        ]
    )


def _quoted(value: str | int) -> str:
    return "'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'"


def memory_bytes() -> int:
    """Return the memory this machine, or the container we are in, lets us use."""
    known = [4 * 1024**3]
    with contextlib.suppress(AttributeError, ValueError, OSError):
        known = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):
            known.append(int(Path(limit).read_text()))
    return min(known)


# Saying why not.


@contextmanager
def _explained(place: Path) -> Iterator[None]:
    """Turn what the file system refuses into a sentence."""
    try:
        yield
    except OSError as error:
        where = Path(error.filename) if isinstance(error.filename, str) else place
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _disk_full(place, None) from error
        if error.errno == errno.EROFS:
            raise _read_only(where) from error
        if error.errno in (errno.EACCES, errno.EPERM):
            raise DatabaseRefused(
                "home_not_writable",
                f"Exigible ne peut pas écrire dans {where}. Donnez ce dossier à l’utilisateur qui "
                "lance la commande, ou choisissez-en un autre par EXIGIBLE_HOME.",
                field="EXIGIBLE_HOME",
            ) from error
        if error.errno in (errno.ENOTDIR, errno.EEXIST):
            raise DatabaseRefused(
                "not_a_folder",
                f"{where} n’est pas un dossier. Choisissez un autre EXIGIBLE_HOME.",
                field="EXIGIBLE_HOME",
            ) from error
        raise


def _disk_full(place: Path, free: int | None) -> DatabaseRefused:
    room = f"il reste {free // 1_000_000} Mo, " if free is not None else ""
    needed = _NEEDED_AT_FIRST // 1_000_000
    return DatabaseRefused(
        "disk_full",
        f"Le disque qui porte {place} est plein : {room}la base demande au moins {needed} Mo pour "
        "démarrer. Libérez de la place, ou choisissez un autre EXIGIBLE_HOME.",
    )


def _read_only(place: Path) -> DatabaseRefused:
    return DatabaseRefused(
        "disk_read_only",
        f"Le disque qui porte {place} est en lecture seule. Remontez-le en écriture, ou choisissez "
        "un autre EXIGIBLE_HOME.",
    )


def _explain(cluster: Cluster, said: str, sentence: str) -> DatabaseRefused:
    """Turn what the server said before it died into a refusal."""
    if "No space left on device" in said or "Disk quota exceeded" in said:
        return _disk_full(cluster.base, shutil.disk_usage(cluster.base).free)
    if "Read-only file system" in said:
        return _read_only(cluster.base)
    if "Cannot allocate memory" in said:
        return DatabaseRefused(
            "not_enough_memory",
            "La base de données ne démarre pas : la mémoire libre ne suffit pas. Fermez d’autres "
            f"programmes, ou réduisez shared_buffers dans {cluster.data / 'local.conf'}.",
        )
    tail = "\n".join(f"    {line}" for line in said.strip().splitlines()[-12:])
    return DatabaseRefused(
        "database_does_not_start",
        f"{sentence} Ses derniers messages (complets dans {cluster.base}) :\n{tail}",
        facts={"log": said.strip().splitlines()[-12:]},
    )


def _log_sizes(cluster: Cluster) -> dict[Path, int]:
    return {path: path.stat().st_size for path in cluster.logs.glob("*.log")}


def _last_words(cluster: Cluster, before: dict[Path, int]) -> str:
    """What the server wrote at this start: before its log opens, then in it."""
    said = []
    with contextlib.suppress(OSError):
        said.append(cluster.start_log.read_text(errors="replace"))
    for path, size in _log_sizes(cluster).items():
        known = before.get(path, 0)
        with contextlib.suppress(OSError), path.open("rb") as file:
            file.seek(known if size >= known else 0)
            said.append(file.read(65536).decode(errors="replace"))
    return "\n".join(part.strip() for part in said if part.strip())
