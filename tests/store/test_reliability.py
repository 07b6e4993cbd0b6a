"""The copy that lists sort by says what the domain says, for every mixture of facts."""

import random
from datetime import date, timedelta
from uuid import uuid4

import pytest

from exigible.domain.identity.reliability import assess, lacks
from exigible.operations import completing, exhibits, figures
from exigible.operations.acts import By
from exigible.operations.documents import store_document
from exigible.store.models import (
    Account,
    AccountFigures,
    Claim,
    Contact,
    Debtor,
    Exhibit,
    RegisterAnswer,
)
from exigible.store.queries.reliability import facts_of, rewrite
from tests.builders import (
    AT,
    TODAY,
    fictional_siren,
    make_account,
    make_claim,
    make_creditor,
    make_debtor,
)

pytestmark = pytest.mark.django_db


def some_account(rng: random.Random, number: int, **shared: object) -> Account:
    siren = fictional_siren(66_000 + number) if rng.random() < 0.6 else ""
    full = rng.random() < 0.7
    debtor = make_debtor(
        kind=rng.choice(["professional", "consumer", "public_purchaser", "unknown"]),
        siren=siren,
        country=rng.choice(["FR", "FR", "BE"]),
        city="Quimper" if full else "",
        address_ok=rng.random() < 0.8,
        email_ok=rng.random() < 0.8,
        **(
            {"insolvency_kind": "liquidation", "insolvency_opened_on": TODAY}
            if rng.random() < 0.2
            else {}
        ),
    )
    Contact.objects.filter(debtor=debtor).update(
        active=rng.random() < 0.8,
        email=rng.choice(["", "a@b.example"]),
        phone=rng.choice(["", "0261914017"]),
    )
    if siren and rng.random() < 0.7:
        RegisterAnswer.objects.create(
            siren=siren,
            register="sirene",
            found=True,
            struck_off=rng.random() < 0.3,
            insolvent=rng.random() < 0.3,
            postcode=rng.choice(["29000", "75001", ""]),
            asked_on=TODAY,
            asked_at=AT,
        )
    account = make_account(debtor=debtor, **shared)
    for _ in range(rng.randrange(3)):
        claim = make_claim(
            account,
            10_000,
            TODAY - timedelta(days=10),
            due_on_source=rng.choice(["derived", "stated"]),
        )
        Claim.objects.filter(pk=claim.pk).update(
            ref=rng.choice(["", "FA-1"]),
            issued_on=rng.choice([None, date(2026, 10, 1)]),
            kind=rng.choice(["invoice", "rent"]),
        )
        if rng.random() < 0.6:
            exhibit_of(claim, rng.choice(["delivery", "invoice"]), ended=rng.random() < 0.2)
    return account


def exhibit_of(claim: Claim, kind: str, *, ended: bool = False) -> Exhibit:
    """A document of some kind linked to a claim; the link may have been ended."""
    document = store_document(uuid4().bytes, name="piece.pdf", media_type="application/pdf", at=AT)
    exhibit = Exhibit.objects.create(
        creditor=claim.account.creditor,
        account=claim.account,
        document=document,
        sha256=document.sha256,
        filename="piece.pdf",
        media_type="application/pdf",
        size_bytes=16,
        kind=kind,
        recorded_by=uuid4(),
        recorded_at=AT,
    )
    exhibit.links.create(
        claim=claim,
        recorded_by=uuid4(),
        recorded_at=AT,
        **({"ended_by": uuid4(), "ended_at": AT} if ended else {}),
    )
    return exhibit


def test_the_copy_says_what_the_domain_says() -> None:
    rng = random.Random(11)
    creditor = make_creditor()
    accounts = [some_account(rng, number, creditor=creditor) for number in range(60)]
    figures.refresh([one.pk for one in accounts], TODAY)
    seen = set()
    for account in accounts:
        expected = assess(facts_of(account.pk))
        row = AccountFigures.objects.get(pk=account.pk)
        assert row.reliability == expected.score
        assert row.lacks == sum(1 << lack.bit for lack in expected.lacks)
        seen |= {lack.key for lack in expected.lacks}
    assert seen == set(lacks())


def test_an_act_that_needs_no_day_rewrites_it() -> None:
    account = make_account(debtor=make_debtor(siren=fictional_siren(66_500)))
    figures.refresh([account.pk], TODAY)
    row = AccountFigures.objects.get(pk=account.pk)
    assert row.reliability == 92  # the registered office was never checked: −8
    contact = account.debtor.contacts.get()
    completing.change_phone(account.pk, contact.pk, "", by=By.job("test"), at=AT)
    row.refresh_from_db()
    assert row.reliability == 88  # no telephone: −4
    Debtor.objects.filter(pk=account.debtor_id).update(address_ok=False)
    assert rewrite([account.debtor_id]) == 1
    assert rewrite([account.debtor_id]) == 0


def test_a_delivery_is_asked_to_be_proved_where_some_are() -> None:
    account = make_account(debtor=make_debtor(siren=fictional_siren(66_501)))
    claim, other = (make_claim(account, 10_000, TODAY) for _ in range(2))
    figures.refresh([account.pk], TODAY)
    row = AccountFigures.objects.get(pk=account.pk)
    assert row.reliability == 92  # nobody keeps proofs here: nothing is known, nothing is missing
    by = By(f"user:{uuid4()}")
    proof = exhibit_of(claim, "letter")
    exhibits.classify([proof.pk], "delivery", by=by, at=AT)
    row.refresh_from_db()
    assert row.reliability == 77  # the other invoice has none: −15
    exhibits.link_claims(proof.pk, [claim.pk, other.pk], by=by, at=AT)
    row.refresh_from_db()
    assert row.reliability == 92
