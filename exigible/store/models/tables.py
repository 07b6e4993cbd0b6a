"""What tables of any software bring: how each source is read, what each batch made, what it left open.

Facts are added and ended, never rewritten nor deleted: triggers say so (`0008_wizard`). A mapping alone
is changed as its source changes.
"""

from django.db import models
from django.db.models import Q


class ImportMapping(models.Model):
    """How a source's tables are read, kept under the headings it always has; changed freely."""

    creditor = models.ForeignKey(
        "store.Creditor", on_delete=models.PROTECT, related_name="import_mappings"
    )
    name = models.TextField()
    fingerprint = models.CharField(max_length=64)  # of the headings: `intake.mapping.fingerprint`
    kind = models.CharField(max_length=20)
    mapping = models.JSONField()  # `intake.mapping.Mapping.as_json`
    mode = models.CharField(max_length=10, blank=True)  # "", "delta", "stock", "complete"
    saved_by = models.UUIDField()
    saved_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["creditor", "fingerprint"], name="mapping_of_source"),
            models.UniqueConstraint(fields=["creditor", "name"], name="mapping_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class ImportedFact(models.Model):
    """One thing that a batch made or changed, so that the whole of it can be taken back.

    `before` and `after` are the fields a change moved; what was made has neither. Added once; only
    `undone_at` is written afterwards.
    """

    class What(models.TextChoices):
        ACCOUNT = "account", "compte ouvert"
        CLAIM = "claim", "créance ouverte"
        CLAIM_FIELDS = "claim_fields", "créance complétée"
        PAYMENT = "payment", "règlement enregistré"
        DEBTOR_FIELDS = "debtor_fields", "débiteur mis à jour"
        ACCOUNT_FIELDS = "account_fields", "conditions mises à jour"
        CONTACT = "contact", "contact ajouté"
        CONTACT_FIELDS = "contact_fields", "contact mis à jour"
        GUARANTEE = "guarantee", "garantie enregistrée"
        DISPUTE = "dispute", "litige ouvert"
        TASK = "task", "tâche laissée"
        LEDGER_LINE = "ledger_line", "ligne comptable mise à jour"

    batch = models.ForeignKey(
        "store.ImportBatch", on_delete=models.PROTECT, related_name="facts", db_index=False
    )
    account = models.ForeignKey(
        "store.Account", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    what = models.CharField(max_length=20, choices=What.choices)
    object_id = models.BigIntegerField()
    line = models.BigIntegerField(null=True, blank=True)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["batch", "what"], name="imported_fact_batch"),
            models.Index(fields=["what", "object_id"], name="imported_fact_object"),
        ]


class StockAbsence(models.Model):
    """A claim that a whole open ledger no longer lists, in all or in part: « à confirmer ».

    Nothing is extinguished by it. Its end is written once: someone accepts that it was paid, credited or
    cancelled, or says that it is still due; or a later file lists the claim again.
    """

    class Outcome(models.TextChoices):
        PAID = "paid", "réglée"
        CREDITED = "credited", "avoir"
        CANCELLED = "cancelled", "annulée"
        STILL_DUE = "still_due", "toujours due"
        BACK = "back", "revenue dans le fichier"
        SETTLED = "settled", "soldée entre-temps"
        REPLACED = "replaced", "constatée de nouveau"
        WITHDRAWN = "withdrawn", "import annulé"

    account = models.ForeignKey(
        "store.Account", on_delete=models.PROTECT, related_name="absences", db_index=False
    )
    claim = models.ForeignKey(
        "store.Claim", on_delete=models.PROTECT, related_name="absences", db_index=False
    )
    batch = models.ForeignKey(
        "store.ImportBatch", on_delete=models.PROTECT, related_name="absences"
    )
    amount_cents = models.BigIntegerField()  # of the claim's balance, what the file does not list
    noticed_on = models.DateField()
    noticed_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    decided_on = models.DateField(null=True, blank=True)  # the day it counts: payment, credit note
    decided_by = models.UUIDField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    payment = models.ForeignKey(
        "store.Payment", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    entry = models.ForeignKey(
        "store.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    taken_back_at = models.DateTimeField(null=True, blank=True)  # the decision was reversed
    taken_back_by = models.UUIDField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["claim"], condition=Q(outcome=""), name="one_open_absence"
            ),
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="absence_of_something"),
            models.CheckConstraint(
                condition=Q(outcome="", decided_at__isnull=True)
                | (~Q(outcome="") & Q(decided_at__isnull=False)),
                name="absence_decided_when",
            ),
        ]
        indexes = [
            models.Index(fields=["account"], name="absence_open", condition=Q(outcome="")),
            models.Index(fields=["claim"], name="absence_claim"),
        ]


class InsurerGuarantee(models.Model):
    """What a credit insurer covers of an account, from a day, until another decision or an end.

    A decision is a row; only its withdrawal is written afterwards.
    """

    account = models.ForeignKey(
        "store.Account", on_delete=models.PROTECT, related_name="guarantees", db_index=False
    )
    insurer = models.TextField(blank=True)
    policy = models.TextField(blank=True)
    reference = models.TextField(blank=True)
    amount_cents = models.BigIntegerField()
    currency = models.CharField(max_length=3, default="EUR")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)  # last day covered
    recorded_by = models.UUIDField()
    recorded_at = models.DateTimeField()
    origin = models.TextField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.UUIDField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["account", "-starts_on"], name="guarantee_account")]
        constraints = [
            models.CheckConstraint(condition=Q(amount_cents__gte=0), name="guarantee_amount"),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=models.F("starts_on")),
                name="guarantee_ends_after_start",
            ),
        ]
