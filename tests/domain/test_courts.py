"""The competent court, what bringing a claim takes, and what it costs."""

from datetime import date
from typing import Any

import pytest

from exigible.domain.courts import (
    Competence,
    Cost,
    CourtKind,
    CourtQuestion,
    commercial_court,
    competence,
    competence_answer,
)
from exigible.domain.law import Law, shipped_law
from exigible.domain.law.courts import (
    Seat,
    areas,
    judicial_seats,
    principal_courts,
    shipped_court_law,
    towns,
)
from exigible.domain.law.entered import Entered, layered, typed_fact
from exigible.domain.law.scales import shipped_scale
from exigible.domain.places import Commune, Directory
from exigible.domain.refusals import OutsideKnownLaw, Refused, WrongInput
from exigible.domain.text_keys import name_key

ON = date(2026, 11, 22)
BEFORE_THE_TARIFF_ENDED = date(2026, 1, 15)


def ask(
    city: str,
    postcode: str,
    euros: str = "8200.00",
    nature: str = "commercial",
    procedure: str = "injonction_de_payer",
    *,
    on: date = ON,
    directory: Directory | None = None,
    law: Law | None = None,
    **more: Any,
) -> Competence:
    cents = int(euros.replace(".", ""))
    return competence(
        CourtQuestion(
            city=city,
            postcode=postcode,
            amount_cents=cents,
            nature=nature,
            procedure=procedure,
            on=on,
            **more,
        ),
        directory,
        law,
    )


def name_of(found: Competence) -> str:
    assert found.court is not None
    return found.court.name


def cost(found: Competence, label: str) -> Cost:
    [line] = [line for line in found.costs if label in line.label]
    return line


class TestWhichCourt:
    @pytest.mark.parametrize(
        ("city", "postcode", "name"),
        [
            ("Paris", "75011", "Tribunal des activités économiques de Paris"),
            ("Le Havre", "76600", "Tribunal des activités économiques du Havre"),
            ("Bordeaux", "33000", "Tribunal de commerce de Bordeaux"),
            ("Strasbourg", "67000", "Chambre commerciale du tribunal judiciaire de Strasbourg"),
            ("Fort-de-France", "97200", "Tribunal mixte de commerce de Fort-de-France"),
        ],
    )
    def test_between_traders(self, city: str, postcode: str, name: str):
        assert name_of(ask(city, postcode)) == name

    def test_a_commercial_chamber_asks_what_the_judicial_court_asks(self):
        # Alsace-Moselle: a room of the tribunal judiciaire, served by its registry.
        labels = [line.label for line in ask("Strasbourg", "67000").costs]
        assert "Contribution de 50 €" in labels
        assert not any("tribunal de commerce" in label for label in labels)

    def test_twelve_courts_change_their_name_for_four_years(self):
        # Loi 2023-1059 art. 26: from 1 January 2025 to 31 December 2028.
        paris = Seat("TC", "de Paris")
        names = [
            commercial_court(paris, day).kind
            for day in (date(2024, 12, 31), date(2025, 1, 1), date(2028, 12, 31), date(2029, 1, 1))
        ]
        assert names == [
            CourtKind.COMMERCE,
            CourtKind.ECONOMIC,
            CourtKind.ECONOMIC,
            CourtKind.COMMERCE,
        ]
        assert len(shipped_court_law().economic_seats) == 12

    @pytest.mark.parametrize(
        ("nature", "kind"),
        [
            ("civil", CourtKind.JUDICIAL),
            ("consumer", CourtKind.JUDICIAL),
            ("commercial_rent", CourtKind.JUDICIAL),
            ("copropriete_charges", CourtKind.JUDICIAL),
            ("rent", CourtKind.PROTECTION),
            ("consumer_credit", CourtKind.PROTECTION),
        ],
    )
    @pytest.mark.parametrize("euros", ["900.00", "9000.00", "90000.00"])
    def test_elsewhere_whatever_the_amount(self, nature: str, kind: CourtKind, euros: str):
        found = ask("Dijon", "21000", euros, nature, "assignation_au_fond")
        assert found.court is not None
        assert found.court.kind is kind
        assert found.court.name.endswith("de Dijon")

    def test_a_tribunal_de_proximite_hears_up_to_10_000_euros(self):
        directory = Directory(
            [Commune("69266", "Villeurbanne", ("69100",), None, "de Lyon", "de Villeurbanne")],
            complete=True,
        )
        place = ("Villeurbanne", "69100")
        small = ask(*place, "10000.00", "civil", "assignation_au_fond", directory=directory)
        assert name_of(small) == "Tribunal de proximité de Villeurbanne"
        large = ask(*place, "10000.01", "civil", "assignation_au_fond", directory=directory)
        assert name_of(large) == "Tribunal judiciaire de Lyon"
        rent = ask(*place, "50000.00", "rent", "assignation_au_fond", directory=directory)
        assert name_of(rent) == (
            "Juge des contentieux de la protection du tribunal de proximité de Villeurbanne"
        )

    def test_a_postcode_in_two_areas_has_alternatives_and_no_court(self):
        found = ask("", "01200")
        assert found.court is None
        assert {court.name for court in found.alternatives} == {
            "Tribunal de commerce de Bourg-en-Bresse",
            "Tribunal de commerce de Thonon-les-Bains",
        }
        assert any("précisez la commune" in warning for warning in found.warnings)

    def test_two_tribunals_that_share_an_area_are_not_decided_without_the_file(self):
        # Orléans and Montargis share the area of one commercial court.
        found = ask("", "45200", nature="civil", procedure="assignation_au_fond")
        assert found.court is None
        assert len(found.alternatives) == 2
        assert (
            name_of(ask("Montargis", "45200", nature="civil")) == "Tribunal judiciaire de Montargis"
        )

    def test_one_deduced_from_the_commercial_area_is_said_unconfirmed(self):
        found = ask("", "69110", nature="civil", procedure="assignation_au_fond")
        assert name_of(found) == "Tribunal judiciaire de Lyon"
        assert not found.verified
        assert any("chambre de proximité" in warning for warning in found.warnings)

    def test_a_territory_whose_court_is_not_established_is_refused(self):
        with pytest.raises(Refused) as refusal:
            ask("", "98714")
        assert refusal.value.code == "unknown_court"


