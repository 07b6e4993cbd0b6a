"""A folder that others write into, emptied one file at a time.

Whoever writes there may be hostile: names, links and folders are his. So the folder is reached from
the root one part at a time without following a link, everything in it is named from an open
descriptor, and what is opened is looked at again once open. (Windows has no such descriptors: there,
names are joined, and links are refused as they are seen.)

A file is first moved to `en-cours` under a name of ours, where its sender no longer writes; once it
has been taken or refused, it is put away in `traités/AAAA-MM` or `refusés`; in `à compléter` where
somebody has to answer first. A text stands beside it where there is something to say.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

UNDER_WAY, DONE, REFUSED, TO_COMPLETE = "en-cours", "traités", "refusés", "à compléter"
MOST_ENTRIES = 10_000  # looked at in one go; the others wait for their turn
NAME_BYTES = 200  # of the 255 that a file system allows: room for our mark, and for « .txt »
PARTIAL = (".part", ".filepart", ".partial", ".crdownload", ".tmp", ".temp", "~")
_PLACE = re.compile(r"[0-9a-f]{16}-(.+)", re.DOTALL)
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_DIRECTORY = getattr(os, "O_DIRECTORY", 0)
_PLAIN_READ = os.O_RDONLY | _NOFOLLOW | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
BY_DESCRIPTOR = os.open in os.supports_dir_fd and os.rename in os.supports_dir_fd


class FolderUnusable(Exception):
    """The folder cannot be used as it is; the message is for the user."""


class NotAFile(Exception):
    """A link, a device, a folder: what cannot be taken as a file; the message is for the sender."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One entry of the folder. A `partial` one is still being written, by its name."""

    name: str
    inode: int
    size_bytes: int
    changed_ns: int
    partial: bool


def is_partial(name: str) -> bool:
    """Say whether a name is one that programs give to what they are still writing."""
    return name.startswith((".", "~")) or name.lower().endswith(PARTIAL)


def parts_of(relative: str) -> list[str]:
    """Return the parts of a path inside the root; raise ValueError for one that leaves it."""
    parts = [part for part in relative.replace("\\", "/").split("/") if part and part != "."]
    if not parts or relative.startswith(("/", "\\")) or any(_unfit(part) for part in parts):
        raise ValueError(relative)
    return parts


def _unfit(part: str) -> bool:
    return (
        part == ".." or part != part.strip() or ":" in part or not part.isprintable()
        or len(part.encode()) > NAME_BYTES
    )  # fmt: skip


