"""The facts of an account's reliability: for one, as `domain.identity.reliability` reads them; for a
million, as the bits that `AccountFigures` copies.

The rules are said twice, here in SQL for the copy, in the domain for the page: a test compares them.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection

from exigible.domain.exhibits import EXPECTED
from exigible.domain.exhibits.expected import PERFORMANCE
from exigible.domain.identity.reliability import Facts, lacks

# What a delivery proves, and what proves it: literals of the domain, never what a person typed.
_DELIVERED = ", ".join(f"'{kind}'" for kind, needs in EXPECTED.items() if PERFORMANCE in needs)
_PROOFS = ", ".join(f"'{kind.value}'" for kind in sorted(PERFORMANCE.kinds))
# Of an account `a` and its debtor `d`: how he is reached, what registers say, what open claims lack.
# Proofs of delivery are asked of the creditors who keep some here: elsewhere nobody knows.
FACTS = f"""
  LEFT JOIN (
    SELECT DISTINCT creditor_id FROM store_exhibit
     WHERE withdrawn_at IS NULL AND kind IN ({_PROOFS})) proving ON proving.creditor_id = a.creditor_id
  CROSS JOIN LATERAL (
    SELECT coalesce(bool_or(email <> ''), false) AS email, coalesce(bool_or(phone <> ''), false) AS phone
      FROM store_contact WHERE debtor_id = d.id AND active) reached
  CROSS JOIN LATERAL (
    SELECT coalesce(bool_or(struck_off), false) AS struck_off,
           coalesce(bool_or(insolvent), false) AS insolvent,
           coalesce(bool_or(postcode <> '' AND postcode = d.postcode), false) AS same_postcode
      FROM store_registeranswer WHERE siren = d.siren AND d.siren <> '') told
  CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE due_on_source = 'derived') AS derived,
           count(*) FILTER (WHERE ref = '') AS nameless,
           count(*) FILTER (WHERE issued_on IS NULL) AS undated,
           CASE WHEN proving.creditor_id IS NOT NULL THEN count(*) FILTER (
             WHERE kind IN ({_DELIVERED}) AND NOT EXISTS (
               SELECT FROM store_exhibitclaim l JOIN store_exhibit x ON x.id = l.exhibit_id
                WHERE l.claim_id = store_claim.id AND l.ended_at IS NULL
                  AND x.withdrawn_at IS NULL AND x.kind IN ({_PROOFS}))) END AS unproved
      FROM store_claim WHERE account_id = a.id AND balance_cents <> 0 AND balance_cents > 0) open
"""
_HAS_ADDRESS = "(d.postcode <> '' AND d.city <> '' AND d.address_line1 || d.address_line2 <> '')"
_LACKING = {
    "kind": "d.kind = 'unknown'",
    "siren": "d.kind IN ('professional', 'public_purchaser') AND d.country = 'FR' AND d.siren = ''",
    "address": f"NOT {_HAS_ADDRESS}",
    "address_bad": f"{_HAS_ADDRESS} AND NOT d.address_ok",
    "legal_address": f"d.kind <> 'consumer' AND d.siren <> '' AND {_HAS_ADDRESS}"
    " AND NOT told.same_postcode",
    "struck_off": "told.struck_off",
    "insolvency_unrecorded": "told.insolvent AND d.insolvency_opened_on IS NULL",
    "email": "NOT (d.email_ok AND reached.email)",
    "phone": "NOT reached.phone",
    "due_date": "open.derived > 0",
    "number": "open.nameless > 0",
    "date": "open.undated > 0",
    "proof_of_delivery": "coalesce(open.unproved, 0) > 0",
}
# What takes points off, as bits, and the score: to be read FROM store_account a, store_debtor d, FACTS.
BITS = " | ".join(
    f"(CASE WHEN {condition} THEN {1 << lacks()[key].bit} ELSE 0 END)"
    for key, condition in _LACKING.items()
)
SCORE = (
    "greatest(0, 100 - ("
    + " + ".join(
        f"(CASE WHEN {condition} THEN {lacks()[key].weight} ELSE 0 END)"
        for key, condition in _LACKING.items()
    )
    + "))"
)


def facts_of(account_id: int) -> Facts:
    """Return what is known of one account, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT d.kind, d.country, d.siren <> '', {_HAS_ADDRESS}, d.address_ok,
                       told.same_postcode, told.struck_off, told.insolvent,
                       d.insolvency_opened_on IS NOT NULL, d.email_ok AND reached.email,
                       reached.phone, open.derived, open.nameless, open.undated,
                       open.unproved
                  FROM store_account a JOIN store_debtor d ON d.id = a.debtor_id {FACTS}
                 WHERE a.id = %s""",
            [account_id],
        )
        row = cursor.fetchone()
    names = (
        "kind",
        "country",
        "has_siren",
        "has_address",
        "address_ok",
        "legal_address_known",
        "struck_off",
        "insolvency_mentioned",
        "insolvency_recorded",
        "has_email",
        "has_phone",
        "derived_due_dates",
        "without_number",
        "without_date",
        "without_proof",
    )
    return Facts(**dict(zip(names, row, strict=True)))


def rewrite(debtor_ids: Collection[int]) -> int:
    """Write the copy anew on every account of some debtors, where it differs; return how many did.

    It depends on no day: an act that changes how a debtor is known calls this and nothing else.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE store_accountfigures f SET lacks = n.bits, reliability = n.score
                  FROM (SELECT a.id, ({BITS}) AS bits, {SCORE} AS score
                          FROM store_account a JOIN store_debtor d ON d.id = a.debtor_id {FACTS}
                         WHERE d.id = ANY(%s)) n
                 WHERE f.account_id = n.id
                   AND (f.lacks, f.reliability) IS DISTINCT FROM (n.bits, n.score)""",
            [list(debtor_ids)],
        )
        return int(cursor.rowcount)
