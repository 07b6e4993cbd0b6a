"""Electronic invoices as they were received, their exhibits, and what became of them on the platforms.

The rows are facts: what a document stated, what a status said. Only their links (account, claim, credit)
are completed or moved, when the ledger brings the same invoice elsewhere (0006_einvoices.py refuses the
rest). Those whose import was undone are withdrawn: they stay, and count no more.
"""

from django.db import models
from django.db.models import Q


class EInvoice(models.Model):
    """One document of an invoice or a credit note. Several may state the same one (PDF, UBL…).

    `amount_cents` is what it claims (above zero) or gives back (below); `facts` holds what the columns
    do not: parties, references, terms, notes, means of payment, VAT breakdown, rules broken.
    """

    creditor = models.ForeignKey(
        "store.Creditor", on_delete=models.PROTECT, related_name="einvoices", db_index=False
    )
    account = models.ForeignKey(
        "store.Account", on_delete=models.PROTECT, related_name="einvoices", db_index=False
    )
    claim = models.ForeignKey(
        "store.Claim",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="einvoices",
        db_index=False,
    )
    payment = models.ForeignKey(
        "store.Payment",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="einvoices",
        db_index=False,
    )
    batch = models.ForeignKey(
        "store.ImportBatch", on_delete=models.PROTECT, related_name="einvoices"
    )
    document = models.ForeignKey(
        "store.StoredDocument", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    sha256 = models.CharField(max_length=64)
    filename = models.TextField()
    format = models.CharField(max_length=20)
    profile = models.CharField(max_length=30)
    number = models.TextField()
    number_key = models.TextField()
    type_code = models.CharField(max_length=10)
    issued_on = models.DateField()
    due_on = models.DateField(null=True, blank=True)
    currency = models.CharField(max_length=3)
    amount_cents = models.BigIntegerField()
    gross_cents = models.BigIntegerField(null=True, blank=True)
    net_cents = models.BigIntegerField(null=True, blank=True)
    vat_cents = models.BigIntegerField(null=True, blank=True)
    in_doubt = models.BooleanField(default=False)  # its totals contradict one another
    facts = models.JSONField(default=dict)
    recorded_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)  # with its import

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["creditor", "sha256"],
                condition=Q(withdrawn_at__isnull=True),
                name="einvoice_document_once",
            )
        ]
        indexes = [
            models.Index(fields=["creditor", "number_key"], name="einvoice_number"),
            models.Index(fields=["account", "-issued_on"], name="einvoice_account"),
            models.Index(fields=["claim"], name="einvoice_claim", condition=Q(claim__isnull=False)),
            models.Index(
                fields=["payment"], name="einvoice_payment", condition=Q(payment__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.number


class EInvoiceExhibit(models.Model):
    """A file that an electronic invoice carried inside itself: order, delivery note, timesheet…"""

    einvoice = models.ForeignKey(EInvoice, on_delete=models.PROTECT, related_name="exhibits")
    document = models.ForeignKey(
        "store.StoredDocument", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    reference = models.TextField(blank=True)
    description = models.TextField(blank=True)


class InvoiceStatus(models.Model):
    """What a platform or a party said of an invoice, at a moment: deposited, disputed, paid…

    It moves no money and ends no claim. One that came before its invoice has no account yet.
    """

    creditor = models.ForeignKey(
        "store.Creditor", on_delete=models.PROTECT, related_name="invoice_statuses", db_index=False
    )
    account = models.ForeignKey(
        "store.Account",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="invoice_statuses",
        db_index=False,
    )
    claim = models.ForeignKey(
        "store.Claim",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="invoice_statuses",
    )
    batch = models.ForeignKey(
        "store.ImportBatch", on_delete=models.PROTECT, related_name="invoice_statuses"
    )
    document = models.ForeignKey(
        "store.StoredDocument", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    message_id = models.TextField(blank=True)
    number = models.TextField()
    number_key = models.TextField()
    invoice_issued_on = models.DateField(null=True, blank=True)
    code = models.CharField(max_length=20)
    label = models.TextField(blank=True)
    given_at = models.DateTimeField()
    given_on = models.DateField()  # the Paris day it counts
    issuer_role = models.CharField(max_length=10, blank=True)  # SE, BY, WK…
    issuer_name = models.TextField(blank=True)
    reasons = models.JSONField(default=list)  # {code, text, action, details}
    amounts = models.JSONField(default=list)  # {kind, amount, currency}
    paid_on = models.DateField(null=True, blank=True)
    recorded_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)  # with its import

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["creditor", "number_key", "invoice_issued_on", "code", "given_at"],
                condition=Q(withdrawn_at__isnull=True),
                name="invoice_status_once",
                nulls_distinct=False,
            )
        ]
        indexes = [
            models.Index(fields=["account", "-given_on"], name="invoice_status_account"),
        ]
