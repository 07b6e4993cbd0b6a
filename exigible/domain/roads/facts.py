"""The facts of a claim that decide which roads are open to it.

Every fact but the day may be unknown (None): an unknown fact leaves open what it could decide. What
follows from other facts (a postcode is French, a consumer is no trader) is read by `known`, and
facts that contradict each other are refused by field.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from exigible.domain.french import typeset
from exigible.domain.limitation import Limitation, LimitationCase, limitation
from exigible.domain.refusals import OutsideKnownLaw, WrongInput

FRANCE = "FR"


class Nature(StrEnum):
    """What the claim is; the first seven are those of the competent court."""

    COMMERCIAL = "commercial"
    CIVIL = "civil"
    CONSUMER = "consumer"
    RENT = "rent"
    CONSUMER_CREDIT = "consumer_credit"
    COMMERCIAL_RENT = "commercial_rent"
    COPROPRIETE_CHARGES = "copropriete_charges"
    INSURANCE_PREMIUM = "insurance_premium"
    PUBLIC_TITLE = "public_title"
    SOCIAL_CONTRIBUTION = "social_contribution"


class Origin(StrEnum):
    """Where the obligation comes from."""

    CONTRACT = "contract"
    STATUTE = "statute"
    OTHER = "other"  # a wrong, an undue payment


class Instrument(StrEnum):
    """What the debtor signed for payment, that came back unpaid."""

    NONE = "none"
    CHEQUE = "cheque"
    ACCEPTED_BILL = "accepted_bill"
    OTHER_BILL = "other_bill"
    PROMISSORY_NOTE = "promissory_note"


class Creditor(StrEnum):
    PROFESSIONAL = "professional"
    INDIVIDUAL = "individual"
    PUBLIC = "public"


class Debtor(StrEnum):
    PROFESSIONAL = "professional"
    CONSUMER = "consumer"
    PUBLIC_PURCHASER = "public_purchaser"


class Contest(StrEnum):
    """Whether the debtor contests, and whether what he says deserves a trial."""

    NONE = "none"
    UNFOUNDED = "unfounded"
    SERIOUS = "serious"


class Title(StrEnum):
    """The enforceable title already held."""

    NONE = "none"
    JUDGMENT = "judgment"
    INTERIM_ORDER = "interim_order"  # référé: enforceable, decides nothing on the merits
    PAYMENT_ORDER = "payment_order"
    NOTARIAL_DEED = "notarial_deed"
    COMMISSAIRE = "commissaire"  # petites créances, chèque, L. 126-1
    PUBLIC = "public"  # titre exécutoire, contrainte


class Insolvency(StrEnum):
    NONE = "none"
    SAFEGUARD = "safeguard"
    RECEIVERSHIP = "receivership"
    LIQUIDATION = "liquidation"
    OVERINDEBTEDNESS = "overindebtedness"  # the file was declared admissible


COLLECTIVE = (Insolvency.SAFEGUARD, Insolvency.RECEIVERSHIP, Insolvency.LIQUIDATION)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimFacts:
    """What is known of a claim on a day. Amounts in cents; countries as two ISO letters.

    `debtor_postcode` is French. `documents` are ids of those held, None where nobody said.
    `limitation` is the period to act on the debt, already computed.
    """

    on: date
    # The claim.
    amount: int | None = None
    principal: int | None = None
    nature: Nature | None = None
    origin: Origin | None = None
    instrument: Instrument | None = None
    invoiced: bool | None = None
    liquid: bool | None = None
    born_on: date | None = None
    due_on: date | None = None
    contested: Contest | None = None
    acknowledged: bool | None = None
    limitation: Limitation | None = None
    # The contract.
    contract_in_writing: bool | None = None
    termination_clause: bool | None = None
    lease_date: date | None = None
    life_insurance: bool | None = None
    guarantor: bool | None = None
    # The parties.
    creditor_kind: Creditor | None = None
    creditor_trader: bool | None = None
    creditor_country: str | None = None
    creditor_away: bool | None = None
    debtor_kind: Debtor | None = None
    debtor_trader: bool | None = None
    debtor_country: str | None = None
    debtor_city: str | None = None
    debtor_postcode: str | None = None
    clause_city: str | None = None
    debtor_employed: bool | None = None
    debtor_owns_property: bool | None = None
    debtor_has_vehicle: bool | None = None
    goods_in_dwelling: bool | None = None
    eu_account: bool | None = None
    recovery_at_risk: bool | None = None
    # What was done.
    formal_notice: bool | None = None
    formal_notice_on: date | None = None
    amicable_attempt: bool | None = None
    amicable_exemption: bool | None = None
    small_claims_failed: bool | None = None
    non_payment_certificate: bool | None = None
    l126_decree_checked: bool | None = None
    title: Title | None = None
    title_on: date | None = None
    title_enforceable: bool | None = None
    # Insolvency.
    insolvency: Insolvency | None = None
    insolvency_opened_on: date | None = None
    insolvency_published_on: date | None = None
    privileged: bool | None = None
    declared: bool | None = None
    late_without_fault: bool | None = None
    documents: frozenset[str] | None = None
    limitation_assumed: bool = False  # `limitation` is the usual one, from the due date

    def known(self, name: str) -> object:
        """Return a fact, or what follows from the others; None where it is unknown."""
        value: object = getattr(self, name)
        return value if value is not None else _following(self, name)


MEANINGS: dict[str, str] = {  # what users read of each
    name: typeset(meaning)
    for name, meaning in {
        "amount": "montant demandé, principal et intérêts",
        "principal": "principal, hors intérêts et frais",
        "nature": "nature de la créance",
        "origin": "origine de l’obligation : contrat, loi, autre",
        "instrument": "chèque ou effet de commerce impayé",
        "invoiced": "la créance a donné lieu à une facture",
        "liquid": "le montant est certain et déterminé",
        "born_on": "jour où la créance est née (livraison, prestation)",
        "due_on": "échéance",
        "contested": "contestation du débiteur",
        "acknowledged": "le débiteur a reconnu sa dette par écrit",
        "limitation": "prescription : nature, point de départ, interruptions",
        "contract_in_writing": "le contrat est écrit",
        "termination_clause": "le bail contient une clause résolutoire",
        "lease_date": "date du bail",
        "life_insurance": "le contrat est une assurance sur la vie",
        "guarantor": "une caution garantit la dette",
        "creditor_kind": "qualité du créancier",
        "creditor_trader": "le créancier est commerçant",
        "creditor_country": "pays du créancier",
        "creditor_away": "le créancier est établi hors de la France métropolitaine",
        "debtor_kind": "qualité du débiteur",
        "debtor_trader": "le débiteur est commerçant",
        "debtor_country": "pays du débiteur",
        "debtor_city": "commune du débiteur",
        "debtor_postcode": "code postal du débiteur",
        "clause_city": "siège que désigne une clause du contrat",
        "debtor_employed": "le débiteur est salarié",
        "debtor_owns_property": "le débiteur est propriétaire d’un immeuble",
        "debtor_has_vehicle": "le débiteur a un véhicule",
        "goods_in_dwelling": "les biens à saisir sont dans un local d’habitation",
        "eu_account": "le débiteur a un compte dans un autre État membre",
        "recovery_at_risk": "des circonstances menacent le recouvrement",
        "formal_notice": "une mise en demeure a été envoyée",
        "formal_notice_on": "jour de la mise en demeure",
        "amicable_attempt": "conciliation, médiation ou procédure participative tentée",
        "amicable_exemption": "motif légitime dispensant de la tentative amiable",
        "small_claims_failed": "procédure des petites créances tentée en vain",
        "non_payment_certificate": "certificat de non-paiement du chèque obtenu",
        "l126_decree_checked": "décret d’application des articles L. 126-1 et suivants du CPCE publié et relu",
        "title": "titre exécutoire déjà détenu",
        "title_on": "jour de la signification du titre",
        "title_enforceable": "le titre est signifié et exécutoire",
        "insolvency": "procédure collective ou surendettement du débiteur",
        "insolvency_opened_on": "jour du jugement d’ouverture",
        "insolvency_published_on": "jour de la publication au BODACC",
        "privileged": "créance née régulièrement pour les besoins de la procédure ou en contrepartie d’une prestation fournie pendant elle",
        "declared": "la créance est déjà déclarée",
        "late_without_fault": "le retard à déclarer n’est pas dû au créancier, ou le débiteur l’a omis de sa liste",
        "documents": "pièces du dossier",
    }.items()
}
CHOICES: dict[str, type[StrEnum]] = {
    "nature": Nature,
    "origin": Origin,
    "instrument": Instrument,
    "contested": Contest,
    "creditor_kind": Creditor,
    "debtor_kind": Debtor,
    "title": Title,
    "insolvency": Insolvency,
}

_CONTRACTUAL = (
    Nature.RENT,
    Nature.CONSUMER_CREDIT,
    Nature.COMMERCIAL_RENT,
    Nature.INSURANCE_PREMIUM,
)
USUAL_LIMITATION = {
    Nature.COMMERCIAL: "b2b_sale",
    Nature.CIVIL: "civil_debt",
    Nature.CONSUMER: "consumer_sale",
    Nature.RENT: "residential_rent",
    Nature.CONSUMER_CREDIT: "consumer_credit",
    Nature.COMMERCIAL_RENT: "commercial_rent",
    Nature.COPROPRIETE_CHARGES: "copropriete_charges",
    Nature.INSURANCE_PREMIUM: "insurance_premium",
}


def usual_limitation(nature: Nature | None, due_on: date | None, on: date) -> Limitation | None:
    """Return the period of the claim's nature from its due date, where it is enough to act.

    None where nature or due date is unknown, and once that period has run: whether something
    interrupted it is then the question.
    """
    if nature not in USUAL_LIMITATION or due_on is None:
        return None
    kind = USUAL_LIMITATION[nature]
    try:
        found = limitation(LimitationCase(nature=kind, starts_on=due_on, as_of=on))
    except OutsideKnownLaw:
        return None
    return None if found.expired else found


def _following(facts: ClaimFacts, name: str) -> object:
    """Return what other facts imply for this one."""
    if name == "origin":
        if facts.nature in _CONTRACTUAL:
            return Origin.CONTRACT
        statutory = (Nature.COPROPRIETE_CHARGES, Nature.PUBLIC_TITLE, Nature.SOCIAL_CONTRIBUTION)
        return Origin.STATUTE if facts.nature in statutory else None
    if name == "debtor_kind":
        consumers = (Nature.CONSUMER, Nature.CONSUMER_CREDIT)
        return Debtor.CONSUMER if facts.nature in consumers else None
    if name == "debtor_trader":
        kind = facts.known("debtor_kind")
        return False if kind in (Debtor.CONSUMER, Debtor.PUBLIC_PURCHASER) else None
    if name == "creditor_trader":
        others = (Creditor.INDIVIDUAL, Creditor.PUBLIC)
        return False if facts.creditor_kind in others else None
    if name == "debtor_country":
        return FRANCE if facts.debtor_postcode is not None else None
    if name == "formal_notice":
        return True if facts.formal_notice_on is not None else None
    return None


def check_facts(facts: ClaimFacts) -> None:
    """Raise WrongInput naming the field where two facts cannot both be true."""
    for name in ("origin", "debtor_kind", "debtor_trader", "creditor_trader", "formal_notice"):
        _agree(facts, name)
    if facts.debtor_postcode is not None and facts.debtor_country not in (None, FRANCE):
        raise _contradiction("debtor_country", "un code postal français est donné")
    if facts.amount is not None and facts.principal is not None and facts.principal > facts.amount:
        raise _contradiction("principal", "il dépasse le montant demandé, intérêts compris")
    _only_with(facts, "title", Title, ("title_on", "title_enforceable"))
    _only_with(
        facts,
        "insolvency",
        Insolvency,
        ("insolvency_opened_on", "insolvency_published_on", "privileged", "declared"),
    )
    _only_with(facts, "instrument", Instrument, ("non_payment_certificate",))
    opened, published = facts.insolvency_opened_on, facts.insolvency_published_on
    if opened is not None and published is not None and published < opened:
        raise _contradiction("insolvency_published_on", "la publication précède le jugement")
    for name in ("formal_notice_on", "title_on", "insolvency_opened_on", "insolvency_published_on"):
        day = getattr(facts, name)
        if day is not None and day > facts.on:
            raise _contradiction(name, "ce jour n’est pas encore venu")


def _agree(facts: ClaimFacts, name: str) -> None:
    given, implied = getattr(facts, name), _following(facts, name)
    if given is not None and implied is not None and given != implied:
        raise _contradiction(name, "les autres faits disent le contraire")


def _only_with(
    facts: ClaimFacts, name: str, kind: type[StrEnum], dependents: tuple[str, ...]
) -> None:
    """Refuse what describes a title, a procedure or a cheque that is said not to exist."""
    if getattr(facts, name) is not kind("none"):
        return
    for dependent in dependents:
        if getattr(facts, dependent) not in (None, False):
            raise _contradiction(dependent, f"« {name} » dit qu’il n’y en a pas")


def _contradiction(name: str, why: str) -> WrongInput:
    return WrongInput("contradictory_facts", f"{name} : {why}.", field=name)
