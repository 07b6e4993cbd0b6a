"""Appending to the hash-chained journal, one line or a thousand.

The hash covers the previous hash and a canonical JSON of the line, so that any later change of a
line, or its removal, breaks the chain that `exigible check` walks.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db import connection

from exigible.store.models import JournalEntry

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
            "SELECT pg_advisory_xact_lock(7341, k::int) FROM unnest(%s::bigint[]) AS k", [accounts]
        )
        cursor.execute(
            """SELECT k.id, h.seq, h.hash FROM unnest(%s::bigint[]) AS k(id)
               CROSS JOIN LATERAL (
                 SELECT seq, hash FROM store_journalentry j
                  WHERE j.account_id IS NOT DISTINCT FROM nullif(k.id, 0)
                  ORDER BY seq DESC LIMIT 1) h""",
            [accounts],
        )
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
