"""What *Encaissements* shows of lines: shares of a payment, fees kept, confidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from exigible.domain import french
from exigible.store.models import BankLine, Claim, Payment, SettlementKind

register = template.Library()


@dataclass(frozen=True, slots=True)
class Share:
    """What a payment brought to a claim, or left."""

    cents: int
    claim: Claim | None = None
    words: str = ""


@register.filter
def shares(payment: Payment) -> list[Share]:
    """What a payment pays today, claim by claim, then what it leaves."""
    if payment.amount_cents < 0:
        return [Share(payment.amount_cents, words="règlement contrepassé, dû à nouveau")]
    by_claim: dict[int, int] = {}
    claims: dict[int, Claim] = {}
    on_top: dict[int, int] = {}
    joined = 0
    for row in payment.allocations.all():
        if row.claim_id is None or row.claim is None:
            joined += row.amount_cents
            continue
        claims[row.claim_id] = row.claim
        settlement = row.settlement.reverses or row.settlement
        sums = on_top if settlement.kind == SettlementKind.ACCESSORIES else by_claim
        sums[row.claim_id] = sums.get(row.claim_id, 0) + row.amount_cents
    found = [Share(cents, claims[pk]) for pk, cents in by_claim.items() if cents]
    found += [
        Share(cents, claims[pk], "pénalités et indemnité") for pk, cents in on_top.items() if cents
    ]
    if joined:
        found.append(Share(joined, words="plusieurs créances lettrées ensemble"))
    if payment.unallocated_cents:
        found.append(Share(payment.unallocated_cents, words="crédit non affecté"))
    return found


@register.filter
def kept_fees(line: BankLine) -> int:
    """What an agent or a bank kept of a line."""
    return sum(line.fees.values_list("amount_cents", flat=True))


@register.filter
def in_euros(cents: int) -> str:
    """An amount as plain words, for a label."""
    return french.euros(cents)


@register.filter
def plain_day(on: date) -> str:
    """A day as plain words, for a label."""
    return french.day(on)


@register.filter
def confidence(thousandths: int) -> str:
    """« 96 % », never 100 for what is only likely."""
    return f"{thousandths // 10}{french.NO_BREAK}%"


@register.filter
def rate_words(rate: int) -> str:
    """« 2,00 % », of a rate in 1/10,000 of a percent."""
    return french.percent(rate)


@register.filter
def thousandths(value: int) -> str:
    """« 95,9 % »."""
    return f"{value // 10},{value % 10}{french.NO_BREAK}%"


@register.filter
def one_in(millionths: int) -> str:
    """How many cases a share in millionths, above zero, is one of: 2 000 → « 500 »."""
    return french.grouped(1_000_000 // millionths)


@register.filter
def decimal_value(cents: int) -> str:
    """« -750.00 », as programs read it."""
    return str(Decimal(cents).scaleb(-2))


@register.simple_tag
def money_in(cents: int, currency: str) -> str:
    """An amount in its own currency."""
    return french.money(cents, currency)


@register.simple_tag
def minus(cents: int) -> SafeString:
    """« −300,64 € »: what is taken off."""
    return format_html('<span class="nowrap">{}</span>', french.euros(-cents))
