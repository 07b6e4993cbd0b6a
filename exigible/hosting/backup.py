"""One file that holds everything: the database (pg_dump), the documents it names, a manifest.

The file is a zip: `database.dump` in pg_dump's custom format, `documents/<sha256>`, and
`manifest.json` with versions and hashes. The dump and the list of documents come from one snapshot
of the database, so they agree while people work.

A restore never touches what runs until it is certain: everything is unpacked and verified beside
it, in a new database, migrated and checked, then the two databases exchange their names in one
transaction. Interrupted before that, it leaves the old one as it was; after it, the new one.
What waited to leave when the backup was made is held: it may have left since.
"""

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from exigible.domain.refusals import Refused
from exigible.hosting import embedded
from exigible.hosting.cluster import MAJOR, Cluster, bare_environment, client_program
from exigible.hosting.environment import Environment
from exigible.hosting.locks import exclusive

FORMAT = 1
DUMP, DOCUMENTS, MANIFEST = "database.dump", "documents/", "manifest.json"
_BLOCK = 1024 * 1024
# Tables that hold nothing in a database nobody has used yet.
_WITNESSES = (
    "store_user",
    "store_creditor",
    "store_debtor",
    "store_importbatch",
    "store_storeddocument",
    "store_journalentry",
)

Progress = Callable[[str, int, int], None]
# Migrates and checks a restored database: (name, documents folder) to what is wrong with it.
Verify = Callable[[str, Path], list[str]]


@dataclass(frozen=True, slots=True)
class BackupDone:
    """What a backup holds. `damaged` names documents whose file is missing or altered."""

    path: Path
    size_bytes: int
    documents: int
    damaged: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RestoreDone:
    """What a restore put in place. `aside` is where the replaced database's documents went."""

    documents: int
    findings: list[str]
    aside: Path | None


def backup(
    environment: Environment,
    target: Path,
    *,
    documents_folder: Path,
    overwrite: bool = False,
    progress: Progress = lambda phase, done, total: None,
) -> BackupDone:
    """Write the backup file `target`, whole or not at all.

    Raise Refused if it exists (unless `overwrite`), if the disk is full, if the server is newer
    than our tools.
    """
    if target.exists() and not overwrite:
        raise Refused(
            "backup_exists",
            f"« {target} » existe déjà. Choisissez un autre nom, ou ajoutez --force pour le "
            "remplacer.",
            field="FILE",
        )
    if not target.absolute().parent.is_dir():
        raise Refused(
            "folder_not_found",
            f"Le dossier « {target.absolute().parent} » n’existe pas.",
            field="FILE",
        )
    server = Server(environment)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        with _disk_errors(draft), open(draft, "xb", opener=_private) as file:
            done = _write_archive(server, file, documents_folder, progress)
            file.flush()
            os.fsync(file.fileno())
        with _disk_errors(target):
            draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return BackupDone(target, target.stat().st_size, *done)


def restore(
    environment: Environment,
    source: Path,
    *,
    documents_folder: Path,
    verify: Verify,
    replace: bool = False,
    despite_findings: bool = False,
    progress: Progress = lambda phase, done, total: None,
) -> RestoreDone:
    """Put a backup in place of the current database, verified first.

    Raise Refused, having changed nothing, if the file is not a sound backup, if the database
    already holds data (unless `replace`), or if `verify` finds something wrong in what was
    restored (unless `despite_findings`).
    """
    server = Server(environment)
    environment.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _open_archive(source) as archive, exclusive(environment.home / "restore.lock"):
        manifest = _read_manifest(archive, source)
        if not replace and server.holds_data():
            raise Refused(
                "database_not_empty",
                "La base contient déjà des données. Pour les remplacer par la sauvegarde, ajoutez "
                "--replace ; pour les garder, restaurez dans un autre dossier (EXIGIBLE_HOME).",
            )
        with _disk_errors(environment.home):
            staging = Path(tempfile.mkdtemp(prefix="restore-", dir=environment.home))
        new = server.new_database()
        try:
            with _disk_errors(staging):
                restored = _unpack(archive, manifest, staging, progress)
            progress("Restauration de la base", 0, 0)
            server.load(staging / DUMP, into=new)
            (staging / DUMP).unlink()
            progress("Vérification", 0, 0)
            findings = verify(new, staging / "documents")
            if findings and not despite_findings:
                raise Refused(
                    "restore_not_verified",
                    "La sauvegarde a été relue et ne concorde pas ; rien n’a été remplacé. "
                    "--despite-findings la restaure quand même. Anomalies :\n"
                    + "\n".join(f"    {finding}" for finding in findings[:20]),
                    facts={"findings": findings},
                )
            server.hold_what_waited(new, manifest["created_at"])
            with _disk_errors(documents_folder):
                _add_documents(staging / "documents", documents_folder)
            server.exchange(new)
            new = ""
            aside = _set_others_aside(documents_folder, keep=restored)
        finally:
            if new:
                server.drop(new)
            shutil.rmtree(staging, ignore_errors=True)
    return RestoreDone(len(restored), findings, aside)


