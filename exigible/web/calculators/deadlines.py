"""*Délai de procédure*: from the dates of a procedure, its last days; as `exigible deadlines`."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

from django import forms

from exigible.documents.working import Column, Fact, Line, Working
from exigible.domain.deadlines import FACTS, MAX_GRANTED_DAYS, Deadline, Deadlines, FactKind, Place
from exigible.domain.deadlines import deadlines as deadlines_of
from exigible.domain.french import day as french_day
from exigible.domain.french import full_day, long_day
from exigible.domain.law.time_limits import Actor, Kind, Method, Procedure, procedure, procedure_ids
from exigible.domain.text_keys import name_key
from exigible.intake.procedure_case import read_procedure_case
from exigible.web.calculators.base import Calculator, CalculatorForm, Group, NumberField
from exigible.web.calculators.words import WORDS, capital, readable
from exigible.web.forms import AmountField, DayField

USUAL = (
    "injonction_de_payer",
    "assignation_au_fond",
    "refere_provision",
    "procedure_collective",
    "saisie_attribution",
)
ACTORS = {
    Actor.CREDITOR: "le\u00a0créancier",
    Actor.DEBTOR: "le\u00a0débiteur",
    Actor.ANY: "chaque partie",
    Actor.COURT: "la\u00a0juridiction",
    Actor.COMMISSAIRE: "le commissaire de justice",
    Actor.COLLECTOR: "qui recouvre",
    Actor.THIRD_PARTY: "le tiers",
}
OURS = frozenset({Actor.CREDITOR, Actor.ANY, Actor.COLLECTOR})
KEPT = frozenset({Kind.MAX, Kind.NOTICE, Kind.LIFE})  # the day must not be passed
EVENT, FACT = "le_", "fait_"  # before an event or a fact, in the address


@cache
def choices() -> list[tuple[str, Any]]:
    """Return the procedures that some date starts, the usual ones first."""
    known = [procedure(name) for name in procedure_ids()]
    usable = {one.id: one.name for one in known if one.events}
    others = sorted(
        ((key, name) for key, name in usable.items() if key not in USUAL),
        key=lambda pair: name_key(pair[1]),
    )
    return [
        ("Courantes", [(key, usable[key]) for key in USUAL]),
        ("Autres", others),
    ]


def facts_of(known: Procedure) -> list[str]:
    """Return the facts other than dates on which a deadline of the procedure may hang."""
    wanted = set()
    for rule in known.deadlines:
        needs = [*rule.needs, *(rule.variant.needs if rule.variant else ())]
        wanted |= {need.fact for need in needs}
        if rule.rule.method is Method.GRANTED:
            wanted.add("granted_days")
    if "creditor_away" in wanted:
        wanted.add("creditor_place")
    return [name for name in FACTS if name in wanted]


class ProcedureForm(CalculatorForm):
    procedure = forms.ChoiceField(label="Procédure", initial=USUAL[0])

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.choose("procedure", choices())
        known = {key for _, group in choices() for key, _ in group}
        name = self.data["procedure"]
        self.procedure = procedure(name if name in known else USUAL[0])


class EventsForm(CalculatorForm):
    """The dates of the procedure: every event it knows."""

    @classmethod
    def of(cls, known: Procedure) -> type[EventsForm]:
        fields = {
            EVENT + event.id: DayField(label=capital(event.name), required=False)
            for event in known.events.values()
        }
        return type("EventsOfProcedure", (cls,), fields)


class FactsForm(CalculatorForm):
    """Where the parties are, and the facts this procedure's deadlines hang on."""

    lieu = forms.ChoiceField(
        label="Lieu du débiteur",
        required=False,
        choices=[("", "non précisé"), *((place.value, WORDS[place.value]) for place in Place)],
    )
    code = forms.CharField(
        label="Code postal du débiteur",
        required=False,
        max_length=5,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "class": "short"}
        ),
        help_text="Pour les jours fériés du lieu et la distance.",
    )
    tribunal = forms.CharField(
        label="Code postal du tribunal",
        required=False,
        max_length=5,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "class": "short"}
        ),
        help_text="S’il siège outre-mer.",
    )

    @classmethod
    def of(cls, known: Procedure) -> type[FactsForm]:
        return type(
            "FactsOfProcedure", (cls,), {FACT + name: _field(name) for name in facts_of(known)}
        )


