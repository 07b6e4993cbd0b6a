"""What users enter: it fills what is missing, and takes the place of nothing that was verified."""

from datetime import date

import pytest

from exigible.domain.law import Law, Parameter, shipped_law
from exigible.domain.law.entered import Entered, fact_from, layered, typed_fact
from exigible.domain.refusals import OutsideKnownLaw, Refused, WrongInput

OTHERS, BANK, BALANCE = "taux_interet_legal_autres", "taux_bce", "solde_bancaire_insaisissable"
DEBTOR_FEE = "droit_recouvrement_debiteur"
SOURCE = "arrêté du 24 juin 2026, JO du 27"


def entry(
    parameter: str, value: str, start: date, until: date | None = None, *, source: str = SOURCE
) -> Entered:
    dated = shipped_law().find(parameter)
    assert dated is not None
    fact = typed_fact(dated, value, start=start, source=source)
    return Entered(parameter=parameter, fact=fact, known_until=until)


def law_with(*entries: Entered) -> Law:
    answer = layered(shipped_law(), entries)
    assert answer.left_out == ()
    return answer.law


def refusal_of(*entries: Entered) -> Refused:
    [(_, refusal)] = layered(shipped_law(), entries).left_out
    return refusal


def test_a_half_year_is_filled_and_the_next_one_stays_unknown():
    rate = law_with(entry(OTHERS, "2,55 %", date(2026, 7, 1)))[OTHERS]
    assert rate.on(date(2026, 6, 30)).value == 26_200
    value = rate.on(date(2026, 12, 31))
    assert (value.value, value.entered, value.verified) == (25_500, True, False)
    with pytest.raises(OutsideKnownLaw, match="1er semestre 2027"):
        rate.on(date(2027, 1, 1))


def test_half_years_may_be_entered_one_after_the_other():
    first = entry(OTHERS, "2,55 %", date(2026, 7, 1))
    second = entry(OTHERS, "2,40 %", date(2027, 1, 1))
    for entries in ((first, second), (second, first)):
        rate = law_with(*entries)[OTHERS]
        assert rate.amount_on(date(2026, 9, 1)) == 25_500
        assert rate.amount_on(date(2027, 6, 30)) == 24_000
        assert not rate.is_known_on(date(2027, 7, 1))


def test_a_verified_value_is_never_replaced():
    refusal = refusal_of(entry(OTHERS, "9,99 %", date(2026, 1, 1)))
    assert refusal.code == "already_known"
    assert "livrée et vérifiée" in refusal.message
    assert refusal_of(entry(BANK, "9 %", date(2026, 6, 20), date(2026, 12, 31))).field == "start"
    assert refusal_of(entry("indemnite_forfaitaire", "50 €", date(2013, 1, 1))).field == "start"
    assert layered(shipped_law(), (entry(OTHERS, "9 %", date(2026, 1, 1)),)).law is shipped_law()


def test_what_follows_an_open_ended_value_may_be_entered():
    law = law_with(entry("indemnite_forfaitaire", "50 €", date(2027, 1, 1)))
    assert law["indemnite_forfaitaire"].amount_on(date(2026, 12, 31)) == 4_000
    assert law["indemnite_forfaitaire"].amount_on(date(2027, 1, 1)) == 5_000


def test_an_unverified_value_may_be_replaced():
    [shipped] = shipped_law()["delai_paiement_vins"].values
    law = law_with(entry("delai_paiement_vins", "45 jours", shipped.start))
    assert law["delai_paiement_vins"].amount_on(date(2026, 1, 1)) == 45


def test_the_days_between_what_is_known_and_what_is_entered_stay_unknown():
    law = law_with(entry(BALANCE, "651,69 €", date(2026, 5, 1), date(2027, 3, 31)))
    balance = law[BALANCE]
    assert balance.amount_on(date(2026, 3, 31)) == 64_652
    assert not balance.is_known_on(date(2026, 4, 1))
    assert not balance.is_known_on(date(2026, 4, 30))
    assert balance.amount_on(date(2027, 3, 31)) == 65_169
    assert not balance.is_known_on(date(2027, 4, 1))


def test_the_central_bank_rate_goes_on_as_far_as_it_was_read():
    law = law_with(entry(BANK, "2,40 %", date(2026, 12, 20), date(2027, 1, 1)))
    assert law[BANK].on(law[BANK].needed_on(date(2027, 5, 5))).value == 24_000
    assert law[BANK].known_through(date(2027, 5, 5)) == date(2027, 6, 30)
    with pytest.raises(OutsideKnownLaw):
        law[BANK].on(date(2027, 7, 1))


@pytest.mark.parametrize(
    ("made", "field"),
    [
        (lambda: entry(OTHERS, "2 %", date(2026, 7, 2)), "start"),  # not a half-year's first day
        (lambda: entry(OTHERS, "2 %", date(2026, 7, 1), date(2026, 12, 31)), "known_until"),
        (lambda: entry(BANK, "2 %", date(2026, 12, 20)), "known_until"),
        (lambda: entry(BANK, "2 %", date(2026, 12, 20), date(2026, 12, 19)), "known_until"),
        (lambda: entry(BANK, "2 %", date(1974, 1, 1), date(2026, 12, 19)), "start"),
        (lambda: entry(BANK, "2 %", date(2001, 1, 1), date(2026, 12, 19)), "start"),
    ],
)
def test_days_that_make_no_sense_are_refused_at_their_field(made, field: str):
    assert refusal_of(made()).field == field


def test_an_unknown_parameter_or_another_shape_is_left_out():
    fact = entry(OTHERS, "2 %", date(2026, 7, 1)).fact
    assert refusal_of(Entered(parameter="inconnu", fact=fact)).code == "unknown_parameter"
    assert refusal_of(Entered(parameter=DEBTOR_FEE, fact=fact)).code == "unknown_parameter"


def test_a_scale_is_entered_too():
    typed = "jusqu’à 125 € : 10 %\nau-delà : 1 %\nplafond : 600 €"
    law = law_with(entry(DEBTOR_FEE, typed, date(2026, 3, 1), date(2028, 2, 29)))
    scale = law.scales[DEBTOR_FEE]
    # 125 × 10 % + 875 × 1 % = 21,25 €.
    assert scale.fee_cents(date(2026, 11, 22), 100_000) == 2_125
    assert scale.fee_cents(date(2026, 2, 28), 4_400) == 430  # the old tariff is untouched
    assert law.parameters == shipped_law().parameters


def test_a_value_is_read_as_files_write_it():
    rate = shipped_law()[OTHERS]
    fact = fact_from(rate, "2.55", start=date(2026, 7, 1), source=SOURCE, verified=True)
    assert (fact.value, fact.verified, fact.entered) == (25_500, True, True)
    scale = shipped_law().scales[DEBTOR_FEE]
    for dated, wrong in ((rate, {"bands": []}), (rate, None), (scale, "2"), (scale, {"bands": 3})):
        with pytest.raises(WrongInput):
            fact_from(dated, wrong, start=date(2026, 7, 1), source=SOURCE, verified=True)


def test_the_same_entries_share_one_law():
    one = layered(shipped_law(), (entry(OTHERS, "2,55 %", date(2026, 7, 1)),)).law
    other = layered(shipped_law(), (entry(OTHERS, "2,55 %", date(2026, 7, 1)),)).law
    assert one is other
    assert isinstance(one[OTHERS], Parameter)
