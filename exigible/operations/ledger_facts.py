"""From plans to facts: what an import adds, and what it takes back by reversal.

A customer's lines are planned whole (`intake.ledger_replay`); the plan is compared with the facts that
earlier imports wrote for it. What is there already stays, what is new is added, what no longer holds
(a lettering changed, an opening balance that an older year explains) is reversed, never changed.

What people did by hand stays too, unless accounting now settles the same payment or claim
otherwise: their settlement is then reversed, and said. A settlement of the accounting that a person
reversed is not made again while the accounting says nothing new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from exigible.domain.text_keys import ref_key
from exigible.intake.ledger_plan import Credit, Group, Line, Move, Opened, Plan
from exigible.intake.receivables import CreditKind, PostedAs
from exigible.operations.ledger_einvoices import Waiting, stated
from exigible.operations.ledger_known import (
    ORIGIN,
    AllocationFact,
    EntryFact,
    Known,
    KnownSettlement,
    LooseFact,
    pairs_of,
    signature_of,
)
from exigible.operations.ledger_takeover import RECONCILED, TakesOver
from exigible.operations.ledger_writer import Customer, Writer
from exigible.store.models import ClaimKind, DueOnSource, EntryKind, SettlementKind

SAME_RECEIPT_DAYS = 10  # a receipt typed by hand and the ledger's line of it
GRANTED_DAYS = 62  # a discount granted is often booked with the month, at its end

NOTE, PAID, MOVED = (
    EntryKind.CREDIT_NOTE.value,
    EntryKind.SETTLEMENT.value,
    EntryKind.TRANSFER.value,
)


def write_account(
    writer: Writer, customer: Customer, lines: Sequence[Line], plan: Plan, known: Known | None
) -> None:
    """Add to the facts of an account what its plan says and they lack; reverse the contrary."""
    _Comparison(writer, customer, lines, plan, known or Known()).run()


class _Comparison(TakesOver):
    """The comparison of one account's plan with its facts."""

    def __init__(
        self, writer: Writer, customer: Customer, lines: Sequence[Line], plan: Plan, known: Known
    ) -> None:
        self.w = writer
        self.customer = customer
        self.account_id = customer.account_id
        self.lines = lines
        self.plan = plan
        self.known = known
        self.claim_of: dict[int, int] = {}  # id() of Opened → claim id
        self.payment_of: dict[int, int] = {}  # id() of Credit → payment id
        self.claim_link: dict[Line, int] = {}
        self.payment_link: dict[Line, int] = {}
        self.reversed_settlements: set[int] = set()

    def run(self) -> None:
        self._resolve_claims()
        self._resolve_payments()
        wanted = self._wanted_blocks()
        kept = self._kept_blocks(wanted)
        self._reverse_payments()
        self._write_loose()
        self._write_returns()
        for signature, group in wanted:
            if signature not in kept:
                self._write_block(group)
        self._link()

    def _origin(self, line: Line) -> str:
        if line.gap:
            return f"{self.w.origin}:gap:{line.ledger_account}:{line.fy}"
        return f"{self.w.origin}:{line.token}"

    # --- claims and payments ---------------------------------------------------------------------

    def _resolve_claims(self) -> None:
        for claim in self.plan.claims:
            line = claim.line
            existing = (
                self.known.gap_claims.get((line.ledger_account, line.fy))
                if line.gap
                else line.claim_id
            )
            held = self.known.claims.get(existing) if existing is not None else None
            if existing is not None and held is not None and held[0] == claim.cents:
                self.claim_of[id(claim)] = existing
                place = (claim.ledger_account, claim.retention)
                if place != held[1:]:
                    self.w.places.append((existing, *place))
            else:
                self.claim_of[id(claim)] = self._einvoice(claim) or self._new_claim(claim)
            for debit in claim.debits:
                self.claim_link[debit] = self.claim_of[id(claim)]
            self.claim_link[line] = self.claim_of[id(claim)]

    def _new_claim(self, claim: Opened, document: Waiting | None = None) -> int:
        line, new = claim.line, self.w.claim_ids.take()
        says_due = document is not None and stated(document)
        kind = ClaimKind.INVOICE if claim.is_invoice else ClaimKind.OTHER
        if line.ledger_account.startswith("413"):
            kind = ClaimKind.BILL
        self.w.claims.append(
            (
                new,
                self.account_id,
                claim.ref,
                ref_key(claim.ref),
                kind.value,
                line.label,
                line.issued_on,
                document.due_on
                if document is not None and says_due
                else self.w.due_on(self.customer, line.issued_on),
                (DueOnSource.STATED if says_due else DueOnSource.DERIVED).value,
                "EUR",
                claim.cents,
                0,
                claim.ledger_account,
                claim.detail_unknown,
                claim.retention,
                self._origin(line),
                self.w.at,
            )
        )
        self.w.written.add(self.account_id, "claims")
        return new

    def _resolve_payments(self) -> None:
        for credit in self.plan.payments:
            line = credit.line
            existing = (
                self.known.gap_payments.get((line.ledger_account, line.fy))
                if line.gap
                else line.payment_id
            )
            found = self.known.payments.get(existing) if existing is not None else None
            if found is not None and found.stand_in is not None:
                self.payment_of[id(credit)] = found.stand_in
                self.payment_link[line] = found.id
                continue
            if (
                found is not None
                and found.amount_cents == credit.cents
                and (found.reversal is None or not found.reversal_origin.startswith(ORIGIN))
            ) or (found is not None and found.reversal is not None and self._comes_back(credit)):
                self.payment_of[id(credit)] = found.id
            else:
                self.payment_of[id(credit)] = (
                    self._receipt_by_hand(credit)
                    or self._discount_granted(credit)
                    or self._credit_note(credit)
                    or self._new_payment(credit)
                )
            self.payment_link[line] = self.payment_of[id(credit)]

    def _comes_back(self, credit: Credit) -> bool:
        return any(back.credit is credit for back in self.plan.returns)

    def _receipt_by_hand(self, credit: Credit) -> int | None:
        """Return a receipt already typed by a person that this line of the ledger is, if any."""
        if credit.line.posted_as is not PostedAs.MONEY:
            return None
        for receipt in self.known.unlinked_receipts:
            if receipt.kind == CreditKind.CREDIT_NOTE:
                continue
            days = abs((receipt.value_date - credit.line.on).days)
            if receipt.amount_cents == credit.cents and days <= SAME_RECEIPT_DAYS:
                self.known.unlinked_receipts.remove(receipt)
                self.w.written.add(self.account_id, "recognised")
                return receipt.id
        return None

    def _discount_granted(self, credit: Credit) -> int | None:
        """Return an early-payment discount granted here that this line of the ledger books, if any."""
        if credit.line.posted_as is PostedAs.MONEY:
            return None
        for granted in self.known.granted:
            days = (credit.line.on - granted.value_date).days
            if granted.amount_cents == credit.cents and -SAME_RECEIPT_DAYS <= days <= GRANTED_DAYS:
                self.known.granted.remove(granted)
                self.w.written.add(self.account_id, "recognised")
                return granted.id
        return None

    def _new_payment(self, credit: Credit) -> int:
        line, new = credit.line, self.w.payment_ids.take()
        self._add_payment(
            new,
            credit.kind.value,
            credit.cents,
            line.on,
            line.label,
            line.piece_ref,
            line.ledger_account,
            self._origin(line),
        )
        self.w.written.add(
            self.account_id,
            "credit_notes" if credit.kind is CreditKind.CREDIT_NOTE else "payments",
        )
        return new

    def _add_payment(
        self,
        new: int,
        kind: str,
        cents: int,
        on: date,
        label: str,
        reference: str,
        place: str,
        origin: str,
        reverses: int | None = None,
    ) -> None:
        self.w.payments.append(
            (
                new,
                self.account_id,
                kind,
                cents,
                0,
                "EUR",
                on,
                self.w.at,
                label,
                reference,
                place,
                origin,
                reverses,
            )
        )

    def _write_returns(self) -> None:
        """Write the rows of payments that came back, unless they are known, by us or by hand."""
        for back in self.plan.returns:
            payment = self.payment_of[id(back.credit)]
            found = self.known.payments.get(payment)
            if found is not None and found.reversal is not None:
                self.payment_link[back.debit] = found.reversal
                continue
            new = self.payment_link[back.debit] = self.w.payment_ids.take()
            self._add_payment(
                new,
                back.credit.kind.value,
                -back.credit.cents,
                back.debit.on,
                back.debit.label,
                back.debit.piece_ref,
                back.debit.ledger_account,
                self._origin(back.debit),
                payment,
            )
            self.w.written.add(self.account_id, "returned")

    def _reverse_payments(self) -> None:
        """Reverse payments of earlier imports that the plan no longer holds."""
        kept = set(self.payment_of.values())
        for payment in self.known.payments.values():
            if (
                payment.id in kept
                or payment.amount_cents < 0
                or payment.reversal is not None
                or not payment.origin.startswith(ORIGIN)
            ):
                continue
            for settlement in self.known.settlements:
                if settlement.live and any(row[0] == payment.id for row in settlement.allocations):
                    self._reverse_settlement(settlement)
            self._add_payment(
                self.w.payment_ids.take(),
                payment.kind,
                -payment.amount_cents,
                payment.value_date,
                payment.label,
                payment.reference,
                payment.place,
                self.w.origin,
                payment.id,
            )
            self.w.written.add(self.account_id, "superseded")

    # --- what opened and moved claims ---------------------------------------------------------------

    def _write_loose(self) -> None:
        wanted: Counter[LooseFact] = Counter()
        lines: dict[LooseFact, Line] = {}
        for claim in self.plan.claims:
            for debit in claim.debits:
                key = (
                    self.claim_of[id(claim)],
                    EntryKind.OPENING.value,
                    debit.ledger_account,
                    debit.on,
                    debit.cents,
                )
                wanted[key] += 1
                lines[key] = debit
        for move in self.plan.moves:
            for key in self._move_keys(move):
                wanted[key] += 1
                lines[key] = move.claim.line
        for key, ids in self.known.loose.items():
            for entry_id in ids[: max(len(ids) - wanted[key], 0)]:
                self._reverse_entry(entry_id, key)
            wanted[key] -= min(len(ids), wanted[key])
        for key, times in wanted.items():
            for _ in range(times):
                claim_id, kind, place, on, cents = key
                self._add_entry(claim_id, None, kind, cents, on, place, self._origin(lines[key]))

    def _move_keys(self, move: Move) -> list[LooseFact]:
        claim_id, kind = self.claim_of[id(move.claim)], EntryKind.TRANSFER.value
        return [
            (claim_id, kind, move.source, move.on, -move.cents),
            (claim_id, kind, move.target, move.on, move.cents),
        ]

    def _reverse_entry(self, entry_id: int, key: LooseFact) -> None:
        claim_id, kind, place, on, cents = key
        if kind == EntryKind.OPENING.value:
            for settlement in self.known.settlements:
                if settlement.live and any(row.claim_id == claim_id for row in settlement.entries):
                    self._reverse_settlement(settlement)
            self.w.written.add(self.account_id, "superseded")
        self._add_entry(
            claim_id,
            None,
            EntryKind.REVERSAL.value,
            -cents,
            on,
            place,
            self.w.origin,
            entry_id,
        )

    def _add_entry(
        self,
        claim_id: int,
        settlement_id: int | None,
        kind: str,
        cents: int,
        on: date,
        place: str,
        origin: str,
        reverses: int | None = None,
        component: str = "principal",
    ) -> None:
        self.w.entries.append(
            (
                self.account_id,
                claim_id,
                settlement_id,
                kind,
                component,
                cents,
                on,
                self.w.at,
                place,
                origin,
                reverses,
            )
        )

    # --- settlements -----------------------------------------------------------------------------

    def _wanted_blocks(self) -> list[tuple[tuple[object, ...], Group]]:
        return [
            (signature_of(*self._facts(group)), group) if self.known.settlements else ((), group)
            for group in self.plan.groups
        ]

    def _facts(self, group: Group) -> tuple[list[EntryFact], list[AllocationFact]]:
        """Return the entries and allocations of a group, added up by day."""
        entries: Counter[tuple[int, str, date, str]] = Counter()
        allocations: Counter[tuple[int, int | None, date]] = Counter()
        named = group.names_claims
        for piece in group.pieces:
            claim = self.claim_of[id(piece.claim)]
            kind = NOTE if piece.credit.kind is CreditKind.CREDIT_NOTE else PAID
            entries[claim, piece.place, piece.on, kind] -= piece.cents
            payment = self.payment_of[id(piece.credit)]
            allocations[payment, claim if named else None, piece.on] += piece.cents
        for move in group.moves:
            claim = self.claim_of[id(move.claim)]
            entries[claim, move.source, move.on, MOVED] -= move.cents
            entries[claim, move.target, move.on, MOVED] += move.cents
        return (
            [
                (claim, place, on, cents, kind)
                for (claim, place, on, kind), cents in entries.items()
                if cents
            ],
            [(*key, cents) for key, cents in allocations.items() if cents],
        )

    def _kept_blocks(self, wanted: list[tuple[tuple[object, ...], Group]]) -> set[object]:
        """Compare settlements with the groups wanted; reverse those that no longer hold.

        Return the signatures that need no new settlement: they stand, or a person reversed them,
        or a person had already settled the same by hand.
        """
        kept: set[object] = set()
        if not self.known.settlements:
            return kept
        signatures = {signature for signature, _ in wanted}
        by_hand = [s for s in self.known.settlements if not s.of_ledger and s.live]
        on_top = [s for s in by_hand if s.on_top]
        by_hand = [s for s in by_hand if not s.on_top]
        for settlement in self.known.settlements:
            if not settlement.of_ledger:
                continue
            signature = settlement.signature
            if signature in signatures and signature not in kept:
                if settlement.live:
                    kept.add(signature)
                    continue
                if settlement.reversed_by and not settlement.reversed_by.startswith(ORIGIN):
                    kept.add(signature)
                continue
            if settlement.live:
                self._reverse_settlement(settlement)
        for signature, group in wanted:
            if signature in kept:
                continue
            entries, allocations = self._facts(group)
            pairs = pairs_of(
                [(claim, cents) for claim, _, _, cents, _ in entries],
                [(payment, cents) for payment, _, _, cents in allocations],
            )
            payments = {payment for payment, _, _, _ in allocations}
            claims = {claim for claim, _, _, _, _ in entries}
            for settlement in by_hand:
                if settlement.id in self.reversed_settlements:
                    continue
                if settlement.pairs == pairs:
                    kept.add(signature)
                elif any(row[0] in payments for row in settlement.allocations) or any(
                    row.claim_id in claims for row in settlement.entries
                ):
                    self._reverse_settlement(settlement)
                    self.w.written.overruled.append((self.account_id, settlement.id))
        self._free_what_the_ledger_needs(on_top, [group for _, group in wanted])
        return kept

    def _free_what_the_ledger_needs(
        self, on_top: Sequence[KnownSettlement], groups: Sequence[Group]
    ) -> None:
        """Give back what paid penalties and 40 € where accounting letters that money with claims."""
        if not on_top:
            return
        used: Counter[int] = Counter()
        for group in groups:
            for payment, _, _, cents in self._facts(group)[1]:
                used[payment] += cents
        for settlement in on_top:
            if settlement.id in self.reversed_settlements:
                continue
            wanted: Counter[int] = Counter()
            for payment, _, _, cents in settlement.allocations:
                wanted[payment] += cents
            if any(
                payment in used
                and payment in self.known.payments
                and used[payment] + cents > self.known.payments[payment].amount_cents
                for payment, cents in wanted.items()
            ):
                self._reverse_settlement(settlement)
                self.w.written.overruled.append((self.account_id, settlement.id))

    def _write_block(self, group: Group) -> None:
        place, fy, code = group.key
        new = self.w.settlement_ids.take()
        origin = self.w.origin
        scope = f"{place}/{self.customer.auxiliary}/{fy or ''}"
        self.w.settlements.append(
            (
                new,
                self.account_id,
                SettlementKind.LETTERING.value,
                code,
                scope,
                None,
                self.w.at,
                origin,
            )
        )
        entries, allocations = self._facts(group)
        for claim_id, at_place, on, cents, kind in entries:
            self._add_entry(claim_id, new, kind, cents, on, at_place, origin)
        for payment_id, claim_id_or_none, on, cents in allocations:
            self.w.allocations.append(
                (
                    self.account_id,
                    payment_id,
                    new,
                    claim_id_or_none,
                    cents,
                    on,
                    self.w.at,
                    origin,
                )
            )
        self.w.written.add(self.account_id, "settlements")

    def _reverse_settlement(self, settlement: KnownSettlement) -> None:
        if settlement.id in self.reversed_settlements:
            return
        self.reversed_settlements.add(settlement.id)
        settlement.reversed_by = ORIGIN
        new = self.w.settlement_ids.take()
        origin = self.w.origin if settlement.of_ledger else RECONCILED
        self.w.settlements.append(
            (
                new,
                self.account_id,
                SettlementKind.REVERSAL.value,
                settlement.code,
                settlement.scope,
                settlement.id,
                self.w.at,
                origin,
            )
        )
        for entry in settlement.entries:
            self._add_entry(
                entry.claim_id,
                new,
                EntryKind.REVERSAL.value,
                -entry.cents,
                entry.on,
                entry.place,
                origin,
                entry.id,
                entry.component,
            )
        for payment_id, claim_id_or_none, on, cents in settlement.allocations:
            self.w.allocations.append(
                (
                    self.account_id,
                    payment_id,
                    new,
                    claim_id_or_none,
                    -cents,
                    on,
                    self.w.at,
                    origin,
                )
            )
        self.w.written.add(self.account_id, "reversed")

    # --- links -----------------------------------------------------------------------------------

    def _link(self) -> None:
        for line in self.lines:
            claim, payment = self.claim_link.get(line), self.payment_link.get(line)
            if isinstance(line.token, int):
                self.w.links.append(
                    (line.token, line.posted_as.value, line.opening, claim, payment)
                )
                continue
            claim = claim if claim is not None else line.claim_id
            payment = payment if payment is not None else line.payment_id
            if (claim, payment) != (line.claim_id, line.payment_id):
                self.w.relinks.append((_line_id(line), claim, payment))


def _line_id(line: Line) -> int:
    """Return the database id of a line that is known; its token is ("id", id)."""
    assert isinstance(line.token, tuple)
    return int(line.token[1])
