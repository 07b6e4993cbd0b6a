"""The décompte of an account: its facts become a case, the engine answers.

`account_case` reads what is chased of each open claim (the disputed part is left out), what has
reduced it, what paid accessories on top, and the formal notices sent. In the statement of an account, *lettrage* and named
payments go to principal; `legal_order` pleads the order of C. civ. 1343-1 instead.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from exigible.domain.case import (
    Case,
    CaseClaim,
    ClaimKind,
    Clause,
    CreditNote,
    CreditorKind,
    DebtorKind,
    Event,
    FormalNotice,
    InsolvencyOpening,
    InterestTerms,
    Payment,
    Regime,
)
from exigible.domain.french import day as french_day
from exigible.domain.french import euros, typeset
from exigible.domain.refusals import Refused
from exigible.domain.statement import Statement, statement
from exigible.operations.law import current_law
from exigible.store.models import (
    Account,
    Allocation,
    Claim,
    Component,
    Dispute,
    Entry,
    EntryKind,
    Message,
    MessageStatus,
    SettlementKind,
)
from exigible.store.models import Payment as PaymentRow

ACCESSORIES = ("fixed_indemnity", "penalty_clause", "capitalised_interest", "interest", "costs")
INDEMNIFIED = frozenset({ClaimKind.INVOICE, ClaimKind.INSTALMENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCase:
    """A case, the claims it was made of in the same order, and what was left out of it."""

    case: Case
    claims: tuple[Claim, ...]
    excluded: tuple[str, ...]


def account_statement(
    account_id: int,
    on: date,
    *,
    claim_ids: Sequence[int] | None = None,
    legal_order: bool = False,
    overdue_only: bool = True,
) -> tuple[Statement, AccountCase]:
    """Return the statement of an account on `on`; raise OutsideKnownLaw when a rate is unknown."""
    made = account_case(
        account_id,
        on,
        claim_ids=claim_ids,
        legal_order=legal_order,
        overdue_only=overdue_only,
    )
    found = statement(made.case, on, current_law())
    if claim_ids is None and not found.total_cents:
        raise _nothing_due()  # what is left is contested, and nothing was paid late
    if credit := _unallocated(account_id, on):
        unplaced = (
            f"Un crédit de {euros(credit)}, reçu et non encore affecté, n’est pas déduit ici ; "
            "affecté, il réduit ce total et arrête les intérêts à son jour (C. civ. art. 1342-10)."
        )
        found = replace(found, warnings=(*found.warnings, unplaced))
    return found, made


def _unallocated(account_id: int, on: date) -> int:
    """Return the money received by `on`, in euros, that no allocation of that day had placed."""
    received = PaymentRow.objects.filter(account=account_id, value_date__lte=on, currency="EUR")
    placed = Allocation.objects.filter(payment__in=received, value_date__lte=on)
    sums = (
        received.aggregate(total=Sum("amount_cents", default=0)),
        placed.aggregate(total=Sum("amount_cents", default=0)),
    )
    return max(0, int(sums[0]["total"]) - int(sums[1]["total"]))


def account_case(
    account_id: int,
    on: date,
    *,
    claim_ids: Sequence[int] | None = None,
    legal_order: bool = False,
    overdue_only: bool = True,
) -> AccountCase:
    """Return the case of an account's open claims on `on`.

    Claims named in `claim_ids` are counted settled or not: what was paid late in principal keeps
    its accessories. Refuse a debtor of unknown kind (no interest can be said to be due) and an
    account with nothing to claim on that day.
    """
    account = Account.objects.select_related("creditor", "debtor").get(pk=account_id)
    kind = account.debtor.kind
    if kind not in set(DebtorKind):
        raise Refused(
            "unknown_kind",
            "La qualité du débiteur (professionnel, particulier, acheteur public) n’est pas "
            "connue : elle décide des intérêts et de l’indemnité. Précisez-la d’abord.",
            field="kind",
        )
    excluded: list[str] = []
    claims = _open_claims(account, on, claim_ids, overdue_only, excluded)
    if claim_ids is None:
        excluded += _settled_with_accessories(account, {claim.pk for claim, _ in claims}, on)
    if not claims:
        raise _nothing_due()
    waived = account.waives_accessories
    rate = account.clause_rate if account.clause_rate is not None else account.creditor.clause_rate
    clause = Clause(rate=rate) if rate is not None else None
    position = {claim.pk: index for index, (claim, _) in enumerate(claims)}
    events = _reductions(position, on, legal_order)
    events += _accessories_paid(position, on, legal_order)
    events += _notices(account, position, on)
    opened = account.debtor.insolvency_opened_on
    if opened is not None:
        events.append(InsolvencyOpening(on=opened))
    refs = _unique_refs([claim for claim, _ in claims])
    case = Case(
        creditor_kind=CreditorKind(account.creditor.kind),
        debtor_kind=DebtorKind(kind),
        creditor_name=account.creditor.name,
        debtor_name=account.debtor.name,
        claims=tuple(
            CaseClaim(
                ref=refs[index],
                kind=ClaimKind(claim.kind),
                issued_on=claim.issued_on,
                due_on=claim.due_on,
                principal_cents=principal,
                interest=_interest_terms(clause, waived=waived),
                fixed_indemnity=not waived
                and ClaimKind(claim.kind) in INDEMNIFIED
                and kind != DebtorKind.CONSUMER
                and account.creditor.kind == CreditorKind.PROFESSIONAL,
            )
            for index, (claim, principal) in enumerate(claims)
        ),
        events=tuple(sorted(events, key=_event_day)),
    )
    return AccountCase(
        case=case, claims=tuple(claim for claim, _ in claims), excluded=tuple(excluded)
    )


def _nothing_due() -> Refused:
    return Refused(
        "nothing_due", "Rien n’est échu et impayé hors litige sur ce compte à cette date."
    )


def _interest_terms(clause: Clause | None, *, waived: bool) -> InterestTerms:
    return InterestTerms(
        regime=Regime.NONE if waived else Regime.AUTO, clause=None if waived else clause
    )


def _open_claims(
    account: Account,
    on: date,
    claim_ids: Sequence[int] | None,
    overdue_only: bool,
    excluded: list[str],
) -> list[tuple[Claim, int]]:
    """Return claims open on `on` with the principal first owed, less the disputed part."""
    rows = Claim.objects.filter(account=account).filter(
        Q(issued_on__isnull=True) | Q(issued_on__lte=on)
    )
    if claim_ids is not None:
        rows = rows.filter(pk__in=list(claim_ids))
    else:
        moved_since = Entry.objects.filter(claim=OuterRef("pk"), value_date__gt=on)
        rows = rows.filter(~Q(balance_cents=0) | Exists(moved_since))
    if overdue_only:
        rows = rows.filter(due_on__lt=on)
    found_rows = list(rows.order_by("due_on", "pk"))
    balances = _balances([claim.pk for claim in found_rows], on)
    disputed: dict[int, int] = defaultdict(int)
    for dispute in Dispute.objects.filter(account=account, opened_on__lte=on).filter(
        Q(closed_on__isnull=True) | Q(closed_on__gt=on)
    ):
        disputed[dispute.claim_id] += dispute.amount_cents
    found = []
    for claim in found_rows:
        balance, principal = balances.get(claim.pk, (0, 0))
        if balance < 0 or (balance == 0 and claim_ids is None):
            continue
        if claim.currency != "EUR":
            excluded.append(f"{claim} : en {claim.currency}, hors du décompte en euros.")
            continue
        if claim.retention:
            excluded.append(
                f"{claim} : retenue de garantie, non exigible avant sa libération "
                "(loi n° 71-584 du 16 juillet 1971)."
            )
            continue
        contested = min(disputed[claim.pk], balance)
        if contested > 0:
            excluded.append(f"{claim} : {euros(contested)} contestés, non réclamés ici.")
        if principal - contested > 0:  # paid late, its accessories stay due (C. civ. 1343-1)
            found.append((claim, principal - contested))
    return found


def _balances(claim_ids: Sequence[int], on: date) -> dict[int, tuple[int, int]]:
    """Return, by claim, its balance on `on` and its principal before reductions."""
    reduction = Q(amount_cents__lt=0, reverses__isnull=True, component=Component.PRINCIPAL) & ~Q(
        kind=EntryKind.TRANSFER
    )
    live = Q(reversed_by__isnull=True) | Q(reversed_by__value_date__gt=on)
    sums = (
        Entry.objects.filter(claim_id__in=claim_ids, value_date__lte=on)
        .values("claim_id")
        .annotate(
            balance=Sum("amount_cents"),
            reduced=Sum("amount_cents", filter=reduction & live, default=0),
        )
    )
    return {row["claim_id"]: (row["balance"], row["balance"] - row["reduced"]) for row in sums}


def _reductions(position: dict[int, int], on: date, legal_order: bool) -> list[Event]:
    entries = (
        _paying(on)
        .filter(claim_id__in=list(position), component=Component.PRINCIPAL)
        .exclude(kind=EntryKind.TRANSFER)
        .order_by("value_date", "pk")
    )
    events: list[Event] = []
    for entry in entries:
        claim = position[entry.claim_id]
        if entry.kind == EntryKind.CREDIT_NOTE:
            events.append(
                CreditNote(
                    on=entry.value_date,
                    amount_cents=-entry.amount_cents,
                    claim=claim,
                    ref=f"entry:{entry.pk}",
                )
            )
        else:
            events.append(
                Payment(
                    on=entry.value_date,
                    amount_cents=-entry.amount_cents,
                    claim=claim,
                    to_principal=not legal_order,
                    ref=f"entry:{entry.pk}",
                )
            )
    return events


def _paying(on: date) -> QuerySet[Entry]:
    """Return the entries that lessen what a claim owes, and that stand on a day."""
    return Entry.objects.filter(
        value_date__lte=on, amount_cents__lt=0, reverses__isnull=True
    ).filter(Q(reversed_by__isnull=True) | Q(reversed_by__value_date__gt=on))


def _accessories_paid(position: dict[int, int], on: date, legal_order: bool) -> list[Event]:
    """Return what was paid on top of principal: it pays what it was received for, then the like."""
    entries = (
        _paying(on)
        .filter(claim_id__in=list(position), kind=EntryKind.SETTLEMENT)
        .exclude(component=Component.PRINCIPAL)
        .order_by("value_date", "pk")
    )
    return [
        Payment(
            on=entry.value_date,
            amount_cents=-entry.amount_cents,
            claim=position[entry.claim_id],
            order=()
            if legal_order
            else (entry.component, *(one for one in ACCESSORIES if one != entry.component)),
            ref=f"entry:{entry.pk}",
        )
        for entry in entries
    ]


def _settled_with_accessories(account: Account, shown: set[int], on: date) -> list[str]:
    """Say which claims are paid with penalties and 40 €: the décompte of the account claims no more."""
    rows = (
        _paying(on)
        .filter(account=account, settlement__kind=SettlementKind.ACCESSORIES)
        .exclude(component=Component.PRINCIPAL)
        .exclude(claim__in=shown)
        .values("claim__ref", "component", "value_date")
        .annotate(cents=Sum("amount_cents"))
        .order_by("value_date", "claim__ref", "component")
    )
    by_claim: dict[tuple[str, date], list[str]] = defaultdict(list)
    for row in rows:
        words = _PAID_ON_TOP.get(row["component"], "de frais")
        by_claim[row["claim__ref"], row["value_date"]].append(f"{euros(-row['cents'])} {words}")
    return [
        typeset(
            f"{ref or 'Créance sans numéro'} : réglée, avec {' et '.join(parts)} payés le "
            f"{french_day(day)}."
        )
        for (ref, day), parts in by_claim.items()
    ]


_PAID_ON_TOP = {
    Component.FIXED_INDEMNITY.value: "d’indemnité forfaitaire",
    Component.INTEREST.value: "de pénalités de retard",
}


def _notices(account: Account, position: dict[int, int], on: date) -> list[Event]:
    """Return the formal notices that left, claim by claim."""
    sent = Message.objects.filter(
        account=account,
        is_formal_notice=True,
        status=MessageStatus.SENT,
        sent_on__lte=on,
        claims__in=list(position),
    ).values_list("claims", "sent_on")
    return [FormalNotice(on=day, claim=position[claim]) for claim, day in sent if day is not None]


def _unique_refs(claims: Sequence[Claim]) -> list[str]:
    """Return the claims' labels; one that repeats is told apart by its due date, then a rank."""
    seen: dict[str, int] = {}
    refs = []
    for claim in claims:
        label = claim.ref or f"sans numéro, échue le {claim.due_on:%d/%m/%Y}"
        seen[label] = seen.get(label, 0) + 1
        refs.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return refs


def _event_day(event: Event) -> date:
    day = getattr(event, "on", None)
    assert isinstance(day, date)
    return day
