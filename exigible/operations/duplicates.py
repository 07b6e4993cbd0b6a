"""Finding debtors known twice: a search over everybody, whose pairs a person then settles.

Keys are written beside each debtor in a temporary table, and the database brings together those that
share one: its work grows with the pairs that share something, not with the square of the debtors. A
key that too many share (a business centre, a family name) tells nothing and brings nobody together,
but for numbers given by a State or a bank, whose holders are compared with the first of them.
"""

from __future__ import annotations

import json
import time
from datetime import datetime

from django.db import connection, transaction

from exigible.domain.identity.duplicates import STRONG, Match, Party, blocking_keys, compare
from exigible.domain.identity.names import core_words, street_key
from exigible.domain.refusals import Refused, WrongInput
from exigible.operations import journal
from exigible.operations.acts import By
from exigible.store import locks
from exigible.store.bulk import copy_rows
from exigible.store.models import Account, Debtor, DebtorsApart, DuplicateSearch

MOST_SHARING = 40  # beyond that, a key tells nothing
SLICE = 20_000  # debtors, or pairs, read at once

_PARTIES = """
SELECT d.id, d.name, d.kind, d.siren, d.vat_number, d.address_line1, d.address_line2,
       d.address_line3, d.postcode, d.country,
       (SELECT array_agg(DISTINCT lower(k.email)) FROM store_contact k
         WHERE k.debtor_id = d.id AND k.email <> '' AND k.active),
       (SELECT array_agg(b.iban) FROM store_debtorbankaccount b
         WHERE b.debtor_id = d.id AND b.ended_at IS NULL)
  FROM store_debtor d
"""
_CANDIDATES = """
CREATE TEMP TABLE duplicate_candidate ON COMMIT DROP AS
WITH shared AS (
  SELECT kind, key, count(*) AS sharing, min(debtor_id) AS head
    FROM duplicate_key GROUP BY kind, key HAVING count(*) > 1)
SELECT DISTINCT a.debtor_id AS one, b.debtor_id AS other
  FROM shared s
  JOIN duplicate_key a ON a.kind = s.kind AND a.key = s.key
  JOIN duplicate_key b ON b.kind = s.kind AND b.key = s.key AND b.debtor_id > a.debtor_id
 WHERE s.sharing <= %s OR (s.kind = ANY(%s) AND a.debtor_id = s.head)
"""
_KEEP = """
INSERT INTO store_duplicatepair AS p (first_id, second_id, name_key, score, reasons, found_at)
SELECT f.one, f.other, d.name_key, f.score, f.reasons::jsonb, %s
  FROM duplicate_found f JOIN store_debtor d ON d.id = f.one
ON CONFLICT (first_id, second_id) DO UPDATE
   SET score = excluded.score, reasons = excluded.reasons, name_key = excluded.name_key
 WHERE (p.score, p.reasons, p.name_key)
       IS DISTINCT FROM (excluded.score, excluded.reasons, excluded.name_key)
"""
_FORGET = """
DELETE FROM store_duplicatepair p
 WHERE NOT EXISTS (SELECT 1 FROM duplicate_found f WHERE f.one = p.first_id AND f.other = p.second_id)
   AND p.first_id NOT IN (SELECT id FROM store_debtor WHERE merged_into_id IS NOT NULL)
   AND p.second_id NOT IN (SELECT id FROM store_debtor WHERE merged_into_id IS NOT NULL)
"""


@transaction.atomic
def search_duplicates(*, at: datetime) -> DuplicateSearch:
    """Compare every debtor with those he shares something with, and keep the pairs that look the same.

    Merged debtors stay out; their pairs are kept for the day a merge is undone. Refuse while
    another search is under way.
    """
    started = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, 0)", [locks.DUPLICATE_SEARCH])
        if not cursor.fetchone()[0]:
            raise Refused(
                "search_under_way", "Une recherche de doublons est en cours. Attendez sa fin."
            )
    read = _write_keys()
    found = _write_matches()
    with connection.cursor() as cursor:
        cursor.execute(_FORGET)
        cursor.execute(_KEEP, [at])
        cursor.execute("DROP TABLE duplicate_key, duplicate_candidate, duplicate_found")
    return DuplicateSearch.objects.create(
        at=at, debtors=read, pairs=found, seconds=round(time.perf_counter() - started, 3)
    )


def set_apart(first_id: int, second_id: int, *, by: By, at: datetime) -> DebtorsApart:
    """Say that two debtors are not the same: the pair is proposed no more."""
    one, other = sorted((first_id, second_id))
    with transaction.atomic():
        debtors = list(Debtor.objects.select_for_update().filter(pk__in=(one, other)))
        if len(debtors) != 2:
            raise WrongInput("debtor", "Choisissez deux débiteurs.")
        if any(debtor.merged_into_id is not None for debtor in debtors):
            raise Refused("merged", "Ces débiteurs sont réunis : défaites d’abord la réunion.")
        apart, made = DebtorsApart.objects.get_or_create(
            first_id=one,
            second_id=other,
            withdrawn_at=None,
            defaults={"recorded_by": by.uuid, "recorded_at": at},
        )
        if made:
            _journal_on_accounts("debtors_set_apart", (one, other), by=by, at=at)
    return apart


