"""The files of a zip, one by one, within bounds: a name from inside never becomes a path."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from exigible.intake.einvoice.attached import safe_name
from exigible.intake.problems import Problem, Problems, Unreadable

MAX_MEMBERS = 50_000
MAX_MEMBER = 100 * 1024 * 1024
MAX_UNPACKED = 4 * 1024 * 1024 * 1024
READ = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
WANTED = (".xml", ".pdf")
# What zipfile raises on an archive that is none, or of a later version, or cut.
DAMAGED = (
    zipfile.BadZipFile,
    OSError,
    ValueError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    struct.error,
)


@dataclass(frozen=True, slots=True)
class Member:
    """A file of an archive: its name without folders, its bytes."""

    name: str
    content: bytes


def members(path: Path, problems: Problems) -> Iterator[Member]:
    """Yield the XML and PDF files of a zip; tell the others. Raise Unreadable for a hostile one."""
    left = MAX_UNPACKED
    try:
        with zipfile.ZipFile(path) as archive:
            listed = archive.infolist()
            if len(listed) > MAX_MEMBERS:
                raise _refusal(
                    "archive_too_large", f"Cette archive a plus de {MAX_MEMBERS} fichiers."
                )
            for info in listed:
                name = safe_name(info.filename)
                if info.is_dir() or name.startswith(".") or "__MACOSX/" in info.filename:
                    continue
                if not name.lower().endswith(WANTED):
                    problems.add(
                        "ignored_file",
                        f"« {name} » n’est ni un XML ni un PDF ; ce fichier est laissé de côté.",
                        field=name,
                        blocking=False,
                    )
                    continue
                if info.flag_bits & 0x1:
                    raise _refusal(
                        "archive_password", f"« {name} » est sous mot de passe dans cette archive."
                    )
                if info.compress_type not in READ:
                    raise _refusal(
                        "archive", f"« {name} » est compressé d’une façon qui n’est pas prise."
                    )
                with archive.open(info) as stream:
                    content = stream.read(min(MAX_MEMBER, left) + 1)
                left -= len(content)
                if len(content) > MAX_MEMBER or left < 0:
                    raise _refusal(
                        "archive_bomb",
                        f"« {name} » se déploie au-delà de ce qu’une facture peut peser ; l’archive "
                        "est refusée.",
                    )
                yield Member(name, content)
    except (*DAMAGED, zlib.error) as error:
        raise _damaged() from error


def _damaged() -> Unreadable:
    return _refusal("archive", "Cette archive est abîmée ou incomplète. Refaites-la.")


def _refusal(code: str, message: str) -> Unreadable:
    return Unreadable(Problem(code=code, message=message))
