"""Ways in: the folders watched, the mailboxes read, the tokens of other software, and what each brought.

A way belongs to a creditor (a token to one or several). Closed or revoked, it stays: what it brought
keeps naming it. `Incoming` is one file, message or request: kept once, settled once, then put away
where it came from.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


class Looked(models.Model):
    """What a worker knows of a place it looks at: when it last could, since when it cannot, and why."""

    paused = models.BooleanField(default=False)
    created_by = models.UUIDField()
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    looked_at = models.DateTimeField(null=True, blank=True)
    next_look_at = models.DateTimeField(null=True, blank=True)  # after a failure, not before then
    failures = models.PositiveIntegerField(default=0)  # in a row
    failing_since = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        abstract = True


class WatchedFolder(Looked):
    """A folder that a worker empties; `path` is relative to the root that the settings give."""

    creditor = models.ForeignKey(
        "store.Creditor", on_delete=models.PROTECT, related_name="watched_folders"
    )
    path = models.TextField()
    still_seconds = models.PositiveIntegerField(default=10)
    seen = models.JSONField(default=dict)  # what waits there, by inode: size, mtime, since when

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["path"], condition=Q(closed_at__isnull=True), name="watched_folder_once"
            )
        ]

    def __str__(self) -> str:
        return self.path


class MailBox(Looked):
    """A folder of an IMAP account. `secret` is the password, encrypted; it is never shown again."""

    class Security(models.TextChoices):
        TLS = "tls", "TLS (port 993)"
        STARTTLS = "starttls", "STARTTLS (port 143)"
        PLAIN = "plain", "aucune (sur cette machine seulement)"

    creditor = models.ForeignKey(
        "store.Creditor", on_delete=models.PROTECT, related_name="mailboxes"
    )
    host = models.TextField()
    port = models.PositiveIntegerField(default=993)
    security = models.CharField(max_length=10, choices=Security.choices, default=Security.TLS)
    user = models.TextField()
    secret = models.BinaryField()
    folder = models.TextField(default="INBOX")
    done_folder = models.TextField(blank=True)  # where none, a message is marked as read
    refused_folder = models.TextField(blank=True)  # where none, it is flagged
    senders = ArrayField(models.TextField(), default=list)  # whose files are data; "*": anybody's
    uid_validity = models.BigIntegerField(null=True, blank=True)
    last_uid = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["host", "port", "user", "folder"],
                condition=Q(closed_at__isnull=True),
                name="mailbox_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.folder})"


class ApiToken(models.Model):
    """The right of another program to act here: known by the hash of its secret, shown once."""

    class Scope(models.TextChoices):
        IMPORT = "import", "déposer des fichiers et des données"
        FOLLOW = "follow", "suivre les imports"
        UNDO = "undo", "annuler un import"
        READ = "read", "lire les comptes et les créances"

    name = models.TextField()
    prefix = models.CharField(max_length=12)  # the first letters, to tell tokens apart
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the whole
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope.choices))
    creditors = models.ManyToManyField("store.Creditor", related_name="api_tokens")
    created_by = models.UUIDField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_by = models.UUIDField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    window_started_at = models.DateTimeField(null=True, blank=True)
    window_count = models.PositiveIntegerField(default=0)  # requests since, for the rate limit

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(scopes=[]), name="api_token_has_scope"),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="api_token_expires"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Incoming(models.Model):
    """One file, message or request that a way brought: what it gave, and where it was put away."""

    class Status(models.TextChoices):
        RECEIVED = "received", "en cours"
        TAKEN = "taken", "pris"
        KNOWN = "known", "déjà connu"
        ASKS = "asks", "attend une réponse"
        REFUSED = "refused", "refusé"

    creditor = models.ForeignKey(
        "store.Creditor", on_delete=models.PROTECT, related_name="incoming", db_index=False
    )
    folder = models.ForeignKey(
        WatchedFolder, null=True, blank=True, on_delete=models.PROTECT, related_name="incoming"
    )
    mailbox = models.ForeignKey(
        MailBox, null=True, blank=True, on_delete=models.PROTECT, related_name="incoming"
    )
    token = models.ForeignKey(
        ApiToken, null=True, blank=True, on_delete=models.PROTECT, related_name="incoming"
    )
    name = models.TextField()  # of the file; a message's subject
    sender = models.TextField(blank=True)  # of a message
    sha256 = models.CharField(max_length=64, blank=True)  # of a message, that of its content
    size_bytes = models.BigIntegerField(default=0)
    place = models.TextField(blank=True)  # in a folder: its name while it is under way
    message_id = models.TextField(blank=True)
    uid_validity = models.BigIntegerField(null=True, blank=True)
    uid = models.BigIntegerField(null=True, blank=True)
    key = models.TextField(blank=True)  # of a request: what makes it one with its repetitions
    drop = models.UUIDField(null=True, blank=True)  # the documents it brought to *Pièces*
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.RECEIVED)
    note = models.TextField(blank=True)
    filed_as = models.TextField(blank=True)  # in a folder: where it is put away
    received_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    filed_at = models.DateTimeField(null=True, blank=True)  # put away where it came from

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(folder__isnull=False, mailbox__isnull=True, token__isnull=True)
                | Q(folder__isnull=True, mailbox__isnull=False, token__isnull=True)
                | Q(folder__isnull=True, mailbox__isnull=True, token__isnull=False),
                name="incoming_by_one_way",
            ),
            models.CheckConstraint(
                condition=Q(status="received", settled_at__isnull=True)
                | ~Q(status="received") & Q(settled_at__isnull=False),
                name="incoming_settled_whole",
            ),
            models.CheckConstraint(
                condition=~Q(status="refused") | ~Q(note=""), name="incoming_refusal_has_reason"
            ),
            models.UniqueConstraint(
                fields=["folder", "place"], condition=~Q(place=""), name="incoming_place_once"
            ),
            models.UniqueConstraint(
                fields=["mailbox", "uid_validity", "uid"], name="incoming_message_once"
            ),
            models.UniqueConstraint(
                fields=["token", "key"], condition=~Q(key=""), name="incoming_key_once"
            ),
        ]
        indexes = [
            models.Index(fields=["creditor", "sha256"], name="incoming_content"),
            models.Index(
                fields=["folder", "mailbox"],
                condition=Q(filed_at__isnull=True, token__isnull=True),
                name="incoming_under_way",
            ),
        ]

    def __str__(self) -> str:
        return self.name
