"""The reference file of courts: kept beside the base, merged by kind, never half written."""

from datetime import date
from pathlib import Path

import pytest

from exigible.domain.law.courts import Seat
from exigible.domain.places import Commune
from exigible.domain.refusals import Refused
from exigible.hosting import reference
from exigible.hosting.reference import courts_path, loaded_directory, merge_courts, read_courts

ON = date(2026, 11, 22)
LYON = Seat("TC", "de Lyon")
COMMERCIAL = [
    Commune("69266", "Villeurbanne", ("69100",), LYON),
    Commune("69123", "Lyon", ("69001", "69003"), LYON),
]
JUDICIAL = [
    Commune("69266", "Villeurbanne", judicial="de Lyon", chamber="de Villeurbanne"),
    Commune("01053", "Bourg-en-Bresse", judicial="de Bourg-en-Bresse"),
]


def test_without_any_file_there_is_no_directory(tmp_path: Path):
    assert loaded_directory(tmp_path) is None


def test_each_kind_adds_to_the_other(tmp_path: Path):
    merge_courts(tmp_path, "commercial", COMMERCIAL, file="a.csv", on=ON)
    merge_courts(tmp_path, "judicial", JUDICIAL, file="b.csv", on=ON)
    loaded = read_courts(tmp_path)
    assert loaded is not None
    assert loaded.communes == (
        Commune("01053", "Bourg-en-Bresse", judicial="de Bourg-en-Bresse"),
        Commune("69123", "Lyon", ("69001", "69003"), LYON),
        Commune("69266", "Villeurbanne", ("69100",), LYON, "de Lyon", "de Villeurbanne"),
    )
    assert loaded.origins["commercial"] == {"file": "a.csv", "on": "2026-11-22", "communes": 2}
    assert loaded.origins["judicial"]["file"] == "b.csv"


def test_the_order_of_loading_changes_nothing(tmp_path: Path):
    one, other = tmp_path / "one", tmp_path / "other"
    merge_courts(one, "commercial", COMMERCIAL, file="a.csv", on=ON)
    merge_courts(one, "judicial", JUDICIAL, file="b.csv", on=ON)
    merge_courts(other, "judicial", JUDICIAL, file="b.csv", on=ON)
    merge_courts(other, "commercial", COMMERCIAL, file="a.csv", on=ON)
    first, second = read_courts(one), read_courts(other)
    assert first is not None
    assert second is not None
    assert first.communes == second.communes


def test_a_new_file_replaces_what_the_former_said(tmp_path: Path):
    merge_courts(tmp_path, "commercial", COMMERCIAL, file="a.csv", on=ON)
    merge_courts(tmp_path, "commercial", COMMERCIAL[:1], file="a2.csv", on=ON)
    loaded = read_courts(tmp_path)
    assert loaded is not None
    assert [commune.name for commune in loaded.communes] == ["Villeurbanne"]


@pytest.mark.parametrize(
    "text", ["", "{}\n", '{"format": 1, "origins": {}}\n', '{"format": 2}\nx\n', "\x00"]
)
def test_a_damaged_file_is_refused_with_the_way_out(tmp_path: Path, text: str):
    merge_courts(tmp_path, "commercial", COMMERCIAL, file="a.csv", on=ON)
    courts_path(tmp_path).write_text(text)
    with pytest.raises(Refused) as refusal:
        loaded_directory(tmp_path)
    assert "reference load courts" in refusal.value.message


def test_interrupted_it_leaves_the_former_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    merge_courts(tmp_path, "commercial", COMMERCIAL, file="a.csv", on=ON)
    former = courts_path(tmp_path).read_bytes()

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(reference.os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        merge_courts(tmp_path, "commercial", COMMERCIAL[:1], file="a2.csv", on=ON)
    assert courts_path(tmp_path).read_bytes() == former
    assert [path.name for path in courts_path(tmp_path).parent.iterdir()] == ["courts.csv"]


def test_seats_loaded_without_their_accents_are_the_products_own(tmp_path: Path):
    commune = Commune(
        insee="42218",
        name="Saint-Étienne",
        postcodes=("42000",),
        seat=Seat("TC", "de Saint-Etienne"),
        judicial="de Saint-Etienne",
    )
    merge_courts(tmp_path, "commercial", [commune], file="communes.csv", on=date(2026, 11, 22))
    loaded = read_courts(tmp_path)
    assert loaded is not None
    [read] = loaded.communes
    assert (read.seat, read.judicial) == (Seat("TC", "de Saint-Étienne"), "de Saint-Étienne")
