"""Official files of courts: both shapes, their encodings and separators, the damage they came with."""

from pathlib import Path

import pytest

from exigible.domain.law.courts import Seat
from exigible.domain.refusals import Refused
from exigible.intake.court_files import read_court_file

COMMERCIAL = (
    "code_insee;commune;codes_postaux;departement;type_juridiction_commerciale;"
    "juridiction_commerciale\n"
    "01053;Bourg-en-Bresse;01000;01;tribunal de commerce;Tribunal de commerce de Bourg-en-Bresse\n"
    "75056;Paris;75001|75002;75;tribunal des activités économiques;"
    "Tribunal des activités économiques de Paris\n"
    "67482;Strasbourg;67000|67100;67;chambre commerciale du tribunal judiciaire;"
    "Tribunal judiciaire de Strasbourg\n"
    "97209;Fort-de-France;97200;972;tribunal mixte de commerce;"
    "Tribunal mixte de commerce de Fort-de-France\n"
    "98735;Papeete;98714;987;outre-mer, à vérifier;\n"
    "2A004;Ajaccio;20000;2A;tribunal de commerce;Tribunal de commerce d'Ajaccio\n"
)
HEADER = (
    "Commune;Libellé Commune;Orig. CA;N° CA;Cour d'Appel compétente;Orig. TJ;N° TJ;"
    "Tribunal judiciaire compétent;Orig. TPRX;N° TPRX;Tribunal de proximité compétent;"
    "Orig. CPH;N° CPH;Conseil de Prud'hommes compétent"
)
JUDICIAL = (
    HEADER
    + "\n"
    + "01053;Bourg-en-Bresse;A;1;Lyon;A;2;Tribunal judiciaire de Bourg-en-Bresse;;;;A;3;Bourg\n"
    + "69266;Villeurbanne;A;1;Lyon;A;2;Tribunal judiciaire de Lyon;A;4;"
    + "Tribunal de proximité de Villeurbanne;A;3;Lyon\n"
    + "76351;Le Havre;A;1;Rouen;A;2;TJ LE HAVRE;;;;A;3;Le Havre\n"
    + "33009;Arcachon;A;1;Bordeaux;A;2;BORDEAUX;A;4;ARCACHON;A;3;Bordeaux\n"
    + "75056;Paris;A;1;Paris;A;2;Tribunal judiciaire de Paris;;;;A;3;Paris\n"
)


def kept(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "juridictions.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_communes_and_their_commercial_court(tmp_path: Path):
    read = read_court_file(kept(tmp_path, COMMERCIAL))
    assert read.kind == "commercial"
    by_insee = {commune.insee: commune for commune in read.communes}
    assert by_insee["75056"].postcodes == ("75001", "75002")
    assert by_insee["75056"].seat == Seat("TC", "de Paris")
    assert by_insee["67482"].seat == Seat("CC", "de Strasbourg")
    assert by_insee["97209"].seat == Seat("TM", "de Fort-de-France")
    assert by_insee["2A004"].seat == Seat("TC", "d’Ajaccio")
    assert by_insee["98735"].seat is None
    assert not read.problems


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_the_ministrys_file_in_any_encoding_and_separator(
    tmp_path: Path, encoding: str, separator: str
):
    read = read_court_file(kept(tmp_path, JUDICIAL.replace(";", separator), encoding))
    assert read.kind == "judicial"
    found = {c.insee: (c.judicial, c.chamber) for c in read.communes}
    assert found == {
        "01053": ("de Bourg-en-Bresse", ""),
        "69266": ("de Lyon", "de Villeurbanne"),
        "76351": ("du Havre", ""),
        "33009": ("de Bordeaux", "d’ARCACHON"),
        "75056": ("de Paris", ""),
    }


def test_the_heading_of_july_2026(tmp_path: Path):
    header = HEADER.replace(
        "Tribunal de proximité compétent",
        "Tribunal de proximité compétent (hors communes exclusives aux TJ)",
    )
    read = read_court_file(kept(tmp_path, JUDICIAL.replace(HEADER, header)))
    assert {c.chamber for c in read.communes} >= {"de Villeurbanne"}


def test_shifted_columns_are_refused_whole(tmp_path: Path):
    # A column lost in every line: the court of appeal stands where the tribunal should.
    shifted = "\n".join(
        line if line.startswith("Commune;") else line.replace(";A;2;", ";2;", 1)
        for line in JUDICIAL.splitlines()
    )
    with pytest.raises(Refused) as refusal:
        read_court_file(kept(tmp_path, shifted))
    assert refusal.value.code == "shifted_columns"
    assert "Rien n’a été chargé" in refusal.value.message


def test_lines_shifted_against_one_another_are_refused(tmp_path: Path):
    # Every tribunal is a known one, but each commune bears its neighbour's.
    moved = JUDICIAL.replace(
        "Tribunal judiciaire de Bourg-en-Bresse", "Tribunal judiciaire de Roanne"
    )
    with pytest.raises(Refused) as refusal:
        read_court_file(kept(tmp_path, moved))
    assert refusal.value.code == "shifted_columns"
    assert "Bourg-en-Bresse" in refusal.value.message


def test_a_few_wrong_lines_are_left_out_and_named(tmp_path: Path):
    lines = "".join(
        f"0{n};Commune {n};01000;01;tribunal de commerce;Tribunal de commerce de Bourg-en-Bresse\n"
        for n in range(2000, 2300)
    )
    wrong = "02999;Ailleurs;02000;02;tribunal de commerce;Tribunal de commerce de Nulle-Part\n"
    read = read_court_file(kept(tmp_path, COMMERCIAL + lines + wrong))
    assert len(read.communes) == 306
    [problem] = read.problems
    assert (problem.field, problem.line, problem.blocking) == ("court", 308, False)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a;b;c\n1;2;3\n", None),
        (COMMERCIAL.splitlines()[0] + "\n", "empty_file"),
        (HEADER + "\n", "empty_file"),
        (COMMERCIAL.replace("01053", "bourg").replace("75056", "paris"), "shifted_columns"),
        (COMMERCIAL.replace("75001|75002", "7501"), "shifted_columns"),
    ],
)
def test_what_is_neither_file_is_refused(tmp_path: Path, text: str, code: str | None):
    with pytest.raises(Refused) as refusal:
        read_court_file(kept(tmp_path, text))
    assert code is None or refusal.value.code == code


@pytest.mark.parametrize("data", [b"", b"\x00\x01\x02", b"\xff" * 4000, b"PK\x03\x04rien"])
def test_what_is_no_table_is_refused(tmp_path: Path, data: bytes):
    path = tmp_path / "juridictions.csv"
    path.write_bytes(data)
    with pytest.raises(Refused):
        read_court_file(path)


@pytest.mark.corpus
def test_the_real_file_is_read_whole(shared_data: Path):
    path = shared_data / "courts" / "commune-juridictions.csv"
    if not path.exists():
        pytest.skip("le fichier des communes n’est pas à côté du projet")
    read = read_court_file(path)
    assert len(read.communes) == 35_014
    assert not read.problems
