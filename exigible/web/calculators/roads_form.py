"""The questions of *Voies ouvertes*: the facts of a claim, its limitation, documents, assumptions.

The first answers (nature, instrument, title, insolvency, parties) decide which other facts could
still matter, and only those are asked: see `relevant`. A field is named after its fact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms

from exigible.domain import expected_value
from exigible.domain.contract_text import euros_text
from exigible.domain.expected_value import AMOUNTS, DELAYS, MAX_DAYS, Assumptions
from exigible.domain.french import NO_BREAK, amount
from exigible.domain.law.courts import shipped_court_law
from exigible.domain.law.limitation import shipped_limitation_law
from exigible.domain.law.roads import documents, shipped_roads
from exigible.domain.refusals import Refused
from exigible.domain.roads import ClaimFacts, RoadState, open_roads
from exigible.domain.roads.facts import CHOICES, FRANCE, MEANINGS, Nature
from exigible.domain.roads.opening import court_nature
from exigible.intake.roads_question import DAYS, FLAGS
from exigible.web.calculators.base import TODAY, CalculatorForm, NumberField, PercentField
from exigible.web.calculators.limitation import natures
from exigible.web.calculators.words import capital
from exigible.web.forms import AmountField, DayField

FACT, DOCUMENT, SUPPOSED = "fait_", "piece_", "hyp_"  # before an id, in the address
WORDS: dict[str, dict[str, str]] = {  # of each choice, as the form and the answer have it
    "nature": {
        **{key: one.name for key, one in shipped_court_law().natures.items()},
        "insurance_premium": "prime d’assurance",
        "public_title": "créance d’une personne publique",
        "social_contribution": "cotisations sociales",
    },
    "origin": {"contract": "un contrat", "statute": "la loi", "other": "autre (faute, indu)"},
    "instrument": {
        "none": "aucun",
        "cheque": "un chèque",
        "accepted_bill": "une lettre de change acceptée",
        "other_bill": "une lettre de change non acceptée",
        "promissory_note": "un billet à ordre",
    },
    "contested": {
        "none": "il ne conteste pas",
        "unfounded": "sans moyen sérieux",
        "serious": "sérieusement",
    },
    "creditor_kind": {
        "professional": "un professionnel",
        "individual": "un particulier",
        "public": "une personne publique",
    },
    "debtor_kind": {
        "professional": "un professionnel",
        "consumer": "un consommateur",
        "public_purchaser": "un acheteur public",
    },
    "title": {
        "none": "aucun",
        "judgment": "un jugement",
        "interim_order": "une ordonnance de référé",
        "payment_order": "une ordonnance d’injonction de payer",
        "notarial_deed": "un acte notarié",
        "commissaire": "un titre du commissaire de justice",
        "public": "un titre de recettes, une contrainte",
    },
    "insolvency": {
        "none": "aucune",
        "safeguard": "sauvegarde",
        "receivership": "redressement judiciaire",
        "liquidation": "liquidation judiciaire",
        "overindebtedness": "surendettement, dossier recevable",
    },
}
INITIAL = {  # what a creditor knows of his own file; the rest starts as unknown
    "nature": "commercial",
    "origin": "contract",
    "instrument": "none",
    "creditor_kind": "professional",
    "creditor_country": "FR",
    "title": "none",
    "insolvency": "none",
}
ALWAYS = frozenset(
    {
        *("nature", "due_on", "contested", "instrument", "title", "insolvency"),
        *("creditor_kind", "creditor_country", "debtor_kind", "debtor_country"),
        *("debtor_postcode", "debtor_city", "clause_city"),
    }
)
DECIDING = tuple(name for name in CHOICES if name in ALWAYS)
LABELS = {  # shorter than what the facts are called elsewhere
    "insolvency": "Procédure collective, surendettement",
    "instrument": "Réglée par un chèque ou un effet impayé",
    "origin": "Origine de l’obligation",
    "creditor_country": "Pays du créancier",
    "debtor_country": "Pays du débiteur",
    "clause_city": "Commune désignée par une clause",
    "privileged": "Créance née pendant la procédure, pour ses besoins",
    "principal": "Principal, hors intérêts",
    "l126_decree_checked": "Décret des articles L. 126-1 et suivants publié et relu",
}
HINTS = {
    "debtor_country": "En deux lettres, comme DE ; vide si un code postal français est donné.",
    "creditor_country": "En deux lettres, comme FR.",
    "contested": "Ce que dit le débiteur, et si cela mérite un procès.",
    "insolvency": "Se lit au BODACC, ou par la commission de surendettement.",
    "debtor_city": "Seule, ou si le code postal touche deux ressorts.",
    "clause_city": "Entre commerçants, si le contrat désigne un tribunal.",
}
UNKNOWN = "on ne sait pas"
OF_THE_ROAD = ("win", "costs_cents", "recoverable_costs_cents")
SUPPOSED_NONE = ("instrument", "title", "insolvency")
ONE_PERCENT = 10_000  # in millionths
SHORT_TEXTS = ("creditor_country", "debtor_country", "debtor_postcode")


def wide_select() -> forms.Select:
    """Return a list whose words need the whole width."""
    return forms.Select(attrs={"class": "wide"})


@dataclass(frozen=True, slots=True)
class Theme:
    """Facts asked together: those of a choice or a text first, then the days and the yes or no."""

    legend: str
    facts: tuple[str, ...]
    folded: bool = False


THEMES = (
    Theme(
        "La créance",
        (
            *("nature", "due_on", "born_on", "principal", "lease_date", "contested", "instrument"),
            *("origin", "invoiced", "liquid", "non_payment_certificate", "contract_in_writing"),
            *("termination_clause", "life_insurance", "guarantor"),
        ),
    ),
    Theme(
        "Le débiteur",
        (
            *("debtor_kind", "debtor_postcode", "debtor_city", "debtor_country", "insolvency"),
            *("insolvency_opened_on", "insolvency_published_on", "debtor_trader", "privileged"),
            *("declared", "late_without_fault", "recovery_at_risk", "debtor_employed"),
            *("debtor_owns_property", "debtor_has_vehicle", "goods_in_dwelling", "eu_account"),
        ),
    ),
    Theme(
        "Le créancier et ce qu’il a fait",
        (
            *("title", "title_on", "formal_notice_on", "title_enforceable", "formal_notice"),
            *("amicable_attempt", "amicable_exemption", "small_claims_failed"),
            *("creditor_trader", "creditor_away", "acknowledged", "l126_decree_checked"),
        ),
    ),
    Theme("Autres lieux", ("creditor_kind", "creditor_country", "clause_city"), folded=True),
)


class FactsForm(CalculatorForm):
    """Some facts of a theme."""

    @classmethod
    def of(cls, names: Iterable[str], *, first: bool = False) -> type[FactsForm]:
        fields: dict[str, forms.Field] = {}
        if first:
            fields["au"] = DayField(label="Situation au", initial=TODAY)
            fields["montant"] = AmountField(label="Montant demandé, intérêts compris")
        fields |= {FACT + name: _field(name) for name in names}
        return type("FactsOfTheme", (cls,), fields)

    @property
    def blank(self) -> bool:
        """Say whether every answer is the one it starts with."""
        return all(self.data[name] == (one.initial or "") for name, one in self.fields.items())

    @property
    def given(self) -> dict[str, Any]:
        """Return the facts answered, as `exigible roads` reads them."""
        facts = {}
        for name, value in self.answers.items():
            if value in (None, ""):
                continue
            fact = {"au": "on", "montant": "amount"}.get(name, name.removeprefix(FACT))
            if fact in FLAGS:
                facts[fact] = value == "oui"
            elif isinstance(value, int):
                facts[fact] = euros_text(value)
            else:
                facts[fact] = value.isoformat() if hasattr(value, "isoformat") else value
        return facts


class LimitationForm(CalculatorForm):
    """The period to act, where it is not the usual one counted from the due date."""

    prescription_nature = forms.ChoiceField(label="Délai", required=False, widget=wide_select())
    prescription_depart = DayField(
        label="Point de départ", required=False, help_text="À défaut, l’échéance."
    )
    prescription_fait = forms.ChoiceField(
        label="Ce qui l’a interrompu", required=False, widget=wide_select()
    )
    prescription_le = DayField(label="Le", required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.choose("prescription_nature", natures(), nobody="celui de la nature donnée")
        acts = shipped_limitation_law().interruptions
        self.choose(
            "prescription_fait",
            [(name, capital(one.name)) for name, one in acts.items()],
            nobody="rien",
        )
        self.fields["prescription_le"].required = bool(self.data["prescription_fait"])

    @property
    def blank(self) -> bool:
        return not any(self.data.values())


class DocumentsForm(CalculatorForm):
    """The documents that the roads not barred ask for."""

    @classmethod
    def of(cls, names: Iterable[str]) -> type[DocumentsForm]:
        known = documents()
        fields = {
            DOCUMENT + name: forms.BooleanField(label=capital(known[name]), required=False)
            for name in known
            if name in set(names)
        }
        return type("DocumentsOfRoads", (cls,), fields)

    @property
    def held(self) -> list[str]:
        return [name.removeprefix(DOCUMENT) for name, held in self.answers.items() if held]


class AssumptionsForm(CalculatorForm):
    """What is supposed of acting, settling and writing off: empty for the default."""

    hyp_road = forms.ChoiceField(label="Agir par", required=False, widget=wide_select())

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        roads = [(road.id, road.name) for road in shipped_roads()]
        self.choose("hyp_road", roads, nobody="la première voie praticable")

    @classmethod
    def of_all(cls) -> type[AssumptionsForm]:
        fields = {SUPPOSED + outside(name): _assumption(name) for name in expected_value.MEANINGS}
        return type("Assumptions", (cls,), fields)

    @property
    def blank(self) -> bool:
        return not any(self.data.values())

    @property
    def given(self) -> dict[str, Any]:
        """Return the assumptions given, as `exigible roads` reads them."""
        found: dict[str, Any] = {}
        for name, value in self.answers.items():
            if value in (None, ""):
                continue
            plain = name.removeprefix(SUPPOSED)
            if plain == "vat_recovered":
                found[plain] = value == "oui"
            else:
                is_sum = isinstance(self.fields[name], AmountField)
                found[plain] = euros_text(value) if is_sum else value
        return found


def outside(name: str) -> str:
    """Return an assumption's name as the outside contract has it."""
    return name.removesuffix("_cents")


