"""Creditors, debtors, and the account that joins one of each."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from exigible.domain.text_keys import name_key


class Creditor(models.Model):
    """A company of the group, or a client (*mandant*) of a collection agency."""

    name = models.TextField()
    legal_form = models.TextField(blank=True)
    siren = models.CharField(max_length=9, blank=True)
    kind = models.CharField(
        max_length=20,
        default="professional",
        choices=[
            ("professional", "professionnel"),
            ("individual", "particulier"),
            ("public", "personne publique"),
        ],
    )
    address = models.TextField(blank=True, help_text="Une ligne par ligne d’adresse postale.")
    phone = models.TextField(blank=True)
    email = models.EmailField(
        blank=True, help_text="Expéditeur des messages et adresse de réponse."
    )
    website = models.TextField(blank=True)
    legal_line = models.TextField(blank=True, help_text="Pied de page : forme, capital, RCS, TVA.")
    signatory = models.TextField(blank=True)
    logo = models.ForeignKey(
        "store.StoredDocument", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # Terms: how a due date is derived when no file states it.
    term_days = models.PositiveSmallIntegerField(default=30)
    term_method = models.CharField(
        max_length=20,
        default="net",
        choices=[
            ("net", "jours nets, date de facture"),
            ("days_then_eom", "jours puis fin de mois"),
            ("eom_then_days", "fin de mois puis jours"),
        ],
    )
    # General terms: late-payment rate stipulated, in 1/10,000 of a percent; null = statutory rate.
    clause_rate = models.PositiveIntegerField(null=True, blank=True)
    # Third-party accounts followed, by prefix of the ledger account.
    customer_prefixes = ArrayField(
        models.CharField(max_length=12), default=list, help_text="411, 413, 416…"
    )
    # Agency that collects for this creditor, if any (CPCE R. 124-1 et seq.).
    agency_name = models.TextField(blank=True)
    agency_address = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    archived = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["siren"], condition=~Q(siren=""), name="creditor_siren_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CreditorBankAccount(models.Model):
    """Where debtors are asked to pay."""

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="bank_accounts")
    label = models.TextField(blank=True)
    iban = models.CharField(max_length=34)
    bic = models.CharField(max_length=11, blank=True)
    is_default = models.BooleanField(default=False)
    closed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["creditor", "iban"], name="bank_account_once"),
            models.UniqueConstraint(
                fields=["creditor"], condition=Q(is_default=True), name="one_default_bank_account"
            ),
        ]


class Portfolio(models.Model):
    """A set of accounts of one creditor: the unit of access."""

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="portfolios")
    name = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["creditor", "name"], name="portfolio_once")]

    def __str__(self) -> str:
        return f"{self.name} ({self.creditor.name})"


class DebtorKind(models.TextChoices):
    """The quality of the debtor, which decides interest, indemnity, tone and deadlines."""

    PROFESSIONAL = "professional", "professionnel"
    CONSUMER = "consumer", "particulier"
    PUBLIC_PURCHASER = "public_purchaser", "acheteur public"
    UNKNOWN = "unknown", "qualité à préciser"


class Debtor(models.Model):
    """A company or a person who owes, possibly to several creditors."""

    name = models.TextField()
    name_key = models.TextField(editable=False)  # no accents, lower case: order and search
    kind = models.CharField(max_length=20, choices=DebtorKind.choices, default=DebtorKind.UNKNOWN)
    siren = models.CharField(max_length=9, blank=True)
    siret = models.CharField(max_length=14, blank=True)
    vat_number = models.CharField(max_length=20, blank=True)
    legal_form = models.TextField(blank=True)
    language = models.CharField(max_length=5, default="fr")
    # Postal address, as it stands on an envelope.
    address_line1 = models.TextField(blank=True)
    address_line2 = models.TextField(blank=True)
    address_line3 = models.TextField(blank=True)
    postcode = models.CharField(max_length=12, blank=True)
    city = models.TextField(blank=True)
    country = models.CharField(max_length=2, default="FR")
    address_ok = models.BooleanField(default=True)  # False: mail came back
    email_ok = models.BooleanField(default=True)  # False: the last message bounced
    no_contact_before = models.TimeField(null=True, blank=True)
    # Another row that is the same debtor, and carries his accounts: written by a `DebtorMerge`.
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged"
    )
    insolvency_opened_on = models.DateField(null=True, blank=True)
    insolvency_kind = models.CharField(
        max_length=20,
        blank=True,
        choices=[
            ("sauvegarde", "sauvegarde"),
            ("redressement", "redressement judiciaire"),
            ("liquidation", "liquidation judiciaire"),
        ],
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["siren"], name="debtor_siren", condition=~Q(siren="")),
            models.Index(
                fields=["name_key"], name="debtor_name_key", opclasses=["text_pattern_ops"]
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(insolvency_opened_on__isnull=True, insolvency_kind="")
                | (Q(insolvency_opened_on__isnull=False) & ~Q(insolvency_kind="")),
                name="insolvency_has_kind_and_day",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_postal_address(self) -> bool:
        return bool((self.address_line1 or self.address_line2) and self.postcode and self.city)


class Contact(models.Model):
    """Someone to write to or call at the debtor's."""

    debtor = models.ForeignKey(Debtor, on_delete=models.CASCADE, related_name="contacts")
    name = models.TextField(blank=True)
    role = models.CharField(
        max_length=20,
        default="accounting",
        choices=[
            ("accounting", "comptabilité"),
            ("management", "direction"),
            ("purchasing", "achats"),
            ("other", "autre"),
        ],
    )
    title = models.TextField(blank=True)
    email = models.EmailField(blank=True)
    phone = models.TextField(blank=True)
    hours = models.TextField(blank=True, help_text="Quand cette personne répond.")
    is_main = models.BooleanField(default=False)
    active = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["debtor"], name="contact_debtor")]