# The file.


def _write_archive(
    server: "Server", file: BinaryIO, folder: Path, progress: Progress
) -> tuple[int, tuple[str, ...]]:
    damaged: list[str] = []
    with zipfile.ZipFile(file, "w", allowZip64=True) as archive, server.snapshot() as snapshot:
        progress("Base de données", 0, 0)
        entry = zipfile.ZipInfo(DUMP, _now())
        digest = hashlib.sha256()
        with archive.open(entry, "w", force_zip64=True) as dumped:
            size = server.dump(snapshot.id, dumped, digest, progress)
        hashes = snapshot.documents()
        for number, sha256 in enumerate(hashes):
            progress("Documents", number, len(hashes))
            if not _add_document(archive, folder / sha256[:2] / sha256[2:], sha256):
                damaged.append(sha256)
        manifest = {
            "format": FORMAT,
            "exigible": version("exigible"),
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "postgresql": snapshot.server_version,
            "migrations": snapshot.migrations(),
            "database": {"sha256": digest.hexdigest(), "size": size},
            "documents": len(hashes) - len(damaged),
            "damaged_documents": damaged,
        }
        archive.writestr(zipfile.ZipInfo(MANIFEST, _now()), json.dumps(manifest, indent=2))
    return len(hashes) - len(damaged), tuple(damaged)


def _add_document(archive: zipfile.ZipFile, path: Path, sha256: str) -> bool:
    """Add one document; False if its file is missing or no longer what it was."""
    try:
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                return False
            file.seek(0)
            entry = zipfile.ZipInfo(DOCUMENTS + sha256, _now())
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w", force_zip64=True) as added:
                shutil.copyfileobj(file, added, _BLOCK)
    except FileNotFoundError:
        return False
    return True


