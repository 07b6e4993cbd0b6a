"""The folders of the embedded server: reachable by its user, closed to others, owned by it."""

import contextlib
import os
from pathlib import Path

from exigible.hosting.cluster import Cluster, DatabaseRefused
from exigible.hosting.cluster_refusals import explained


def check_home_of_base(cluster: Cluster) -> None:
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
    write(cluster, note, here)  # the home was moved


def check_reach(cluster: Cluster) -> None:
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


def prepare_socket_folder(cluster: Cluster) -> None:
    """A folder that nobody else may enter: the socket is the only door and has no password."""
    folder = cluster.sockets
    with explained(folder):
        try:
            folder.mkdir(mode=0o700)
            own(cluster, folder)
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


def own(cluster: Cluster, path: Path) -> None:
    if cluster.user is not None:
        os.chown(path, cluster.user.uid, cluster.user.gid, follow_symlinks=False)


def write(cluster: Cluster, path: Path, content: str) -> None:
    """Replace a file of the server, atomically, never through a link its user could have laid."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with contextlib.suppress(FileNotFoundError):
        draft.unlink()
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
    own(cluster, draft)
    draft.replace(path)