class Phase(models.TextChoices):
    """How far the pursuit of an account has gone."""

    AMIABLE = "amiable", "amiable"
    PRECONTENTIEUX = "precontentieux", "précontentieux"
    CONTENTIEUX = "contentieux", "contentieux"
    CLOSED = "closed", "clos"


class Account(models.Model):
    """One debtor for one creditor (*compte*): carries the amicable work."""

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="accounts")
    debtor = models.ForeignKey(Debtor, on_delete=models.PROTECT, related_name="accounts")
    portfolio = models.ForeignKey(Portfolio, on_delete=models.PROTECT, related_name="accounts")
    number = models.TextField()  # customer number at the creditor's: auxiliary account or code
    number_key = models.TextField(editable=False)
    collector = models.ForeignKey(
        "store.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="accounts"
    )
    strategy = models.ForeignKey(
        "store.Strategy", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    phase = models.CharField(max_length=20, choices=Phase.choices, default=Phase.AMIABLE)
    term_days = models.PositiveSmallIntegerField(null=True, blank=True)  # null: the creditor's
    term_method = models.CharField(max_length=20, blank=True)
    clause_rate = models.PositiveIntegerField(null=True, blank=True)  # null: the creditor's
    credit_limit_cents = models.BigIntegerField(null=True, blank=True)
    # An early-payment discount of this account's own terms; null: the creditor's (MatchingSettings).
    discount_rate = models.PositiveIntegerField(null=True, blank=True)
    discount_days = models.PositiveSmallIntegerField(null=True, blank=True)
    never_chased = models.BooleanField(default=False)  # till takings, group company…
    never_chased_reason = models.TextField(blank=True)
    waives_accessories = models.BooleanField(default=False)  # penalties and 40 € given up
    version = models.PositiveIntegerField(default=0)  # counts every act on the account
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["creditor", "number"], name="account_number_once"),
        ]
        indexes = [
            models.Index(
                fields=["number_key"], name="account_number_key", opclasses=["text_pattern_ops"]
            ),
            models.Index(fields=["portfolio", "collector"], name="account_portfolio_collector"),
        ]

    @property
    def shown_number(self) -> str:
        """The customer number beside the debtor's name; "" where a list had none and his name stands for it."""
        same = name_key(self.number) == name_key(self.debtor.name)
        return "" if same else self.number

    def __str__(self) -> str:
        return f"{self.shown_number} {self.debtor.name}".strip()


class AccountFigures(models.Model):
    """A copy, for lists, of what the engine says of an account on the day `as_of`.

    Written by `operations.figures.refresh`, never by hand; each daily run recomputes it.
    `chased_cents` is *échu hors litige*, net of unallocated credit.
    """

    account = models.OneToOneField(
        Account, on_delete=models.CASCADE, primary_key=True, related_name="figures"
    )
    creditor_id = models.BigIntegerField()
    portfolio_id = models.BigIntegerField()
    as_of = models.DateField()
    balance_cents = models.BigIntegerField(default=0)  # open claims less unallocated credit
    not_due_cents = models.BigIntegerField(default=0)
    bills_cents = models.BigIntegerField(default=0)  # part of not_due: bills accepted (413)
    overdue_cents = models.BigIntegerField(default=0)  # échu, the sum of the buckets below
    late_30_cents = models.BigIntegerField(default=0)  # 1 to 30 days late
    late_60_cents = models.BigIntegerField(default=0)
    late_90_cents = models.BigIntegerField(default=0)
    late_180_cents = models.BigIntegerField(default=0)
    late_more_cents = models.BigIntegerField(default=0)
    disputed_cents = models.BigIntegerField(default=0)  # contesté
    held_cents = models.BigIntegerField(default=0)
    credit_cents = models.BigIntegerField(default=0)  # crédit non affecté (positive)
    chased_cents = models.BigIntegerField(default=0)
    accessories_cents = models.BigIntegerField(null=True)  # null: « à confirmer »
    oldest_due_on = models.DateField(null=True)
    open_claims = models.IntegerField(default=0)
    overdue_claims = models.IntegerField(default=0)
    state = models.CharField(max_length=20, default="")  # main chip, see domain.states
    incomplete = models.BooleanField(default=False)  # listed in À compléter
    reliability = models.PositiveSmallIntegerField(db_default=100)  # 100: nothing to fix
    lacks = models.IntegerField(db_default=0)  # bits of domain.identity.quality

    class Meta:
        indexes = [
            models.Index(
                fields=["portfolio_id", "reliability"],
                name="figures_reliability",
                condition=~Q(lacks=0),
            ),
            models.Index(fields=["portfolio_id", "-chased_cents"], name="figures_chased"),
            models.Index(fields=["portfolio_id", "-balance_cents"], name="figures_balance"),
            models.Index(fields=["portfolio_id", "oldest_due_on"], name="figures_oldest"),
            models.Index(
                fields=["portfolio_id"], name="figures_incomplete", condition=Q(incomplete=True)
            ),
        ]
