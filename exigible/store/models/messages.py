"""What leaves, and the documents it carries.

A message is prepared, then fixed (bytes, address, Message-ID) and marked *en cours d'envoi* in one
transaction, then sent, then its answer is recorded. Found still under way after a crash it becomes
*incertain*: a person decides, nothing is sent again alone.
"""

from django.db import models
from django.db.models import Q

from exigible.store.models.work import Channel

__all__ = ["Channel", "LetterBatch", "Message", "MessageStatus", "StoredDocument"]


class StoredDocument(models.Model):
    """A file kept under its SHA-256 in the documents folder; the row never changes."""

    sha256 = models.CharField(max_length=64)
    name = models.TextField()
    media_type = models.TextField()
    size_bytes = models.BigIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["sha256"], name="document_sha256")]


class MessageStatus(models.TextChoices):
    """One outcome each; the order is that of a message's life."""

    PROPOSED = "proposed", "à valider"
    READY = "ready", "prêt à partir"
    HELD = "held", "retenu"
    SENDING = "sending", "en cours d’envoi"
    SENT = "sent", "parti"
    REFUSED = "refused", "refusé"
    UNCERTAIN = "uncertain", "incertain"
    CANCELLED = "cancelled", "annulé"


class Message(models.Model):
    """One outgoing message of an account, with proof of what was sent, to whom and when."""

    account = models.ForeignKey(
        "store.Account", on_delete=models.PROTECT, related_name="messages", db_index=False
    )
    proposal = models.ForeignKey(
        "store.Proposal", null=True, blank=True, on_delete=models.SET_NULL, related_name="messages"
    )
    channel = models.CharField(max_length=10, choices=Channel.choices)
    template = models.CharField(max_length=40, blank=True)
    template_version = models.PositiveSmallIntegerField(default=1)
    is_formal_notice = models.BooleanField(default=False)
    status = models.CharField(
        max_length=10, choices=MessageStatus.choices, default=MessageStatus.PROPOSED
    )
    status_reason = models.TextField(blank=True)  # worded for the user
    to_name = models.TextField(blank=True)
    to_address = models.TextField(blank=True)  # e-mail, or postal lines
    subject = models.TextField(blank=True)
    body = models.TextField(blank=True)  # the text, as it left
    amount_cents = models.BigIntegerField(default=0)  # principal claimed
    total_cents = models.BigIntegerField(default=0)  # with accessories
    claims = models.ManyToManyField("store.Claim", related_name="messages")
    document = models.ForeignKey(  # the very bytes: EML, or the letter's PDF
        StoredDocument, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    attachments = models.ManyToManyField(StoredDocument, blank=True, related_name="+")
    message_id = models.TextField(blank=True)
    batch = models.ForeignKey(
        "store.LetterBatch",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="messages",
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    provider_answer = models.TextField(blank=True)
    created_by = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField()
    approved_by = models.UUIDField(null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    sending_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_on = models.DateField(null=True, blank=True)  # the Paris day it counts

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["proposal"],
                condition=Q(proposal__isnull=False) & ~Q(status__in=["cancelled", "refused"]),
                name="one_message_a_step",
            ),
            models.UniqueConstraint(
                fields=["message_id"], condition=~Q(message_id=""), name="message_id_once"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["sending", "sent", "uncertain"])
                | Q(document__isnull=False),
                name="what_left_is_kept",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "-id"], name="message_status"),
            models.Index(fields=["account", "-id"], name="message_account"),
        ]


class LetterBatch(models.Model):
    """Letters of one creditor and one day, in one PDF for the printer."""

    creditor = models.ForeignKey(
        "store.Creditor", on_delete=models.PROTECT, related_name="letter_batches"
    )
    on = models.DateField()
    channel = models.CharField(max_length=10, choices=Channel.choices)
    document = models.ForeignKey(
        StoredDocument, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    letters = models.IntegerField(default=0)
    pages = models.IntegerField(default=0)
    created_at = models.DateTimeField()
    printed_at = models.DateTimeField(null=True, blank=True)  # handed to the post
    printed_by = models.UUIDField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-on", "creditor"], name="batch_on")]
