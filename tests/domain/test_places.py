"""Places: what people write is found, what does not exist is refused, nothing is guessed."""

import csv
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exigible.domain.law.courts import Seat, areas, judicial_seats, principal_courts, towns
from exigible.domain.places import Commune, Directory, locate, place_key
from exigible.domain.refusals import WrongInput
from exigible.domain.text_keys import name_key

PARIS, LYON = Seat("TC", "de Paris"), Seat("TC", "de Lyon")


@pytest.mark.parametrize(
    ("written", "official"),
    [
        ("ST ETIENNE", "Saint-Étienne"),
        ("Ste-Foy-lès-Lyon", "Sainte-Foy-lès-Lyon"),
        ("PARIS CEDEX 08", "Paris"),
        ("Paris 11e", "Paris"),
        ("PARIS 11EME ARRONDISSEMENT", "Paris"),
        ("Lyon 03", "Lyon"),
        ("Lyon 3e Arrondissement", "Lyon"),
        ("marseille 1er", "Marseille"),
        ("LE HAVRE CEDEX", "Le Havre"),
        ("Havre (Le)", "Le Havre"),
        ("L'HAY LES ROSES", "L’Haÿ-les-Roses"),
        ("Chalon s/ Saône", "Chalon-sur-Saône"),
        ("  fort de   france ", "Fort-de-France"),
        ("OEUILLY", "Œuilly"),
    ],
)
def test_usual_spellings_meet(written: str, official: str):
    assert place_key(written) == place_key(official)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Paris", "Paris-l’Hôpital"),
        ("Lyon", "Lyons-la-Forêt"),
        ("Saint-Denis", "Saint-Denis-en-Val"),
    ],
)
def test_different_communes_stay_apart(one: str, other: str):
    assert place_key(one) != place_key(other)


class TestWithoutAnyFile:
    def test_a_town_and_its_postcode(self):
        found = locate("Paris", "75011")
        assert found.seats == (PARIS,)
        assert [tribunal.seat for tribunal in found.tribunals] == ["de Paris"]
        assert found.tribunals_certain
        assert not found.warnings

    def test_a_village_by_its_postcode_with_a_warning(self):
        found = locate("Sainte-Foy-lès-Lyon", "69110")
        assert found.seats == (LYON,)
        assert any("n’a pas été vérifié" in warning for warning in found.warnings)

    def test_a_town_and_a_postcode_of_another_leave_both(self):
        found = locate("Paris", "13001")
        assert {seat.of for seat in found.seats} == {"de Paris", "de Marseille"}
        assert any("ne vont pas ensemble" in warning for warning in found.warnings)

    def test_a_town_and_a_postcode_of_the_same_area_leave_its_court(self):
        assert locate("Lyon", "69100").seats == (LYON,)

    def test_a_postcode_in_two_areas_leaves_both(self):
        # 01200: Valserhône is under Bourg-en-Bresse, Clarafond-Arcine under Thonon-les-Bains.
        found = locate("", "01200")
        assert {seat.of for seat in found.seats} == {"de Bourg-en-Bresse", "de Thonon-les-Bains"}

    def test_a_cedex_is_found_by_its_town(self):
        found = locate("PARIS CEDEX 08", "75379")
        assert found.seats == (PARIS,)
        assert found.warnings

    def test_a_cedex_of_an_unknown_town_leaves_the_courts_of_its_department(self):
        found = locate("ROISSY CDG CEDEX", "95731")
        assert [seat.of for seat in found.seats] == ["de Pontoise"]
        several = locate("ZONE INCONNUE CEDEX", "76999")
        assert len(several.seats) > 1
        assert several.seats[0].of == "de Rouen"  # the prefecture's first

    def test_a_town_alone(self):
        assert locate("Bordeaux", "").seats == (Seat("TC", "de Bordeaux"),)

    def test_a_name_that_several_towns_share_leaves_them_all(self):
        assert len(locate("Saint-Denis", "").seats) > 1

    @pytest.mark.parametrize(
        ("city", "postcode", "field"),
        [
            ("", "", "debtor_postcode"),
            ("Nullepart", "00000", "debtor_postcode"),
            ("Paris", "7501", "debtor_postcode"),
            ("Paris", "ABCDE", "debtor_postcode"),
            ("", "99999", "debtor_postcode"),
            ("Lyon", "75999", "debtor_postcode"),
            ("Nullepart", "", "debtor_city"),
            ("!!", "75011", "debtor_city"),
            ("x" * 200, "75011", "debtor_city"),
        ],
    )
    def test_what_is_not_found_is_refused(self, city: str, postcode: str, field: str):
        with pytest.raises(WrongInput) as refusal:
            locate(city, postcode)
        assert refusal.value.field == field