def _field(name: str) -> forms.Field:
    label, hint = LABELS.get(name) or capital(MEANINGS[name]), HINTS.get(name, "")
    options: dict[str, Any] = {"label": label, "help_text": hint, "required": False}
    if name in CHOICES:
        words = [(kind.value, WORDS[name][kind.value]) for kind in CHOICES[name]]
        if name != "nature":
            words = [("", UNKNOWN), *words]
        return forms.ChoiceField(
            choices=words, initial=INITIAL.get(name, ""), widget=wide_select(), **options
        )
    if name in FLAGS:
        return forms.ChoiceField(choices=[("", UNKNOWN), ("oui", "oui"), ("non", "non")], **options)
    if name in DAYS:
        return DayField(**options)
    if name == "principal":
        return AmountField(**options)
    attrs = {"autocomplete": "off"}
    if name in SHORT_TEXTS:
        attrs["class"] = "short"
    return forms.CharField(
        max_length=80, initial=INITIAL.get(name), widget=forms.TextInput(attrs=attrs), **options
    )


def _assumption(name: str) -> forms.Field:
    label = capital(expected_value.MEANINGS[name].partition(f"{NO_BREAK};")[0])
    default = getattr(Assumptions(), name)
    if name == "vat_recovered":
        return forms.ChoiceField(label=label, required=False, choices=[("", "non"), ("oui", "oui")])
    if name in DELAYS:
        return NumberField(label=label, required=False, most=MAX_DAYS)
    field: AmountField | PercentField
    if name in AMOUNTS:
        field, shown = AmountField(label=f"{label}, en{NO_BREAK}€", required=False), amount(default)
    else:
        field = PercentField(
            what="un pourcentage", example="60", label=f"{label}, en{NO_BREAK}%", required=False
        )
        shown = f"{default // ONE_PERCENT}"
    field.widget.attrs["placeholder"] = "de la voie" if name in OF_THE_ROAD else shown
    return field


