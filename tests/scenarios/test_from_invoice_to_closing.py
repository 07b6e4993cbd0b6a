"""One debtor's story: an invoice of 10 000 €, reminders, a promise half kept, a mise en demeure.

Every day named here is a day of 2026; the rate of the first half-year is 12,15 % (ECB 2,15 on
1 January, + 10 points), so that 10 000 € bear 3,3288 € a day, and 6 000 € 1,9973 €.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from exigible.domain.refusals import Refused
from exigible.operations import contacts
from exigible.operations.opening import NewAccount, NewClaim, NewContact, NewDebtor
from exigible.operations.statements import account_statement
from exigible.simulation.play import moment
from exigible.store.models import Account, JournalEntry, Message
from tests.scenarios.story import Story, day

pytestmark = pytest.mark.django_db
DUE = day(2, 4)
ARMORIAL = {
    "name": "Négoce Armorial SAS",
    "siren": "999000011",
    "address": "4 rue des Tanneurs\n35900 Valbrécourt",
    "phone": "02 61 91 10 00",
    "email": "recouvrement@armorial.example",
    "legal_line": "SAS au capital de 400 000 €, RCS Valbrécourt 999 000 011",
    "signatory": "Claire Maubert",
}
MORVELEC = NewAccount(
    number="C-01482",
    debtor=NewDebtor(
        name="Charpentes Morvélec SARL",
        kind="professional",
        siren="999000029",
        address_line1="8 rue des Scieurs",
        postcode="29900",
        city="Kerdonnec",
        contacts=(
            NewContact(
                name="Nolwenn Ourlec", email="compta@morvelec.example", phone="02 61 91 40 17"
            ),
        ),
    ),
)
INVOICE = NewClaim(ref="FA26-00042", amount_cents=1_000_000, issued_on=day(1, 5), due_on=DUE)


@pytest.fixture(autouse=True)
def _documents(settings: object, tmp_path: Path) -> None:
    settings.DOCUMENTS_FOLDER = tmp_path / "documents"
    settings.SMTP = None


def test_from_invoice_to_closing():
    story = Story(ARMORIAL, MORVELEC, [INVOICE])
    [claim] = story.claims

    # 27 January: eight days before the due date, nothing yet. 28 January: the notice leaves.
    assert story.night(day(1, 27)).counts["proposals"] == {}
    story.night(day(1, 28))
    story.morning(day(1, 28))
    notice = Message.objects.get()
    assert (notice.template, notice.status) == ("avant_echeance", "sent")
    assert story.step(day(1, 28)).status == "issued"

    # 4 February, the due date: nothing is late. 5 February: 1 day, 3,33 €, and the 40 €.
    story.night(DUE)
    assert (story.figures().overdue_cents, story.figures().not_due_cents) == (0, 1_000_000)
    story.night(day(2, 5))
    assert story.figures().accessories_cents == 333 + 4000

    # 7 February, three days late, is a Saturday: the reminder waits for Monday.
    assert story.night(day(2, 7)).counts["held"] == {"not_a_working_day": 1}
    story.night(day(2, 9))
    story.morning(day(2, 9))
    assert story.step(day(2, 9)).action == "relance_1"
    assert story.step(day(2, 9)).status == "issued"
    # 10 000 € × 12,15 % × 5/365 = 16,6438 €.
    assert story.figures().accessories_cents == 1664 + 4000
    assert story.figures().state == "reminded"

    # 19 February, fifteen days late: the second reminder.
    story.night(day(2, 19))
    story.morning(day(2, 19))
    assert story.step(day(2, 19)).action == "relance_2"

    # 26 February, twenty-two days: a call. He promises all of it by 5 March.
    story.night(day(2, 26))
    call = story.step(day(2, 26))
    assert (call.action, call.status, call.amount_cents) == ("appel", "open", 1_000_000)
    contacts.settle_call(
        story.account.pk,
        outcome="promise",
        on=day(2, 26),
        note="Virement au plus tard jeudi.",
        promised=contacts.Promised(amount_cents=1_000_000, due_on=day(3, 5)),
        proposal_id=call.pk,
        by=story.by,
        at=moment(day(2, 26), 10),
    )
    assert story.figures().state == "promised"
    assert story.night(day(3, 2)).counts["held"] == {"promise": 1}

    # 4 March: 4 000 € come, naming the invoice; they go to its principal.
    story.receives(400_000, day(3, 4))
    # 10 000 € × 12,15 % × 28/365 = 93,2055 €: 5 February to 4 March, the day of payment counted.
    assert story.figures().chased_cents == 600_000
    assert story.figures().accessories_cents == 9321 + 4000

    # Two days of grace after 5 March, then the promise is broken: someone calls on Monday.
    assert story.night(day(3, 7)).counts["held"] == {"promise": 1}
    story.night(day(3, 9))
    broken = story.step(day(3, 9))
    assert (broken.action, broken.reasons[0]["received_cents"]) == ("broken_promise", 400_000)
    # 93,21 € + 6 000 € × 12,15 % × 5/365 = 9,9863 €.
    assert story.figures().accessories_cents == 9321 + 999 + 4000
    assert story.figures().state == "broken_promise"
    contacts.settle_call(
        story.account.pk,
        outcome="other",
        on=day(3, 9),
        note="Attend un règlement de son propre client.",
        proposal_id=broken.pk,
        by=story.by,
        at=moment(day(3, 9), 10),
    )

    # Five working days after that call, the last reminder, by post; Claire approves it.
    assert story.night(day(3, 13)).counts["held"] == {"spacing": 1}
    story.night(day(3, 16))
    last = story.step(day(3, 16))
    assert (last.action, last.channel) == ("derniere_relance", "letter")
    assert story.posts(last, day(3, 16)).amount_cents == 600_000

    # 23 March, forty-seven days late and five working days on: the mise en demeure.
    story.night(day(3, 23))
    formal = story.posts(story.step(day(3, 23)), day(3, 23))
    assert (formal.is_formal_notice, formal.status) == (True, "sent")
    # Interest: 93,21 € + 6 000 € × 12,15 % × 19/365 = 37,9479 €; 40 €; principal 6 000 €.
    assert formal.total_cents == 600_000 + 9321 + 3795 + 4000
    assert list(formal.claims.all()) == [claim]

    # 2 April: the rest comes. The claim is closed; being late stays due.
    story.receives(600_000, day(4, 2))
    assert (story.figures().balance_cents, story.figures().state) == (0, "settled")
    with pytest.raises(Refused, match="Rien n’est échu"):
        account_statement(story.account.pk, day(4, 3))
    left, _ = account_statement(story.account.pk, day(4, 3), claim_ids=[claim.pk])
    # 93,21 € + 6 000 € × 12,15 % × 29/365 = 57,9205 €: 5 March to 2 April; and 40 €.
    assert left.components.interest == 9321 + 5792
    assert left.total_cents == 9321 + 5792 + 4000 == 19_113
    assert left.daily_interest_millionths == 0

    # The account is quiet: nothing is proposed, nothing waits.
    assert story.night(day(4, 7)).counts["proposals"] == {}
    assert story.waiting() == []

    # Everything that left, left once, and is kept.
    sent = Message.objects.order_by("sent_at").values_list("template", "channel", "status")
    assert list(sent)[:5] == [
        ("avant_echeance", "email", "sent"),
        ("relance_1", "email", "sent"),
        ("relance_2", "email", "sent"),
        ("derniere_relance", "letter", "sent"),
        ("mise_en_demeure", "lrar", "sent"),
    ]
    assert not Message.objects.filter(status="sent", document=None).exists()

    # The journal tells the story, in order.
    told = [
        line.action
        for line in JournalEntry.objects.filter(account=story.account).order_by("seq")
        if not line.action.startswith(("message_", "proposal_", "letter_"))
    ]
    assert told == [
        "account_opened",
        "claim_recorded",
        "call_recorded",
        "promise_recorded",
        "payment_recorded",
        "payment_allocated",
        "call_recorded",
        "payment_recorded",
        "payment_allocated",
    ]
    account = Account.objects.get(pk=story.account.pk)
    assert account.version > len(told)
    assert datetime.fromisoformat("2026-04-02T11:00:00+02:00") == told_at(account)


def told_at(account: Account) -> datetime:
    """Return the moment of the account's last act."""
    return JournalEntry.objects.filter(account=account).latest("seq").at
