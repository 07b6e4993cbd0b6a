"""What each electronic invoice becomes: a claim opened or completed, a credit, a difference told.

Nothing known ever moves: what a document says otherwise is a problem of the import, and a task on the
account where someone has to choose.
"""

from __future__ import annotations

from collections.abc import Sequence

from exigible.domain.french import day, euros
from exigible.domain.terms import due_date
from exigible.intake.einvoice import codes
from exigible.intake.problems import Problems
from exigible.operations.customer_import import lock_accounts
from exigible.operations.einvoice_matching import Book, KnownAccount, KnownClaim, KnownInvoice
from exigible.operations.einvoice_prepared import Place, Prepared
from exigible.operations.einvoice_writing import Writer
from exigible.store.models import DueOnSource


class Taking:
    """Takes the invoices of an import one after the other; `links` says what each became."""

    def __init__(self, book: Book, writer: Writer, problems: Problems) -> None:
        self.book = book
        self.writer = writer
        self.problems = problems
        self.links: dict[Place, tuple[int, int | None, int | None]] = {}  # account, claim, credit

    def take(self, invoices: Sequence[Prepared]) -> None:
        """Take invoices, those that claim before those that give back, and write what they bring."""
        book = self.book
        found = self._accounts(book, invoices)
        lock_accounts(set(found.values()))
        for invoice in sorted(invoices, key=lambda one: (one.cents < 0, one.issued_on, one.place)):
            account = book.accounts[found[invoice.place]]
            claim, credit = self._take(book, invoice, account)
            self.links[invoice.place] = (account.id, claim, credit)
            assert invoice.issued_on is not None
            book.invoices.setdefault(
                (invoice.key, invoice.issued_on),
                KnownInvoice(account.id, claim, credit, invoice.cents, invoice.currency),
            )
            assert invoice.buyer is not None
            self.writer.complete_debtor(account, invoice.buyer)
            self._tell_identity(account, invoice)
        self.writer.flush()

    def _accounts(self, book: Book, invoices: Sequence[Prepared]) -> dict[Place, int]:
        """Return the account of each invoice; those that nothing knows are opened together."""
        found: dict[Place, int] = {}
        unknown: dict[str, list[Prepared]] = {}
        for invoice in invoices:
            account_id = self._known_account(book, invoice)
            if account_id is not None:
                found[invoice.place] = account_id
                continue
            buyer = invoice.buyer
            assert buyer is not None
            who = buyer.siren or buyer.vat_number or buyer.key
            unknown.setdefault(who, []).append(invoice)
        buyers = [group[0].buyer for group in unknown.values()]
        opened = self.writer.open_accounts(
            [(buyer, book.debtor_elsewhere(buyer)) for buyer in buyers if buyer is not None]
        )
        for account, group in zip(opened, unknown.values(), strict=True):
            book.learn(account)
            for invoice in group:
                found[invoice.place] = account.id
        return found

    def _known_account(self, book: Book, invoice: Prepared) -> int | None:
        assert invoice.issued_on is not None
        assert invoice.buyer is not None
        known = book.invoices.get((invoice.key, invoice.issued_on))
        if known is not None:
            return known.account_id
        same = book.claim_of(invoice)[0] if invoice.cents > 0 else book.credit_of(invoice)
        if same is not None:
            return same.account_id
        account = book.account_of(invoice.buyer)
        return account.id if account else None

    def _take(
        self, book: Book, invoice: Prepared, account: KnownAccount
    ) -> tuple[int | None, int | None]:
        """Return the claim or the credit that a document is, opened if it is new."""
        assert invoice.issued_on is not None
        known = book.invoices.get((invoice.key, invoice.issued_on))
        if known is not None:
            if (known.amount_cents, known.currency) != (invoice.cents, invoice.currency):
                self._tell_difference(invoice, account, known.amount_cents, known.currency)
            return known.claim_id, known.payment_id
        if invoice.cents == 0:
            return None, None
        if invoice.in_doubt:
            self.writer.ask(
                account.id,
                f"Facture {invoice.number} : ses totaux se contredisent ; vérifier qu’il est dû "
                f"{_sum(invoice.cents, invoice.currency)}.",
            )
        if invoice.cents < 0:
            return None, self._take_credit(book, invoice, account)
        return self._take_claim(book, invoice, account), None

    def _take_claim(self, book: Book, invoice: Prepared, account: KnownAccount) -> int:
        claim, differs = book.claim_of(invoice)
        if claim is not None:
            self._complete(claim, invoice, account, differs)
            return claim.id
        if book.named_elsewhere(invoice):
            self.problems.add(
                "same_number",
                f"Une autre créance porte déjà le numéro {invoice.number}, à un autre montant et une autre "
                "date : c’est une nouvelle créance. Vérifiez qu’il n’y en a pas une de trop.",
                field=invoice.name,
                blocking=False,
            )
        assert invoice.issued_on is not None
        due_on, source = invoice.due_on, DueOnSource.STATED
        if due_on is None:
            days, method = invoice.terms or (account.term_days, account.term_method)
            due_on, source = due_date(invoice.issued_on, days, method), DueOnSource.DERIVED
        claim_id = self.writer.open_claim(
            invoice, account.id, _label(invoice), due_on, source.value
        )
        opened = KnownClaim(
            claim_id, account.id, invoice.key, invoice.issued_on, due_on, source, invoice.cents,
            invoice.cents, invoice.currency,
        )  # fmt: skip
        book.claims[invoice.key].append(opened)
        if invoice.corrects:
            self._tell_correction(book, invoice, account)
        return claim_id

    def _complete(
        self, claim: KnownClaim, invoice: Prepared, account: KnownAccount, differs: str
    ) -> None:
        """Give a known claim what the document adds; tell what differs."""
        assert invoice.issued_on is not None
        self.writer.note(account.id, "linked")
        if invoice.due_on and claim.source == DueOnSource.DERIVED:
            self.writer.state_due_date(claim, account.id, invoice.due_on)
        elif invoice.due_on and invoice.due_on != claim.due_on:
            self.problems.add(
                "due_date_differs",
                f"Facture {invoice.number} : échéance au {day(invoice.due_on)} dans le document, au "
                f"{day(claim.due_on)} au compte {account.number}. Celle du compte est gardée.",
                field=invoice.name,
                blocking=False,
            )
        if claim.issued_on is None:
            self.writer.state_issue_date(claim, account.id, invoice.issued_on)
        if differs == "amount":
            self._tell_difference(invoice, account, claim.amount_cents, claim.currency)
        elif differs == "date":
            assert claim.issued_on is not None
            self.problems.add(
                "date_differs",
                f"Facture {invoice.number} : datée du {day(invoice.issued_on)} dans le document, du "
                f"{day(claim.issued_on)} au compte {account.number}.",
                field=invoice.name,
                blocking=False,
            )

    def _take_credit(self, book: Book, note: Prepared, account: KnownAccount) -> int:
        known = book.credit_of(note)
        if known is not None:
            self.writer.note(account.id, "linked")
            return known.id
        payment_id = self.writer.open_credit(note, account.id, _label(note))
        claim = book.preceding_claim(note, account.id)
        if claim is not None and claim.balance_cents > 0:
            used = min(-note.cents, claim.balance_cents)
            self.writer.use_credit(note, account.id, payment_id, claim.id, used)
            claim.balance_cents -= used
        elif note.preceding:
            self.problems.add(
                "preceding_unknown",
                f"L’avoir {note.number} vise une facture qui n’est pas ouverte au compte {account.number} : "
                "il y reste en crédit non affecté.",
                field=note.name,
                blocking=False,
            )
        return payment_id

    def _tell_difference(
        self, invoice: Prepared, account: KnownAccount, cents: int, currency: str
    ) -> None:
        words = (
            f"Facture {invoice.number} : {_sum(invoice.cents, invoice.currency)} dans le document, "
            f"{_sum(cents, currency)} au compte {account.number}."
        )
        self.problems.add(
            "amount_differs",
            f"{words} La créance reste celle du compte ; une tâche demande de vérifier.",
            field=invoice.name,
            blocking=False,
        )
        self.writer.ask(account.id, f"{words} Vérifier laquelle est la bonne.")

    def _tell_correction(self, book: Book, invoice: Prepared, account: KnownAccount) -> None:
        """A corrected invoice replaces another: chasing both would claim the sum twice."""
        replaced = book.preceding_claim(invoice, account.id)
        if replaced is not None and replaced.balance_cents > 0:
            self.writer.ask(
                account.id,
                f"La facture {invoice.number} rectifie et remplace une facture encore ouverte de "
                f"{_sum(replaced.balance_cents, replaced.currency)} : suspendre celle-ci jusqu’à son avoir.",
            )
        elif replaced is None:
            self.writer.ask(
                account.id,
                f"La facture {invoice.number} rectifie une facture introuvable au compte : vérifier "
                "laquelle elle remplace, pour ne pas réclamer deux fois.",
            )

    def _tell_identity(self, account: KnownAccount, invoice: Prepared) -> None:
        buyer = invoice.buyer
        if buyer is not None and buyer.siren and account.siren and buyer.siren != account.siren:
            self.problems.add(
                "siren_differs",
                f"Facture {invoice.number} : l’acheteur a le SIREN {buyer.siren}, le débiteur du compte "
                f"{account.number} le SIREN {account.siren}. Vérifiez à qui elle est.",
                field=invoice.name,
                blocking=False,
            )


def _label(invoice: Prepared) -> str:
    words = codes.type_label(invoice.type_code)
    order = invoice.facts.get("order")
    label = f"{words[0].upper()}{words[1:]}"
    return f"{label} · commande {order}"[:200] if order else label


def _sum(cents: int, currency: str) -> str:
    if currency == "EUR":
        return euros(cents)
    return f"{euros(cents).removesuffix('€').rstrip()} {currency}"
