"""Where the law stands on a day: known, unknown, unverified, about to change or run out."""

from datetime import date

from exigible.domain.law import Parameter, shipped_law
from exigible.domain.law.entered import Entered, layered, typed_fact
from exigible.domain.law.status import (
    Situation,
    Standing,
    missing_on,
    missing_since,
    standing,
    status_answer,
)
from exigible.domain.law.words import band_lines

TODAY = date(2026, 11, 22)
OTHERS = "taux_interet_legal_autres"


def of(parameter: str, on: date = TODAY) -> Standing:
    dated = shipped_law().find(parameter)
    assert dated is not None
    return standing(dated, on)


def test_a_half_year_without_a_rate_is_unknown_and_the_last_one_shown():
    found = of(OTHERS)
    assert found.main is Situation.UNKNOWN
    assert found.fact is None
    assert isinstance(found.dated, Parameter)
    assert found.before is not None
    assert found.before.start == date(2026, 1, 1)
    assert found.known_through == date(2026, 6, 30)
    assert missing_since(found) == date(2026, 7, 1)


def test_a_rate_about_to_run_out_is_told_a_quarter_before():
    assert Situation.RUNS_OUT in of(OTHERS, date(2026, 6, 1)).situations
    assert Situation.RUNS_OUT not in of(OTHERS, date(2026, 1, 2)).situations
    bank = of("taux_bce")
    assert (bank.known_through, bank.main) == (date(2026, 12, 31), Situation.RUNS_OUT)
    assert Situation.CHANGED in bank.situations  # 2,15 % to 2,40 % on 17 June 2026


def test_a_tariff_past_its_end_is_unknown():
    found = of("droit_recouvrement_debiteur")
    assert (found.main, missing_since(found)) == (Situation.UNKNOWN, date(2026, 3, 1))


def test_what_is_unverified_is_told():
    assert of("delai_paiement_vins").main is Situation.UNVERIFIED
    assert of("credit_consommation_indemnite_capital").main is Situation.UNVERIFIED
    old = of("credit_consommation_indemnite_capital", date(2026, 11, 19))
    assert old.main is Situation.CHANGES
    assert old.following is not None
    assert not old.following.verified


def test_the_same_value_under_a_new_text_is_no_change():
    assert Situation.CHANGED not in of("credit_consommation_indemnite_capital").situations


def test_a_parameter_without_news_is_in_force():
    found = of("indemnite_forfaitaire")
    assert found.situations == (Situation.IN_FORCE,)
    assert found.known_through is None


def test_before_its_first_value_nothing_is_missing():
    found = of("saisie_remunerations_personne_a_charge", date(2025, 7, 1))
    assert found.situations == (Situation.NOT_YET,)
    assert not any("Saisie" in words for words in missing_on(shipped_law(), date(2025, 7, 1)))


def test_an_entered_value_ends_the_lack_and_asks_to_be_confirmed():
    dated = shipped_law()[OTHERS]
    fact = typed_fact(dated, "2,55 %", start=date(2026, 7, 1), source="arrêté du 24 juin 2026")
    law = layered(shipped_law(), (Entered(parameter=OTHERS, fact=fact),)).law
    found = standing(law[OTHERS], TODAY)
    assert found.situations == (Situation.UNVERIFIED, Situation.RUNS_OUT, Situation.CHANGED)
    assert found.known_through == date(2026, 12, 31)
    assert not any("autres que particuliers" in words for words in missing_on(law, TODAY))


def test_the_answer_lists_every_parameter_with_its_text():
    answer = status_answer(shipped_law(), TODAY)
    by_id = {one["id"]: one for one in answer["parameters"]}
    assert set(by_id) == {*shipped_law().parameters, *shipped_law().scales}
    assert by_id["indemnite_forfaitaire"]["value"] == "40.00"
    assert by_id["quotite_saisissable"]["value"]["bands"][-1] == [None, "1"]
    assert by_id[OTHERS]["value"] is None
    assert by_id[OTHERS]["before"]["known_through"] == "2026-06-30"
    assert "Journal officiel" in by_id[OTHERS]["missing"]
    assert answer["counts"]["unknown"] == len(answer["warnings"])
    assert all(one["source"] for one in answer["parameters"] if one["value"] is not None)


def test_a_fixed_fee_that_reaches_further_is_a_change():
    scale = shipped_law().scales["droit_recouvrement_debiteur"]

    def entered(typed: str) -> Standing:
        fact = typed_fact(scale, typed, start=date(2026, 3, 1), source="arrêté du 24 février 2026")
        entry = Entered(parameter=scale.id, fact=fact, known_until=date(2028, 2, 29))
        law = layered(shipped_law(), (entry,)).law
        return standing(law.scales[scale.id], TODAY)

    same = "\n".join(band_lines(scale.unit, scale.on(date(2026, 1, 1))))
    further = same.replace("forfait jusqu’à 44,00", "forfait jusqu’à 50,00")
    assert Situation.CHANGED not in entered(same).situations
    assert Situation.CHANGED in entered(further).situations
