"""Why the embedded server cannot start or write, in words a person can act on."""

import contextlib
import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from exigible.hosting.cluster import Cluster, DatabaseRefused

NEEDED_AT_FIRST = 200 * 1024 * 1024  # bytes: the new cluster (40 MB) and its first WAL segments


@contextmanager
def explained(place: Path) -> Iterator[None]:
    """Turn what the file system refuses into a sentence."""
    try:
        yield
    except OSError as error:
        where = Path(error.filename) if isinstance(error.filename, str) else place
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise disk_full(place, None) from error
        if error.errno == errno.EROFS:
            raise read_only(where) from error
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


def disk_full(place: Path, free: int | None) -> DatabaseRefused:
    room = f"il reste {free // 1_000_000} Mo, " if free is not None else ""
    needed = NEEDED_AT_FIRST // 1_000_000
    return DatabaseRefused(
        "disk_full",
        f"Le disque qui porte {place} est plein : {room}la base demande au moins {needed} Mo pour "
        "démarrer. Libérez de la place, ou choisissez un autre EXIGIBLE_HOME.",
    )


def read_only(place: Path) -> DatabaseRefused:
    return DatabaseRefused(
        "disk_read_only",
        f"Le disque qui porte {place} est en lecture seule. Remontez-le en écriture, ou choisissez "
        "un autre EXIGIBLE_HOME.",
    )


def explain(cluster: Cluster, said: str, sentence: str) -> DatabaseRefused:
    """Turn what the server said before it died into a refusal."""
    if "No space left on device" in said or "Disk quota exceeded" in said:
        return disk_full(cluster.base, shutil.disk_usage(cluster.base).free)
    if "Read-only file system" in said:
        return read_only(cluster.base)
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


def log_sizes(cluster: Cluster) -> dict[Path, int]:
    return {path: path.stat().st_size for path in cluster.logs.glob("*.log")}


def last_words(cluster: Cluster, before: dict[Path, int]) -> str:
    """What the server wrote at this start: before its log opens, then in it."""
    said = []
    with contextlib.suppress(OSError):
        said.append(cluster.start_log.read_text(errors="replace"))
    for path, size in log_sizes(cluster).items():
        known = before.get(path, 0)
        with contextlib.suppress(OSError), path.open("rb") as file:
            file.seek(known if size >= known else 0)
            said.append(file.read(65536).decode(errors="replace"))
    return "\n".join(part.strip() for part in said if part.strip())
