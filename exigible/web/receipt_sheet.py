"""The sheet of a bank line: what is proposed, the open claims of the accounts looked at, the shares.

The same form settles everything, and asks for the sheet again when an account is added: `compte`
are the accounts shown, `affecte-<claim>` and
`avoir-<credit note>` what is typed, `escompte` grants what the contract offers, `accessoires` pays with the
surplus the penalties and the 40 € due, `frais` what an agent
kept, `rejet` the payment that came back, `deja` the one that the ledger had recorded. What is not
allocated stays on the first account.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.http import HttpRequest, QueryDict

from exigible.domain.french import euros
from exigible.domain.refusals import WrongInput
from exigible.operations.matching import booking, discounts, on_top
from exigible.operations.matching.converting import use_credits
from exigible.operations.matching.on_top import Surplus
from exigible.operations.matching.parts import Part, parts_from
from exigible.store.models import (
    Account,
    BankLine,
    BankLineMatch,
    Claim,
    LineDecision,
    Payment,
    PaymentKind,
    User,
)
from exigible.store.queries.access import visible_accounts
from exigible.web.access import person
from exigible.web.receipts_frame import amount_typed
from exigible.web.templatetags.french import typed_amount
from exigible.web.typed import row_number, row_numbers

MOST_ACCOUNTS, MOST_CLAIMS = 40, 200
State = BankLine.State
WAITING = (State.TO_MATCH, State.SUSPENSE, State.SET_ASIDE)


@dataclass(slots=True)
class ClaimRow:
    """An open claim, and what the line would bring it."""

    claim: Claim
    cents: int = 0
    discount_cents: int = 0  # proposed, or that the contract offers
    until: date | None = None
    in_time: bool = False
    cited: bool = False  # its number stands in the label
    clue: str = ""

    @property
    def typed(self) -> str:
        return typed_amount(self.cents) if self.cents else ""


@dataclass(slots=True)
class CreditRow:
    """A credit note that nothing uses, and what would be used of it."""

    payment: Payment
    cents: int = 0

    @property
    def typed(self) -> str:
        return typed_amount(self.cents) if self.cents else ""


@dataclass(slots=True)
class AccountBlock:
    """An account looked at, with what is open on it."""

    account: Account
    claims: list[ClaimRow]
    credits: list[CreditRow]
    more: int = 0  # claims that are not shown


@dataclass(slots=True)
class Sheet:
    """What the detail of a line shows."""

    line: BankLine
    match: BankLineMatch | None
    blocks: list[AccountBlock] = field(default_factory=list)
    returned: list[tuple[Payment, bool]] = field(default_factory=list)  # those that may come back
    recorded: Payment | None = None  # the ledger has it
    grants: bool = False  # the discount is proposed
    offers: bool = False  # a contract would grant one
    on_top: Surplus | None = None  # what the surplus may pay: penalties and 40 €
    pays_on_top: bool = False  # and that is proposed, or was ticked
    fees_cents: int = 0
    chosen: int | None = None  # the candidate looked at
    candidates: list[dict[str, Any]] = field(default_factory=list)
    decisions: list[LineDecision] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)  # those of a matched line

    @property
    def allocated_cents(self) -> int:
        return sum(row.cents for block in self.blocks for row in block.claims)

    @property
    def credits_cents(self) -> int:
        return sum(row.cents for block in self.blocks for row in block.credits)

    @property
    def discount_cents(self) -> int:
        return sum(row.discount_cents for block in self.blocks for row in block.claims if row.cents)

    @property
    def left_cents(self) -> int:
        """What neither claims nor, where that is ticked, penalties and 40 € take."""
        return self.surplus_cents - (self.on_top_cents if self.pays_on_top else 0)

    @property
    def surplus_cents(self) -> int:
        return self.line.amount_cents + self.fees_cents + self.credits_cents - self.allocated_cents

    @property
    def on_top_cents(self) -> int:
        return sum(cents for _, cents in self.on_top.shares) if self.on_top else 0

    @property
    def paid_on(self) -> date:
        return booking.paid_on(self.line)

    @property
    def ready(self) -> bool:
        """Whether one key settles it."""
        return bool(self.recorded or any(on for _, on in self.returned) or self.allocated_cents)

    @property
    def confidence(self) -> int:
        return self.match.confidence // 10 if self.match else 0


def sheet_of(request: HttpRequest, line: BankLine) -> Sheet:
    """Return the detail of a line: as proposed, as a candidate says, or with the accounts asked for."""
    user = person(request)
    match = getattr(line, "match", None)
    sheet = Sheet(line, match)
    sheet.decisions = list(line.decisions.order_by("-pk")[:8])
    if line.state == State.MATCHED:
        sheet.payments = list(
            Payment.objects.filter(bank_lines__line=line, bank_lines__ended_at=None)
            .select_related("account__debtor")
            .prefetch_related("allocations__claim", "allocations__settlement__reverses")
            .order_by("pk")
        )
        return sheet
    if line.state not in WAITING or not line.moves_money:
        return sheet
    asked = row_numbers(request.GET.getlist("compte"))[:MOST_ACCOUNTS]
    parts, reverses = _proposed(request, match, sheet) if not asked else ([], [])
    if match is not None:
        sheet.candidates = _candidates(user, match)
    if line.amount_cents < 0:
        sheet.returned = _returned(user, line, reverses, asked, match)
        return sheet
    if parts and parts[0].payment_id is not None:
        sheet.recorded = (
            Payment.objects.filter(pk=parts[0].payment_id).select_related("account__debtor").first()
        )
    accounts = asked or [part.account_id for part in parts]
    if not accounts and match is not None:
        accounts = match.accounts[
            :1
        ]  # recognised as the payer: a candidate alone is not shown as one
    found = (
        visible_accounts(user)
        .filter(pk__in=accounts, creditor_id=line.creditor_id)
        .select_related("debtor", "creditor")
    )
    by_id = {one.pk: one for one in found}
    if asked:
        sheet.fees_cents = _typed_in(request.GET, "frais")
        sheet.grants = bool(request.GET.get("escompte"))
    sheet.blocks = [
        _block(by_id[pk], line, [part for part in parts if part.account_id == pk], sheet)
        for pk in dict.fromkeys(accounts)
        if pk in by_id
    ]
    if asked:
        _fill(sheet, request.GET)
    _look_on_top(sheet, parts, request)
    return sheet


def _look_on_top(sheet: Sheet, parts: Sequence[Part], request: HttpRequest) -> None:
    """Say what penalties and 40 € the surplus may pay, on the account that would keep it."""
    if not sheet.blocks or sheet.surplus_cents <= 0 or sheet.recorded is not None:
        return
    first = sheet.blocks[0]
    paid = [(row.claim.pk, row.cents) for row in first.claims if row.cents]
    if not paid:
        return
    part = Part(
        account_id=first.account.pk,
        cents=sheet.surplus_cents + sum(cents for _, cents in paid),
        claims=paid,
    )
    sheet.on_top = on_top.surplus(part, sheet.paid_on)
    sheet.pays_on_top = any(one.accessories for one in parts) or bool(
        request.GET.get("accessoires")
    )


def _fill(sheet: Sheet, typed: QueryDict) -> None:
    """Keep the shares already typed, and suggest those of an account that has just been chosen.

    Nothing but what its label cites, else the one claim of the sum that is left: a person decides.
    """
    for block in sheet.blocks:
        for row in block.claims:
            row.cents = _typed_in(typed, f"affecte-{row.claim.pk}")
        for note in block.credits:
            note.cents = _typed_in(typed, f"avoir-{note.payment.pk}")
    for block in sheet.blocks:
        if any(f"affecte-{row.claim.pk}" in typed for row in block.claims):
            continue
        cited = [row for row in block.claims if row.cited]
        equal = [row for row in block.claims if row.claim.balance_cents == sheet.left_cents]
        for row in cited or (equal if len(equal) == 1 else []):
            row.cents = max(min(row.claim.balance_cents, sheet.left_cents), 0)


def _typed_in(typed: QueryDict, name: str) -> int:
    """Return the cents of a field typed so far; nothing where it cannot be read yet."""
    try:
        return amount_typed(typed.get(name, ""), of=name)
    except WrongInput:
        return 0


def _proposed(
    request: HttpRequest, match: BankLineMatch | None, sheet: Sheet
) -> tuple[list[Part], list[int]]:
    if match is None:
        return [], []
    wanted = row_number(request.GET.get("proposition"))
    if wanted is not None and wanted < len(match.candidates):
        sheet.chosen = wanted
        said = match.candidates[wanted]
        return parts_from(said["parts"]), list(said["reverses"])
    sheet.fees_cents = match.fees_cents
    parts = parts_from(match.parts)
    sheet.grants = any(part.discounts for part in parts)
    return parts, list(match.reverses)


def _candidates(user: User, match: BankLineMatch) -> list[dict[str, Any]]:
    """Return the candidates whose accounts a person may see, with their names and their claims."""
    ids = {part["account"] for one in match.candidates for part in one["parts"]}
    ids |= {one["account"] for one in match.candidates}
    accounts = {
        one.pk: one for one in visible_accounts(user).filter(pk__in=ids).select_related("debtor")
    }
    claims = Claim.objects.in_bulk(
        [c[0] for one in match.candidates for part in one["parts"] for c in part.get("claims", ())]
    )
    found = []
    for rank, one in enumerate(match.candidates):
        account = accounts.get(one["account"])
        if account is None:
            continue
        refs = [
            str(claims[c[0]])
            for part in one["parts"]
            for c in part.get("claims", ())
            if c[0] in claims
        ]
        found.append(
            {
                "rank": rank,
                "account": account,
                "refs": refs[:4],
                "more": max(len(refs) - 4, 0),
                "reason": one["reason"],
                "confidence": one["confidence"] // 10,
            }
        )
    return found


def _block(account: Account, line: BankLine, parts: Sequence[Part], sheet: Sheet) -> AccountBlock:
    money: dict[int, int] = {}
    notes: dict[int, int] = {}
    for part in parts:
        for claim, cents in part.settled().items():
            money[claim] = money.get(claim, 0) + cents
        for claim, cents in part.discounts:
            money[claim] -= cents
        for note, _, cents in part.credits:
            notes[note] = notes.get(note, 0) + cents
    discounted = {claim: cents for part in parts for claim, cents in part.discounts}
    open_ = Claim.objects.filter(
        account=account, balance_cents__gt=0, currency=line.currency
    ).order_by("due_on", "pk")
    claims = list(open_[: MOST_CLAIMS + 1])
    more = open_.count() - MOST_CLAIMS if len(claims) > MOST_CLAIMS else 0
    claims = claims[:MOST_CLAIMS]
    missing = set(money) - {claim.pk for claim in claims}
    claims += list(open_.filter(pk__in=missing))
    offers = discounts.offered(discounts.terms_of(account), claims, booking.paid_on(line))
    rows = []
    label = f"{line.label} {line.end_to_end}".upper().replace(" ", "").replace("-", "")
    for claim in claims:
        offer = offers.get(claim.pk)
        clue = ""
        number = claim.ref.upper().replace(" ", "").replace("-", "")
        cited = bool(number) and number in label
        if cited:
            clue = "n° lu dans le libellé"
        elif claim.balance_cents == line.amount_cents:
            clue = "montant égal"
        rows.append(
            ClaimRow(
                claim,
                money.get(claim.pk, 0),
                discounted.get(claim.pk, offer.most_cents if offer and offer.in_time else 0),
                offer.until if offer else None,
                bool(offer and offer.in_time),
                cited,
                clue,
            )
        )
    sheet.offers = sheet.offers or any(row.in_time for row in rows)
    unused = Payment.objects.filter(
        account=account,
        kind=PaymentKind.CREDIT_NOTE,
        amount_cents__gt=0,
        reversed_by__isnull=True,
        currency=line.currency,
    ).order_by("value_date", "pk")
    credits = [CreditRow(one, notes.get(one.pk, 0)) for one in unused if one.unallocated_cents > 0]
    # What is proposed comes first, then what is cited, then the oldest.
    rows.sort(key=lambda row: (not row.cents, not row.clue))
    return AccountBlock(account, rows, credits, more)


def _returned(
    user: User,
    line: BankLine,
    reverses: Sequence[int],
    asked: Sequence[int],
    match: BankLineMatch | None,
) -> list[tuple[Payment, bool]]:
    """Return the payments that a debit may take back: those proposed, else of the account and sum."""
    mine = Payment.objects.filter(
        account__in=visible_accounts(user).filter(creditor_id=line.creditor_id),
        amount_cents__gt=0,
        reversed_by__isnull=True,
        value_date__lte=line.booked_on,
    ).exclude(kind=PaymentKind.CREDIT_NOTE)
    candidates = [pk for one in (match.candidates if match else ()) for pk in one["reverses"]]
    accounts = list(asked) or (list(match.accounts) if match else [])
    found = mine.filter(pk__in=[*reverses, *candidates]) | mine.filter(
        account_id__in=accounts, amount_cents__gte=-line.amount_cents
    )
    rows = list(
        found.distinct().select_related("account__debtor").order_by("-value_date", "-pk")[:30]
    )
    rows.sort(key=lambda one: (one.pk not in reverses, one.amount_cents != -line.amount_cents))
    return [(one, one.pk in reverses) for one in rows]


# --- what was typed ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Typed:
    """What a person settled."""

    parts: list[Part]
    reverses: list[int]
    fees_cents: int


def typed_of(user: User, line: BankLine, posted: QueryDict, *, unallocated: bool = False) -> Typed:
    """Read the form of a line; raise WrongInput with what to change. `unallocated` ignores shares."""
    if line.amount_cents < 0:
        reverses = row_numbers(posted.getlist("rejet"))
        _refuse_unseen(user, reverses)
        fees = amount_typed(posted.get("frais", ""), of="Frais")
        return Typed([], reverses, fees)
    recorded = row_number(posted.get("deja"))
    if recorded is not None:
        _refuse_unseen(user, [recorded])
        payment = Payment.objects.get(pk=recorded)
        part = Part(
            account_id=payment.account_id, cents=payment.amount_cents, payment_id=payment.pk
        )
        return Typed([part], [], 0)
    accounts = _accounts(user, line, row_numbers(posted.getlist("compte")))
    if not accounts:
        raise WrongInput("account", "Choisissez d’abord le compte qui a payé.", field="compte")
    fees = amount_typed(posted.get("frais", ""), of="Frais")
    parts = [
        _part(account, posted, grants=bool(posted.get("escompte")), line=line)
        if not unallocated
        else Part(account_id=account.pk, cents=0)
        for account in accounts
    ]
    rest = line.amount_cents + fees - sum(part.cents for part in parts)
    if rest < 0:
        raise WrongInput(
            "beyond",
            f"{euros(-rest)} de trop : les parts dépassent la somme reçue. Réduisez-en une.",
            field="parts",
        )
    if not unallocated and not any(part.settled() for part in parts):
        raise WrongInput(
            "nothing",
            "Cochez ce que la ligne paie, ou laissez-la non affectée sur ce compte (touche L).",
            field="parts",
        )
    parts[0].cents += rest
    if posted.get("accessoires") and not unallocated:
        found = on_top.surplus(parts[0], booking.paid_on(line))
        parts[0].accessories = found.shares if found else []
    return Typed([part for part in parts if part.cents], [], fees)


def _part(account: Account, posted: QueryDict, *, grants: bool, line: BankLine) -> Part:
    """Read the shares of an account; credit notes pay first, the money the rest."""
    part = Part(account_id=account.pk, cents=0)
    claims = list(
        Claim.objects.filter(account=account, balance_cents__gt=0).order_by("due_on", "pk")
    )
    for claim in claims:
        cents = amount_typed(posted.get(f"affecte-{claim.pk}", ""), of=str(claim))
        if cents:
            part.claims.append((claim.pk, cents))
    if grants:
        offers = discounts.offered(discounts.terms_of(account), claims, booking.paid_on(line))
        by_id = {claim.pk: claim for claim in claims}
        for claim_id, cents in part.claims:
            left = by_id[claim_id].balance_cents - cents
            offer = offers.get(claim_id)
            most = offer.most_cents + discounts.ROUNDING_CENTS if offer else 0
            if 0 < left <= most:
                part.discounts.append((claim_id, left))
    part.cents = sum(cents for _, cents in part.claims)
    notes = []
    for note in Payment.objects.filter(
        account=account, kind=PaymentKind.CREDIT_NOTE, amount_cents__gt=0
    ).order_by("value_date", "pk"):
        cents = amount_typed(posted.get(f"avoir-{note.pk}", ""), of=note.reference or "Avoir")
        if cents:
            notes.append((note.pk, cents))
    part.cents -= sum(cents for _, cents in notes)
    if part.cents < 0:
        raise WrongInput(
            "credits", "Les avoirs utilisés dépassent les créances affectées.", field="parts"
        )
    use_credits(part, notes)
    return part


def _accounts(user: User, line: BankLine, ids: Sequence[int]) -> list[Account]:
    found = {
        one.pk: one
        for one in visible_accounts(user).filter(pk__in=ids, creditor_id=line.creditor_id)
    }
    if len(found) != len(set(ids)):
        raise WrongInput("account", "Un de ces comptes n’est pas dans votre portefeuille.")
    return [found[pk] for pk in dict.fromkeys(ids)]


def _refuse_unseen(user: User, payments: Sequence[int]) -> None:
    seen = Payment.objects.filter(pk__in=payments, account__in=visible_accounts(user)).count()
    if seen != len(set(payments)):
        raise WrongInput("payment", "Un de ces règlements n’est pas dans votre portefeuille.")
