"""Files brought in: what each contained, what it created, what was wrong with it, line by line."""

from django.db import models
from django.db.models import Q


class ImportBatch(models.Model):
    """One file: who brought it, when, its hash, what was understood, what it made."""

    class Status(models.TextChoices):
        DRAFT = "draft", "à préparer"  # a table whose reading somebody checks first
        CHECKING = "checking", "contrôle en cours"
        WAITING = "waiting", "en attente"
        RUNNING = "running", "en cours"
        DONE = "done", "terminé"
        UNCHANGED = "unchanged", "déjà importé, rien n’a changé"
        REFUSED = "refused", "refusé"
        FAILED = "failed", "interrompu"
        UNDONE = "undone", "annulé"

    creditor = models.ForeignKey(
        "store.Creditor", null=True, blank=True, on_delete=models.PROTECT, related_name="imports"
    )
    format = models.CharField(max_length=20)
    filename = models.TextField()
    document = models.ForeignKey(
        "store.StoredDocument", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    sha256 = models.CharField(max_length=64, blank=True)
    size_bytes = models.BigIntegerField(default=0)
    options = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    error = models.TextField(blank=True)
    phase = models.TextField(blank=True)  # « Lecture », « Lettrage »…
    progress_done = models.BigIntegerField(default=0)
    progress_total = models.BigIntegerField(default=0)
    problem_count = models.IntegerField(default=0)
    summary = models.JSONField(default=dict)  # counts, totals, accounts, encoding, period
    financial_year_end = models.DateField(null=True, blank=True)
    incoming = models.ForeignKey(  # the folder, message or request that brought it, if one did
        "store.Incoming", null=True, blank=True, on_delete=models.PROTECT, related_name="batches"
    )
    created_by = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-id"], name="import_recent")]


class ImportProblem(models.Model):
    """One thing wrong in a file, at its line and field. A `blocking` one refuses the file."""

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="problems")
    line = models.BigIntegerField(null=True, blank=True)
    field = models.TextField(blank=True)
    code = models.CharField(max_length=40)
    message = models.TextField()
    blocking = models.BooleanField(default=False)
    excerpt = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["batch", "line"], name="problem_batch")]


class LedgerLine(models.Model):
    """A line of a third-party account, as a ledger export held it.

    Identity: the creditor, all fields but EcritureLet, DateLet and ValidDate, and the rank among
    equal lines (docs/decisions/0007-ledger-lines.md). The lettering, which later exports complete, the
    links to what the line became, the financial year once it is known, and for *à-nouveaux* the
    batch that last held them are updated; the rest never is. A line whose import was undone is
    withdrawn: it stays, and counts no more. References are checked by a trigger, a statement at a
    time, as for entries.
    """

    class PostedAs(models.TextChoices):
        """What stood on the other side of the entry, or the nature of its journal."""

        SALE = "sale", "vente"
        MONEY = "money", "trésorerie"
        OTHER = "other", "opération diverse"

    creditor = models.ForeignKey(
        "store.Creditor",
        on_delete=models.PROTECT,
        related_name="ledger_lines",
        db_constraint=False,
        db_index=False,
    )
    account = models.ForeignKey(
        "store.Account",
        on_delete=models.PROTECT,
        related_name="ledger_lines",
        db_constraint=False,
        db_index=False,
    )
    batch = models.ForeignKey(
        ImportBatch,
        on_delete=models.PROTECT,
        related_name="lines",
        db_constraint=False,
        db_index=False,
    )
    line = models.BigIntegerField()  # in the file
    identity = models.BinaryField(max_length=16)
    rank = models.IntegerField()
    financial_year_end = models.DateField()
    journal = models.TextField()
    entry_num = models.TextField(blank=True)
    entry_date = models.DateField()
    ledger_account = models.TextField()
    auxiliary = models.TextField(blank=True)
    piece_ref = models.TextField(blank=True)
    piece_date = models.DateField(null=True, blank=True)
    label = models.TextField(blank=True)
    debit_cents = models.BigIntegerField(default=0)
    credit_cents = models.BigIntegerField(default=0)
    lettering = models.TextField(blank=True)
    lettered_on = models.DateField(null=True, blank=True)
    is_opening = models.BooleanField(default=False)  # à-nouveaux
    posted_as = models.CharField(max_length=10, choices=PostedAs.choices, default=PostedAs.OTHER)
    claim = models.ForeignKey(
        "store.Claim",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="ledger_lines",
        db_constraint=False,
        db_index=False,
    )
    payment = models.ForeignKey(
        "store.Payment",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="ledger_lines",
        db_constraint=False,
        db_index=False,
    )

    withdrawn_at = models.DateTimeField(null=True, blank=True)  # with its import

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["creditor", "identity", "rank"],
                condition=Q(withdrawn_at__isnull=True),
                name="ledger_line_once",
            )
        ]
        indexes = [
            models.Index(fields=["account", "entry_date"], name="ledger_line_account"),
            models.Index(
                fields=["claim"], name="ledger_line_claim", condition=Q(claim__isnull=False)
            ),
            models.Index(
                fields=["payment"], name="ledger_line_payment", condition=Q(payment__isnull=False)
            ),
        ]