class TestClause:
    def test_between_traders_it_chooses_the_court(self):
        found = ask("Bordeaux", "33000", procedure="assignation_au_fond", clause_city="Nantes")
        assert name_of(found) == "Tribunal de commerce de Nantes"
        assert [court.name for court in found.alternatives] == ["Tribunal de commerce de Bordeaux"]
        assert not found.verified

    def test_never_for_an_order_to_pay(self):
        # CPC 1406: the debtor's place, whatever the contract says.
        found = ask("Bordeaux", "33000", clause_city="Nantes")
        assert name_of(found) == "Tribunal de commerce de Bordeaux"
        assert any("1406" in warning for warning in found.warnings)

    def test_never_against_a_consumer(self):
        found = ask(
            "Dijon",
            "21000",
            nature="consumer",
            procedure="assignation_au_fond",
            clause_city="Nantes",
        )
        assert name_of(found) == "Tribunal judiciaire de Dijon"
        assert any("non écrite" in warning for warning in found.warnings)

    def test_on_an_uncontested_claim_the_clause_gives_way_by_that_roads_own_text(self):
        found = ask("Dijon", "21000", procedure="creances_commerciales_L126", clause_city="Nantes")
        [said] = [warning for warning in found.warnings if "non écrite" in warning]
        assert "L. 126-1" in said

    def test_a_court_that_is_not_established_is_not_chosen(self):
        there = Commune(insee="98735", name="Papeete", seat=Seat("?", "de Papeete"))
        directory = Directory((there,), complete=False)
        with pytest.raises(Refused) as refusal:
            ask(
                "",
                "21000",
                procedure="assignation_au_fond",
                clause_city="Papeete",
                directory=directory,
            )
        assert (refusal.value.code, refusal.value.field) == ("unknown_court", "clause_city")

    def test_a_town_that_is_not_found_is_refused(self):
        with pytest.raises(WrongInput) as refusal:
            ask("Bordeaux", "33000", procedure="assignation_au_fond", clause_city="Nullepart")
        assert refusal.value.field == "clause_city"


