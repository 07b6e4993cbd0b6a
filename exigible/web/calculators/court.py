"""*Tribunal compétent et coûts*: which court, with whom, after what, at what cost; as `exigible court`."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings

from exigible.documents.working import Column, Fact, Line, Working
from exigible.domain.courts import Competence, Cost, competence
from exigible.domain.french import day as french_day
from exigible.domain.french import euros, long_day, typeset
from exigible.domain.law.courts import shipped_court_law
from exigible.domain.places import Directory
from exigible.hosting.reference import courts_path, loaded_directory
from exigible.intake.court_question import read_court_question
from exigible.web.calculators.base import TODAY, Calculator, CalculatorForm, Group
from exigible.web.calculators.words import capital
from exigible.web.forms import AmountField, DayField

FIELDS = {
    "amount": "montant",
    "nature": "nature",
    "procedure": "voie",
    "debtor_postcode": "code",
    "debtor_city": "commune",
    "clause_city": "clause",
    "on": "au",
}


class CourtForm(CalculatorForm):
    montant = AmountField(label="Montant de la demande")
    nature = forms.ChoiceField(label="Nature de la créance")
    voie = forms.ChoiceField(label="Voie envisagée")
    code = forms.CharField(
        label="Code postal du débiteur",
        required=False,
        max_length=5,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "class": "short"}
        ),
    )
    commune = forms.CharField(
        label="Commune du débiteur",
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Seule, ou si le code postal touche deux ressorts.",
    )
    clause = forms.CharField(
        label="Commune désignée par une clause",
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Entre commerçants seulement, si le contrat désigne un tribunal.",
    )
    au = DayField(label="Droit en vigueur au", initial=TODAY)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        rules = shipped_court_law()
        for name, known in (("nature", rules.natures), ("voie", rules.roads)):
            self.choose(name, [(key, capital(one.name)) for key, one in known.items()])
            key = self.add_prefix(name)
            self.data[key] = self.data[key] or next(iter(known))


class CompetentCourt(Calculator):
    slug = "tribunal"
    title = "Tribunal compétent et coûts"
    purpose = "Quelle juridiction saisir, avec ou sans avocat, après quelle démarche, à quel coût."
    empty = "La juridiction, les démarches et les coûts s’affichent ici."

    def build(self) -> list[Group]:
        self.asking = self.form(CourtForm)
        return [Group("La demande", [self.asking])]

    def document(self) -> dict[str, Any]:
        """Return the question as `exigible court` reads it."""
        said = self.asking.answers
        cents = said["montant"]
        return {
            "debtor_city": said["commune"],
            "debtor_postcode": said["code"],
            "amount": f"{cents // 100}.{cents % 100:02d}",
            "nature": said["nature"],
            "procedure": said["voie"],
            "clause_city": said["clause"],
            "on": said["au"].isoformat(),
        }

    def field_of(self, path: str) -> tuple[CalculatorForm, str] | None:
        return (self.asking, FIELDS[path]) if path in FIELDS else None

    def lacks(self) -> list[tuple[str, str]]:
        missing = super().lacks()
        said = self.asking.answers
        if not any(said.get(name) or self.asking.errors.get(name) for name in ("code", "commune")):
            missing.append(
                (self.asking["code"].id_for_label, "le code postal ou la commune du débiteur")
            )
        return missing

    def compute(self) -> Working:
        question = read_court_question(self.document(), self.today)
        found = competence(question, directory(settings.HOME), self.law)
        rules = shipped_court_law()
        name = found.court.name if found.court else "plusieurs juridictions possibles"
        costs = found.known_costs_cents
        place = f"{question.postcode} {question.city}".strip()
        facts = [
            Fact(
                label="Juridiction",
                value=capital(name),
                note=""
                if not found.alternatives
                else f"{'ou' if found.court else 'à choisir entre'} "
                + ", ".join(one.name for one in found.alternatives),
            ),
            Fact(label="Avocat", value="obligatoire" if found.representation.mandatory else "non"),
            Fact(
                label="Tentative amiable",
                value="obligatoire" if found.amicable_attempt.mandatory else "non",
            ),
            Fact(label="Appel", value="ouvert" if found.appeal else "non, dernier ressort"),
            Fact(
                label="Coûts connus, avancés",
                value=euros(costs) if costs else "aucun montant connu ce jour",
                note="" if found.costs_complete else "d’autres restent à confirmer",
            ),
        ]
        road = rules.roads[question.procedure].name
        return Working(
            title=self.title,
            given=(
                ("Demande", f"{euros(question.amount_cents)}, {road}"),
                ("Créance", capital(rules.natures[question.nature].name)),
                ("Débiteur", place),
                ("Droit au", long_day(question.on)),
            ),
            facts=tuple(facts),
            reasons=(
                typeset(found.ground),
                typeset(found.representation.why),
                typeset(found.amicable_attempt.why),
            ),
            source=typeset(found.source),
            verified=found.verified,
            lines_title="Ce qu’il en coûte",
            columns=(
                Column(label="Coût", weight=5),
                Column(label="À la charge de", weight=4),
                Column(label="Montant", numeric=True, weight=3),
            ),
            lines=tuple(_line(cost) for cost in found.costs),
            total=f"Coûts connus, avancés par le créancier : {euros(costs)}" if costs else "",
            warnings=tuple(typeset(text) for text in found.warnings),
            text=_letter(found, question.amount_cents, road),
        )


def directory(home: Path) -> Directory | None:
    """Return the communes loaded in the home, read again when their file changes."""
    try:
        changed_at = courts_path(home).stat().st_mtime_ns
    except OSError:
        return None
    return _directory(home, changed_at)


@lru_cache(maxsize=1)
def _directory(home: Path, changed_at: int) -> Directory | None:
    return loaded_directory(home)


def _line(cost: Cost) -> Line:
    bearer = "le créancier" if cost.borne_by == "creditor" else "le débiteur"
    why = []
    if cost.recovered_as:
        why.append(f"Avancé par le créancier, repris sur le débiteur : {cost.recovered_as}.")
    elif cost.borne_by == "creditor":
        why.append("Reste à la charge du créancier.")
    if cost.note:
        why.append(cost.note)
    note = ""
    if cost.last_known_cents is not None and cost.last_known_on is not None:
        note = (
            f"Dernier montant connu : {euros(cost.last_known_cents)}, jusqu’au "
            f"{french_day(cost.last_known_on)}."
        )
        why.append(note)
    return Line(
        cells=(
            cost.label,
            bearer + (", repris sur le débiteur" if cost.recovered_as else ""),
            euros(cost.amount_cents) if cost.amount_cents is not None else "à demander",
        ),
        why=tuple(typeset(text) for text in why),
        source=typeset(cost.source),
        verified=cost.verified,
        note=typeset(note),
    )


def _letter(found: Competence, amount_cents: int, road: str) -> str:
    if found.court is None:
        return ""
    name = found.court.name
    text = (
        f"Pour cette demande de {euros(amount_cents)} ({road}), la juridiction compétente est : "
        f"{name} ({found.source}). {found.representation.why} {found.amicable_attempt.why}"
    )
    return typeset(text)
