"""*Prescription*: the last day to act, what moves it; the answer of `exigible limitation`."""

from __future__ import annotations

import re
from typing import Any

from django import forms

from exigible.documents.working import Column, Fact, Line, Working
from exigible.domain.french import count, full_day, long_day
from exigible.domain.french import day as french_day
from exigible.domain.law.limitation import Kind, shipped_limitation_law
from exigible.domain.limitation import Limitation, Step, What
from exigible.domain.limitation import limitation as limitation_of
from exigible.intake.limitation_case import read_limitation_case
from exigible.web.calculators.base import TODAY, Calculator, CalculatorForm, Group, NumberField
from exigible.web.calculators.words import capital, readable
from exigible.web.forms import DayField

MOST_EVENTS = 20
LONGEST_NAME = 90  # characters of what happened, before what it does
SUSPENSION = "suspension-"  # before a ground, in the list of what may have happened
OUTCOMES = {
    "": "en cours, ou sans décision",
    "granted": "condamnation du débiteur",
    "withdrawn": "désistement",
    "lapsed": "péremption ou caducité",
    "dismissed": "rejet définitif",
}
WHAT = {
    What.START: "Point de départ",
    What.REFORM: "Réforme",
    What.INTERRUPTION: "Interruption",
    What.SUSPENSION: "Suspension",
    What.NO_EFFECT: "Sans effet",
    What.CEILING: "Délai butoir",
    What.CARRIED_OVER: "Report",
}


def natures() -> list[tuple[str, str]]:
    """Return the natures of debt, in the order of the law's data."""
    return [(one.id, capital(one.name)) for one in shipped_limitation_law().natures.values()]


def happenings() -> list[tuple[str, Any]]:
    """Return what may have happened: acts, then grounds of suspension."""
    law = shipped_limitation_law()
    return [
        ("Actes", [(name, capital(one.name)) for name, one in law.interruptions.items()]),
        (
            "Suspensions",
            [(SUSPENSION + name, capital(one.name)) for name, one in law.suspensions.items()],
        ),
    ]


class DebtForm(CalculatorForm):
    nature = forms.ChoiceField(label="Nature de la dette")
    depart = DayField(label="Point de départ")
    au = DayField(label="Regardée au", initial=TODAY)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.choose("nature", natures())
        chosen = shipped_limitation_law().natures.get(self.data.get(self.add_prefix("nature"), ""))
        if chosen is None:
            chosen = next(iter(shipped_limitation_law().natures.values()))
            self.data = self.data | {self.add_prefix("nature"): chosen.id}
        self.chosen = chosen
        self.fields["depart"].help_text = readable(f"{capital(chosen.runs_from)}.")


