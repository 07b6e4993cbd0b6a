"""The amicable work: strategies and their steps, what is proposed, what was said and promised."""

from django.db import models
from django.db.models import Q

from exigible.store.models.parties import DebtorKind


class Strategy(models.Model):
    """What happens when, for one kind of debtor. A new version is a new row."""

    key = models.CharField(max_length=40)
    name = models.TextField()
    audience = models.CharField(max_length=20, choices=DebtorKind.choices)
    creditor = models.ForeignKey(
        "store.Creditor", null=True, blank=True, on_delete=models.PROTECT, related_name="strategies"
    )
    version = models.PositiveSmallIntegerField(default=1)
    in_force = models.BooleanField(default=True)
    spacing_days = models.PositiveSmallIntegerField(default=5)  # working days between two steps
    minimum_cents = models.BigIntegerField(default=1500)  # under this, nothing is chased
    promise_grace_days = models.PositiveSmallIntegerField(default=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key", "creditor", "version"],
                name="strategy_version_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return self.name


class Channel(models.TextChoices):
    """How a step reaches the debtor."""

    EMAIL = "email", "e-mail"
    LETTER = "letter", "lettre simple"
    LRAR = "lrar", "lettre recommandée"
    CALL = "call", "appel"
    TASK = "task", "tâche"


class StrategyStep(models.Model):
    """One step: how many days from the first overdue day, by which channel, alone or not."""

    strategy = models.ForeignKey(Strategy, on_delete=models.CASCADE, related_name="steps")
    key = models.CharField(max_length=40)
    position = models.PositiveSmallIntegerField()
    label = models.TextField()
    offset_days = models.SmallIntegerField()  # negative: before the due date
    channel = models.CharField(max_length=10, choices=Channel.choices)
    fallback_channel = models.CharField(max_length=10, choices=Channel.choices, blank=True)
    template = models.CharField(max_length=40, blank=True)
    automatic = models.BooleanField(default=False)  # may leave without approval
    is_formal_notice = models.BooleanField(default=False)
    minimum_cents = models.BigIntegerField(default=0)
    minutes = models.PositiveSmallIntegerField(default=2)  # a person's time, for the worklist

    class Meta:
        ordering = ["strategy_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["strategy", "key"], name="step_key_once"),
            models.UniqueConstraint(fields=["strategy", "position"], name="step_position_once"),
        ]

    def __str__(self) -> str:
        return self.label


class ProposalStatus(models.TextChoices):
    OPEN = "open", "proposée"
    APPROVED = "approved", "validée"
    ISSUED = "issued", "partie"
    DONE = "done", "faite"
    DISMISSED = "dismissed", "écartée"
    OBSOLETE = "obsolete", "sans objet"


class Proposal(models.Model):
    """The next step of an account on a day, with its reasons; the row is its whole life.

    Unique for (account, claim, step, cycle): a step is issued at most once. `cycle` is the first
    overdue day; a new one opens a new cycle. `step` is null for what no strategy holds (a broken
    promise to call about, an answer to give): `action` then tells them apart.
    """

    account = models.ForeignKey(
        "store.Account", on_delete=models.CASCADE, related_name="proposals", db_index=False
    )
    claim = models.ForeignKey(
        "store.Claim", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    step = models.ForeignKey(
        StrategyStep, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    action = models.CharField(max_length=30)  # step key, or "broken_promise", "expired_dispute"…
    cycle = models.DateField()
    channel = models.CharField(max_length=10, choices=Channel.choices)
    label = models.TextField()
    reasons = models.JSONField(default=list)  # list of {"code", …facts}, worded by the pages
    amount_cents = models.BigIntegerField()  # échu hors litige when proposed
    rank = models.BigIntegerField(default=0)  # worklist order, higher first
    limit_on = models.DateField(null=True, blank=True)  # last day, when a right is lost after it
    proposed_on = models.DateField()
    run = models.ForeignKey(
        "store.DailyRun", null=True, blank=True, on_delete=models.SET_NULL, related_name="proposals"
    )
    status = models.CharField(
        max_length=10, choices=ProposalStatus.choices, default=ProposalStatus.OPEN
    )
    show_from = models.DateField(null=True, blank=True)  # postponed until
    held_reason = models.TextField(blank=True)  # why it could not leave, when it could not
    decided_by = models.UUIDField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "claim", "action", "cycle"],
                name="step_issued_once",
                nulls_distinct=False,
            )
        ]
        indexes = [
            models.Index(
                fields=["-rank", "id"],
                name="proposal_worklist",
                condition=Q(status="open"),
                include=["account"],
            ),
            models.Index(fields=["account", "status"], name="proposal_account"),
            models.Index(
                fields=["limit_on"],
                name="proposal_limit",
                condition=Q(status="open", limit_on__isnull=False),
            ),
        ]


class Promise(models.Model):
    """A debtor's word: this much by that day. Kept or broken is computed from payments."""

    account = models.ForeignKey(
        "store.Account", on_delete=models.PROTECT, related_name="promises", db_index=False
    )
    amount_cents = models.BigIntegerField()
    made_on = models.DateField()
    due_on = models.DateField()
    note = models.TextField(blank=True)
    contact = models.ForeignKey(
        "store.Contact", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    recorded_by = models.UUIDField()
    recorded_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.UUIDField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["account", "due_on"], name="promise_account")]
        constraints = [
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="promise_of_something"),
            models.CheckConstraint(
                condition=Q(due_on__gte=models.F("made_on")), name="promise_for_later"
            ),
        ]