def _field(name: str) -> forms.Field:
    fact = FACTS[name]
    label = readable(capital(fact.meaning))
    match fact.kind:
        case FactKind.FLAG:
            return forms.ChoiceField(
                label=label,
                required=False,
                choices=[("", "on ne sait pas"), ("oui", "oui"), ("non", "non")],
            )
        case FactKind.AMOUNT:
            return AmountField(label=label.removesuffix(", en euros"), required=False)
        case FactKind.DAYS:
            return NumberField(label=label, required=False, most=MAX_GRANTED_DAYS)
        case FactKind.CHOICE:
            return forms.ChoiceField(
                label=label,
                required=False,
                choices=[("", "non précisé"), *((one, WORDS[one]) for one in fact.choices)],
            )


class ProcedureDeadlines(Calculator):
    slug = "delais"
    title = "Délai de procédure"
    purpose = (
        "Le dernier jour de chaque délai, comment il est compté, ce que l’on perd à le manquer."
    )
    empty = "Les délais s’affichent ici dès qu’une date est donnée."

    def build(self) -> list[Group]:
        self.which = self.form(ProcedureForm)
        known = self.which.procedure
        self.dates = self.form(EventsForm.of(known))
        self.facts = self.form(FactsForm.of(known))
        return [
            Group("La procédure", [self.which]),
            Group(
                "Ses dates",
                [self.dates],
                free=True,
                hint="Celles que vous connaissez, une au moins.",
            ),
            Group("Précisions", [self.facts], folded=len(self.facts.fields) == 3),
        ]

    def document(self) -> dict[str, Any]:
        """Return the case as `exigible deadlines` reads it."""
        facts = self.facts.answers
        document: dict[str, Any] = {
            "procedure": self.which.procedure.id,
            "events": {
                name.removeprefix(EVENT): on.isoformat()
                for name, on in self.dates.answers.items()
                if on
            },
        }
        for name, given in (
            ("debtor_place", "lieu"),
            ("debtor_postcode", "code"),
            ("court_postcode", "tribunal"),
        ):
            if facts[given]:
                document[name] = facts[given]
        known = {
            name.removeprefix(FACT): _value(name.removeprefix(FACT), value)
            for name, value in facts.items()
            if name.startswith(FACT) and value not in (None, "")
        }
        if known:
            document["facts"] = known
        return document

    def field_of(self, path: str) -> tuple[CalculatorForm, str] | None:
        own = {"debtor_place": "lieu", "debtor_postcode": "code", "court_postcode": "tribunal"}
        if path in own:
            return self.facts, own[path]
        kind, _, name = path.partition(".")
        form, prefix = (self.dates, EVENT) if kind == "events" else (self.facts, FACT)
        return (form, prefix + name) if prefix + name in form.fields else None

    def lacks(self) -> list[tuple[str, str]]:
        if self.dates.blank and not self.dates.errors:
            first = next(iter(self.dates))
            return [(first.id_for_label, "une date de la procédure")]
        return super().lacks()

    def compute(self) -> Working:
        found = deadlines_of(read_procedure_case(self.document()))
        lines = tuple(_line(one) for one in found.deadlines)
        return Working(
            title=self.title,
            given=(
                ("Procédure", found.procedure.name),
                *(
                    (
                        capital(found.procedure.events[name.removeprefix(EVENT)].name),
                        full_day(on),
                    )
                    for name, on in self.dates.answers.items()
                    if on
                ),
            ),
            facts=_facts(found, self.today),
            columns=(
                Column(label="Délai", weight=6),
                Column(label="Pour", weight=3),
                Column(label="Dernier jour", numeric=True, weight=3),
            ),
            lines_title="Les délais, par date",
            lines=lines,
            verified=all(line.verified for line in lines),
            warnings=tuple(readable(text) for text in found.warnings),
            text=_letter(found),
        )


def _value(name: str, value: Any) -> Any:
    """Return a fact as the document of the command holds it."""
    match FACTS[name].kind:
        case FactKind.FLAG:
            return value == "oui"
        case FactKind.AMOUNT:
            return f"{value // 100}.{value % 100:02d}"
        case _:
            return value


