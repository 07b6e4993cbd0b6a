"""Matching the money: what was proposed of each bank line, what was decided, what was learnt.

`BankLineMatch` is a copy, written anew by each run: the proposal a person sees at once. `LineDecision`,
`LineFee` and `DiscountGranted` are facts, added and never changed; so are the remittances and their
items, but for the line they are tied to. `LearnedPayer` has an end. Money itself is in payments.

`parts` holds what a line brings, an account after another:
`[{"account", "cents", "claims": [[claim, cents]], "credits": [[payment, claim, cents]],
"discounts": [[claim, cents]], "accessories": [[claim, cents]]}]`; `cents` is the money of the line that
goes to the account, of which `claims` are allocated and `accessories` pay penalties and the 40 €; credit
notes and discounts come on top.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from exigible.domain.matching.facts import Gap, Kind

KINDS = {
    Kind.PAYMENT: "règlement",
    Kind.CHEQUES: "remise de chèques",
    Kind.RETURN: "rejet ou impayé",
    Kind.AGENT: "fonds d’un mandataire",
    Kind.DUPLICATE: "doublon probable",
    Kind.OUTSIDE: "hors clients",
    Kind.UNKNOWN: "à identifier",
}
GAPS = {
    Gap.DISCOUNT_DUE: "escompte pris à temps",
    Gap.DISCOUNT_UNDUE: "escompte indu",
    Gap.BANK_FEES: "frais bancaires",
    Gap.AGENT_FEES: "frais du mandataire",
    Gap.PARTIAL: "paiement partiel",
    Gap.ACCESSORIES: "pénalités ou 40 € en plus",
    Gap.OVERPAID: "trop-perçu",
}


class DiscountBooking(models.TextChoices):
    """How a discount granted is accounted for, as the creditor's invoices say."""

    CREDIT_NOTE = "credit_note", "par un avoir, TVA comprise"
    EXPENSE = "expense", "en charge (665), TVA régularisée sans avoir"


class MatchingSettings(models.Model):
    """What a creditor allows and asks of matching; without a row, the defaults."""

    creditor = models.OneToOneField(
        "store.Creditor", on_delete=models.PROTECT, primary_key=True, related_name="matching"
    )
    automatic = models.BooleanField(default=True)  # what is certain is booked without asking
    least_evidence = models.PositiveSmallIntegerField(default=2)
    most_coincidence = models.PositiveIntegerField(default=2_000)  # in millionths
    automatic_up_to_cents = models.BigIntegerField(null=True, blank=True)  # null: no limit
    bank_fees_cents = models.PositiveIntegerField(default=5_000)
    # What an agent or a bank may keep of a sum, typed by hand: a share of the gross, 1/10,000 of a percent.
    fees_rate = models.PositiveIntegerField(default=300_000)
    early_days = models.PositiveSmallIntegerField(default=3)
    return_days = models.PositiveSmallIntegerField(default=400)
    # The discount of the general terms: rate in 1/10,000 of a percent, days from the invoice.
    discount_rate = models.PositiveIntegerField(null=True, blank=True)
    discount_days = models.PositiveSmallIntegerField(null=True, blank=True)
    discount_booking = models.CharField(
        max_length=12, choices=DiscountBooking.choices, default=DiscountBooking.CREDIT_NOTE
    )
    discount_vat_rate = models.PositiveIntegerField(null=True, blank=True)  # of its VAT; null: none
    version = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(least_evidence__gte=2, least_evidence__lte=4)
                & Q(most_coincidence__lte=2_000),
                name="matching_gate_is_no_lower",
            ),
            models.CheckConstraint(
                condition=Q(discount_rate__isnull=True, discount_days__isnull=True)
                | Q(discount_rate__gt=0, discount_rate__lte=100_000, discount_days__gt=0),
                name="discount_has_rate_and_days",
            ),
        ]


