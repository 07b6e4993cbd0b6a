"""Appending to the hash-chained journal, one line or a thousand.

The hash covers the previous hash and a canonical JSON of the line, so that any later change of a
line, or its removal, breaks the chain that `exigible check` walks.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from django.db import connection, transaction

from exigible.store import locks
from exigible.store.models import JournalEntry, JournalSeal

GENESIS = bytes(32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One line to append. `actor` is "user:<uuid>", "job:<name>" or "import:<batch>"."""

    account_id: int | None
    actor: str
    action: str
    subject: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)


def line_hash(
    previous: bytes,
    *,
    account_id: int | None,
    seq: int,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    facts: Mapping[str, object],
) -> bytes:
    """Return the SHA-256 of a line chained to `previous` (32 bytes)."""
    content = json.dumps(
        [account_id, seq, at.astimezone(UTC).isoformat(), actor, action, subject, facts],
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(previous + content.encode()).digest()


# The last line of each chain; the house's is 0. Written so that the index gives it at once, however
# long the chain: « IS NOT DISTINCT FROM » would read the whole journal.
LAST_LINES = """
    SELECT k.id, h.seq, h.hash FROM unnest(%s::bigint[]) AS k(id)
     CROSS JOIN LATERAL (SELECT seq, hash FROM store_journalentry j WHERE j.account_id = k.id
                          ORDER BY account_id DESC, seq DESC LIMIT 1) h
    UNION ALL
    (SELECT 0, seq, hash FROM store_journalentry
      WHERE account_id IS NULL AND 0 = ANY(%s::bigint[])
      ORDER BY account_id DESC, seq DESC LIMIT 1)"""


def append(act: Act, *, at: datetime) -> None:
    """Append one line; the caller holds the account's lock (or accepts the house chain's)."""
    append_all([act], at=at)


def append_all(acts: Iterable[Act], *, at: datetime) -> None:
    """Append lines in order, several chains at once, in the caller's transaction.

    The chain heads are read under an advisory lock per chain, so that two transactions never
    follow the same head.
    """
    acts = list(acts)
    if not acts:
        return
    accounts = sorted({act.account_id or 0 for act in acts})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, k::int) FROM unnest(%s::bigint[]) AS k",
            [locks.JOURNAL_CHAIN, accounts],
        )
        cursor.execute(LAST_LINES, [accounts, accounts])
        heads = {row[0]: (row[1], bytes(row[2])) for row in cursor.fetchall()}
    rows = []
    for act in acts:
        key = act.account_id or 0
        seq, previous = heads.get(key, (0, GENESIS))
        facts = json.loads(json.dumps(dict(act.facts), ensure_ascii=False, default=str))
        digest = line_hash(
            previous,
            account_id=act.account_id,
            seq=seq + 1,
            at=at,
            actor=act.actor,
            action=act.action,
            subject=act.subject,
            facts=facts,
        )
        rows.append(
            JournalEntry(
                account_id=act.account_id,
                seq=seq + 1,
                at=at,
                actor=act.actor,
                action=act.action,
                subject=act.subject,
                facts=facts,
                previous_hash=previous,
                hash=digest,
            )
        )
        heads[key] = (seq + 1, digest)
    JournalEntry.objects.bulk_create(rows, batch_size=5000)


def seal_day(on: date, *, at: datetime) -> JournalSeal | None:
    """Seal the chains that grew since the last seal, under the day `on`; repeatable.

    The seal covers the head of each chain among the lines recorded since the seal before, and that
    seal's hash: together the seals cover the whole journal, and one day's cost is one day's lines.
    Return None where the day, or a later one, is sealed already.
    """
    if JournalSeal.objects.filter(on__gte=on).exists():
        return None  # asked for every few minutes: nobody waits for a day that is sealed
    with transaction.atomic(), connection.cursor() as cursor:
        # Whoever is appending finishes first, and nobody starts: no smaller id can appear later.
        cursor.execute("LOCK TABLE store_journalentry IN SHARE MODE")
        previous = JournalSeal.objects.order_by("-on").first()
        if previous is not None and previous.on >= on:
            return None
        after = previous.last_entry_id if previous else 0
        cursor.execute("SELECT coalesce(max(id), %s) FROM store_journalentry", [after])
        last = int(cursor.fetchone()[0])
        cursor.execute(HEADS, [after, last])
        chains, heads = heads_digest(cursor)
        before = bytes(previous.hash) if previous else GENESIS
        return JournalSeal.objects.create(
            on=on,
            last_entry_id=last,
            chains=chains,
            previous_hash=before,
            hash=seal_hash(before, on=on, last_entry_id=last, chains=chains, heads=heads),
            sealed_at=at,
        )


# The last line of each chain among the lines of ids ]%s, %s].
HEADS = """
SELECT DISTINCT ON (account_id) coalesce(account_id, 0), seq, hash
  FROM store_journalentry WHERE id > %s AND id <= %s
 ORDER BY account_id NULLS FIRST, seq DESC
"""


def heads_digest(heads: Iterable[tuple[int, int, bytes]]) -> tuple[int, bytes]:
    """Return how many heads there are and the SHA-256 of them all; `heads` in HEADS's order."""
    digest, count = hashlib.sha256(), 0
    for account, seq, head in heads:
        digest.update(f"{account} {seq} {bytes(head).hex()}\n".encode())
        count += 1
    return count, digest.digest()


def seal_hash(previous: bytes, *, on: date, last_entry_id: int, chains: int, heads: bytes) -> bytes:
    """Return the SHA-256 of a day's seal, chained to the seal before (32 bytes)."""
    content = f"{on.isoformat()} {last_entry_id} {chains}\n".encode()
    return hashlib.sha256(previous + content + heads).digest()
