"""Who did what, when, on which fact: one hash chain per account, heads sealed daily.

People are opaque ids. The hash of a line covers its content and the hash before it, so that a
removed or altered line shows. Rows are never changed nor deleted; the database refuses it.
"""

from django.db import models


class JournalEntry(models.Model):
    """One act on one account (or, with `account` null, on the house: users, creditors, imports)."""

    account = models.ForeignKey(
        "store.Account",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="journal",
        db_index=False,  # the chain's own index begins with it
    )
    seq = models.IntegerField()
    at = models.DateTimeField()
    actor = models.TextField()  # "user:<uuid>", "job:daily_run", "import:<batch>"…
    action = models.CharField(max_length=40)
    subject = models.TextField(blank=True)  # "claim:12", "message:7"…
    facts = models.JSONField(default=dict)
    previous_hash = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "seq"], name="journal_seq_once", nulls_distinct=False
            )
        ]
        indexes = [models.Index(fields=["at"], name="journal_at")]


class JournalSeal(models.Model):
    """The heads of all chains at the end of a day, in one hash chained to the day before."""

    on = models.DateField(unique=True)
    last_entry_id = models.BigIntegerField()
    chains = models.IntegerField()
    previous_hash = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)
    sealed_at = models.DateTimeField()