class Hold(models.Model):
    """A suspension with an amount or a claim or the whole account, a reason, an author, an end."""

    account = models.ForeignKey(
        "store.Account", on_delete=models.PROTECT, related_name="holds", db_index=False
    )
    claim = models.ForeignKey(
        "store.Claim", null=True, blank=True, on_delete=models.PROTECT, related_name="holds"
    )
    amount_cents = models.BigIntegerField(null=True, blank=True)  # null: all of it
    reason = models.TextField()
    starts_on = models.DateField()
    ends_on = models.DateField()  # last day held
    recorded_by = models.UUIDField()
    recorded_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.UUIDField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["account", "ends_on"], name="hold_account")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=models.F("starts_on")), name="hold_ends_after_start"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="hold_has_reason"),
        ]


class Dispute(models.Model):
    """What the debtor contests, for how much, and who has to answer by when."""

    account = models.ForeignKey("store.Account", on_delete=models.PROTECT, related_name="disputes")
    claim = models.ForeignKey("store.Claim", on_delete=models.PROTECT, related_name="disputes")
    amount_cents = models.BigIntegerField()
    reason = models.TextField()
    opened_on = models.DateField()
    answer_due_on = models.DateField()
    holder = models.TextField(blank=True)  # who has to answer
    recorded_by = models.UUIDField()
    recorded_at = models.DateTimeField()
    closed_on = models.DateField(null=True, blank=True)
    closed_by = models.UUIDField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(
        max_length=10,
        blank=True,
        choices=[
            ("upheld", "fondé"),
            ("partial", "fondé en partie"),
            ("rejected", "rejeté"),
            ("withdrawn", "sans suite"),  # the import that brought it was undone
        ],
    )
    accepted_cents = models.BigIntegerField(default=0)  # credit note expected for this much

    class Meta:
        indexes = [
            models.Index(
                fields=["account"], name="dispute_open", condition=Q(closed_on__isnull=True)
            ),
            models.Index(fields=["claim"], name="dispute_claim"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="dispute_of_something"),
        ]


class CallOutcome(models.TextChoices):
    PROMISE = "promise", "promesse"
    PLAN = "plan", "échéancier demandé"
    DISPUTE = "dispute", "litige"
    LEFT_MESSAGE = "left_message", "message laissé"
    NO_ANSWER = "no_answer", "sans réponse"
    WRONG_NUMBER = "wrong_number", "mauvais numéro"
    OTHER = "other", "autre"


class Call(models.Model):
    """A telephone call, made or received."""

    account = models.ForeignKey(
        "store.Account", on_delete=models.PROTECT, related_name="calls", db_index=False
    )
    contact = models.ForeignKey(
        "store.Contact", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    incoming = models.BooleanField(default=False)
    on = models.DateField()
    outcome = models.CharField(max_length=20, choices=CallOutcome.choices)
    note = models.TextField(blank=True)
    recorded_by = models.UUIDField()
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["account", "-on"], name="call_account")]


class Note(models.Model):
    """Something worth keeping in the file."""

    account = models.ForeignKey(
        "store.Account", on_delete=models.PROTECT, related_name="notes", db_index=False
    )
    on = models.DateField()
    text = models.TextField()
    recorded_by = models.UUIDField()
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["account", "-on"], name="note_account")]


class Task(models.Model):
    """Something a person has to do on an account by a day."""

    account = models.ForeignKey("store.Account", on_delete=models.PROTECT, related_name="tasks")
    label = models.TextField()
    due_on = models.DateField()
    assigned_to = models.ForeignKey(
        "store.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="tasks"
    )
    recorded_by = models.UUIDField()
    recorded_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.UUIDField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_on"], name="task_open", condition=Q(done_at__isnull=True)),
            models.Index(fields=["account"], name="task_account"),
        ]


class Case(models.Model):
    """*Dossier contentieux*: named claims of an account taken to procedure."""

    account = models.ForeignKey("store.Account", on_delete=models.PROTECT, related_name="cases")
    reference = models.TextField(unique=True)
    opened_on = models.DateField()
    closed_on = models.DateField(null=True, blank=True)
    claims = models.ManyToManyField("store.Claim", related_name="cases")


class DailyRun(models.Model):
    """One day's run over the accounts; safe to repeat."""

    on = models.DateField()
    proposes_only = models.BooleanField(default=False)  # a future day
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    started_by = models.UUIDField(null=True, blank=True)
    shards_total = models.IntegerField(default=0)
    accounts = models.IntegerField(default=0)
    counts = models.JSONField(default=dict)  # proposals, issued, held, alerts, seconds

    class Meta:
        indexes = [models.Index(fields=["-on"], name="run_on")]
        constraints = [
            models.UniqueConstraint(
                fields=["on"], condition=Q(finished_at__isnull=True), name="one_run_under_way"
            )
        ]


class RunShard(models.Model):
    """A slice of accounts of a run: the unit of parallel work."""

    run = models.ForeignKey(DailyRun, on_delete=models.CASCADE, related_name="shards")
    first_account = models.BigIntegerField()
    last_account = models.BigIntegerField()
    done_at = models.DateTimeField(null=True, blank=True)
    counts = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "first_account"], name="shard_once")]
