"""What stands in the way of taking an import back: whatever was done since on what it brought.

`Brought` says, as SQL, which claims and payments an import brought and which facts are its own; each
sentence that `blockers` returns names what depends on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from exigible.domain.french import count
from exigible.store.models import ImportBatch

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Brought:
    """What an import brought: two queries that give ids, and what tells its own facts by their origin."""

    claims: str
    payments: str
    own: str  # a condition on {origin}
    parameters: dict[str, Any]


def noted(batch: ImportBatch) -> Brought:
    """Return what an import noted (`ImportedFact`) and that the ledger has not taken over since."""
    made = """SELECT f.object_id FROM store_importedfact f
               WHERE f.batch_id = %(batch)s AND f.what = '{what}' AND f.undone_at IS NULL
                 AND NOT EXISTS (SELECT 1 FROM store_ledgerline l
                                  WHERE l.{what}_id = f.object_id AND l.withdrawn_at IS NULL)"""
    origins = [f"list:{batch.pk}", f"einvoice:{batch.pk}"]
    return Brought(
        claims=made.format(what="claim"),
        payments=made.format(what="payment"),
        own="({origin} = ANY(%(origins)s) OR {origin} LIKE ANY(%(prefixes)s))",
        parameters={
            "batch": batch.pk,
            "origins": origins,
            "prefixes": [f"{one}:%" for one in origins],
        },
    )


def of_ledger(batch: ImportBatch) -> Brought:
    """Return what an accounting export brought: every fact of the ledger is its own, so to speak."""
    lines = "SELECT account_id FROM store_ledgerline WHERE batch_id = %(batch)s"
    return Brought(
        claims=f"""SELECT id FROM store_claim
                    WHERE origin LIKE %(prefix)s AND account_id IN ({lines})""",
        payments=f"""SELECT id FROM store_payment
                      WHERE origin LIKE %(prefix)s AND account_id IN ({lines})""",
        own="{origin} LIKE 'fec:%%'",
        parameters={"batch": batch.pk, "prefix": f"fec:{batch.pk}:%"},
    )


def blockers(brought: Brought) -> list[str]:
    """Return a sentence for each sort of thing that depends on what an import brought."""
    found = []
    with connection.cursor() as cursor:
        for query, one, several in _DEPENDENTS:
            cursor.execute(
                query.format(
                    claims=brought.claims,
                    payments=brought.payments,
                    own_entry=brought.own.format(origin="coalesce(s.origin, e.origin)"),
                    own_settlement=brought.own.format(origin="s.origin"),
                ),
                brought.parameters,
            )
            if names := [row[0] for row in cursor.fetchall()]:
                found.append(_sentence(names, one, several))
    return found


def _sentence(found: Sequence[str], one: str, several: str) -> str:
    names = ", ".join(str(name or "sans numéro") for name in found[:SHOWN])
    more = f" et {count(len(found) - SHOWN, 'autre')}" if len(found) > SHOWN else ""
    return f"{count(len(found), one, several)} : {names}{more}."


_DEPENDENTS = (
    (
        """SELECT DISTINCT c.ref FROM store_entry e
             JOIN store_claim c ON c.id = e.claim_id
             LEFT JOIN store_settlement s ON s.id = e.settlement_id
            WHERE e.claim_id IN ({claims}) AND e.kind <> 'opening' AND e.reverses_id IS NULL
              AND NOT {own_entry}
              AND NOT EXISTS (SELECT 1 FROM store_entry r WHERE r.reverses_id = e.id)""",
        "créance de cet import a été payée ou modifiée depuis",
        "créances de cet import ont été payées ou modifiées depuis",
    ),
    (
        """SELECT DISTINCT c.ref FROM store_entry e
             JOIN store_claim c ON c.id = e.claim_id
             LEFT JOIN store_settlement s ON s.id = e.settlement_id
            WHERE e.claim_id IN ({claims}) AND e.kind = 'reversal' AND e.settlement_id IS NULL
              AND c.balance_cents = 0 AND e.origin <> 'reconciliation' AND NOT {own_entry}""",
        "créance annulée depuis",
        "créances annulées depuis",
    ),
    (
        """SELECT DISTINCT p.reference FROM store_allocation a
             JOIN store_settlement s ON s.id = a.settlement_id
             JOIN store_payment p ON p.id = a.payment_id
            WHERE a.payment_id IN ({payments}) AND s.reverses_id IS NULL AND NOT {own_settlement}
              AND NOT EXISTS (SELECT 1 FROM store_settlement r WHERE r.reverses_id = s.id)""",
        "règlement de cet import a été affecté depuis",
        "règlements de cet import ont été affectés depuis",
    ),
    (
        """SELECT DISTINCT p.reference FROM store_banklinepayment b
             JOIN store_payment p ON p.id = b.payment_id
            WHERE b.payment_id IN ({payments}) AND b.ended_at IS NULL
              AND NOT EXISTS (SELECT 1 FROM store_payment r WHERE r.reverses_id = p.id)""",
        "règlement de cet import est rapproché d’une opération bancaire",
        "règlements de cet import sont rapprochés d’opérations bancaires",
    ),
    (
        """SELECT DISTINCT e.number FROM store_einvoice e
            WHERE e.withdrawn_at IS NULL AND e.batch_id <> %(batch)s
              AND (e.claim_id IN ({claims}) OR e.payment_id IN ({payments}))""",
        "facture électronique d’un autre import s’y rattache (annulez-le d’abord)",
        "factures électroniques d’autres imports s’y rattachent (annulez-les d’abord)",
    ),
    (
        """SELECT c.ref FROM store_dispute d JOIN store_claim c ON c.id = d.claim_id
            WHERE d.claim_id IN ({claims}) AND d.closed_on IS NULL""",
        "créance est contestée",
        "créances sont contestées",
    ),
    (
        """SELECT c.ref FROM store_hold h JOIN store_claim c ON c.id = h.claim_id
            WHERE h.claim_id IN ({claims}) AND h.lifted_at IS NULL""",
        "créance est suspendue",
        "créances sont suspendues",
    ),
    (
        """SELECT DISTINCT c.ref FROM store_message_claims k
             JOIN store_message m ON m.id = k.message_id JOIN store_claim c ON c.id = k.claim_id
            WHERE k.claim_id IN ({claims}) AND m.status IN ('sending', 'sent', 'uncertain')""",
        "créance a été réclamée dans un message parti",
        "créances ont été réclamées dans un message parti",
    ),
    (
        """SELECT DISTINCT c.ref FROM store_case_claims k JOIN store_claim c ON c.id = k.claim_id
            WHERE k.claim_id IN ({claims})""",
        "créance est dans un dossier",
        "créances sont dans un dossier",
    ),
)