class TestWithCommunes:
    directory = Directory(
        [
            Commune(insee="01033", name="Valserhône", postcodes=("01200",), seat=Seat("TC", "de Bourg-en-Bresse")),
            Commune(insee="74077", name="Clarafond-Arcine", postcodes=("01200", "74270"), seat=Seat("TC", "de Thonon-les-Bains")),
            Commune(insee="69266", name="Villeurbanne", postcodes=("69100",), seat=LYON, judicial="de Lyon", chamber="de Villeurbanne"),
            Commune(insee="59009", name="Villeneuve-d’Ascq", judicial="de Lille"),
            Commune(insee="75056", name="Paris", postcodes=("75011",), seat=PARIS),
        ],
        complete=True,
    )  # fmt: skip

    def test_the_commune_decides_where_the_postcode_does_not(self):
        assert [s.of for s in locate("valserhone", "01200", self.directory).seats] == [
            "de Bourg-en-Bresse"
        ]
        assert len(locate("", "01200", self.directory).seats) == 2

    def test_a_commune_without_postcodes_is_found_in_its_department(self):
        found = locate("Villeneuve d’Ascq", "59650", self.directory)
        assert [tribunal.seat for tribunal in found.tribunals] == ["de Lille"]
        assert [seat.of for seat in found.seats] == ["de Lille Métropole"]  # by its postcode

    def test_a_town_and_a_postcode_that_do_not_go_together_are_refused(self):
        with pytest.raises(WrongInput) as refusal:
            locate("Paris", "69100", self.directory)
        assert refusal.value.field == "debtor_postcode"

    def test_a_commune_that_is_not_in_the_file_is_refused(self):
        with pytest.raises(WrongInput) as refusal:
            locate("Nullepart", "75011", self.directory)
        assert refusal.value.field == "debtor_city"

    def test_its_tribunal_de_proximite_is_known(self):
        found = locate("Villeurbanne", "69100", self.directory)
        assert [(t.seat, t.chamber) for t in found.tribunals] == [("de Lyon", "de Villeurbanne")]
        assert found.tribunals_certain


class TestShippedTables:
    def test_each_department_of_france_has_its_principal_court(self):
        assert len(principal_courts()) == 101
        seats = {area.seat for area in areas()}
        assert set(principal_courts().values()) <= seats

    def test_every_tribunal_of_an_area_is_a_known_seat(self):
        named = {name for area in areas() for name in area.judicial}
        assert named <= set(judicial_seats().values())
        assert named == set(judicial_seats().values()) - {
            "de Mata-Utu",
            "de Nouméa",
            "de Papeete",
        }

    def test_alsace_and_moselle_have_no_commercial_court(self):
        kinds = {area.seat.kind for area in areas() if area.postcodes[0][:2] in {"57", "67", "68"}}
        assert kinds == {"CC"}

    def test_every_town_lies_in_the_area_of_its_court(self):
        codes = {area.seat: set(area.postcodes) for area in areas()}
        for town in towns():
            assert set(town.postcodes) <= codes[town.seat], town.name


@given(st.text(max_size=30), st.text(max_size=8))
def test_whatever_is_written_is_located_or_refused(city: str, postcode: str):
    try:
        assert locate(city, postcode).seats
    except WrongInput as refusal:
        assert refusal.field in {"debtor_city", "debtor_postcode"}


@pytest.mark.corpus
def test_every_commune_of_france_is_under_its_own_court(shared_data: Path):
    """By its postcode alone a commune is never placed under another court than its own."""
    path = shared_data / "courts" / "commune-juridictions.csv"
    if not path.exists():
        pytest.skip("le fichier des communes n’est pas à côté du projet")
    seats: dict[str, set[str]] = defaultdict(set)
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream, delimiter=";"):
            for postcode in filter(None, row["codes_postaux"].split("|")):
                seats[postcode].add(row["juridiction_commerciale"])
    assert len(seats) > 6_000
    ambiguous = 0
    for postcode, courts in seats.items():
        found = locate("", postcode)
        assert len(found.seats) == len(courts)
        for seat in found.seats:
            assert seat.kind == "?" or any(
                name_key(court.replace("'", "’")).endswith(name_key(seat.of)) for court in courts
            )
        ambiguous += len(found.seats) > 1
    assert ambiguous == 144
