"""*Jours ouvrés*: a date and a length, with the extension to a working day and the local holidays."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from django import forms

from exigible.documents.working import Column, Fact, Line, Working
from exigible.domain.calendar import (
    HolidayZone,
    holiday_source,
    is_working_day,
    named_holidays,
    zone_name,
)
from exigible.domain.counting import count, words
from exigible.domain.french import count as counted
from exigible.domain.french import day as french_day
from exigible.domain.french import full_day, long_day, typeset
from exigible.domain.law.time_limits import CountingRule, Length, Report, counting_rules
from exigible.domain.refusals import WrongInput
from exigible.web.calculators.base import TODAY, Calculator, CalculatorForm, Group, NumberField
from exigible.web.forms import DayField
from exigible.web.typed import FIRST_YEAR, LAST_YEAR

UNITS = {
    "jours": "jours",
    "ouvrables": "jours ouvrés, du lundi au vendredi, sans les jours fériés",
    "semaines": "semaines",
    "mois": "mois",
    "ans": "années",
}
MOST = {"jours": 3660, "ouvrables": 2600, "semaines": 520, "mois": 360, "ans": 40}
ONE_DAY = timedelta(days=1)
SHOWN = 40  # days off listed one by one


class DaysForm(CalculatorForm):
    depart = DayField(label="Point de départ", help_text="Ce jour n’est pas compté.", initial=TODAY)
    nombre = NumberField(label="Durée", most=9999)
    unite = forms.ChoiceField(label="Unité", choices=list(UNITS.items()), initial="jours")
    sens = forms.ChoiceField(
        label="Sens",
        choices=[("apres", "après cette date"), ("avant", "avant cette date, à rebours")],
        initial="apres",
    )
    report = forms.ChoiceField(
        label="Si le dernier jour n’est pas ouvré",
        choices=[
            ("oui", "le reporter (CPC art. 642)"),
            ("non", "le garder : prescription, délai de contrat"),
        ],
        initial="oui",
    )
    zone = forms.ChoiceField(
        label="Jours fériés",
        choices=[(zone.value, zone_name(zone)) for zone in HolidayZone],
        initial=HolidayZone.METROPOLE.value,
    )


class Days(Calculator):
    slug = "jours"
    title = "Jours ouvrés et report"
    purpose = "Une date et une durée : le dernier jour, son report, les jours fériés rencontrés."
    empty = "Le dernier jour, la façon de compter et les jours fériés rencontrés s’affichent ici."

    def build(self) -> list[Group]:
        self.asking = self.form(DaysForm)
        return [Group("La durée", [self.asking])]

    def field_of(self, path: str) -> tuple[CalculatorForm, str] | None:
        return (self.asking, path) if path in self.asking.fields else None

    def compute(self) -> Working:
        answers = self.asking.answers
        start, number, unit = answers["depart"], answers["nombre"], answers["unite"]
        zone, backward = HolidayZone(answers["zone"]), answers["sens"] == "avant"
        length = _length(unit, number)
        if number > MOST[unit] or not _within(start, length, backward=backward):
            raise WrongInput(
                "wrong_input",
                f"nombre : au plus {MOST[unit]} {unit if unit != 'ouvrables' else 'jours ouvrés'}, "
                f"et un dernier jour entre {FIRST_YEAR} et {LAST_YEAR}.",
                field="nombre",
            )
        rule = _rule(unit, backward=backward, extended=answers["report"] == "oui")
        found = count(start, length, rule, zone=zone)
        between = sorted((start, found.last))
        working_days = _working_days(*between, zone)
        holidays = _holidays(*between, zone)
        verb = "avant" if backward else "après"
        duration = words(length).replace("ouvrable", "ouvré") if number else "zéro jour"
        source = rule.source + (f" ; {rule.report_source}" if found.moved else "")
        steps = [f"Point de départ : {full_day(start)}, qui n’est pas compté."]
        steps += [step.replace("ouvrable", "ouvré") for step in found.steps] if number else []
        zone_source, zone_verified, zone_note = holiday_source(zone)
        verified = rule.verified and (zone_verified or not holidays)
        return Working(
            title=self.title,
            given=(
                ("Point de départ", full_day(start)),
                ("Durée", f"{duration} {verb}"),
                ("Jours fériés", zone_name(zone)),
            ),
            facts=(
                Fact(label="Dernier jour", value=full_day(found.last)),
                Fact(
                    label="Jours de calendrier",
                    value=counted(abs((found.last - start).days), "jour"),
                ),
                Fact(label="Dont jours ouvrés", value=counted(working_days, "jour")),
                *(
                    (Fact(label="Avant report", value=french_day(found.plain_last)),)
                    if found.last != found.plain_last
                    else ()
                ),
            ),
            reasons=tuple(typeset(step) for step in steps),
            source=source,
            verified=verified,
            lines_title="Jours fériés rencontrés",
            columns=(Column(label="Jour férié", weight=4), Column(label="Date", weight=3)),
            lines=tuple(
                Line(
                    cells=(name[:1].upper() + name[1:], full_day(on)),
                    why=(
                        "Il tombe un samedi ou un dimanche : il n’ôte pas de jour ouvré."
                        if on.weekday() >= 5
                        else "Il ôte un jour ouvré.",
                    ),
                    source=zone_source
                    if on not in named_holidays(on.year)
                    else holiday_source()[0],
                    verified=zone_verified if on not in named_holidays(on.year) else True,
                )
                for on, name in holidays[:SHOWN]
            ),
            total=f"… et {counted(len(holidays) - SHOWN, 'autre')}"
            if len(holidays) > SHOWN
            else "",
            notes=tuple(note for note in (zone_note,) if note),
            warnings=_warnings(found.last, zone, rule),
            text=(
                f"Le délai {'d’' if duration.startswith('un') else 'de '}{duration} {'qui précède' if backward else 'compté à partir du'} "
                f"{'le ' if backward else ''}{long_day(start)} "
                f"{'remonte au' if backward else 'expire le'} {full_day(found.last)}"
                f"{'' if backward else ' à minuit'} ({source})."
            ),
        )


def _length(unit: str, number: int) -> Length:
    match unit:
        case "ouvrables":
            return Length(working_days=number)
        case "semaines":
            return Length(weeks=number)
        case "mois":
            return Length(months=number)
        case "ans":
            return Length(years=number)
        case _:
            return Length(days=number)


def _within(start: date, length: Length, *, backward: bool) -> bool:
    """Say whether the count stays in the years that are treated, with room for a report."""
    years = length.years + length.months // 12 + length.weeks // 52 + length.days // 365
    years += length.working_days // 250 + 2
    if backward:
        return start.year - years >= FIRST_YEAR
    return start.year + years <= LAST_YEAR


def _rule(unit: str, *, backward: bool, extended: bool) -> CountingRule:
    """Return how to count: the procedural rules, without their report where none is wanted."""
    rules = counting_rules()
    if backward:
        rule = rules["BACKWARD"]
        return rule if extended and unit != "ouvrables" else replace(rule, report=Report.NONE)
    if unit == "ouvrables":
        return rules["WORKING_DAYS"]
    if not extended:
        return rules["CIV_PRESCRIPTION"] if unit in ("mois", "ans") else rules["CIV_DAYS"]
    return rules[
        {"mois": "CPC_MONTHS", "ans": "CPC_MONTHS", "semaines": "WEEKS"}.get(unit, "CPC_DAYS")
    ]


def _working_days(first: date, last: date, zone: HolidayZone) -> int:
    """Count the working days after `first`, up to `last`."""
    return sum(
        is_working_day(first + rank * ONE_DAY, zone) for rank in range(1, (last - first).days + 1)
    )


def _holidays(first: date, last: date, zone: HolidayZone) -> list[tuple[date, str]]:
    """Return the public holidays after `first`, up to `last`."""
    return [
        (on, name)
        for year in range(first.year, last.year + 1)
        for on, name in sorted(named_holidays(year, zone).items())
        if first < on <= last
    ]


def _warnings(last: date, zone: HolidayZone, rule: CountingRule) -> tuple[str, ...]:
    found = []
    if zone is not HolidayZone.METROPOLE and rule.report is Report.NEXT:
        found.append(
            "L’effet d’un jour férié local sur le report d’un délai de procédure n’est pas établi : "
            "gardez en vue le dernier jour compté sans lui."
        )
    if not rule.verified:
        found.append(f"Façon de compter à confirmer : {rule.source}.")
    return tuple(found)