class TestLawyer:
    @pytest.mark.parametrize("procedure", ["assignation_au_fond", "refere_provision"])
    @pytest.mark.parametrize(
        ("city", "postcode", "nature"),
        [("Bordeaux", "33000", "commercial"), ("Nantes", "44000", "civil")],
    )
    def test_mandatory_above_10_000_euros_only(
        self, procedure: str, city: str, postcode: str, nature: str
    ):
        # CPC 853 and 761: at the threshold, none is needed.
        at = ask(city, postcode, "10000.00", nature, procedure)
        above = ask(city, postcode, "10000.01", nature, procedure)
        assert (at.representation.mandatory, above.representation.mandatory) == (False, True)
        assert "10" in above.representation.why

    def test_never_for_an_order_to_pay(self):
        assert not ask("Paris", "75011", "250000.00").representation.mandatory

    @pytest.mark.parametrize("nature", ["rent", "consumer_credit"])
    def test_never_before_the_juge_des_contentieux_de_la_protection(self, nature: str):
        found = ask("Dijon", "21000", "250000.00", nature, "assignation_au_fond")
        assert not found.representation.mandatory

    def test_always_where_the_tribunal_judiciaire_alone_is_competent(self):
        # CPC 761, 3° leaves out what is reserved to it, such as commercial leases.
        found = ask("Dijon", "21000", "900.00", "commercial_rent", "assignation_au_fond")
        assert found.representation.mandatory
        assert not found.representation.verified


class TestAmicableAttempt:
    def test_before_the_tribunal_judiciaire_up_to_5_000_euros(self):
        # CPC 750-1, since 1 October 2023.
        at = ask("Dijon", "21000", "5000.00", "civil", "assignation_au_fond")
        above = ask("Dijon", "21000", "5000.01", "civil", "assignation_au_fond")
        assert (at.amicable_attempt.mandatory, above.amicable_attempt.mandatory) == (True, False)

    def test_the_text_was_annulled_for_a_year(self):
        found = ask("Dijon", "21000", "900.00", "civil", "assignation_au_fond", on=date(2023, 5, 4))
        assert not found.amicable_attempt.mandatory

    def test_not_for_an_order_to_pay_nor_before_a_commercial_court(self):
        assert not ask("Dijon", "21000", "900.00", "civil").amicable_attempt.mandatory
        merits = ask("Dijon", "21000", "900.00", procedure="assignation_au_fond")
        assert not merits.amicable_attempt.mandatory

    def test_no_appeal_up_to_5_000_euros(self):
        found = ask("Dijon", "21000", "5000.00")
        assert not found.appeal
        assert "COJ art. R. 211-3-24" in found.source
        assert ask("Dijon", "21000", "5000.01").appeal


class TestRoads:
    def test_the_title_on_uncontested_claims_is_for_traders(self):
        with pytest.raises(WrongInput) as refusal:
            ask("Dijon", "21000", nature="consumer", procedure="creances_commerciales_L126")
        assert refusal.value.field == "procedure"
        found = ask("Dijon", "21000", procedure="creances_commerciales_L126")
        assert name_of(found) == "Tribunal de commerce de Dijon"
        assert any("décret d’application" in warning for warning in found.warnings)

    def test_and_did_not_exist_before_its_law(self):
        with pytest.raises(WrongInput):
            ask("Dijon", "21000", procedure="creances_commerciales_L126", on=date(2026, 4, 24))

    def test_the_place_of_a_building_decides_for_what_it_owes(self):
        for nature in ("rent", "commercial_rent", "copropriete_charges"):
            found = ask("Dijon", "21000", nature=nature, procedure="assignation_au_fond")
            assert "lieu de l’immeuble" in found.ground
        assert "1406" in ask("Dijon", "21000", nature="rent").source

    def test_a_day_before_the_known_thresholds_is_refused(self):
        with pytest.raises(OutsideKnownLaw):
            ask("Dijon", "21000", procedure="assignation_au_fond", on=date(2019, 12, 31))