class DropFolder:
    """An open folder; close it, or use it in a `with`."""

    def __init__(self, root: Path, relative: str, *, create: bool = False) -> None:
        """Open `relative` under `root`; raise FolderUnusable where it is not there, or not writable."""
        self.path = root
        self._open: list[int] = []
        self._names: dict[str, int | Path] = {}
        try:
            if create:
                root.mkdir(parents=True, exist_ok=True, mode=0o770)
            self._here: int | Path = self._root(root)
            for part in parts_of(relative):
                self.path /= part
                self._here = self._folder(self._here, part, create=create)
            for part in (UNDER_WAY, REFUSED, TO_COMPLETE, DONE):
                self._names[part] = self._folder(self._here, part, create=True)
        except OSError as error:
            self.close()
            raise FolderUnusable(_why(self.path, error)) from error
        except ValueError as error:
            self.close()
            raise FolderUnusable(f"« {relative} » n’est pas un dossier sous {root}.") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        for descriptor in reversed(self._open):
            os.close(descriptor)
        self._open.clear()

    def waiting(self) -> list[Waiting]:
        """Return what waits in the folder, folders aside, in the order of names."""
        found = []
        with os.scandir(self._here) as entries:
            for number, entry in enumerate(entries):
                if number >= MOST_ENTRIES:
                    break
                with contextlib.suppress(FileNotFoundError):  # its sender took it back
                    seen = entry.stat(follow_symlinks=False)
                    if not stat.S_ISDIR(seen.st_mode):
                        found.append(
                            Waiting(
                                entry.name,
                                entry.inode(),
                                seen.st_size,
                                seen.st_mtime_ns,
                                is_partial(entry.name),
                            )
                        )
        return sorted(found, key=lambda one: one.name)

    def claim(self, name: str, shown: str) -> str | None:
        """Move an entry under way; return its place there, None if it has gone. `shown` is a safe name."""
        place = f"{secrets.token_hex(8)}-{shortened(shown)}"
        try:
            self._move(self._here, name, self._names[UNDER_WAY], place)
        except FileNotFoundError:
            return None
        return place

    def claimed(self) -> list[str]:
        """Return the places of what is under way."""
        with os.scandir(self._names[UNDER_WAY]) as entries:
            return sorted(entry.name for entry in entries if _PLACE.fullmatch(entry.name))

    @contextlib.contextmanager
    def open(self, place: str, *, most_bytes: int) -> Iterator[BinaryIO]:
        """Open what is under way, to be read; raise NotAFile for what is no file, or one too large."""
        seen = self._stat(self._names[UNDER_WAY], place)
        _refuse_unfit(seen, most_bytes)
        descriptor = os.open(**self._at(self._names[UNDER_WAY], place), flags=_PLAIN_READ)
        with os.fdopen(descriptor, "rb") as file:
            _refuse_unfit(os.fstat(descriptor), most_bytes)  # it may have been changed meanwhile
            yield file

    def file_name(self, place: str, folder: str, *, number: int) -> str:
        """Return where to put away what is under way: its own name if it is free, else with `number`."""
        name = name_of(place)
        stem, dot, extension = name.rpartition(".")
        numbered = f"{stem} ({number}){dot}{extension}" if stem else f"{name} ({number})"
        taken = {name, f"{name}.txt"} & self._listing(folder)
        return f"{folder}/{numbered if taken else name}"

    def put_away(self, place: str, filed_as: str, note: str) -> None:
        """Move what is under way to its last place, with its note; safe to repeat."""
        folder, _, name = filed_as.rpartition("/")
        into = self._put_away_folder(folder)
        with contextlib.suppress(FileNotFoundError):  # moved already
            self._move(self._names[UNDER_WAY], place, into, name)
        if note:
            self._write(into, f"{name}.txt", note)

    # ---- the system's calls, by descriptor where it has them

    def _root(self, root: Path) -> int | Path:
        if not BY_DESCRIPTOR:
            os.stat(root)
            return root
        descriptor = os.open(root, os.O_RDONLY | _DIRECTORY)  # the administrator's: may be a link
        self._open.append(descriptor)
        return descriptor

    def _folder(self, parent: int | Path, name: str, *, create: bool) -> int | Path:
        if create:
            with contextlib.suppress(FileExistsError):
                os.mkdir(**self._at(parent, name), mode=0o770)
        seen = self._stat(parent, name)
        if not stat.S_ISDIR(seen.st_mode):
            raise NotADirectoryError(name)
        if isinstance(parent, Path):
            return parent / name
        descriptor = os.open(name, os.O_RDONLY | _DIRECTORY | _NOFOLLOW, dir_fd=parent)
        self._open.append(descriptor)
        return descriptor

    def _put_away_folder(self, folder: str) -> int | Path:
        if folder not in self._names:
            parent, _, name = folder.rpartition("/")
            self._names[folder] = self._folder(self._names[parent], name, create=True)
        return self._names[folder]

    def _listing(self, folder: str) -> set[str]:
        with os.scandir(self._put_away_folder(folder)) as entries:
            return {entry.name for entry in entries}

    def _move(self, source: int | Path, name: str, target: int | Path, new: str) -> None:
        if isinstance(source, Path) or isinstance(target, Path):
            os.rename(Path(source) / name, Path(target) / new)  # type: ignore[arg-type]
        else:
            os.rename(name, new, src_dir_fd=source, dst_dir_fd=target)

    def _stat(self, folder: int | Path, name: str) -> os.stat_result:
        return os.stat(**self._at(folder, name), follow_symlinks=False)

    def _write(self, folder: int | Path, name: str, text: str) -> None:
        """Write a small text under a name that nobody can have prepared as a link."""
        draft = f".{name}.part"
        with contextlib.suppress(FileNotFoundError):  # left by a death, or laid there
            os.unlink(**self._at(folder, draft))
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOFOLLOW
        descriptor = os.open(**self._at(folder, draft), flags=flags, mode=0o660)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        if isinstance(folder, Path):
            os.replace(folder / draft, folder / name)
        else:
            os.replace(draft, name, src_dir_fd=folder, dst_dir_fd=folder)

    @staticmethod
    def _at(folder: int | Path, name: str) -> dict[str, Any]:
        if isinstance(folder, Path):
            return {"path": folder / name}
        return {"path": name, "dir_fd": folder}


def name_of(place: str) -> str:
    """Return the name that a file had before it was under way."""
    found = _PLACE.fullmatch(place)
    return found[1] if found else place


def shortened(name: str) -> str:
    """Return a name that fits with what is added to it, its extension kept."""
    if len(name.encode()) <= NAME_BYTES:
        return name
    stem, dot, extension = name.rpartition(".")
    tail = dot + extension if stem and len(extension.encode()) <= 20 else ""
    kept = name.encode()[: NAME_BYTES - len(tail.encode())].decode(errors="ignore")
    return kept.rstrip(" .") + tail


def _refuse_unfit(seen: os.stat_result, most_bytes: int) -> None:
    if stat.S_ISLNK(seen.st_mode):
        raise NotAFile("C’est un lien vers un autre fichier. Déposez le fichier lui-même.")
    if not stat.S_ISREG(seen.st_mode):
        raise NotAFile("Ce n’est pas un fichier ordinaire. Déposez le fichier lui-même.")
    if seen.st_size > most_bytes:
        raise NotAFile(
            f"Ce fichier dépasse {most_bytes // 1024**2} Mo. Scindez-le, puis déposez les parties."
        )
    if not seen.st_size:
        raise NotAFile("Ce fichier est vide. Déposez-le de nouveau, entier.")


def _why(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"Le dossier {path} n’existe pas. Créez-le sur le serveur."
    if isinstance(error, PermissionError):
        return (
            f"Le dossier {path} ne peut pas être écrit. Donnez au compte du service le droit d’y "
            "écrire."
        )
    if isinstance(error, NotADirectoryError) or error.errno == errno.ELOOP:
        return f"{path} n’est pas un dossier, ou c’est un lien : il n’est pas suivi."
    return f"Le dossier {path} n’a pas pu être ouvert ({error.strerror or error})."
