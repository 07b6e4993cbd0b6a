"""Entering, confirming and withdrawing values of the law: what is refused, used, journaled."""

from datetime import date
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from exigible.domain.law import shipped_law
from exigible.domain.refusals import Refused, WrongInput
from exigible.intake.law_values import law_with
from exigible.operations import figures, law, statements
from exigible.operations.acts import By
from exigible.operations.check import law_warnings
from exigible.store.models import AccountFigures, JournalEntry, LawValue
from exigible.store.queries.law import accounts_held
from tests.builders import AT, make_account, make_claim

pytestmark = pytest.mark.django_db
ONE = By(f"user:{UUID(int=1)}")
OTHER = By(f"user:{UUID(int=2)}")
OTHERS, BALANCE, FEE = (
    "taux_interet_legal_autres",
    "solde_bancaire_insaisissable",
    "droit_recouvrement_debiteur",
)
SOURCE = "arrêté du 24 juin 2026, JO du 27"
SECOND_HALF = date(2026, 7, 1)


def entered(value: str = "2,55 %", by: By = ONE) -> LawValue:
    return law.enter_value(OTHERS, value=value, starts_on=SECOND_HALF, source=SOURCE, by=by, at=AT)


def refused(**changed: object) -> Refused:
    asked = {"value": "2,55 %", "starts_on": SECOND_HALF, "source": SOURCE, "by": ONE, "at": AT}
    with pytest.raises(Refused) as refusal:
        law.enter_value(**{"parameter_id": OTHERS, **asked, **changed})  # type: ignore[arg-type]
    return refusal.value


def test_nothing_entered_the_law_is_the_one_shipped():
    assert law.current_law() is shipped_law()


def test_an_entered_value_is_used_at_once_until_it_is_withdrawn():
    value = entered()
    assert law.current_law()[OTHERS].amount_on(date(2026, 12, 31)) == 25_500
    assert law.current_law() is law.current_law()  # so that what is built from it is built once
    assert not law.current_law()[OTHERS].is_known_on(date(2027, 1, 1))
    law.withdraw_value(value.pk, "lu de travers", by=OTHER, at=AT)
    assert law.current_law() is shipped_law()
    again = entered("2,56 %")
    assert law.current_law()[OTHERS].amount_on(SECOND_HALF) == 25_600
    assert again.pk != value.pk


def test_the_change_is_undone_with_the_transaction():
    with pytest.raises(RuntimeError), transaction.atomic():
        entered()
        assert law.current_law()[OTHERS].is_known_on(SECOND_HALF)
        raise RuntimeError
    assert law.current_law() is shipped_law()


def test_another_person_confirms_and_nobody_his_own():
    value = entered()
    assert not law.current_law()[OTHERS].on(SECOND_HALF).verified
    with pytest.raises(Refused, match="autre personne"):
        law.confirm_value(value.pk, by=ONE, at=AT)
    law.confirm_value(value.pk, by=OTHER, at=AT)
    assert law.current_law()[OTHERS].on(SECOND_HALF).verified
    law.confirm_value(value.pk, by=OTHER, at=AT)  # said twice, done once
    assert JournalEntry.objects.filter(action="law_value_confirmed").count() == 1


def test_the_journal_keeps_who_what_and_why():
    value = entered()
    law.withdraw_value(value.pk, "lu de travers", by=OTHER, at=AT)
    lines = JournalEntry.objects.filter(account=None).order_by("seq")
    assert [line.action for line in lines] == ["law_value_entered", "law_value_withdrawn"]
    assert lines[0].facts["value"] == "2.55"
    assert lines[0].facts["source"] == SOURCE
    assert lines[1].facts["reason"] == "lu de travers"
    assert lines[0].subject == f"law:{OTHERS}"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"parameter_id": "inconnu"}, "parameter"),
        ({"value": "deux"}, "value"),
        ({"value": "255 %"}, "value"),
        ({"starts_on": date(2026, 7, 2)}, "start"),
        ({"starts_on": date(2026, 1, 1)}, "start"),  # shipped and verified
        ({"known_until": date(2026, 12, 31)}, "known_until"),
        ({"source": "JO"}, "source"),
        ({"source": "x" * 501}, "source"),
        ({"parameter_id": BALANCE, "value": "651,69 €"}, "known_until"),
        ({"parameter_id": FEE, "value": "9,77 %"}, "value"),
    ],
)
def test_what_is_wrong_is_refused_at_its_field(changed: dict[str, object], field: str):
    assert refused(**changed).field == field
    assert not LawValue.objects.exists()
    assert not JournalEntry.objects.exists()