class TestCosts:
    def test_a_tariff_that_ended_is_not_used(self):
        service = cost(ask("Bordeaux", "33000"), "Signification")
        assert service.amount_cents is None
        assert not service.verified
        # 25.79 € × 2 (above 1,280 €) × 1.20 = 61.896 €.
        assert service.last_known_cents == 6190
        assert service.last_known_on == date(2026, 2, 28)

    def test_the_last_amount_known_is_the_last_one_entered(self):
        registry = shipped_law()["greffe_commerce_injonction_de_payer"]
        fact = typed_fact(registry, "33,47 €", start=date(2026, 9, 1), source="tarif affiché")
        entry = Entered(parameter=registry.id, fact=fact, known_until=date(2026, 12, 31))
        law = layered(shipped_law(), (entry,)).law
        found = cost(ask("Dijon", "21000", on=date(2027, 2, 1), law=law), "Frais de greffe")
        assert found.amount_cents is None
        # Not the 37.07 € of 2016, which a gap from 2024 to 2026 ended too.
        assert (found.last_known_cents, found.last_known_on) == (3347, date(2026, 12, 31))

    def test_while_it_was_known_it_is(self):
        # 25.79 € × 0.5 × 1.20 = 15.474 €; × 1 = 30.948 €; × 2 = 61.896 €.
        amounts = [
            cost(ask("Bordeaux", "33000", euros, on=BEFORE_THE_TARIFF_ENDED), "Signification")
            for euros in ("128.00", "128.01", "1280.01")
        ]
        assert [line.amount_cents for line in amounts] == [1547, 3095, 6190]
        assert all(line.verified and line.recovered_as == "dépens" for line in amounts)

    def test_fifty_euros_before_the_tribunal_judiciaire_not_for_an_order_nor_between_traders(self):
        merits = ask("Dijon", "21000", "900.00", "civil", "assignation_au_fond")
        assert cost(merits, "Contribution").amount_cents == 5000
        assert cost(merits, "Contribution").verified
        order = cost(ask("Dijon", "21000", "900.00", "civil"), "Contribution")
        assert (order.amount_cents, order.verified) == (0, False)
        traders = ask("Dijon", "21000", "900.00", procedure="assignation_au_fond")
        assert not [line for line in traders.costs if "Contribution" in line.label]

    def test_between_the_two_days_that_sources_give_it_is_unconfirmed(self):
        found = ask("Dijon", "21000", "900.00", "civil", "assignation_au_fond", on=date(2026, 4, 1))
        assert not cost(found, "Contribution").verified

    def test_the_economic_contribution_starts_above_50_000_euros_before_the_twelve_courts(self):
        label = "justice économique"
        assert cost(ask("Paris", "75011", "50000.01"), label).amount_cents is None
        assert not [c for c in ask("Paris", "75011", "50000.00").costs if label in c.label]
        assert not [c for c in ask("Bordeaux", "33000", "60000.00").costs if label in c.label]

    def test_the_proportional_fee_of_the_creditor_is_never_the_debtors(self):
        found = ask("Bordeaux", "33000", "10000.00", on=date(2023, 6, 1))
        creditor = cost(found, "à la charge du créancier")
        debtor = cost(found, "à la charge du débiteur")
        # A. 444-32: 125 × 11.61 % + 485 × 10.64 % + 915 × 10.16 % + 8,475 × 3.87 %
        #          = 14.5125 + 51.604 + 92.964 + 327.9825 = 487.063 €.
        assert creditor.amount_cents == 48706
        assert creditor.recovered_as == ""
        # A. 444-31: 125 × 9.67 % + 485 × 6.29 % + 915 × 3.38 % + 8,475 × 0.29 %
        #          = 12.0875 + 30.5065 + 30.927 + 24.5775 = 98.0985 €.
        assert debtor.amount_cents == 9810
        assert debtor.borne_by == "debtor"
        assert found.known_costs_cents == sum(
            line.amount_cents or 0 for line in found.costs if line.borne_by == "creditor"
        )

    def test_lawyers_fees_are_counted_unknown_where_one_is_needed(self):
        found = ask("Bordeaux", "33000", "10000.01", procedure="assignation_au_fond")
        assert cost(found, "avocat").recovered_as == "article 700"
        assert not found.costs_complete