# --- what could still matter ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Relevant:
    """The facts and the documents that can change an answer, after the deciding facts."""

    facts: frozenset[str]
    documents: frozenset[str]


def relevant(query: Mapping[str, str], today: date) -> Relevant:
    """Return what the roads left by the deciding answers still turn on.

    A procedure, a title or an instrument that nobody told of is not yet asked about in detail.
    """
    try:
        facts = ClaimFacts(on=today, **_deciding(query))
        left = [one for one in open_roads(facts).roads if one.state is not RoadState.BARRED]
    except Refused:  # answers that contradict each other: said at their field
        return Relevant(frozenset(MEANINGS), frozenset(documents()))
    asked = {name for one in left for name in one.missing_facts} | ALWAYS
    if court_nature(facts) is None:
        asked |= {"creditor_trader", "debtor_trader"}
    if facts.nature in (Nature.RENT, Nature.COMMERCIAL_RENT):
        asked |= {"lease_date"}
    return Relevant(
        facts=frozenset(asked),
        documents=frozenset(
            name for one in left for document in one.rule.documents for name in document.any_of
        ),
    )


def _deciding(query: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in DECIDING:
        typed = query.get(FACT + name, INITIAL.get(name, ""))
        known = [kind for kind in CHOICES[name] if kind.value == typed]
        if known or name in SUPPOSED_NONE:
            found[name] = known[0] if known else CHOICES[name]("none")
    for name in ("creditor_country", "debtor_country"):
        typed = query.get(FACT + name, INITIAL.get(name, "")).strip().upper()
        found[name] = typed or None
    if found["debtor_country"] is None and query.get(FACT + "debtor_postcode"):
        found["debtor_country"] = FRANCE
    return found
