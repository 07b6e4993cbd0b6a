"""*Échéancier*: a sum in equal instalments, to the cent."""

from __future__ import annotations

from datetime import date

from django import forms

from exigible.documents.working import Column, Fact, Line, Working
from exigible.domain.french import NO_BREAK, WEEKDAYS, amount, count, day, euros, long_day
from exigible.domain.instalments import Every, instalments
from exigible.web.calculators.base import Calculator, CalculatorForm, Group, NumberField
from exigible.web.forms import AmountField, DayField

EVERY = {
    Every.MONTH: ("chaque mois", "mensualités"),
    Every.QUARTER: ("tous les trois mois", "échéances trimestrielles"),
    Every.FORTNIGHT: ("toutes les deux semaines", "échéances, une toutes les deux semaines"),
    Every.WEEK: ("chaque semaine", "échéances hebdomadaires"),
}


class PlanForm(CalculatorForm):
    montant = AmountField(label="Somme à répartir")
    nombre = NumberField(label="Nombre d’échéances", least=1, most=999)
    premiere = DayField(label="Première échéance", presets=(("dans 8 jours", "+8"),))
    rythme = forms.ChoiceField(
        label="Rythme",
        choices=[(every.value, words) for every, (words, _) in EVERY.items()],
        initial=Every.MONTH.value,
    )


class Instalments(Calculator):
    slug = "echeancier"
    title = "Échéancier"
    purpose = "Des échéances égales, au centime, et ce qui reste dû après chacune."
    empty = "Les échéances, leurs dates et le reste dû s’affichent ici."

    def build(self) -> list[Group]:
        self.plan = self.form(PlanForm)
        return [Group("Ce qui est à payer", [self.plan])]

    def field_of(self, path: str) -> tuple[CalculatorForm, str] | None:
        return (self.plan, "nombre") if path == "number" else None

    def compute(self) -> Working:
        answers = self.plan.answers
        total, number, first = answers["montant"], answers["nombre"], answers["premiere"]
        every = Every(answers["rythme"])
        found = instalments(total, number, first_on=first, every=every)
        each, last = found[0].amount_cents, found[-1]
        shared = (
            f"{euros(total)} ÷ {number} = {euros(each)}"
            if each == last.amount_cents
            else f"{euros(total)} ÷ {number}, arrondi au centime inférieur : {euros(each)}"
        )
        lines = []
        for one in found:
            why = [f"{shared}."]
            if one is last and each != last.amount_cents:
                why.append(
                    f"La dernière échéance prend le reste : {euros(total)} {chr(0x2212)} "
                    f"{number - 1} × {euros(each)} = {euros(last.amount_cents)}."
                )
            why.append(f"Date : {_when(one.due_on, first, every, one.number)}.")
            lines.append(
                Line(
                    cells=(
                        f"{one.number}{'re' if one.number == 1 else 'e'} échéance",
                        f"{WEEKDAYS[one.due_on.weekday()]} {day(one.due_on)}",
                        amount(one.left_cents),
                        amount(one.amount_cents),
                    ),
                    why=tuple(why),
                )
            )
        return Working(
            title=self.title,
            given=(
                ("Somme", euros(total)),
                ("Échéances", f"{number}, {EVERY[every][0]}"),
                ("Première", long_day(first)),
            ),
            facts=(
                Fact(
                    label="Chaque échéance",
                    value=euros(each),
                    note=""
                    if each == last.amount_cents
                    else f"dernière : {euros(last.amount_cents)}",
                ),
                Fact(label="Échéances", value=str(number)),
                Fact(label="Dernière échéance", value=day(last.due_on)),
                Fact(label="Total", value=euros(sum(one.amount_cents for one in found))),
            ),
            columns=(
                Column(label="Échéance", weight=3),
                Column(label="Date", weight=4),
                Column(label="Reste ensuite, €", weight=3, numeric=True),
                Column(label="Montant, €", weight=3, numeric=True),
            ),
            lines=tuple(lines),
            total=f"Total : {euros(total)}",
            text=_text(total, number, every, found[0].due_on, each, last.due_on, last.amount_cents),
            notes=(
                "Sans intérêts : un échéancier amiable les arrête ou les laisse courir selon ce que "
                "vous convenez, par écrit.",
                "La demande de délais du débiteur qui reconnaît sa dette interrompt la prescription "
                f"(C. civ. art.{NO_BREAK}2240).",
                "Les délais qu’un juge accorde sont de deux ans au plus (C. civ. "
                f"art.{NO_BREAK}1343-5).",
            ),
        )


def _when(on: date, first: date, every: Every, rank: int) -> str:
    if rank == 1:
        return "celle que vous avez choisie"
    steps = {
        Every.WEEK: count(rank - 1, "semaine"),
        Every.FORTNIGHT: count(2 * (rank - 1), "semaine"),
        Every.MONTH: count(rank - 1, "mois", "mois"),
        Every.QUARTER: count(3 * (rank - 1), "mois", "mois"),
    }[every]
    short = ", dernier jour de ce mois" if on.day != first.day and "mois" in steps else ""
    return f"{steps} après le {long_day(first)}{short}"


def _text(
    total: int, number: int, every: Every, first: date, each: int, last: date, last_cents: int
) -> str:
    amounts = f"de {euros(each)} chacune"
    if last_cents != each:
        amounts = (
            f"dont {number - 1} de {euros(each)} et la dernière de {euros(last_cents)}"
            if number > 2
            else f"la première de {euros(each)} et la seconde de {euros(last_cents)}"
        )
    return (
        f"La somme de {euros(total)} sera payée en {number} {EVERY[every][1]}, {amounts}, la "
        f"première le {long_day(first)} et la dernière le {long_day(last)}. À défaut de paiement "
        "d’une seule échéance à sa date, la totalité du solde redeviendra exigible."
    )
