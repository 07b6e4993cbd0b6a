"""Exhibits: the documents that prove a claim, on an account or waiting in the general inbox.

What a document is (its bytes, its text) never changes. Its kind, its account and its claims are what
people decide; withdrawn, it stays, with who withdrew it and why. A file dropped is an arrival until it
has been read: what became of it is written once, beside the exhibit it became.
"""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import Q

from exigible.domain.exhibits import KIND_LABELS, ExhibitKind

KINDS = [(kind.value, KIND_LABELS[kind]) for kind in ExhibitKind]
SEARCHED = SearchVector("title", "filename", "text", config="french")


class Exhibit(models.Model):
    """One document of a creditor, kept once. Without account, it waits to be filed."""

    creditor = models.ForeignKey(
        "store.Creditor", on_delete=models.PROTECT, related_name="exhibits", db_index=False
    )
    account = models.ForeignKey(
        "store.Account",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="exhibits",
        db_index=False,
    )
    document = models.ForeignKey(
        "store.StoredDocument", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    preview = models.ForeignKey(  # its first page
        "store.StoredDocument",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    enclosing = models.ForeignKey(  # the e-mail that carried it
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="enclosed"
    )
    sha256 = models.CharField(max_length=64)
    filename = models.TextField()
    media_type = models.TextField()
    size_bytes = models.BigIntegerField()
    pages = models.PositiveIntegerField(default=0)
    title = models.TextField(blank=True)
    text = models.TextField(blank=True)
    sender = models.TextField(blank=True)
    dated_on = models.DateField(null=True, blank=True)  # an e-mail's day; else what a person says
    kind = models.CharField(max_length=20, choices=KINDS, default=ExhibitKind.OTHER.value)
    guessed_from = models.TextField(blank=True)  # the words that suggest the kind; none: a person's
    recorded_by = models.UUIDField()
    recorded_at = models.DateTimeField()
    withdrawn_by = models.UUIDField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["creditor", "sha256"],
                condition=Q(withdrawn_at__isnull=True),
                name="exhibit_once",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | ~Q(withdrawn_reason=""),
                name="exhibit_withdrawal_has_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-recorded_at"], name="exhibit_account"),
            models.Index(
                fields=["creditor", "-recorded_at"],
                name="exhibit_inbox",
                condition=Q(account__isnull=True, withdrawn_at__isnull=True),
            ),
            models.Index(fields=["-recorded_at"], name="exhibit_recent"),
            GinIndex(SEARCHED, name="exhibit_words"),
        ]

    def __str__(self) -> str:
        """An e-mail is known by its subject, a file by its name: a PDF's own title is seldom one."""
        return (self.title or self.filename) if self.sender else self.filename


class ExhibitClaim(models.Model):
    """That an exhibit proves a claim; ended when it was linked by mistake."""

    exhibit = models.ForeignKey(
        Exhibit, on_delete=models.PROTECT, related_name="links", db_index=False
    )
    claim = models.ForeignKey("store.Claim", on_delete=models.PROTECT, related_name="exhibits")
    reference = models.TextField(blank=True)  # what was read in the document; none: a person's link
    recorded_by = models.UUIDField()
    recorded_at = models.DateTimeField()
    ended_by = models.UUIDField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["exhibit", "claim"],
                condition=Q(ended_at__isnull=True),
                name="exhibit_claim_once",
            )
        ]


class ExhibitArrival(models.Model):
    """One file dropped: kept at once, read in the background, settled once."""

    class Status(models.TextChoices):
        WAITING = "waiting", "à lire"
        KEPT = "kept", "gardée"
        KNOWN = "known", "déjà connue"
        REFUSED = "refused", "refusée"

    drop = models.UUIDField(db_index=True)  # the files dropped together
    creditor = models.ForeignKey(
        "store.Creditor", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    account = models.ForeignKey(  # the one it was dropped on
        "store.Account",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    document = models.ForeignKey(
        "store.StoredDocument", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    filename = models.TextField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    exhibit = models.ForeignKey(
        Exhibit,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="arrivals",
        db_index=False,
    )
    note = models.TextField(blank=True)  # why it is refused, or what of it was left aside
    recorded_by = models.UUIDField()
    recorded_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status="waiting", settled_at__isnull=True)
                | Q(status__in=["kept", "known"], settled_at__isnull=False, exhibit__isnull=False)
                | Q(status="refused", settled_at__isnull=False) & ~Q(note=""),
                name="arrival_settled_whole",
            )
        ]
        indexes = [
            models.Index(
                fields=["creditor", "recorded_at"],
                name="arrival_waiting",
                condition=Q(status="waiting"),
            )
        ]
