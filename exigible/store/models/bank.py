"""What the bank says: statements, their lines, the transactions inside a line.

Statements and lines are facts: added, never changed nor deleted. What changes is said here: a
statement's `withdrawn_at`, written once when its import is undone, and a line's `state` with who
changed it, when and why. Everything else is refused by triggers (migration 0004). A line never
extinguishes a claim: `BankLinePayment` says which payments were recorded from it.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


class BankStatement(models.Model):
    """One statement (or notice, or status report) of one account, as one file held it."""

    class Kind(models.TextChoices):
        STATEMENT = "statement", "relevé"
        INTERIM = "interim", "relevé du jour"
        NOTICE = "notice", "avis d’opérations"
        STATUS = "status", "compte rendu"

    creditor = models.ForeignKey(
        "store.Creditor", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # Null for a status report alone, which may name no account.
    bank_account = models.ForeignKey(
        "store.CreditorBankAccount",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="statements",
    )
    batch = models.ForeignKey(
        "store.ImportBatch", on_delete=models.PROTECT, related_name="bank_statements"
    )
    position = models.IntegerField()  # in the file, from 0
    kind = models.CharField(max_length=10, choices=Kind.choices)
    format = models.CharField(max_length=20)
    account = models.TextField(blank=True)  # as the bank writes it
    number = models.TextField(blank=True)
    reference = models.TextField(blank=True)
    currency = models.CharField(max_length=3, blank=True)
    opening_cents = models.BigIntegerField(null=True, blank=True)
    opening_on = models.DateField(null=True, blank=True)
    closing_cents = models.BigIntegerField(null=True, blank=True)
    closing_on = models.DateField(null=True, blank=True)
    first_on = models.DateField(null=True, blank=True)  # of its lines
    last_on = models.DateField(null=True, blank=True)
    line_count = models.IntegerField()  # those known already included
    credit_cents = models.BigIntegerField()
    debit_cents = models.BigIntegerField()
    digest = models.BinaryField(max_length=16)  # of all it says
    recorded_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)  # its import was undone

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["creditor", "bank_account", "digest"],
                condition=Q(withdrawn_at__isnull=True),
                nulls_distinct=False,
                name="bank_statement_once",
            ),
            models.CheckConstraint(
                condition=Q(bank_account__isnull=False) | Q(kind="status"),
                name="bank_statement_has_an_account",
            ),
            models.CheckConstraint(
                condition=Q(opening_cents__isnull=True)
                | Q(closing_cents__isnull=True)
                | Q(closing_cents=F("opening_cents") + F("credit_cents") - F("debit_cents")),
                name="bank_statement_balances",
            ),
        ]
        indexes = [
            models.Index(fields=["bank_account", "currency", "last_on"], name="bank_statement_days")
        ]


class BankLine(models.Model):
    """One movement of an account; above zero the account received.

    A line whose `moves_money` is false announces (an order rejected before any money moved). A
    `provisional` one comes from an interim report or a notice: the statement of its days confirms it.
    """

    class State(models.TextChoices):
        TO_MATCH = "to_match", "à rapprocher"
        MATCHED = "matched", "rapprochée"
        SET_ASIDE = "set_aside", "mise de côté"
        SUSPENSE = "suspense", "en compte d’attente"
        WITHDRAWN = "withdrawn", "import annulé"

    class Nature(models.TextChoices):
        TRANSFER = "transfer", "virement"
        DIRECT_DEBIT = "direct_debit", "prélèvement"
        CHEQUE = "cheque", "chèque"
        CARD = "card", "carte"
        BILL = "bill", "effet"
        CASH = "cash", "espèces"
        FEE = "fee", "frais bancaires"
        INTEREST = "interest", "intérêts bancaires"
        OTHER = "other", "autre opération"

    statement = models.ForeignKey(BankStatement, on_delete=models.PROTECT, related_name="lines")
    creditor = models.ForeignKey(
        "store.Creditor", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    bank_account = models.ForeignKey(
        "store.CreditorBankAccount",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    line = models.BigIntegerField(null=True, blank=True)  # in the file
    # What tells it from another of the same day and amount: the bank's reference, else its texts;
    # and its rank among those that nothing tells apart.
    identity = models.BinaryField(max_length=16)
    rank = models.IntegerField()
    booked_on = models.DateField()
    value_on = models.DateField(null=True, blank=True)
    amount_cents = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    label = models.TextField(blank=True)
    counterparty = models.TextField(blank=True)
    counterparty_iban = models.TextField(blank=True)  # or the account as written
    on_behalf_of = models.TextField(blank=True)
    end_to_end = models.TextField(blank=True)
    mandate = models.TextField(blank=True)
    bank_ref = models.TextField(blank=True)
    refs = ArrayField(models.TextField(), default=list)
    code = models.TextField(blank=True)  # the bank's transaction code
    nature = models.CharField(max_length=12, choices=Nature.choices)
    is_return = models.BooleanField(default=False)
    return_code = models.TextField(blank=True)
    return_reason = models.TextField(blank=True)
    batch_ref = models.TextField(blank=True)
    batch_count = models.IntegerField(null=True, blank=True)
    moves_money = models.BooleanField(default=True)
    provisional = models.BooleanField(default=False)
    # What changes:
    state = models.CharField(max_length=10, choices=State.choices, default=State.TO_MATCH)
    state_reason = models.TextField(blank=True)  # a code for ours, words for a person's
    state_by = models.TextField(blank=True)  # "user:<uuid>", "job:…", "import:<batch>"
    state_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "creditor",
                    "bank_account",
                    "booked_on",
                    "amount_cents",
                    "currency",
                    "identity",
                    "rank",
                ],
                condition=~Q(state="withdrawn"),
                nulls_distinct=False,
                name="bank_line_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["creditor", "-booked_on", "-id"],
                name="bank_line_to_match",
                condition=Q(state="to_match"),
            ),
            models.Index(
                fields=["bank_account", "booked_on", "amount_cents"],
                name="bank_line_day",
                condition=~Q(state="withdrawn"),
            ),
            models.Index(fields=["creditor", "-booked_on"], name="bank_line_recent"),
        ]


class BankLineDetail(models.Model):
    """A transaction inside a line; a notice may bring those of a line known from a statement."""

    line = models.ForeignKey(BankLine, on_delete=models.PROTECT, related_name="details")
    batch = models.ForeignKey("store.ImportBatch", on_delete=models.PROTECT, related_name="+")
    rank = models.IntegerField()
    amount_cents = models.BigIntegerField(null=True, blank=True)  # without sign, as the bank gives
    currency = models.CharField(max_length=3, blank=True)
    label = models.TextField(blank=True)
    counterparty = models.TextField(blank=True)
    counterparty_iban = models.TextField(blank=True)
    on_behalf_of = models.TextField(blank=True)
    end_to_end = models.TextField(blank=True)
    mandate = models.TextField(blank=True)
    bank_ref = models.TextField(blank=True)
    refs = ArrayField(models.TextField(), default=list)
    return_code = models.TextField(blank=True)
    return_reason = models.TextField(blank=True)


class BankLineSighting(models.Model):
    """A line known before that another statement holds too."""

    statement = models.ForeignKey(
        BankStatement, on_delete=models.PROTECT, related_name="sightings", db_index=False
    )
    line = models.ForeignKey(BankLine, on_delete=models.PROTECT, related_name="sightings")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["statement", "line"], name="bank_line_seen_once")
        ]


class BankLinePayment(models.Model):
    """A payment that a line is: recorded from it, or by the ledger. Ended when the line is released.

    Those that live add up to their line, less what an agent or a bank kept (`LineFee`). A returned
    debit is the payment it reverses, below zero.
    """

    line = models.ForeignKey(BankLine, on_delete=models.PROTECT, related_name="payments")
    payment = models.ForeignKey(
        "store.Payment", on_delete=models.PROTECT, related_name="bank_lines", db_index=False
    )
    recorded_by = models.TextField()
    recorded_at = models.DateTimeField()
    ended_by = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["payment"], condition=Q(ended_at__isnull=True), name="one_line_a_payment"
            )
        ]
        indexes = [models.Index(fields=["payment"], name="bank_line_payment")]


class BankAccountName(models.Model):
    """How statements name an account otherwise than by its IBAN, as a person once said."""

    creditor = models.ForeignKey(
        "store.Creditor", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    written = models.TextField()  # "50880050/0194787400888"
    bank_account = models.ForeignKey(
        "store.CreditorBankAccount", on_delete=models.PROTECT, related_name="names"
    )
    recorded_by = models.TextField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["creditor", "written"], name="bank_account_name_once")
        ]
