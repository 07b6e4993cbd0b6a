"""Claims and the money that changes them. Rows here are added, never changed nor deleted.

Two kinds of fact reduce a claim: an entry says by how much and from which day; an allocation says
which payment paid for it. Both belong to one settlement. Where accounting matched several claims
with several payments at once, the settlement joins them without pairing them: its allocations then
name no claim.

A claim holds principal. What a payment pays on top (penalties, the 40 €) stands in a settlement of its
own, of kind `accessories`: each entry that makes it due beside the one that pays it, so that the
claim's balance does not move (`decisions/0011-accessories-paid.md`).

Copies kept for speed, maintained by triggers alone: `Claim.balance_cents` (sum of its entries) and
`Payment.allocated_cents` (sum of its allocations), the latter never above the payment's amount.

The references of entries and allocations are checked by those triggers too, a whole statement at a
time: stricter than foreign keys (the same account on both ends) and ten times faster on a ledger of
a million lines; what they refer to is never deleted. Only a payment may be written after its
allocations, in one transaction, so that it is born with its total and no row is written twice.
`db_index=False`: an index declared below begins with that column.
"""

from django.db import models
from django.db.models import F, Q


class ClaimKind(models.TextChoices):
    """What the sum is; the words are those of the outside contract."""

    INVOICE = "invoice", "facture"
    INSTALMENT = "instalment", "échéance"
    RENT = "rent", "loyer"
    LOAN_INSTALMENT = "loan_instalment", "échéance de prêt"
    INSURANCE_PREMIUM = "insurance_premium", "prime d’assurance"
    BILL = "bill", "effet de commerce"
    CHEQUE = "cheque", "chèque"
    TITLE = "title", "titre exécutoire"
    PUBLIC_TITLE = "public_title", "titre de recettes"
    SOCIAL_CONTRIBUTION = "social_contribution", "cotisation sociale"
    OTHER = "other", "autre créance"


class DueOnSource(models.TextChoices):
    """Where a due date comes from; a derived one never starts a mise en demeure."""

    STATED = "stated", "indiquée par la source"
    DERIVED = "derived", "déduite des conditions de paiement"
    MANUAL = "manual", "saisie"


class Claim(models.Model):
    """One sum due at one date (*créance*). `due_on`, `ref` and `kind` may be completed later."""

    account = models.ForeignKey(
        "store.Account", on_delete=models.PROTECT, related_name="claims", db_index=False
    )
    ref = models.TextField(blank=True)  # invoice number: a label, it may repeat
    ref_key = models.TextField(editable=False, blank=True)
    kind = models.CharField(max_length=20, choices=ClaimKind.choices, default=ClaimKind.INVOICE)
    label = models.TextField(blank=True)
    issued_on = models.DateField(null=True, blank=True)
    due_on = models.DateField()
    due_on_source = models.CharField(max_length=10, choices=DueOnSource.choices)
    currency = models.CharField(max_length=3, default="EUR")
    amount_cents = models.BigIntegerField()  # as first recorded
    balance_cents = models.BigIntegerField(default=0, editable=False)
    ledger_account = models.TextField(blank=True)  # 411…, 416…: where the balance stands today
    detail_unknown = models.BooleanField(default=False)  # « report, détail inconnu »
    retention = models.BooleanField(default=False)  # retenue de garantie (4117)
    origin = models.TextField()  # "fec:<batch>:<line>", "user:<uuid>"…
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                fields=["account", "due_on"],
                name="claim_open",
                condition=~Q(balance_cents=0),
                include=["balance_cents"],
            ),
            models.Index(fields=["account", "-due_on"], name="claim_account"),
            models.Index(fields=["ref_key"], name="claim_ref_key", opclasses=["text_pattern_ops"]),
            models.Index(fields=["amount_cents"], name="claim_amount"),
        ]

    def __str__(self) -> str:
        return self.ref or f"créance {self.pk}"


class SettlementKind(models.TextChoices):
    LETTERING = "lettering", "lettrage comptable"
    NAMED = "named", "factures désignées par le débiteur"
    ACCESSORIES = "accessories", "pénalités et indemnité payées en plus"
    MANUAL = "manual", "affectation manuelle"
    REVERSAL = "reversal", "contrepassation"


class Settlement(models.Model):
    """What joins payments and the claims they settle."""

    account = models.ForeignKey(
        "store.Account", on_delete=models.PROTECT, related_name="settlements", db_index=False
    )
    kind = models.CharField(max_length=20, choices=SettlementKind.choices)
    code = models.TextField(blank=True)  # lettering code
    scope = models.TextField(blank=True)  # ledger account / auxiliary / financial year
    reverses = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversed_by"
    )
    recorded_at = models.DateTimeField()
    origin = models.TextField()

    class Meta:
        indexes = [
            models.Index(fields=["account"], name="settlement_account"),
            models.Index(
                fields=["account"],
                name="settlement_accessories",
                condition=Q(kind="accessories"),
            ),
        ]


class EntryKind(models.TextChoices):
    OPENING = "opening", "créance"
    SETTLEMENT = "settlement", "règlement"
    CREDIT_NOTE = "credit_note", "avoir"
    TRANSFER = "transfer", "virement de compte à compte"
    ADJUSTMENT = "adjustment", "régularisation"
    ACCESSORY = "accessory", "accessoire dû"  # written with what pays it, in the same settlement
    REVERSAL = "reversal", "contrepassation"


