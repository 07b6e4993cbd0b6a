"""A tenant's story: a rent of 780 €, a contested part, a promise half kept, a mise en demeure.

Every day named here is a day of 2026. A consumer owes nothing for being late but the legal interest
from the mise en demeure (C. civ. art. 1231-6): 2,62 % in the first half-year, the creditor being a
company. No 40 €, no penalty, no cost.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from exigible.operations import contacts, disputes, letter_batches
from exigible.operations.opening import NewAccount, NewClaim, NewContact, NewDebtor
from exigible.operations.statements import account_statement
from exigible.simulation.play import moment
from exigible.store.models import Dispute, Message
from tests.scenarios.story import Story, day

pytestmark = pytest.mark.django_db
CHARMES = {
    "name": "Foncière des Charmes SCI",
    "siren": "999000029",
    "address": "27 allée des Charmes\n49900 Brisdonnec",
    "phone": "02 61 91 20 00",
    "email": "locataires@charmes.example",
    "legal_line": "SCI au capital de 1 200 000 €, RCS Brisdonnec 999 000 029",
    "signatory": "Inès Bautiran",
}
TENANT = NewAccount(
    number="LOC-014",
    debtor=NewDebtor(
        name="Solène Brislinmont",
        kind="consumer",
        address_line1="31 allée des Charmes",
        postcode="49900",
        city="Brisdonnec",
        contacts=(
            NewContact(
                name="Solène Brislinmont", email="solene@courriel.example", phone="06 39 98 14 02"
            ),
        ),
    ),
)
RENT = NewClaim(
    ref="Q26-00014", kind="rent", amount_cents=78_000, issued_on=day(1, 2), due_on=day(1, 5)
)


@pytest.fixture(autouse=True)
def _documents(settings: object, tmp_path: Path) -> None:
    settings.DOCUMENTS_FOLDER = tmp_path / "documents"
    settings.SMTP = None


def test_a_tenant_from_rent_to_closing():
    story = Story(CHARMES, TENANT, [RENT])
    [rent] = story.claims

    # A week late: the first reminder, by e-mail. Three weeks: the second, on paper.
    story.night(day(1, 11))
    assert story.waiting() == []
    story.night(day(1, 12))
    story.morning(day(1, 12))
    assert (story.step(day(1, 12)).action, story.step(day(1, 12)).status) == ("relance_1", "issued")
    story.night(day(1, 26))
    story.morning(day(1, 26))
    letter = Message.objects.get(proposal=story.step(day(1, 26)))
    assert (letter.template, letter.channel, letter.status) == ("relance_2", "letter", "ready")
    [batch] = letter_batches.build_batches(on=day(1, 26), at=moment(day(1, 26), 17), by=story.by)
    letter_batches.mark_printed(batch.pk, by=story.by, at=moment(day(1, 26), 17, 30), on=day(1, 26))

    # 6 February, thirty-two days: a call. She contests 90 € of charges and promises the rest.
    story.night(day(2, 6))
    call = story.step(day(2, 6))
    assert (call.action, call.amount_cents) == ("appel", 78_000)
    contacts.settle_call(
        story.account.pk,
        outcome="dispute",
        on=day(2, 6),
        note="Régularisation de charges non justifiée.",
        contested=contacts.Contested(
            claim_id=rent.pk,
            amount_cents=9_000,
            reason="Régularisation de charges sans décompte.",
            answer_due_on=day(3, 13),
            holder="Gestion locative",
        ),
        promised=contacts.Promised(amount_cents=69_000, due_on=day(2, 16)),
        proposal_id=call.pk,
        by=story.by,
        at=moment(day(2, 6), 11),
    )
    assert (story.figures().disputed_cents, story.figures().chased_cents) == (9_000, 69_000)

    # 300 € come; three days of grace after 16 February, then the promise is broken.
    story.receives(30_000, day(2, 12))
    assert story.night(day(2, 19)).counts["held"] == {"promise": 1}
    story.night(day(2, 20))
    broken = story.step(day(2, 20))
    assert (broken.action, broken.amount_cents) == ("broken_promise", 39_000)
    contacts.settle_call(
        story.account.pk,
        outcome="left_message",
        on=day(2, 20),
        note="Message laissé.",
        proposal_id=broken.pk,
        by=story.by,
        at=moment(day(2, 20), 11),
    )

    # Seven working days later, the mise en demeure: what is not contested, and nothing else.
    assert story.night(day(3, 2)).counts["held"] == {"spacing": 1}
    story.night(day(3, 3))
    assert story.figures().accessories_cents == 0
    formal = story.posts(story.step(day(3, 3)), day(3, 3))
    assert (formal.is_formal_notice, formal.status) == (True, "sent")
    assert (formal.amount_cents, formal.total_cents) == (39_000, 39_000)
    for word in ("40,00", "pénalité", "indemnité forfaitaire", "huissier"):
        assert word not in formal.body

    # 10 March: the landlord sends the account of the charges; the 90 € are owed again.
    disputes.close_dispute(
        Dispute.objects.get().pk,
        outcome="rejected",
        on=day(3, 10),
        by=story.by,
        at=moment(day(3, 10), 14),
    )
    assert (story.figures().disputed_cents, story.figures().chased_cents) == (0, 48_000)
    # 480 € × 2,62 % × 7/365 = 0,2412 €: 4 to 10 March.
    assert story.figures().accessories_cents == 24

    # 20 March: the rest comes. The rent is paid; seventeen days of interest stay due.
    story.receives(48_000, day(3, 20))
    assert (story.figures().balance_cents, story.figures().state) == (0, "settled")
    left, _ = account_statement(story.account.pk, day(3, 23), claim_ids=[rent.pk])
    # 480 € × 2,62 % × 17/365 = 0,5857 €: 4 to 20 March.
    assert (left.components.interest, left.components.fixed_indemnity) == (59, 0)
    assert left.total_cents == 59
    story.night(day(3, 23))
    assert story.waiting() == []