class MatchingRun(models.Model):
    """One run over the waiting lines of a creditor."""

    creditor = models.ForeignKey("store.Creditor", on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    started_by = models.TextField()
    lines = models.IntegerField(default=0)
    booked = models.IntegerField(default=0)
    booked_cents = models.BigIntegerField(default=0)
    proposed = models.IntegerField(default=0)
    set_aside = models.IntegerField(default=0)
    waiting = models.IntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["creditor", "-started_at"], name="matching_run_last")]


class BankLineMatch(models.Model):
    """What the last run thinks of a line, or how it was matched: replaced by the next run."""

    line = models.OneToOneField(
        "store.BankLine", on_delete=models.PROTECT, primary_key=True, related_name="match"
    )
    run = models.ForeignKey(
        MatchingRun, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    kind = models.CharField(
        max_length=10, choices=[(kind.value, words) for kind, words in KINDS.items()]
    )
    # Whose line it seems to be: the one account of what is proposed, else of the best candidate.
    account = models.ForeignKey(
        "store.Account", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    confidence = models.PositiveSmallIntegerField(default=0)  # in thousandths
    automatic = models.BooleanField(default=False)  # booked without asking
    kept_for_people = models.BooleanField(default=False)  # somebody undid it: never alone again
    reasons = ArrayField(models.TextField(), default=list)
    parts = models.JSONField(default=list)
    fees_cents = models.BigIntegerField(default=0)  # kept by an agent or a bank, on top of the line
    reverses = ArrayField(models.BigIntegerField(), default=list)  # payments a return takes back
    candidates = models.JSONField(default=list)  # [{"confidence", "reason", "parts", "reverses"}]
    accounts = ArrayField(models.BigIntegerField(), default=list)  # payers recognised
    gap = models.CharField(
        max_length=16, blank=True, choices=[(gap.value, words) for gap, words in GAPS.items()]
    )
    gap_cents = models.BigIntegerField(default=0)
    remittance = models.ForeignKey(
        "store.Remittance", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["account"], name="line_match_account")]


class LineDecision(models.Model):
    """What was decided of a line, by whom or by which run, on which reasons."""

    class Action(models.TextChoices):
        BOOKED = "booked", "affectée"
        UNDONE = "undone", "contrepassée"
        ASIDE = "aside", "mise de côté"
        SUSPENSE = "suspense", "portée en compte d’attente"
        BACK = "back", "remise à rapprocher"
        REJECTED = "rejected", "proposition écartée"

    line = models.ForeignKey("store.BankLine", on_delete=models.PROTECT, related_name="decisions")
    action = models.CharField(max_length=10, choices=Action.choices)
    automatic = models.BooleanField(default=False)
    by = models.TextField()
    at = models.DateTimeField()
    confidence = models.PositiveSmallIntegerField(default=0)
    reasons = ArrayField(models.TextField(), default=list)
    parts = models.JSONField(default=list)
    fees_cents = models.BigIntegerField(default=0)
    settlements = ArrayField(models.BigIntegerField(), default=list)  # of credit notes used
    reverses = ArrayField(models.BigIntegerField(), default=list)  # payments taken back

    class Meta:
        indexes = [models.Index(fields=["line", "-id"], name="line_decision_last")]


class LineFee(models.Model):
    """What an agent or a bank kept of a line: the debtor paid it, the creditor bears it.

    Undone by a row of the opposite sum.
    """

    class Kind(models.TextChoices):
        AGENT = "agent", "frais d’un mandataire"
        BANK = "bank", "frais bancaires"

    line = models.ForeignKey("store.BankLine", on_delete=models.PROTECT, related_name="fees")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    amount_cents = models.BigIntegerField()
    recorded_by = models.TextField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(amount_cents=0), name="line_fee_of_something")
        ]


