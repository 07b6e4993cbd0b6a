"""Taking over, account by account, the claims and credits that electronic documents brought first.

A part of the comparison of `ledger_facts`; what waits is found in `ledger_einvoices`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from exigible.intake.ledger_plan import Credit, Opened
from exigible.intake.receivables import CreditKind, PostedAs, invoice_number
from exigible.operations.ledger_einvoices import Waiting, WaitingCredit, closing_entry
from exigible.operations.ledger_known import Known, KnownSettlement
from exigible.operations.ledger_writer import Writer

RECONCILED = "reconciliation"  # the origin of what neither a file nor a person wrote


class TakesOver(ABC):
    """What a comparison needs to recognise what documents brought."""

    w: Writer
    account_id: int
    known: Known

    @abstractmethod
    def _new_claim(self, claim: Opened, document: Waiting | None = None) -> int: ...

    @abstractmethod
    def _new_payment(self, credit: Credit) -> int: ...

    @abstractmethod
    def _reverse_settlement(self, settlement: KnownSettlement) -> None: ...

    def _einvoice(self, claim: Opened) -> int | None:
        """Return the claim that an electronic invoice opened for this one; the ledger takes it over.

        Where it cannot (another account, another sum), open the ledger's and hand over to it.
        """
        line, waiting = claim.line, self.w.einvoices
        if waiting is None or line.gap or not claim.ref:
            return None
        old = waiting.claim(claim.ref, claim.cents, line.issued_on, self.account_id)
        if old is None:
            return None
        self.w.written.add(self.account_id, "einvoices_recognised")
        if (old.account_id, old.amount_cents) == (self.account_id, claim.cents):
            row = (
                self.account_id,
                old.claim_id,
                old.opening_entry,
                -old.amount_cents,
                old.issued_on,
            )
            self.w.entries.append(closing_entry(row, self.w.at))
            self.w.places.append((old.claim_id, claim.ledger_account, claim.retention))
            return old.claim_id
        new = self._new_claim(claim, old)
        if old.account_id == self.account_id:
            self._free(old)
        closed = waiting.hand_over(old, new, self.account_id, claim.cents)
        if closed is not None:
            self.w.entries.append(closing_entry(closed, self.w.at))
        return new

    def _free(self, old: Waiting) -> None:
        """Reverse what settles a claim that another takes the place of: its credits are free again."""
        for settlement in self.known.settlements:
            if settlement.live and any(row.claim_id == old.claim_id for row in settlement.entries):
                self._reverse_settlement(settlement)
                self.w.written.overruled.append((self.account_id, settlement.id))
        old.balance_cents = old.amount_cents

    def _credit_note(self, credit: Credit) -> int | None:
        """Return the credit note that an electronic document brought and that this line is, if any."""
        line, waiting = credit.line, self.w.einvoices
        if waiting is None or line.gap or line.posted_as is PostedAs.MONEY:
            return None
        ref = invoice_number(line.piece_ref, line.label, line.journal, line.on)
        found = waiting.credit(ref, credit.cents, line.issued_on, self.account_id)
        if found is None:
            return None
        self.w.written.add(self.account_id, "einvoices_recognised")
        if found.account_id == self.account_id:
            return found.payment_id
        if found.allocated_cents:
            waiting.problems.add(
                "moved_elsewhere",
                f"Avoir {found.reference} : la comptabilité le porte à un autre compte, alors qu’il est "
                "déjà affecté. Il apparaît deux fois : désaffectez-le, puis contrepassez-le.",
            )
            return None
        new = self._new_payment(credit)
        self._take_back(found)
        waiting.moved_credits.append((found.payment_id, new, self.account_id))
        waiting.left.add(found.account_id)
        return new

    def _take_back(self, found: WaitingCredit) -> None:
        """Reverse a credit note on the account where only a document had put it."""
        self.w.payments.append(
            (
                self.w.payment_ids.take(),
                found.account_id,
                CreditKind.CREDIT_NOTE.value,
                -found.amount_cents,
                0,
                "EUR",
                found.on,
                self.w.at,
                found.label,
                found.reference,
                "",
                RECONCILED,
                found.payment_id,
            )
        )
