"""From approved steps to what leaves: e-mails sent, letters batched, the rest said."""

from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import settings

from exigible.channels.email.transport import SmtpTransport
from exigible.operations import daily_run, issuing
from exigible.operations.acts import By
from exigible.operations.bootstrap import ensure_strategies
from exigible.store.models import Contact, LetterBatch, Message
from tests.builders import make_account, make_claim, make_creditor
from tests.operations.letters_world import Sink

pytestmark = pytest.mark.django_db(transaction=True)
MONDAY = date(2026, 11, 23)
BY = By.job("daily_run")


def clock() -> datetime:
    return datetime(2026, 11, 23, 6, tzinfo=UTC)


@pytest.fixture
def approved() -> None:
    """One account reminded by e-mail, one that has only a postal address."""
    ensure_strategies()
    creditor = make_creditor()
    by_email, by_post = make_account(creditor), make_account(creditor)
    Contact.objects.filter(debtor=by_post.debtor).update(email="")
    for account in (by_email, by_post):
        make_claim(account, 250_000, MONDAY - timedelta(days=4))
    daily_run.run_in_line(MONDAY, today=MONDAY, by=BY, at=clock())


@pytest.mark.usefixtures("approved")
def test_emails_leave_and_letters_wait_for_the_printer(sink: Sink):
    with closing(SmtpTransport(settings.SMTP)) as transport:
        issued = issuing.issue(on=MONDAY, by=BY, clock=clock, transport=transport)
        again = issuing.issue(on=MONDAY, by=BY, clock=clock, transport=transport)
    assert issued.by_channel == {"email": 1, "letter": 1}
    [batch] = LetterBatch.objects.all()
    assert (batch.letters, batch.document is not None) == (1, True)
    assert len(sink.received) == 1
    assert Message.objects.count() == 2
    assert again.held == {}


@pytest.mark.usefixtures("approved")
def test_without_a_server_emails_stay_ready():
    issued = issuing.issue(on=MONDAY, by=BY, clock=clock, transport=None)
    assert issued.by_channel == {"letter": 1}
    assert Message.objects.get(channel="email").status == "ready"
