"""A small credit department on Monday 23 November 2026, made through the models and the operations.

Every name is invented. `make_world` gives a wholesaler with a dozen customers in every state, a
second creditor in another portfolio, and one person per role; the day's run has been made, so that
*Ma journée* has work.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache

from django.contrib.auth.hashers import make_password

from exigible.domain import french
from exigible.domain.roles import Role
from exigible.operations import contacts, daily_run, disputes, figures, holds, payments, promises
from exigible.operations.acts import By
from exigible.operations.bootstrap import ensure_strategies
from exigible.store.models import (
    Account,
    Claim,
    Contact,
    Creditor,
    CreditorBankAccount,
    DebtorKind,
    DueOnSource,
    Message,
    MessageStatus,
    Phase,
    Proposal,
    ProposalStatus,
    StoredDocument,
    StrategyStep,
    User,
)
from tests.builders import make_account, make_claim, make_creditor, make_debtor

WORLD_DAY = date(2026, 11, 23)  # a working day, so that the run proposes every kind of step
PASSWORD = "une phrase longue et sûre"
NAMES = {
    Role.ASSISTANT: "Louise Ferrandier",
    Role.COLLECTOR: "Claire Maubert",
    Role.LITIGATION: "Hugo Delattre",
    Role.MANAGER: "Sabine Orlhac",
    Role.CREDIT_MANAGER: "Antoine Vergnaud",
    Role.ACCOUNTANT: "Inès Cazaubon",
    Role.SALES: "Rémi Tastevin",
    Role.AUDITOR: "Odile Pradines",
    Role.PARTNER: "Maître Evenou",
    Role.ADMINISTRATOR: "Paul Guérandel",
}


@dataclass
class World:
    """What was made: people by role, accounts by a short name."""

    creditor: Creditor
    other_creditor: Creditor
    people: dict[Role, User] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    claims: dict[str, Claim] = field(default_factory=dict)

    def account(self, name: str) -> Account:
        return Account.objects.select_related("debtor", "creditor", "figures").get(
            pk=self.accounts[name].pk
        )

    @property
    def collector(self) -> User:
        return self.people[Role.COLLECTOR]


def make_user(role: Role, creditor: Creditor | None = None, **fields: object) -> User:
    """Make a person of a role; with a creditor, in its portfolios only."""
    values: dict[str, object] = {"name": NAMES[role], "role": role.value, **fields}
    email = str(values.pop("email", f"{role.value}@armorial.example"))
    user = User(email=email, password=_hashed_password(), **values)
    user.save()
    if creditor is not None:
        user.portfolios.set(creditor.portfolios.all())
    return user


@cache
def _hashed_password() -> str:
    """Hash the one password of the world once: hashing is slow on purpose."""
    return make_password(PASSWORD)


def make_world(on: date = WORLD_DAY) -> World:
    """Make the whole department as of `on`, and run its day."""
    ensure_strategies()
    creditor = make_creditor(
        name="Négoce Armorial",
        legal_form="SAS",
        siren="552100554",
        phone="02 98 00 00 10",
        legal_line="SAS au capital de 120 000 €, RCS Rennes 552 100 554, TVA FR12552100554",
        signatory="Sabine Orlhac",
    )
    CreditorBankAccount.objects.create(
        creditor=creditor, iban="FR7630006000011234567890189", bic="AGRIFRPP", is_default=True
    )
    other = make_creditor(name="Loueurs du Ponant", legal_form="SARL")
    world = World(creditor, other)
    for role in Role:
        everywhere = role is Role.ADMINISTRATOR
        world.people[role] = make_user(
            role, None if everywhere else creditor, all_portfolios=everywhere
        )
    _customers(world, on)
    _stories(world, on)
    StrategyStep.objects.filter(key__startswith="relance").update(
        automatic=False
    )  # so that people have work
    for name, done in PAST_STEPS.items():
        for position in range(done):
            _past_step(world, name, position, on)
    ids = list(Account.objects.values_list("pk", flat=True))
    figures.refresh(ids, on)
    at = _moment(on, 5)
    daily_run.run_in_line(on, today=on, by=By.job("daily_run"), at=at)
    return world


def _customers(world: World, on: date) -> None:
    collector = world.collector
    rows = (
        # short name, debtor, legal form, town, kind, claims as (days late, cents)
        (
            "morvelec",
            "Charpentes Morvélec",
            "SARL",
            "Quimper",
            "professional",
            ((82, 935400), (65, 621240), (43, 563200), (20, 624000), (-9, 411870), (-43, 390200)),
        ),
        ("lestrade", "BTP Lestrade Garonnais", "SAS", "Agen", "professional", ((64, 4126000),)),
        (
            "lavoir",
            "Brasserie du Vieux Lavoir",
            "SARL",
            "Tours",
            "professional",
            ((48, 748000), (18, 500000)),
        ),
        (
            "bourdaloue",
            "Électricité Bourdaloue",
            "EURL",
            "Bourges",
            "professional",
            ((12, 693000),),
        ),
        ("quenherve", "Maçonnerie Quénéhervé", "SARL", "Lannion", "professional", ((26, 911530),)),
        (
            "aubrac",
            "Commune de Saint-Aubrac",
            "",
            "Saint-Aubrac",
            "public_purchaser",
            ((17, 342900), (-6, 120000)),
        ),
        (
            "lignon",
            "Paysages du Haut-Lignon",
            "SAS",
            "Le Chambon",
            "professional",
            ((38, 300000), (8, 150000)),
        ),
        ("tournebise", "Gilles Tournebise", "", "Niort", "consumer", ((39, 128460),)),
        (
            "desnoyelles",
            "Serrurerie Desnoyelles",
            "SARL",
            "Lille",
            "professional",
            ((7, 296040), (-20, 88000)),
        ),
        (
            "aulnaies",
            "Clinique vétérinaire des Aulnaies",
            "SELARL",
            "Dreux",
            "professional",
            ((33, 341280),),
        ),
        ("sources", "Hôtel des Trois Sources", "SAS", "Vichy", "professional", ((97, 1890412),)),
        (
            "poncelin",
            "Garage Poncelin et Fils",
            "SARL",
            "Moulins",
            "professional",
            ((410, 631800),),
        ),
        (
            "helenac",
            "Transports Hélénac",
            "SA",
            "Cahors",
            "professional",
            ((141, 1200000), (110, 759695)),
        ),
        ("inconnu", "Ets Ravaillon", "", "", "unknown", ((55, 88210),)),
        ("crediteur", "Ateliers Bressandes", "SAS", "Mâcon", "professional", ()),
        ("sain", "Librairie Passemard", "SARL", "Rodez", "professional", ((-12, 54090),)),
    )
    for index, (key, name, form, city, kind, claims) in enumerate(rows):
        debtor = make_debtor(
            name=name,
            legal_form=form,
            kind=DebtorKind(kind),
            city=city,
            postcode=f"{10000 + index * 1000}" if city else "",
            address_line1=f"{index + 3} rue des Scieurs" if city else "",
            siren=SIRENS[index] if kind in {"professional", "public_purchaser"} else "",
        )
        account = make_account(
            world.creditor,
            debtor=debtor,
            number=f"C-{1482 + index * 7:05d}",
            collector=collector if index % 5 != 4 else None,
            credit_limit_cents=3_000_000 if key == "morvelec" else None,
            term_days=60 if key == "morvelec" else None,
        )
        world.accounts[key] = account
        for rank, (late, cents) in enumerate(claims):
            due_on = on - timedelta(days=late)
            world.claims[f"{key}-{rank}"] = make_claim(
                account,
                cents,
                due_on,
                issued_on=due_on - timedelta(days=45),
                ref=f"FA-26-{4127 + index * 61 + rank * 17:05d}",
                at=_moment(on - timedelta(days=max(late, 0) + 44), 9),
                due_on_source=DueOnSource.DERIVED if key == "aulnaies" else DueOnSource.STATED,
            )
    stranger = make_debtor(name="Résidence des Glycines", kind=DebtorKind.CONSUMER)
    far = make_account(world.other_creditor, debtor=stranger, number="L-0001")
    make_claim(far, 74000, on - timedelta(days=40), ref="LOYER-10")
    world.accounts["ailleurs"] = far


def _stories(world: World, on: date) -> None:
    by = By.user(world.collector)

    def ago(days: int) -> tuple[date, datetime]:
        day = on - timedelta(days=days)
        return day, _moment(day, 10)

    morvelec = world.accounts["morvelec"]
    contact = Contact.objects.get(debtor=morvelec.debtor)
    contact.title, contact.hours = "comptable", "de 9 h à 11 h 30"
    contact.save()
    day, at = ago(69)
    old = make_claim(morvelec, 745020, day - timedelta(days=12), ref="FA-26-03880", at=ago(110)[1])
    payments.record_payment(
        morvelec.pk,
        kind="transfer",
        amount_cents=745020,
        value_date=day,
        label="VIR MORVELEC FA-26-03880",
        allocations=[(old.pk, 745020)],
        by=by,
        at=at,
    )
    day, at = ago(18)
    disputes.open_dispute(
        morvelec.pk,
        claim_id=world.claims["morvelec-2"].pk,
        amount_cents=312000,
        reason="Deux palettes de bardage détériorées",
        answer_due_on=day + timedelta(days=22),
        holder="Qualité (M. Aubert)",
        on=day,
        by=by,
        at=at,
    )
    day, at = ago(9)
    contacts.settle_call(
        morvelec.pk,
        outcome="promise",
        note="Virement vendredi prochain, sans faute.",
        contact_id=contact.pk,
        promised=contacts.Promised(amount_cents=800000, due_on=day + timedelta(days=3)),
        on=day,
        by=by,
        at=at,
    )
    day, at = ago(3)
    contacts.record_note(
        world.accounts["desnoyelles"].pk,
        text="Bon de livraison demandé, envoyé le jour même.",
        on=day,
        by=by,
        at=at,
    )
    promises.record_promise(
        world.accounts["quenherve"].pk,
        amount_cents=400000,
        due_on=on + timedelta(days=4),
        on=day,
        note="Paiement à réception du virement de leur client.",
        by=by,
        at=at,
    )
    holds.place_hold(
        world.accounts["bourdaloue"].pk,
        reason="Numéro de commande absent : facture à refaire",
        ends_on=on + timedelta(days=10),
        on=day,
        by=by,
        at=at,
    )
    contacts.add_task(
        world.accounts["lignon"].pk,
        label="Envoyer l’échéancier signé",
        due_on=on,
        on=day,
        assigned_to_id=world.collector.pk,
        by=by,
        at=at,
    )
    payments.record_payment(
        world.accounts["crediteur"].pk,
        kind="transfer",
        amount_cents=123456,
        value_date=day,
        label="VIREMENT SANS RÉFÉRENCE",
        by=by,
        at=at,
    )
    sources = world.accounts["sources"].debtor
    sources.insolvency_kind = "redressement"
    sources.insolvency_opened_on = on - timedelta(days=50)
    sources.save()
    helenac = world.accounts["helenac"]
    helenac.phase = Phase.CONTENTIEUX
    helenac.save()


# How many steps of the strategy each account has been through already.
PAST_STEPS = {
    "morvelec": 2,
    "lestrade": 3,
    "lavoir": 1,
    "lignon": 2,
    "tournebise": 1,
    "desnoyelles": 1,
    "aulnaies": 2,
    "poncelin": 1,
}


def _past_step(world: World, name: str, position: int, on: date) -> None:
    """Write a reminder that left some weeks ago, with its proof, as the run and the sender do."""
    account = world.accounts[name]
    audience = account.debtor.kind
    steps = StrategyStep.objects.filter(strategy__audience=audience, offset_days__gt=0)
    step = list(steps.order_by("position"))[position]
    claims = list(Claim.objects.filter(account=account, balance_cents__gt=0, due_on__lt=on))
    cycle = min(claim.due_on for claim in claims)
    day = on - timedelta(days=13 * (PAST_STEPS[name] - position))
    if day.weekday() > 4:
        day -= timedelta(days=2)
    at = _moment(day, 8)
    proposal = Proposal.objects.create(
        account=account,
        step=step,
        action=step.key,
        cycle=cycle,
        channel=step.channel,
        label=step.label,
        amount_cents=sum(claim.balance_cents for claim in claims),
        proposed_on=day,
        status=ProposalStatus.ISSUED if step.channel != "call" else ProposalStatus.DONE,
        decided_at=at,
    )
    if step.channel == "call":
        contacts.record_call(
            account.pk, outcome="left_message", on=day, by=By.user(world.collector), at=at
        )
        return
    body = (
        f"Bonjour,\n\nSauf erreur de notre part, {french.count(len(claims), 'facture')} reste à régler "
        f"pour {french.euros(proposal.amount_cents)}.\n\nCordialement,\n{world.creditor.name}"
    )
    contact = Contact.objects.filter(debtor=account.debtor).first()
    document = StoredDocument.objects.create(
        sha256=hashlib.sha256(body.encode()).hexdigest(),
        name="message.eml",
        media_type="message/rfc822",
        size_bytes=len(body),
        created_at=at,
    )
    message = Message.objects.create(
        account=account,
        proposal=proposal,
        channel=step.channel if step.channel in {"email", "letter", "lrar"} else "email",
        template=step.template,
        status=MessageStatus.READY,
        to_name=contact.name if contact else account.debtor.name,
        to_address=contact.email if contact else "",
        subject=step.label,
        body=body,
        amount_cents=proposal.amount_cents,
        total_cents=proposal.amount_cents,
        document=document,
        message_id=f"<{proposal.pk}@armorial.example>",
        provider_answer="250 2.0.0 Ok",
        created_at=at,
        sending_at=at,
        sent_at=at,
        sent_on=day,
    )
    message.claims.set(claims)
    message.status = MessageStatus.SENT  # what left changes no more
    message.save(update_fields=["status"])


def _moment(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def _siren(base: int) -> str:
    """Complete eight digits with their key (Luhn), so that the product accepts the number."""
    for key in range(10):
        number = f"{base:08d}{key}"
        doubled = (int(c) * (1 + place % 2) for place, c in enumerate(reversed(number)))
        if sum(digit - 9 if digit > 9 else digit for digit in doubled) % 10 == 0:
            return number
    raise AssertionError("one of ten keys is right")


SIRENS = tuple(_siren(99_900_104 + 370 * index) for index in range(16))