def _ours(one: Deadline) -> bool:
    """Say whether the creditor must still keep this day."""
    return (
        one.rule.actor in OURS
        and one.rule.kind in KEPT
        and one.falls_on is not None
        and one.done_on is None
    )


def _facts(found: Deadlines, today: date) -> tuple[Fact, ...]:
    """Return the next day to keep, else the next day at all, and how many deadlines there are."""
    number = Fact(label="Délais trouvés", value=str(len(found.deadlines)))
    open_ones = [one for one in found.deadlines if one.falls_on is not None and not one.done_on]
    late = sum(1 for one in open_ones if _ours(one) and one.falls_on and one.falls_on < today)
    passed = (
        (Fact(label="Délais du créancier déjà passés", value=str(late), note="voir la liste"),)
        if late
        else ()
    )
    coming = [one for one in open_ones if (_kept_day(one) or date.min) >= today]
    first = next((one for one in coming if _ours(one)), next(iter(coming), None))
    if first is None:
        return (Fact(label="Prochaine date", value="aucune à venir"), *passed, number)
    kept = _kept_day(first)
    assert kept is not None
    facts = [
        Fact(
            label="Prochain délai du créancier" if _ours(first) else "Prochaine date",
            value=full_day(kept),
            note=first.label,
        )
    ]
    if first.safe_on is not None and _ours(first):
        facts.append(Fact(label="Jour prudent", value=french_day(first.safe_on)))
    return (*facts, *passed, number)


def _kept_day(one: Deadline) -> date | None:
    """The day that matters: the first of the act after a waiting period, the last one else."""
    return one.possible_from or one.falls_on


def _cell(one: Deadline) -> str:
    if one.possible_from is not None:
        return f"dès le {french_day(one.possible_from)}"
    return french_day(one.falls_on) if one.falls_on else "sans date"


def _line(one: Deadline) -> Line:
    rule = one.rule
    notes = [f"Si : {one.condition}."] if one.condition else []
    if one.done_on is not None:
        state = {True: ", à temps", False: ", trop tard"}.get(one.in_time, "")
        notes.append(f"Fait le {french_day(one.done_on)}{state}.")
    why = [*one.working]
    if one.distance and not any(one.distance[1:] in step for step in one.working):
        why.append(f"{capital(one.distance)}.")
    if rule.sanction:
        why.append(f"À défaut : {rule.sanction}.")
    if one.safe_on is not None:
        why.append(f"Jour prudent : {full_day(one.safe_on)}, avec des jours ouvrés d’avance.")
    if rule.note:
        why.append(rule.note)
    return Line(
        cells=(
            one.label,
            ACTORS[rule.actor],
            _cell(one),
        ),
        note=readable(" ".join(notes)),
        why=tuple(readable(text) for text in why),
        source=readable(f"{rule.source} ; compté selon {rule.rule.source}"),
        verified=one.verified and rule.rule.verified,
        warnings=tuple(readable(text) for text in one.warnings),
        day=one.falls_on if _ours(one) else None,
        lost=bool(rule.sanction),
    )


def _letter(found: Deadlines) -> str:
    """Return one sentence a deadline: who, what, until when, by which article."""
    sentences = []
    for one in found.deadlines:
        if one.falls_on is None or one.condition:
            continue
        day = full_day(one.falls_on)
        if one.possible_from is not None:
            told = f"possible à compter du {full_day(one.possible_from)}"
        elif one.rule.kind in (Kind.MAX, Kind.NOTICE):
            told = f"au plus tard le {day}"
        else:
            told = f"le {day}"
        sentences.append(f"– {one.label} : {told} ({one.rule.source}) ;")
    if not sentences:
        return ""
    sentences[-1] = sentences[-1].removesuffix(" ;") + "."
    starts = dict.fromkeys(
        f"{found.procedure.events[one.starts_from].name} du {long_day(one.starts_on)}"
        for one in found.deadlines
        if one.starts_on is not None and one.starts_from in found.procedure.events
    )
    intro = f"{found.procedure.name}, délais"
    if starts:
        intro += f" comptés de : {', '.join(starts)}"
    return readable(f"{intro} :\n" + "\n".join(sentences))