class DiscountGranted(models.Model):
    """An early-payment discount granted on a line: the credit it made, its rate, its VAT."""

    line = models.ForeignKey("store.BankLine", on_delete=models.PROTECT, related_name="discounts")
    payment = models.OneToOneField(
        "store.Payment", on_delete=models.PROTECT, related_name="discount"
    )
    booking = models.CharField(max_length=12, choices=DiscountBooking.choices)
    net_cents = models.BigIntegerField()
    vat_cents = models.BigIntegerField()
    recorded_by = models.TextField()
    recorded_at = models.DateTimeField()


class LearnedPayer(models.Model):
    """What people's decisions taught: an IBAN or a name that pays for an account.

    It counts once it was confirmed enough: once, twice for somebody else than the debtor. `agent` is
    somebody who pays for others, whatever the account.
    """

    class Kind(models.TextChoices):
        IBAN = "iban", "IBAN"
        NAME = "name", "nom du payeur"
        AGENT = "agent", "mandataire"

    creditor = models.ForeignKey("store.Creditor", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    value = models.TextField()  # as the engine compares it
    shown = models.TextField(blank=True)  # as the bank wrote it
    account = models.ForeignKey(
        "store.Account", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    third_party = models.BooleanField(default=False)
    lines = ArrayField(models.BigIntegerField(), default=list)  # those that confirm it
    recorded_by = models.TextField()
    recorded_at = models.DateTimeField()
    ended_by = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["creditor", "kind", "value", "account"],
                condition=Q(ended_at__isnull=True),
                nulls_distinct=False,
                name="learned_payer_once",
            ),
            models.CheckConstraint(
                condition=Q(kind="agent", account__isnull=True)
                | (~Q(kind="agent") & Q(account__isnull=False)),
                name="learned_payer_of_an_account",
            ),
        ]

    @property
    def confirmations(self) -> int:
        return len(self.lines)

    @property
    def wanted(self) -> int:
        """How many confirmations it takes to count."""
        return 2 if self.third_party else 1

    @property
    def counts(self) -> bool:
        return self.confirmations >= self.wanted


class Remittance(models.Model):
    """A document that says what a sum received pays: an advice, an agent's statement, a cheque slip."""

    class Kind(models.TextChoices):
        ADVICE = "advice", "avis de paiement"
        AGENT = "agent", "relevé de reversement"
        SLIP = "slip", "bordereau de chèques"

    creditor = models.ForeignKey("store.Creditor", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=6, choices=Kind.choices)
    document = models.ForeignKey("store.StoredDocument", on_delete=models.PROTECT, related_name="+")
    filename = models.TextField()
    sender = models.TextField(blank=True)
    reference = models.TextField(blank=True)
    dated_on = models.DateField(null=True, blank=True)
    gross_cents = models.BigIntegerField()  # sum of its items
    fees_cents = models.BigIntegerField(default=0)
    # The line a person tied it to; otherwise it is found by its sum and its day.
    line = models.ForeignKey(
        "store.BankLine",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="remittances",
    )
    recorded_by = models.TextField()
    recorded_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["creditor", "document"],
                condition=Q(withdrawn_at__isnull=True),
                name="remittance_once",
            ),
            models.CheckConstraint(
                condition=Q(fees_cents__gte=0, fees_cents__lte=F("gross_cents")),
                name="remittance_fees_within_it",
            ),
        ]

    @property
    def net_cents(self) -> int:
        return self.gross_cents - self.fees_cents


class RemittanceItem(models.Model):
    """One invoice, one cheque or one file of a remittance, before fees."""

    remittance = models.ForeignKey(Remittance, on_delete=models.PROTECT, related_name="items")
    rank = models.IntegerField()
    reference = models.TextField(blank=True)
    debtor = models.TextField(blank=True)  # the drawer of a cheque
    amount_cents = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["remittance", "rank"], name="remittance_item_rank"),
            models.CheckConstraint(
                condition=~Q(amount_cents=0), name="remittance_item_of_something"
            ),
        ]