class HappenedForm(CalculatorForm):
    fait = forms.ChoiceField(label="Fait", initial="acknowledgement")
    le = DayField(label="Le")
    fin = DayField(label="Jusqu’au", required=False)
    issue = forms.ChoiceField(label="Issue", choices=list(OUTCOMES.items()), required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.choose("fait", happenings())
        law = shipped_limitation_law()
        kind = self.data[self.add_prefix("fait")]
        self.suspends = kind.startswith(SUSPENSION)
        act = law.interruptions.get(kind)
        if self.suspends:
            self.fields["le"].label, self.fields["fin"].required = "Du", True
            self.fields["fin"].label = "Au"
        elif act is not None and act.spans:
            self.fields["fin"].label = "Décision définitive du"
        else:
            del self.fields["fin"]
        if self.suspends or act is None or not act.spans:
            del self.fields["issue"]


class MoreForm(CalculatorForm):
    naissance = DayField(
        label="Naissance du droit",
        required=False,
        help_text="Pour le délai butoir de vingt ans, si elle précède le point de départ.",
    )
    duree = NumberField(
        label="Durée convenue au contrat, en mois", required=False, least=1, most=9999
    )
    dette = forms.ChoiceField(
        label="Dette constatée par l’acte notarié", required=False, initial=""
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        deeds = {one.id for one in shipped_limitation_law().natures.values() if one.deed}
        self.choose("dette", [one for one in natures() if one[0] not in deeds], nobody="sans objet")


class LimitationPeriod(Calculator):
    slug = "prescription"
    title = "Prescription"
    purpose = "Le dernier jour pour agir, ce qui l’a éloigné, ce qui n’y change rien."
    empty = "Le dernier jour pour agir et son calcul s’affichent ici dès le point de départ donné."

    def build(self) -> list[Group]:
        self.debt = self.form(DebtForm)
        self.happened = self.rows(HappenedForm, "e", most=MOST_EVENTS)
        self.more = self.form(MoreForm)
        nature = self.debt.chosen
        if nature.deed is None:
            del self.more.fields["dette"]
        if not nature.agreement and not self.more.data["duree"]:
            del self.more.fields["duree"]
        return [
            Group("La dette", [self.debt]),
            Group(
                "Ce qui s’est passé depuis",
                self.happened,
                prefix="e",
                one="Fait",
                more="Ajouter un fait",
                least=0,
                most=MOST_EVENTS,
                hint="Actes, reconnaissances, paiements, instances, médiations.",
            ),
            Group("Précisions", [self.more], folded=nature.deed is None),
        ]

    def document(self) -> dict[str, Any]:
        """Return the facts as `exigible limitation` reads them."""
        debt, more = self.debt.answers, self.more.answers
        document: dict[str, Any] = {
            "nature": debt["nature"],
            "starts_on": debt["depart"].isoformat(),
            "as_of": debt["au"].isoformat(),
            "events": [self._event(form) for form in self._events()],
        }
        if more.get("naissance"):
            document["born_on"] = more["naissance"].isoformat()
        if more.get("duree") is not None:
            document["agreed_months"] = more["duree"]
        if more.get("dette"):
            document["underlying"] = more["dette"]
        return document

    def _events(self) -> list[HappenedForm]:
        return [form for form in self.happened if not form.blank]

    @staticmethod
    def _event(form: HappenedForm) -> dict[str, str]:
        said = form.answers
        if form.suspends:
            return {
                "type": "suspension",
                "ground": said["fait"].removeprefix(SUSPENSION),
                "from": said["le"].isoformat(),
                "to": said["fin"].isoformat(),
            }
        event = {"type": said["fait"], "on": said["le"].isoformat()}
        if said.get("fin"):
            event["ended_on"] = said["fin"].isoformat()
        if said.get("issue"):
            event["outcome"] = said["issue"]
        return event

    def field_of(self, path: str) -> tuple[CalculatorForm, str] | None:
        own: dict[str, tuple[CalculatorForm, str]] = {
            "nature": (self.debt, "nature"),
            "starts_on": (self.debt, "depart"),
            "as_of": (self.debt, "au"),
            "born_on": (self.more, "naissance"),
            "agreed_months": (self.more, "duree"),
            "underlying": (self.more, "dette"),
        }
        if path in own:
            form, name = own[path]
            return (form, name) if name in form.fields else None
        found = re.fullmatch(r"events\[(\d+)\]\.(\w+)", path)
        if found is None:
            return None
        form = self._events()[int(found[1])]
        name = {"on": "le", "from": "le", "to": "fin", "ended_on": "fin", "outcome": "issue"}.get(
            found[2], "fait"
        )
        return (form, name) if name in form.fields else (form, "fait")

    def compute(self) -> Working:
        found = limitation_of(read_limitation_case(self.document()))
        foreclosure = found.nature.kind is Kind.FORCLUSION
        word = "Forclusion" if foreclosure else "Prescription"
        return Working(
            title=self.title,
            given=(
                ("Dette", capital(found.nature.name)),
                ("Point de départ", full_day(self.debt.answers["depart"])),
                ("Regardée au", full_day(self.debt.answers["au"])),
            ),
            facts=tuple(_facts(found, word)),
            columns=(
                Column(label="Fait", weight=3),
                Column(label="Le", numeric=True, weight=2),
                Column(label="Dernier jour pour agir", numeric=True, weight=3),
            ),
            lines=tuple(_line(step) for step in found.steps),
            source=readable(found.source),
            verified=found.verified,
            warnings=tuple(readable(text) for text in found.warnings),
            notes=tuple(readable(text) for text in found.notes),
            text=_letter(found, self.debt.answers["depart"]),
        )


def _line(step: Step) -> Line:
    """A step by the name of what happened, with what it did to the period under it."""
    name, colon, _ = step.text.partition(" : ")
    what = WHAT[step.what]
    return Line(
        cells=(
            readable(name) if colon and len(name) <= LONGEST_NAME else what,
            french_day(step.on),
            french_day(step.last_day) if step.last_day else "interrompu",
        ),
        note=what if colon and name != what and len(name) <= LONGEST_NAME else "",
        why=(readable(step.text),),
        source=readable(step.source),
        verified=step.verified,
    )


def _facts(found: Limitation, word: str) -> list[Fact]:
    assert found.as_of is not None
    if found.last_day is None:
        return [
            Fact(
                label="Dernier jour pour agir",
                value="pas encore",
                note="le délai est interrompu tant que l’instance dure",
            )
        ]
    left = (found.last_day - found.as_of).days
    state = (
        f"{word.lower()} acquise depuis le {french_day(found.last_day)}"
        if found.expired
        else f"il reste {count(left, 'jour')} après le {french_day(found.as_of)}"
    )
    facts = [Fact(label="Dernier jour pour agir", value=full_day(found.last_day), note=state)]
    if found.carried_over_to is not None:
        facts.append(
            Fact(
                label="Si le report au jour ouvrable est admis",
                value=french_day(found.carried_over_to),
                note="à ne pas attendre",
            )
        )
    if found.oldest_recoverable is not None:
        facts.append(
            Fact(
                label="Intérêts encore recouvrables depuis le",
                value=french_day(found.oldest_recoverable),
            )
        )
    return facts


def _letter(found: Limitation, starts_on: Any) -> str:
    kind = "forclusion" if found.nature.kind is Kind.FORCLUSION else "prescription"
    ground = f" ({found.source})"
    if found.last_day is None:
        text = (
            f"La {kind} de cette créance, qui a couru à compter du {long_day(starts_on)}, est "
            f"interrompue par l’instance en cours{ground}."
        )
    elif found.expired:
        text = (
            f"Le délai pour agir, qui a couru à compter du {long_day(starts_on)}, a expiré le "
            f"{long_day(found.last_day)} à minuit{ground}."
        )
    else:
        text = (
            f"La {kind} de cette créance, qui court à compter du {long_day(starts_on)}, ne sera "
            f"acquise que le {long_day(found.last_day)} à minuit{ground}."
        )
    return readable(text)