class TestScales:
    def test_caps_and_fixed_amounts(self):
        debtor, creditor = (
            shipped_scale("droit_recouvrement_debiteur"),
            shipped_scale("droit_recouvrement_creancier"),
        )
        on = date(2023, 6, 1)
        assert debtor.fee_cents(on, 4400) == 425
        assert debtor.fee_cents(on, 1_000_000_00) == 550_00
        assert creditor.fee_cents(on, 188_00) == 2128
        assert creditor.fee_cents(on, 10_000_000_00) == 5540_00

    def test_a_band_that_was_not_read_is_refused_by_name(self):
        creditor = shipped_scale("droit_recouvrement_creancier")
        # 125 × 11.73 % + 485 × 10.75 % + 915 × 10.26 % + 50,875 × 3.91 %
        # = 14.6625 + 52.1375 + 93.879 + 1,989.2125 = 2,149.8915 €.
        assert creditor.fee_cents(date(2025, 1, 1), 52_400_00) == 2149_89
        for cents in (52_400_01, 100_00):
            with pytest.raises(OutsideKnownLaw) as refusal:
                creditor.fee_cents(date(2025, 1, 1), cents)
            assert refusal.value.field == "droit_recouvrement_creancier"

    def test_a_day_outside_the_known_tariffs_is_refused(self):
        for day in (date(2015, 1, 1), date(2026, 3, 1)):
            with pytest.raises(OutsideKnownLaw):
                shipped_scale("droit_recouvrement_debiteur").fee_cents(day, 1000_00)


def test_every_tariff_of_a_road_is_a_parameter():
    for road in shipped_court_law().roads.values():
        assert all(act.tariff in shipped_law().parameters for act in road.acts), road.id
        assert road.commercial_registry in ("", *shipped_law().parameters)


@pytest.mark.parametrize("nature", list(shipped_court_law().natures))
@pytest.mark.parametrize("procedure", list(shipped_court_law().roads))
def test_every_road_of_every_nature_answers_or_says_it_is_closed(nature: str, procedure: str):
    try:
        found = ask("Lyon", "69003", "4200.00", nature, procedure)
    except WrongInput as refusal:
        assert refusal.code == "road_closed"
        return
    answer = competence_answer(found)
    assert answer["court"]
    assert answer["ground"]
    assert answer["source"]
    assert found.verified or any("À confirmer" in warning for warning in found.warnings)
    for line in found.costs:
        assert line.source or line.note
        assert line.borne_by in {"creditor", "debtor"}


def test_every_seat_is_spelt_as_its_town():
    """Where a town of the same letters is known, its accents are those of the seat."""
    names = {name_key(town.name): town.name for town in towns()}
    seats = {area.seat.of for area in areas()} | set(judicial_seats().values())
    seats |= {town.seat.of for town in towns()} | {one.of for one in principal_courts().values()}
    spelt = 0
    for seat in seats:
        own = seat.removeprefix("de ").removeprefix("d’")
        if name_key(own) in names:
            assert own == names[name_key(own)], seat
            spelt += 1
    assert spelt > 150
    assert "de Saint-Étienne" in seats


@pytest.mark.parametrize("city", ["Saint-Étienne", "SAINT ETIENNE", "st etienne"])
def test_a_town_is_found_whatever_its_accents(city: str):
    found = competence(
        CourtQuestion(
            city=city,
            postcode="",
            amount_cents=1_200_000,
            nature="commercial",
            procedure="injonction_de_payer",
            on=date(2026, 11, 22),
        )
    )
    assert found.court is not None
    assert found.court.name == "Tribunal de commerce de Saint-Étienne"
