"""Who debtors are: their bank accounts, those known twice, what registers said of them.

`DebtorBankAccount`, `DebtorMerge`, `MergedAccount`, `DebtorsApart` are facts with an end: added, ended
once, never rewritten nor deleted. `DuplicatePair` and `RegisterAnswer` are copies: the search for
duplicates writes the first anew, each look-up replaces the second.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


class DebtorBankAccount(models.Model):
    """An account a debtor pays from, as someone, a file or a bank statement told it."""

    debtor = models.ForeignKey(
        "store.Debtor", on_delete=models.PROTECT, related_name="bank_accounts", db_index=False
    )
    iban = models.CharField(max_length=34)
    holder = models.TextField(blank=True)  # the name the bank gave, where it did
    origin = models.TextField()  # "user:…", "import:12"
    recorded_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)  # no longer his
    ended_by = models.UUIDField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["debtor", "iban"],
                condition=Q(ended_at__isnull=True),
                name="debtor_iban_once",
            )
        ]
        indexes = [models.Index(fields=["iban"], name="debtor_iban")]


class DebtorMerge(models.Model):
    """Two debtors are the same: `merged` points to `kept`, which carries all the accounts.

    What the merge moved and changed is kept with it, so that undoing it gives all of it back.
    `changes` has, for each field of `kept` that the merge wrote, the value before and after; people
    who are forgotten are emptied there as well. Undone at most once; a debtor merged again is a
    new row.
    """

    kept = models.ForeignKey("store.Debtor", on_delete=models.PROTECT, related_name="merges")
    merged = models.ForeignKey(
        "store.Debtor", on_delete=models.PROTECT, related_name="merged_by", db_index=False
    )
    reasons = models.JSONField(default=list)  # why they were thought the same, as scored
    changes = models.JSONField(default=dict)  # {field: [before, after]} of `kept`
    contacts = models.JSONField(default=list)  # [[id, was_main]] moved to `kept`
    bank_accounts = ArrayField(models.BigIntegerField(), default=list)  # moved to `kept`
    recorded_by = models.UUIDField()
    recorded_at = models.DateTimeField()
    undone_by = models.UUIDField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["merged"], condition=Q(undone_at__isnull=True), name="merged_once"
            ),
            models.CheckConstraint(condition=~Q(kept=F("merged")), name="merge_of_two"),
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True, undone_by__isnull=True)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="merge_undone_by_someone",
            ),
        ]


class MergedAccount(models.Model):
    """An account that a merge moved from the debtor merged to the debtor kept."""

    merge = models.ForeignKey(DebtorMerge, on_delete=models.PROTECT, related_name="accounts")
    account = models.ForeignKey(
        "store.Account", on_delete=models.PROTECT, related_name="merges", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "merge"], name="merged_account_once")
        ]


class DebtorsApart(models.Model):
    """Someone said that two debtors are not the same: the pair is no longer proposed."""

    first = models.ForeignKey("store.Debtor", on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey("store.Debtor", on_delete=models.PROTECT, related_name="+")
    recorded_by = models.UUIDField()
    recorded_at = models.DateTimeField()
    withdrawn_by = models.UUIDField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["first", "second"],
                condition=Q(withdrawn_at__isnull=True),
                name="debtors_apart_once",
            ),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="apart_in_order"),
        ]


class DuplicatePair(models.Model):
    """Two debtors that look the same, with the score and its reasons: a copy of the last search."""

    first = models.ForeignKey("store.Debtor", on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey("store.Debtor", on_delete=models.CASCADE, related_name="+")
    name_key = models.TextField()  # of the first, to sort by
    score = models.PositiveSmallIntegerField()  # 1 to 100
    reasons = models.JSONField(default=list)  # [[code, points, facts]]
    found_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="duplicate_pair_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="pair_in_order"),
        ]
        indexes = [models.Index(fields=["-score", "id"], name="duplicate_score")]


class DuplicateSearch(models.Model):
    """One search for duplicates: when, over how many debtors, what it found. Rows are only added."""

    at = models.DateTimeField()
    debtors = models.IntegerField()
    pairs = models.IntegerField()
    seconds = models.FloatField()

    class Meta:
        indexes = [models.Index(fields=["-at"], name="duplicate_search_at")]


class RegisterAnswer(models.Model):
    """The last answer of a public register about one SIREN, with its day: a copy, replaced by the next.

    `company` is what `domain.identity.company` reads in it, without what is not public; the columns
    beside it serve lists.
    """

    siren = models.CharField(max_length=9)
    register = models.CharField(max_length=20)
    found = models.BooleanField()
    company = models.JSONField(default=dict)
    struck_off = models.BooleanField(default=False)
    insolvent = models.BooleanField(default=False)  # a mention of collective proceedings
    postcode = models.CharField(max_length=12, blank=True)  # of the registered office
    asked_on = models.DateField()
    asked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["siren", "register"], name="register_answer_once")
        ]