def test_a_day_holds_one_value():
    entered()
    assert refused().code == "entered_already"
    with pytest.raises(IntegrityError, match="law_value_once"), transaction.atomic():
        LawValue.objects.create(
            parameter=OTHERS,
            starts_on=SECOND_HALF,
            value="9",
            source="autre",
            recorded_by=ONE.uuid,
            recorded_at=AT,
        )


def test_a_withdrawal_has_a_reason_and_happens_once():
    value = entered()
    with pytest.raises(WrongInput):
        law.withdraw_value(value.pk, "  ", by=ONE, at=AT)
    with pytest.raises(WrongInput) as refusal:
        law.withdraw_value(value.pk, "x" * 501, by=ONE, at=AT)
    assert refusal.value.field == "reason"
    law.withdraw_value(value.pk, "lu de travers", by=ONE, at=AT)
    with pytest.raises(Refused, match="déjà retirée"):
        law.withdraw_value(value.pk, "encore", by=ONE, at=AT)
    with pytest.raises(Refused, match="déjà retirée"):
        law.confirm_value(value.pk, by=OTHER, at=AT)


def test_a_scale_is_entered_line_by_line():
    law.enter_value(
        FEE,
        value="jusqu’à 125 € : 10 %\nau-delà : 1 %\nplafond : 600 €",
        starts_on=date(2026, 3, 1),
        known_until=date(2028, 2, 29),
        source="arrêté du 26 février 2026",
        by=ONE,
        at=AT,
    )
    # 125 × 10 % + 875 × 1 % = 21,25 €.
    assert law.current_law().scales[FEE].fee_cents(date(2026, 11, 22), 100_000) == 2_125


def test_a_parameter_the_product_no_longer_knows_is_left_alone():
    LawValue.objects.create(
        parameter="ancien_parametre",
        starts_on=SECOND_HALF,
        value="9",
        source="un texte",
        recorded_by=ONE.uuid,
        recorded_at=AT,
    )
    assert law.current_law() is shipped_law()


def test_what_the_product_ships_since_is_left_out_and_told():
    LawValue.objects.create(
        parameter=OTHERS,
        starts_on=date(2026, 1, 1),
        value="9.99",
        source="une saisie d’avant",
        recorded_by=ONE.uuid,
        recorded_at=AT,
    )
    assert law.current_law() is shipped_law()
    [(entry, refusal)] = law.left_out()
    assert (entry.parameter, refusal.code) == (OTHERS, "already_known")


def test_what_is_exported_is_read_back():
    value = entered()
    law.confirm_value(value.pk, by=OTHER, at=AT)
    document = law.export_document(at=AT)
    found = law_with(document)
    assert found.left_out == ()
    assert found.law[OTHERS].on(SECOND_HALF) == law.current_law()[OTHERS].on(SECOND_HALF)


def test_accounts_wait_for_the_value_and_are_figured_again_with_it():
    account = make_account()
    account.clause_rate = 1  # under the floor, which needs the legal rate
    account.save(update_fields=["clause_rate"])
    make_claim(account, 100_000, date(2026, 8, 31))
    on = date(2026, 9, 30)
    figures.refresh([account.pk], on)
    assert AccountFigures.objects.get(account=account).accessories_cents is None
    assert accounts_held() == 1
    entered()
    figures.refresh([account.pk], on)
    # The clause is under 3 × 2,55 %: ECB 2,40 + 10 points, 1 000 € × 12,40 % × 30/365 = 10,19 €; 40 €.
    assert AccountFigures.objects.get(account=account).accessories_cents == 1_019 + 4_000
    made, _ = statements.account_statement(account.pk, on)
    assert OTHERS in {one.parameter.id for one in made.readings}
    assert any("seconde personne" in warning for warning in made.warnings)


def test_a_value_entered_is_no_longer_missing():
    on = date(2026, 11, 22)
    before = law_warnings(law.current_law(), on)
    entered()
    after = law_warnings(law.current_law(), on)
    assert len(after) == len(before) - 1
