"""Daily seals of the journal: what they cover, and that they cover it once."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exigible.operations.journal import Act, append_all, seal_day
from exigible.store.models import JournalEntry
from tests.builders import AT, TODAY, make_account

pytestmark = pytest.mark.django_db


def act(account_id: int | None, action: str = "note") -> Act:
    return Act(account_id=account_id, actor="job:test", action=action)


def test_a_seal_covers_the_chains_that_grew_since_the_one_before():
    one, two = make_account().pk, make_account().pk
    append_all([act(one), act(one), act(two), act(None)], at=AT)
    first = seal_day(TODAY, at=AT)
    assert first is not None
    assert first.chains == 3  # two accounts and the house
    assert first.last_entry_id == JournalEntry.objects.latest("id").pk
    assert bytes(first.previous_hash) == bytes(32)
    append_all([act(two)], at=AT)
    second = seal_day(TODAY + timedelta(days=1), at=AT)
    assert second is not None
    assert second.chains == 1
    assert bytes(second.previous_hash) == bytes(first.hash)


def test_a_day_is_sealed_once_and_in_order():
    append_all([act(None)], at=AT)
    assert seal_day(TODAY, at=AT) is not None
    assert seal_day(TODAY, at=AT) is None
    assert seal_day(TODAY - timedelta(days=1), at=AT) is None


def test_a_quiet_day_is_sealed_too():
    assert seal_day(TODAY, at=AT) is not None
    later = seal_day(TODAY + timedelta(days=1), at=AT)
    assert later is not None
    assert later.chains == 0


def lines_read() -> int:
    """How many lines of the journal this transaction has read so far."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables"
            " WHERE relname = 'store_journalentry'"
        )
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("house", [False, True])
def test_an_act_reads_the_end_of_its_chain_and_no_other(house: bool):
    accounts = [make_account().pk for _ in range(20)]
    append_all([act(account) for account in [*accounts, None] for _ in range(20)], at=AT)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE store_journalentry; SET LOCAL enable_seqscan = off")
    before = lines_read()
    append_all([act(None if house else accounts[3])], at=AT)
    assert lines_read() - before <= 10  # of 420


def test_a_day_that_is_sealed_makes_nobody_wait():
    append_all([act(None)], at=AT)
    seal_day(TODAY, at=AT)
    with CaptureQueriesContext(connection) as queries:
        assert seal_day(TODAY, at=AT) is None
    assert not [query for query in queries if "LOCK TABLE" in query["sql"]]