@contextmanager
def _open_archive(source: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(source)
    except zipfile.BadZipFile:
        raise _not_a_backup(source, "ce n’est pas une archive") from None
    with archive:
        try:
            yield archive
        except (zipfile.BadZipFile, EOFError) as error:
            raise _not_a_backup(source, f"elle est abîmée : {error}") from None


def _read_manifest(archive: zipfile.ZipFile, source: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(archive.read(MANIFEST))
        sound = isinstance(manifest["database"]["sha256"], str) and manifest["format"]
        datetime.fromisoformat(manifest["created_at"])
    except (KeyError, ValueError, TypeError):
        raise _not_a_backup(source, "elle n’a pas de manifeste") from None
    if sound != FORMAT:
        raise Refused(
            "backup_format_unknown",
            f"« {source} » a été faite par une autre version d’Exigible (format {sound}, version "
            f"{manifest.get('exigible', '?')}) ; utilisez cette version pour la restaurer.",
            field="FILE",
        )
    return dict(manifest)


def _unpack(
    archive: zipfile.ZipFile, manifest: dict[str, Any], staging: Path, progress: Progress
) -> set[str]:
    """Unpack the dump and the documents, every hash verified; return the documents' hashes."""
    found = _extract(archive, DUMP, staging / DUMP)
    if found != manifest["database"]["sha256"]:
        raise _not_a_backup(Path(archive.filename or ""), "la base n’y est pas intacte")
    folder = staging / "documents"
    folder.mkdir(mode=0o700)
    names = [name for name in archive.namelist() if name.startswith(DOCUMENTS)]
    if len(names) != manifest["documents"]:
        raise _not_a_backup(Path(archive.filename or ""), "des documents y manquent")
    hashes = set()
    for number, name in enumerate(names):
        progress("Documents", number, len(names))
        sha256 = name.removeprefix(DOCUMENTS)
        if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):
            raise _not_a_backup(Path(archive.filename or ""), f"nom inattendu « {name} »")
        path = folder / sha256[:2] / sha256[2:]
        path.parent.mkdir(exist_ok=True, mode=0o700)
        if _extract(archive, name, path) != sha256:
            raise _not_a_backup(Path(archive.filename or ""), f"le document {sha256} est altéré")
        hashes.add(sha256)
    return hashes


def _extract(archive: zipfile.ZipFile, name: str, path: Path) -> str:
    """Copy a member to a file, flushed to the disk; return its SHA-256."""
    digest = hashlib.sha256()
    try:
        member = archive.open(name)
    except KeyError:
        raise _not_a_backup(Path(archive.filename or ""), f"il y manque {name}") from None
    with member, open(path, "xb", opener=_private) as file:
        while block := member.read(_BLOCK):
            digest.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _add_documents(staged: Path, folder: Path) -> None:
    """Move restored files among the current ones: names are hashes, none can clash."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for part in staged.iterdir():
        (folder / part.name).mkdir(exist_ok=True, mode=0o700)
        for file in part.iterdir():
            file.replace(folder / part.name / file.name)


def _set_others_aside(folder: Path, *, keep: set[str]) -> Path | None:
    """Move the files that only the replaced database knew beside the folder; return where."""
    aside = folder.with_name(f"{folder.name}-remplaces-{datetime.now(UTC):%Y%m%dT%H%M%S}")
    moved = False
    for path in folder.glob("*/*"):
        if path.parent.name + path.name not in keep:
            (aside / path.parent.name).mkdir(parents=True, exist_ok=True, mode=0o700)
            path.replace(aside / path.parent.name / path.name)
            moved = True
    return aside if moved else None


def _not_a_backup(source: Path, why: str) -> Refused:
    return Refused(
        "not_a_backup",
        f"« {source} » n’est pas une sauvegarde d’Exigible utilisable : {why}. Rien n’a changé.",
        field="FILE",
    )


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _now() -> tuple[int, int, int, int, int, int]:
    now = datetime.now(UTC)
    return now.year, now.month, now.day, now.hour, now.minute, now.second


@contextmanager
def _disk_errors(place: Path) -> Iterator[None]:
    """Name the place in what the file system refuses while writing."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(place)
        raise


# The server.


@dataclass(slots=True)
class Snapshot:
    """One state of the database, held while it is copied."""

    connection: Any
    id: str
    server_version: str

    def documents(self) -> list[str]:
        """The hashes that rows name, in order."""
        query = "SELECT DISTINCT sha256 FROM store_storeddocument ORDER BY 1"
        return [row[0] for row in self.connection.execute(query)]

    def migrations(self) -> list[str]:
        query = "SELECT app || '.' || name FROM django_migrations ORDER BY id"
        return [row[0] for row in self.connection.execute(query)]


class Server:
    """The database server in use, embedded or not, seen from the tools that copy it."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._keys = environment.database or embedded.connection_settings(environment)
        self._cluster = None if environment.database is not None else Cluster(environment)
        self.name = str(self._keys["NAME"])
        self._refuse_newer()

    def _conninfo(self, name: str, *, with_password: bool = True) -> str:
        options = dict(self._keys["OPTIONS"])
        password = self._keys["PASSWORD"] if with_password else ""
        return make_conninfo(
            dbname=name,
            host=self._keys["HOST"] or None,
            port=self._keys["PORT"] or None,
            user=self._keys["USER"] or None,
            password=password or None,
            **options,
        )

    def _connect(self, name: str = "", *, autocommit: bool = False) -> Any:
        return psycopg.connect(self._conninfo(name or self.name), autocommit=autocommit)

    @contextmanager
    def _administer(self) -> Iterator[Any]:
        """Connect beside the product's database, with the right to create and rename databases."""
        if self._cluster is not None:
            with embedded.superuser_connection(self._cluster) as connection:
                yield connection
            return
        try:
            connection = self._connect("postgres", autocommit=True)
        except psycopg.OperationalError:
            connection = self._connect("template1", autocommit=True)
        with connection:
            yield connection

    def _refuse_newer(self) -> None:
        with self._connect() as connection:
            major = connection.info.server_version // 10_000
        if major > MAJOR:
            raise Refused(
                "server_newer_than_tools",
                f"Le serveur est en PostgreSQL {major}, les outils de sauvegarde livrés avec "
                f"Exigible en PostgreSQL {MAJOR}. Utilisez le pg_dump du serveur, ou mettez "
                "Exigible à jour.",
                field="EXIGIBLE_DATABASE_URL",
            )

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        with self._connect() as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            [held] = connection.execute("SELECT pg_export_snapshot()").fetchone()
            [number] = connection.execute("SHOW server_version").fetchone()
            yield Snapshot(connection, held, number)

    def dump(self, snapshot: str, into: Any, digest: Any, progress: Progress) -> int:
        """Copy pg_dump's output; return its size in bytes."""
        command = [client_program("pg_dump"), "--format=custom", "--no-owner", "--no-privileges"]
        command += [f"--snapshot={snapshot}", "--no-password"]
        command += ["--dbname", self._conninfo(self.name, with_password=False)]
        size = 0
        with (
            tempfile.TemporaryFile() as errors,
            subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=errors, env=self._tool_environment()
            ) as tool,
        ):
            assert tool.stdout is not None
            try:
                while block := tool.stdout.read(_BLOCK):
                    into.write(block)
                    digest.update(block)
                    size += len(block)
                    progress("Base de données", size, 0)
            except BaseException:
                tool.kill()
                raise
            if tool.wait() != 0:
                raise self._tool_failed("La sauvegarde de la base a échoué", errors)
        return size

    def load(self, dump: Path, *, into: str) -> None:
        """Load a dump into an empty database and gather its statistics."""
        command = [client_program("pg_restore"), "--exit-on-error", "--no-owner"]
        command += ["--no-privileges", "--no-password", f"--jobs={min(os.cpu_count() or 1, 4)}"]
        command += ["--dbname", self._conninfo(into, with_password=False), str(dump)]
        with tempfile.TemporaryFile() as errors:
            answer = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                env=self._tool_environment(),
                check=False,
            )
            if answer.returncode != 0:
                raise self._tool_failed("La base de la sauvegarde ne se restaure pas", errors)
        with self._connect(into, autocommit=True) as connection:
            connection.execute("ANALYZE")

    def hold_what_waited(self, name: str, saved_at: str) -> None:
        """Keep what waited to leave when the backup was made from leaving by itself.

        It may have left since, from the database that is replaced: a person looks, then approves.
        """
        saved = datetime.fromisoformat(saved_at).astimezone(ZoneInfo("Europe/Paris"))
        reason = (
            f"La base vient d’une sauvegarde du {saved:%d/%m/%Y à %H:%M} : ce message est peut-être "
            "parti depuis. Vérifiez, puis validez-le."
        )
        with self._connect(name) as connection:
            connection.execute(
                "UPDATE store_message SET status = 'held', status_reason = %s, batch_id = NULL"
                " WHERE status = 'ready'",
                [reason],
            )
            connection.execute(
                "UPDATE store_letterbatch SET document_id = NULL WHERE printed_at IS NULL"
            )
            connection.execute(
                """UPDATE store_proposal p SET status = 'open', held_reason = %s
                    WHERE p.status = 'approved' AND p.channel IN ('email', 'letter', 'lrar')
                      AND NOT EXISTS (SELECT 1 FROM store_message m WHERE m.proposal_id = p.id
                                         AND m.status NOT IN ('cancelled', 'refused'))""",
                [reason],
            )

    def _tool_environment(self) -> dict[str, str]:
        password = str(self._keys["PASSWORD"] or self._keys["OPTIONS"].get("password", ""))
        return bare_environment() | ({"PGPASSWORD": password} if password else {})

    def _tool_failed(self, what: str, errors: BinaryIO) -> Refused:
        errors.seek(0)
        said = errors.read().decode(errors="replace").strip().splitlines()
        if any("No space left on device" in line for line in said):
            return Refused("disk_full", f"{what} : le disque est plein. Rien n’a changé.")
        return Refused("tool_failed", f"{what}. Rien n’a changé. Détail :\n" + "\n".join(said[-6:]))

    def holds_data(self) -> bool:
        """Whether anyone has used this database."""
        with self._connect() as connection:
            for table in _WITNESSES:
                [exists] = connection.execute("SELECT to_regclass(%s)", [table]).fetchone()
                query = sql.SQL("SELECT EXISTS (SELECT 1 FROM {})").format(sql.Identifier(table))
                if exists is not None and connection.execute(query).fetchone()[0]:
                    return True
        return False

    def new_database(self) -> str:
        """Create an empty database beside the product's; return its name."""
        prefix = f"{self.name}_restore_"
        name = prefix + secrets.token_hex(4)
        with self._administer() as admin:
            # What an interrupted restore left behind; ours alone, under the restore lock.
            left = admin.execute(
                "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix]
            ).fetchall()
            for [leftover] in left:
                with contextlib.suppress(psycopg.errors.ObjectInUse):
                    admin.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(leftover)))
            self._allow_connections(admin, True)
            owner = sql.SQL(" OWNER {}").format(sql.Identifier(str(self._keys["USER"])))
            query = sql.SQL("CREATE DATABASE {}{} TEMPLATE template0 ENCODING 'UTF8'").format(
                sql.Identifier(name), owner if self._cluster is not None else sql.SQL("")
            )
            try:
                admin.execute(query)
            except psycopg.errors.InsufficientPrivilege:
                raise Refused(
                    "may_not_create_database",
                    "Une restauration se prépare dans une base neuve, et l’utilisateur "
                    f"« {self._keys['USER']} » n’a pas le droit d’en créer. Donnez-le-lui pour "
                    "cette fois : ALTER ROLE … CREATEDB.",
                    field="EXIGIBLE_DATABASE_URL",
                ) from None
        return name

    def drop(self, name: str) -> None:
        with contextlib.suppress(psycopg.Error), self._administer() as admin:
            admin.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def exchange(self, new: str) -> None:
        """Give `new` the product's name, in one transaction, then drop the database it replaces.

        Everyone is disconnected from the old one; web and workers come back to the new one. If we
        are killed while the old one refuses connections, running the restore again opens it.
        """
        old = f"{self.name}_replaced_{secrets.token_hex(4)}"
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        with self._administer() as admin:
            self._allow_connections(admin, False)
            try:
                admin.execute(
                    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                    " WHERE datname IN (%s, %s) AND pid <> pg_backend_pid()",
                    [self.name, new],
                )
                with admin.transaction():
                    admin.execute(rename.format(sql.Identifier(self.name), sql.Identifier(old)))
                    admin.execute(rename.format(sql.Identifier(new), sql.Identifier(self.name)))
            except BaseException:
                self._allow_connections(admin, True)
                raise
        self.drop(old)

    def _allow_connections(self, admin: Any, allowed: bool) -> None:
        admin.execute(
            sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}").format(
                sql.Identifier(self.name), sql.SQL("true" if allowed else "false")
            )
        )