class Component(models.TextChoices):
    """What part of a claim an entry changes."""

    PRINCIPAL = "principal", "principal"
    INTEREST = "interest", "intérêts"
    FIXED_INDEMNITY = "fixed_indemnity", "indemnité forfaitaire"
    PENALTY_CLAUSE = "penalty_clause", "clause pénale"
    COSTS = "costs", "frais"


class Entry(models.Model):
    """One line of a claim's ledger: never edited, never deleted, reversed if wrong."""

    account = models.ForeignKey(
        "store.Account",
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    claim = models.ForeignKey(
        Claim,
        on_delete=models.PROTECT,
        related_name="entries",
        db_constraint=False,
        db_index=False,
    )
    settlement = models.ForeignKey(
        Settlement,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="entries",
        db_constraint=False,
        db_index=False,
    )
    kind = models.CharField(max_length=20, choices=EntryKind.choices)
    component = models.CharField(
        max_length=20, choices=Component.choices, default=Component.PRINCIPAL
    )
    amount_cents = models.BigIntegerField()  # above zero the debtor owes more, below zero less
    value_date = models.DateField()  # the day from which it counts
    recorded_at = models.DateTimeField()  # the moment we learnt of it
    ledger_account = models.TextField(blank=True)
    origin = models.TextField()
    reverses = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversed_by"
    )

    class Meta:
        indexes = [
            models.Index(fields=["claim", "value_date"], name="entry_claim"),
            models.Index(fields=["account", "value_date"], name="entry_account"),
            models.Index(fields=["settlement"], name="entry_settlement"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(amount_cents=0), name="entry_moves_something"),
            models.CheckConstraint(
                condition=Q(component="principal") & ~Q(kind="accessory")
                | ~Q(component="principal")
                & (
                    Q(kind="accessory", amount_cents__gt=0)
                    | Q(kind="settlement", amount_cents__lt=0)
                    | Q(kind="reversal")
                ),
                name="accessory_entry_is_due_or_paid",
            ),
        ]


class PaymentKind(models.TextChoices):
    """How credit came: money, a credit note, or a posting whose nature the ledger does not say."""

    TRANSFER = "transfer", "virement"
    CHEQUE = "cheque", "chèque"
    CARD = "card", "carte"
    DIRECT_DEBIT = "direct_debit", "prélèvement"
    CASH = "cash", "espèces"
    BILL = "bill", "effet"
    CREDIT_NOTE = "credit_note", "avoir"
    ADVANCE = "advance", "acompte"
    OTHER = "other", "autre crédit"


class Payment(models.Model):
    """A credit on an account: money in, or a credit note. The unallocated part stays visible.

    A payment that comes back (rejected debit, unpaid cheque) is reversed by a second row of the
    opposite amount, its allocations being reversed first.
    """

    account = models.ForeignKey(
        "store.Account", on_delete=models.PROTECT, related_name="payments", db_index=False
    )
    kind = models.CharField(max_length=20, choices=PaymentKind.choices)
    amount_cents = models.BigIntegerField()
    allocated_cents = models.BigIntegerField(default=0, editable=False)
    currency = models.CharField(max_length=3, default="EUR")
    value_date = models.DateField()  # the day the funds reached the creditor
    recorded_at = models.DateTimeField()
    label = models.TextField(blank=True)
    reference = models.TextField(blank=True)
    ledger_account = models.TextField(blank=True)
    origin = models.TextField()
    reverses = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversed_by"
    )
    # The receipt of accounting that this one takes the place of, since that one was taken back by mistake.
    stands_for = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="stand_ins",
        db_index=False,
    )

    class Meta:
        indexes = [
            models.Index(fields=["account", "-value_date"], name="payment_account"),
            models.Index(
                fields=["stands_for"],
                name="payment_stands_for",
                condition=Q(stands_for__isnull=False),
            ),
            models.Index(
                fields=["account"],
                name="payment_unallocated",
                condition=~Q(allocated_cents=F("amount_cents")),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_cents__gt=0, allocated_cents__gte=0)
                & Q(allocated_cents__lte=F("amount_cents"))
                | Q(amount_cents__lt=0, allocated_cents=0, reverses__isnull=False),
                name="allocations_within_payment",
            ),
        ]

    @property
    def unallocated_cents(self) -> int:
        return self.amount_cents - self.allocated_cents


class Allocation(models.Model):
    """The part of a payment used by a settlement; `claim` is named where the pair is a fact."""

    account = models.ForeignKey(
        "store.Account",
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, related_name="allocations", db_index=False
    )
    settlement = models.ForeignKey(
        Settlement,
        on_delete=models.PROTECT,
        related_name="allocations",
        db_constraint=False,
        db_index=False,
    )
    claim = models.ForeignKey(
        Claim,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="allocations",
        db_constraint=False,
        db_index=False,
    )
    amount_cents = models.BigIntegerField()  # negative when it reverses another
    value_date = models.DateField()
    recorded_at = models.DateTimeField()
    origin = models.TextField()

    class Meta:
        indexes = [
            models.Index(fields=["payment"], name="allocation_payment"),
            models.Index(fields=["settlement"], name="allocation_settlement"),
            models.Index(fields=["claim"], name="allocation_claim"),
            models.Index(fields=["account", "value_date"], name="allocation_account"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(amount_cents=0), name="allocation_moves_something")
        ]
