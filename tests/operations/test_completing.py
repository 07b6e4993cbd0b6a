"""Completing what files do not say, and who follows an account."""

from datetime import timedelta

import pytest

from exigible.domain.refusals import WrongInput
from exigible.domain.roles import Role
from exigible.operations import assigning, completing
from exigible.operations.acts import By
from exigible.operations.bootstrap import ensure_strategies
from exigible.store.models import Account, AccountFigures, DueOnSource, Strategy
from tests.builders import AT, TODAY, make_account, make_claim, make_creditor, make_debtor
from tests.factories import make_user

pytestmark = pytest.mark.django_db
SIGNED = {"by": By.job("test"), "at": AT}
DATED = {"on": TODAY, **SIGNED}


@pytest.fixture
def account() -> Account:
    account = make_account(debtor=make_debtor(kind="unknown"))
    make_claim(account, 100_000, TODAY - timedelta(days=40))
    return account


def complete(account: Account, **facts: str) -> None:
    completing.complete_debtor(account.pk, completing.DebtorFacts(**facts), **DATED)
    account.debtor.refresh_from_db()


def test_the_quality_decides_the_accessories(account: Account) -> None:
    complete(account, siren="")  # any act computes the figures
    assert AccountFigures.objects.get(account=account).accessories_cents == 0
    complete(account, kind="professional")
    # 1 000,00 × 12,40 % × 40 / 365 = 13,589 €, then 40,00 €.
    assert AccountFigures.objects.get(account=account).accessories_cents == 1359 + 4000


def test_every_account_of_the_debtor_follows(account: Account) -> None:
    twin = make_account(debtor=account.debtor)
    make_claim(twin, 100_000, TODAY - timedelta(days=40))
    complete(account, kind="professional")
    assert AccountFigures.objects.get(account=twin).accessories_cents == 5359


def test_a_name_is_found_again_by_its_new_key(account: Account) -> None:
    complete(account, name="  Élan & Cie  ")
    assert account.debtor.name == "Élan & Cie"
    assert account.debtor.name_key == "elan & cie"


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"name": "  "}, "name"),
        ({"kind": "ami"}, "kind"),
        ({"siren": "552100555"}, "siren"),  # 552100554 has the right key
        ({"siret": "55210055400014"}, "siret"),
        ({"postcode": "2900"}, "postcode"),
        ({"country": "France"}, "country"),
        ({"siren": "552100554", "siret": "73282932000074"}, "siret"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    account: Account, facts: dict[str, str], field: str
) -> None:
    with pytest.raises(WrongInput) as refusal:
        complete(account, **facts)
    assert refusal.value.field == field


def test_a_siret_gives_the_siren(account: Account) -> None:
    complete(account, siret="732 829 320 00074")
    assert account.debtor.siren == "732829320"


def test_a_foreign_postcode_is_free(account: Account) -> None:
    complete(account, country="BE", postcode="1000", city="Bruxelles")
    assert account.debtor.postcode == "1000"


def test_a_new_address_may_be_written_to_again(account: Account) -> None:
    account.debtor.address_ok = False
    account.debtor.save()
    complete(account, address_line1="9 rue Neuve")
    assert account.debtor.address_ok


def test_a_due_date_typed_is_no_longer_derived(account: Account) -> None:
    claim = make_claim(account, 5000, TODAY - timedelta(days=3), due_on_source=DueOnSource.DERIVED)
    completing.complete_claims(account.pk, [claim.pk], due_on=TODAY + timedelta(days=3), **DATED)
    claim.refresh_from_db()
    assert claim.due_on_source == DueOnSource.MANUAL
    assert AccountFigures.objects.get(account=account).not_due_cents == 5000


def test_a_due_date_before_the_invoice_is_refused_and_no_claim_changes(account: Account) -> None:
    claim = account.claims.get()
    assert claim.issued_on is not None
    with pytest.raises(WrongInput, match="précède sa date"):
        completing.complete_claims(
            account.pk, [claim.pk], due_on=claim.issued_on - timedelta(days=1), **DATED
        )


