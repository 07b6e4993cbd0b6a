"""Reference files kept in the home: what official files said, normalised, without a database.

`reference/courts.csv` holds one line a commune. Its first line says where each part came from and
when. It is written beside and moved into place: a reader sees the former file or the new one.
"""

from __future__ import annotations

import csv
import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from exigible.domain.law.courts import Seat, spelt_seat
from exigible.domain.places import Commune, Directory
from exigible.domain.refusals import Refused

_HEADER = ("insee", "name", "postcodes", "kind", "seat", "judicial", "chamber")
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the reference file of courts holds, and where each part came from."""

    communes: tuple[Commune, ...]
    origins: dict[str, dict[str, object]]  # by kind: file, on, communes


def courts_path(home: Path) -> Path:
    return home / "reference" / "courts.csv"


def loaded_directory(home: Path) -> Directory | None:
    """Return the communes loaded, or None where no file was; raise Refused if it is damaged."""
    loaded = read_courts(home)
    if loaded is None or not loaded.communes:
        return None
    return Directory(loaded.communes, complete=True)


def read_courts(home: Path) -> Loaded | None:
    """Return what the reference file holds, or None where there is none."""
    path = courts_path(home)
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            about = json.loads(stream.readline())
            if about["format"] != _FORMAT:
                raise ValueError
            rows = csv.reader(stream, delimiter=";")
            if tuple(next(rows)) != _HEADER:
                raise ValueError
            communes = tuple(_commune(row) for row in rows)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, StopIteration, csv.Error):
        raise Refused(
            "damaged_reference",
            f"« {path} » n’est pas lisible. Chargez à nouveau le fichier officiel : exigible "
            "reference load courts FICHIER.",
        ) from None
    return Loaded(communes, about["origins"])


def merge_courts(
    home: Path, kind: str, communes: Sequence[Commune], *, file: str, on: date
) -> Loaded:
    """Keep what a file of a kind (commercial, judicial) says, beside what the other kind said."""
    former = read_courts(home) or Loaded((), {})
    merged = {commune.insee: _without(commune, kind) for commune in former.communes}
    for commune in communes:
        known = merged.get(commune.insee)
        if known is None:
            merged[commune.insee] = commune
        elif kind == "commercial":
            merged[commune.insee] = replace(commune, judicial=known.judicial, chamber=known.chamber)
        else:
            merged[commune.insee] = replace(
                known, judicial=commune.judicial, chamber=commune.chamber
            )
    kept = tuple(
        commune
        for _, commune in sorted(merged.items())
        if commune.postcodes or commune.seat or commune.judicial
    )
    origins = {
        **former.origins,
        kind: {"file": file, "on": on.isoformat(), "communes": len(communes)},
    }
    loaded = Loaded(kept, origins)
    _write(courts_path(home), loaded)
    return loaded


def _without(commune: Commune, kind: str) -> Commune:
    """Return a commune without what a kind of file says: a new one replaces the former."""
    if kind == "commercial":
        return replace(commune, postcodes=(), seat=None)
    return replace(commune, judicial="", chamber="")


def _write(path: Path, loaded: Loaded) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with draft.open("w", encoding="utf-8", newline="") as stream:
            about = {"format": _FORMAT, "origins": loaded.origins}
            stream.write(json.dumps(about, ensure_ascii=False) + "\n")
            writer = csv.writer(stream, delimiter=";", lineterminator="\n")
            writer.writerow(_HEADER)
            writer.writerows(
                (
                    commune.insee,
                    commune.name,
                    " ".join(commune.postcodes),
                    commune.seat.kind if commune.seat else "",
                    commune.seat.of if commune.seat else "",
                    commune.judicial,
                    commune.chamber,
                )
                for commune in loaded.communes
            )
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _commune(row: list[str]) -> Commune:
    insee, name, postcodes, kind, seat, judicial, chamber = row
    return Commune(
        insee=insee,
        name=name,
        postcodes=tuple(postcodes.split()),
        seat=Seat(kind, spelt_seat(seat)) if kind else None,
        judicial=spelt_seat(judicial),
        chamber=chamber,
    )
