"""Early-payment discounts: what a contract grants on a claim, if the funds came in time.

The funds must have arrived within the contract's days, counted from the invoice; a day later the gap
stays due (*escompte indu*). The rate is that of the account's own terms, else of the creditor's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from exigible.domain.french import day as french_day
from exigible.domain.french import euros, percent, typeset
from exigible.domain.matching import Discount
from exigible.domain.refusals import Refused
from exigible.operations.matching.settings import settings_of
from exigible.store.models import Account, Claim

WHOLE = 1_000_000
ROUNDING_CENTS = 1  # a claim; the engine shares a sum out so


@dataclass(frozen=True, slots=True)
class Offered:
    """What a discount would be on a claim: its most, and the last day the funds had to arrive."""

    claim_id: int
    most_cents: int
    until: date | None
    in_time: bool


def terms_of(account: Account) -> Discount | None:
    """Return the discount of an account's contract."""
    if account.discount_rate and account.discount_days:
        return Discount(account.discount_rate, account.discount_days)
    settings = settings_of(account.creditor_id)
    if settings.discount_rate and settings.discount_days:
        return Discount(settings.discount_rate, settings.discount_days)
    return None


def offered(terms: Discount | None, claims: Iterable[Claim], on: date) -> dict[int, Offered]:
    """Return what each claim would be reduced by, for funds that arrived on `on`."""
    found: dict[int, Offered] = {}
    if terms is None:
        return found
    for claim in claims:
        until = claim.issued_on + timedelta(days=terms.days) if claim.issued_on else None
        cents = (2 * claim.balance_cents * terms.rate + WHOLE) // (2 * WHOLE)
        found[claim.pk] = Offered(claim.pk, cents, until, until is not None and on <= until)
    return found


def require_due(account: Account, discounts: Iterable[tuple[int, int]], on: date) -> None:
    """Refuse a discount that the contract does not grant, or that came too late."""
    wanted: dict[int, int] = {}
    for claim_id, cents in discounts:
        wanted[claim_id] = wanted.get(claim_id, 0) + cents
    if not wanted:
        return
    terms = terms_of(account)
    claims = list(Claim.objects.filter(pk__in=wanted, account=account))
    if terms is None:
        raise Refused(
            "no_discount",
            typeset(
                "Aucun escompte n’est prévu pour ce compte : laissez l’écart ouvert, ou notez "
                "l’escompte à ses conditions."
            ),
            field="escompte",
        )
    grants = offered(terms, claims, on)
    for claim in claims:
        grant = grants[claim.pk]
        if not grant.in_time:
            limit = f" avant le {french_day(grant.until)} inclus" if grant.until else ""
            raise Refused(
                "discount_undue",
                typeset(
                    f"{claim} : escompte indu, les fonds du {french_day(on)} devaient arriver{limit}. "
                    "L’écart reste dû."
                ),
                field="escompte",
            )
        if wanted[claim.pk] > grant.most_cents + ROUNDING_CENTS:
            raise Refused(
                "beyond_discount",
                typeset(
                    f"{claim} : {euros(wanted[claim.pk])} dépassent l’escompte de "
                    f"{percent(terms.rate)} ({euros(grant.most_cents)})."
                ),
                field="escompte",
            )