def test_one_number_is_not_given_to_several_invoices(account: Account) -> None:
    claims = [account.claims.get().pk, make_claim(account, 5000, TODAY).pk]
    with pytest.raises(WrongInput, match="facture par facture"):
        completing.complete_claims(account.pk, claims, ref="FA-1", **DATED)


def test_another_accounts_claims_are_refused(account: Account) -> None:
    other = make_claim(make_account(), 5000, TODAY)
    with pytest.raises(WrongInput, match="pas de ce compte"):
        completing.complete_claims(account.pk, [other.pk], kind="rent", **DATED)


def contact(account: Account, **facts: object) -> completing.Contact:
    return completing.save_contact(account.pk, completing.ContactFacts(**facts), **SIGNED)


def test_one_main_contact_at_a_time(account: Account) -> None:
    former = account.debtor.contacts.get()
    made = contact(account, name="Paul Kergoat", phone="+33 1 23 45 67 89", main=True)
    former.refresh_from_db()
    assert made.is_main
    assert not former.is_main


def test_a_new_email_may_be_written_to_again(account: Account) -> None:
    account.debtor.email_ok = False
    account.debtor.save()
    contact(account, email="compta@nouveau.example")
    account.debtor.refresh_from_db()
    assert account.debtor.email_ok


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"email": "pas une adresse"}, "email"),
        ({"phone": "appelez-moi"}, "phone"),
        ({}, "name"),
        ({"name": "X", "role": "roi"}, "role"),
    ],
)
def test_a_contact_that_cannot_be_reached_is_refused(
    account: Account, facts: dict[str, str], field: str
) -> None:
    with pytest.raises(WrongInput) as refusal:
        contact(account, **facts)
    assert refusal.value.field == field


def terms(account: Account, **changed: object) -> None:
    values: dict[str, object] = {
        "term_days": None,
        "term_method": "",
        "credit_limit_cents": None,
        "waives_accessories": False,
        "never_chased": False,
        **changed,
    }
    completing.set_account_terms(account.pk, **values, **DATED)


def test_never_chasing_an_account_has_a_reason(account: Account) -> None:
    with pytest.raises(WrongInput, match="jamais relancé"):
        terms(account, never_chased=True)
    terms(account, never_chased=True, never_chased_reason="Société du groupe")
    account.refresh_from_db()
    assert account.never_chased_reason == "Société du groupe"
    terms(account)
    account.refresh_from_db()
    assert account.never_chased_reason == ""


def test_waived_accessories_are_not_claimed(account: Account) -> None:
    complete(account, kind="professional")
    terms(account, waives_accessories=True)
    assert AccountFigures.objects.get(account=account).accessories_cents == 0


@pytest.mark.parametrize(
    "changed", [{"term_days": 366}, {"term_days": -1}, {"term_method": "jamais"}]
)
def test_terms_out_of_reach_are_refused(account: Account, changed: dict[str, object]) -> None:
    with pytest.raises(WrongInput):
        terms(account, **changed)


def test_an_account_goes_to_someone_who_may_open_it(account: Account) -> None:
    insider = make_user(Role.COLLECTOR, account.creditor)
    stranger = make_user(Role.COLLECTOR, make_creditor(), email="ailleurs@armorial.example")
    assigning.assign_collector(account.pk, insider.pk, **SIGNED)
    account.refresh_from_db()
    assert account.collector == insider
    with pytest.raises(WrongInput, match="pas accès"):
        assigning.assign_collector(account.pk, stranger.pk, **SIGNED)
    assigning.assign_collector(account.pk, None, **SIGNED)
    account.refresh_from_db()
    assert account.collector is None


def test_a_strategy_is_for_that_kind_of_debtor_and_in_force(account: Account) -> None:
    ensure_strategies()
    professionals = Strategy.objects.get(audience="professional")
    with pytest.raises(WrongInput, match="est écrite pour"):
        assigning.assign_strategy(account.pk, professionals.pk, **DATED)
    complete(account, kind="professional")
    assigning.assign_strategy(account.pk, professionals.pk, **DATED)
    professionals.in_force = False
    professionals.save()
    with pytest.raises(WrongInput, match="pas en service"):
        assigning.assign_strategy(account.pk, professionals.pk, **DATED)