def bring_back(apart_id: int, *, by: By, at: datetime) -> DebtorsApart:
    """Take back that two debtors are not the same; refuse what was taken back already."""
    with transaction.atomic():
        apart = DebtorsApart.objects.select_for_update().get(pk=apart_id)
        if apart.withdrawn_at is not None:
            raise Refused("brought_back", "Cette paire est déjà de nouveau proposée.")
        apart.withdrawn_at, apart.withdrawn_by = at, by.uuid
        apart.save(update_fields=["withdrawn_at", "withdrawn_by"])
        debtors = (apart.first_id, apart.second_id)
        _journal_on_accounts("debtors_brought_back", debtors, by=by, at=at)
    return apart


def _journal_on_accounts(action: str, debtors: tuple[int, int], *, by: By, at: datetime) -> None:
    accounts = Account.objects.filter(debtor_id__in=debtors).order_by("pk")
    subject = ",".join(f"debtor:{pk}" for pk in debtors)
    journal.append_all(
        [
            journal.Act(account_id=pk, actor=by.actor, action=action, subject=subject)
            for pk in accounts.values_list("pk", flat=True)
        ],
        at=at,
    )


# ---- the search


def _write_keys() -> int:
    """Write the keys of every debtor, a slice at a time; return how many debtors there are."""
    columns = {"debtor_id": "int8", "kind": "text", "key": "text"}
    read, after = 0, 0
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE duplicate_key (debtor_id int8, kind text, key text) ON COMMIT DROP"
        )
        while slice_ := _parties(
            "WHERE d.merged_into_id IS NULL AND d.id > %s ORDER BY d.id LIMIT %s", after, SLICE
        ):
            read += len(slice_)
            after = slice_[-1].id
            rows = [
                (party.id, kind.value, key)
                for party in slice_
                for kind, key in blocking_keys(party)
            ]
            copy_rows("duplicate_key", columns, rows)
        cursor.execute("CREATE INDEX ON duplicate_key (kind, key)")
        cursor.execute("ANALYZE duplicate_key")
        cursor.execute(_CANDIDATES, [MOST_SHARING, [kind.value for kind in STRONG]])
        cursor.execute("CREATE INDEX ON duplicate_candidate (one, other)")
    return read


def _write_matches() -> int:
    """Compare the candidates, a slice at a time; write those that match, return how many."""
    columns = {"one": "int8", "other": "int8", "score": "int2", "reasons": "text"}
    found, after = 0, (0, 0)
    with connection.cursor() as cursor:
        cursor.execute(
            """CREATE TEMP TABLE duplicate_found
               (one int8, other int8, score int2, reasons text) ON COMMIT DROP"""
        )
        while True:
            cursor.execute(
                """SELECT one, other FROM duplicate_candidate WHERE (one, other) > (%s, %s)
                    ORDER BY one, other LIMIT %s""",
                [*after, SLICE],
            )
            pairs: list[tuple[int, int]] = cursor.fetchall()
            if not pairs:
                break
            after = pairs[-1]
            ids = sorted({pk for pair in pairs for pk in pair})
            known = {party.id: party for party in _parties("WHERE d.id = ANY(%s)", ids)}
            rows = [
                (one, other, match.score, json.dumps(_reasons(match), ensure_ascii=False))
                for one, other in pairs
                if (match := compare(known[one], known[other])) is not None
            ]
            copy_rows("duplicate_found", columns, rows)
            found += len(rows)
        cursor.execute("CREATE INDEX ON duplicate_found (one, other)")
        cursor.execute("ANALYZE duplicate_found")
    return found


def _parties(where: str, *values: int | list[int]) -> list[Party]:
    """Read debtors as the search sees them."""
    with connection.cursor() as cursor:
        cursor.execute(_PARTIES + where, list(values))
        return [
            Party(
                id=pk,
                words=core_words(name),
                kind=kind,
                siren=siren,
                vat_number=vat_number,
                street=street_key((line1, line2, line3)),
                postcode=postcode,
                country=country,
                emails=frozenset(emails or ()),
                ibans=frozenset(ibans or ()),
            )
            for (
                pk,
                name,
                kind,
                siren,
                vat_number,
                line1,
                line2,
                line3,
                postcode,
                country,
                emails,
                ibans,
            ) in cursor.fetchall()
        ]


def _reasons(match: Match) -> list[list[object]]:
    return [[reason.code, reason.points, reason.fact] for reason in match.reasons]
