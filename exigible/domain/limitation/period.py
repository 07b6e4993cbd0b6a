"""A period as it runs: opened, interrupted, suspended, under its ceiling and successive laws."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from exigible.domain.calendar import ONE_DAY, add_months, add_years, next_working_day
from exigible.domain.french import NO_BREAK, capital, count, grouped, long_day
from exigible.domain.french import day as french_day
from exigible.domain.law.limitation import MONTHS_IN_YEAR, Kind, Length, LimitationLaw, Start
from exigible.domain.law.rule import Rule, joined_sources
from exigible.domain.limitation.model import (
    Act,
    Limitation,
    LimitationCase,
    Outcome,
    State,
    Step,
    Suspension,
    What,
)
from exigible.domain.refusals import OutsideKnownLaw, WrongInput

_UNDONE = {
    Outcome.WITHDRAWN: "le demandeur s’est désisté",
    Outcome.LAPSED: "l’instance est éteinte par la péremption ou la caducité",
    Outcome.DISMISSED: "la demande est définitivement rejetée",
}

_LASTS = {
    "court_claim": "l’instance dure ; il repart en entier de la décision définitive",
    "insolvency_claim": "la procédure collective dure ; il repart en entier de sa clôture",
}


class RunningPeriod:
    """The period as it runs: where it was opened, what stopped it, its last day so far."""

    opened_by: date  # the day before the first one counted
    above_ceiling: bool  # opened by an act that the ceiling does not stop
    last_day: date

    def __init__(self, case: LimitationCase, law: LimitationLaw) -> None:
        self.case = case
        self.law = law
        self.nature = law.natures[case.nature]
        self.suspensions: list[Suspension] = []
        self.steps: list[Step] = []
        self.warnings: list[str] = []
        self.doubtful: dict[str, None] = {}  # articles that no second source confirms
        self.pending = False  # proceedings without an end: the period is not running
        self.lengths = self._lengths()
        self.ceiling = self._ceiling()
        self.first_opening = _opening(case.starts_on, self.nature.start)
        kind = "forclusion" if self.nature.kind is Kind.FORCLUSION else "prescription"
        self._open(
            self.first_opening,
            excepted=False,
            what=What.START,
            on=self.first_opening,
            text=f"Point de départ : {self.nature.runs_from}. La {kind}",
            rules=(self.law.counting,) if self.nature.deed is None else (self.nature.deed,),
        )

    def act(self, act: Act) -> None:
        """Count an act that interrupts, or say why it does not."""
        rule = self.law.interruptions[act.kind]
        own = self.nature.own_interruptions.get(act.kind)
        name = capital(rule.name)
        basis = Rule(rule.source, rule.confirmed_for(self.nature.kind))
        if own is None and rule.effects[self.nature.kind]:
            self._no_effect(act.on, f"{name} : {rule.effects[self.nature.kind]}", basis)
            if act.kind in self.nature.hints:
                self.warnings.append(f"Le {long_day(act.on)}, {self.nature.hints[act.kind]}.")
            return
        if act.outcome in _UNDONE:
            undone = f"{name} : {_UNDONE[act.outcome]}, l’interruption est non avenue"
            self._no_effect(act.on, undone, Rule("C. civ. art. 2243", rule.verified))
            return
        ends_on = act.on if not rule.spans else act.ended_on or date.max
        if self._is_idle(act, ends_on, name, own=own is not None):
            return
        if ends_on == date.max:
            self.pending = True
            self._tell(
                What.INTERRUPTION,
                act.on,
                f"{name} : le délai est interrompu et ne court pas tant que {_LASTS[act.kind]}.",
                basis,
            )
            return
        opened_by = _opening(ends_on, own.renews if own else self.nature.renews)
        excepted = not rule.ceiling
        if self._settled(opened_by, excepted) == self.ceiling and self.ceiling <= self.last_day:
            self._tell_ceiling(act.on)
            return
        self._open(
            opened_by,
            excepted=excepted,
            what=What.INTERRUPTION,
            on=act.on,
            until=ends_on if rule.spans else None,
            text=f"{name} : le délai est interrompu"
            + (f" jusqu’au {long_day(ends_on)}" if rule.spans else "")
            + ". Un nouveau délai",
            rules=(Rule(own.source, own.verified) if own else basis, self.law.renewal),
        )
        if act.kind == "court_claim" and self.nature.id != "court_title":
            self.warnings.append(
                "Si la décision condamne le débiteur, le titre lui-même se prescrit par dix ans de "
                "sa signification (CPCE art. L. 111-4) : nature court_title."
            )

    def suspend(self, stop: Suspension) -> None:
        """Count a suspension, or say why it changes nothing."""
        ground = self.law.suspensions[stop.ground]
        what = f"{capital(ground.name)} du {long_day(stop.first_day)} au {long_day(stop.last_day)}"
        reason = ""
        if self.nature.kind is Kind.FORCLUSION:
            reason = "un délai de forclusion n’est pas suspendu"
        elif self.pending:
            reason = "le délai est déjà interrompu par l’instance"
        elif stop.last_day <= self.opened_by:
            reason = f"le délai ne court que depuis le {long_day(self.opened_by)}"
        if reason:
            self._no_effect(stop.first_day, f"{what} : {reason}", ground, stop.last_day)
            return
        if stop.first_day > self.last_day:
            self._too_late(stop.first_day, what)
            return
        before = self.last_day
        self.suspensions.append(stop)
        self.last_day = self._settled(self.opened_by, self.above_ceiling)
        if self.last_day == before:
            if before == self.ceiling:
                self._tell_ceiling(stop.first_day)
            else:
                counted = f"{what} : ces jours sont déjà suspendus et ne comptent qu’une fois"
                self._no_effect(stop.first_day, counted, ground, stop.last_day)
            return
        stopped = (stop.last_day - max(stop.first_day - ONE_DAY, self.opened_by)).days
        added = (self.last_day - before).days
        text = f"{what} : le délai s’arrête {count(stopped, 'jour')}, les deux jours compris"
        if added < stopped:
            text += f", dont {grouped(added)} qui ne l’étaient pas déjà"
        elif added > stopped:
            text += f", et au moins {_length(ground.floor_months)} restent quand il repart"
        self._tell(
            What.SUSPENSION,
            stop.first_day,
            f"{text}. Il finit le {long_day(self.last_day)} à minuit.",
            ground,
            until=stop.last_day,
        )

    def answer(self) -> Limitation:
        """Return the answer, with what must be said beside it."""
        carried_over_to = None if self.pending else self._carried_over()
        notes = [self.nature.caution] if self.nature.caution else []
        if self.nature.consumer:
            notes.append("Le juge peut relever d’office l’expiration du délai.")
        if self.nature.each_day:
            notes.append(
                "Chaque jour d’intérêt se prescrit séparément : ce résultat vaut pour l’intérêt du "
                f"{long_day(self.case.starts_on)}."
            )
        if self.doubtful:
            articles = joined_sources(self.doubtful)
            self.warnings.append(f"À confirmer avant de s’en servir : {articles}.")
        return Limitation(
            nature=self.nature,
            state=State.INTERRUPTED if self.pending else State.RUNNING,
            last_day=None if self.pending else self.last_day,
            steps=tuple(self.steps),
            warnings=tuple(dict.fromkeys(self.warnings)),
            notes=tuple(notes),
            source=joined_sources(
                step.source for step in self.steps if step.what is not What.NO_EFFECT
            ),
            verified=not self.doubtful,
            carried_over_to=carried_over_to,
            as_of=self.case.as_of,
        )

    def _lengths(self) -> tuple[Length, ...]:
        """Return the lengths that apply: the nature's, its underlying debt's, or the one agreed."""
        nature, agreed = self.nature, self.case.agreed_months
        limits = self.law.agreement
        if agreed is not None and not nature.agreement:
            raise WrongInput(
                "not_allowed",
                f"agreed_months : cette durée ne s’aménage pas par contrat ({nature.name}).",
                field="agreed_months",
                article=limits.source,
            )
        if agreed is not None and not limits.least_months <= agreed <= limits.most_months:
            raise WrongInput(
                "not_allowed",
                f"agreed_months : de {limits.least_months} à {limits.most_months} mois sont "
                f"permis, pas {agreed}.",
                field="agreed_months",
                article=limits.source,
            )
        if agreed is not None:
            return (Length(limits.source, limits.verified, date.min, agreed),)
        if nature.deed is None:
            return nature.lengths
        underlying = self.law.natures.get(self.case.underlying or "")
        if underlying is None or underlying.deed is not None:
            raise WrongInput(
                "wrong_input",
                "underlying : un acte notarié se prescrit comme la dette qu’il constate ; donnez la "
                "nature de cette dette.",
                field="underlying",
                article=nature.deed.source,
            )
        return underlying.lengths

    def _ceiling(self) -> date | None:
        rule, starts_on = self.law.ceiling, self.case.starts_on
        born_on = self.case.born_on or starts_on
        if born_on > starts_on:
            raise WrongInput(
                "wrong_input",
                f"born_on : le droit ne naît pas ({french_day(born_on)}) après le point de départ "
                f"de sa prescription ({french_day(starts_on)}).",
                field="born_on",
            )
        if not self.nature.ceiling or born_on < rule.born_from:
            return None
        return add_years(born_on, rule.years)

    def _open(
        self,
        opened_by: date,
        *,
        excepted: bool,
        what: What,
        on: date,
        text: str,
        rules: tuple[Rule, ...],
        until: date | None = None,
    ) -> None:
        """Open a period: the law of that day, then each shorter one that comes while it runs."""
        self.opened_by = opened_by
        self.above_ceiling = excepted
        length, shorter = self._laws_from(opened_by)
        self.last_day = self._lasting(opened_by, length.months)
        self._tell(
            what,
            on,
            f"{text} de {_length(length.months)} part du {long_day(opened_by)}, jour non compté, "
            f"et finit le {long_day(self.last_day)} à minuit.",
            length,
            *rules,
            until=until,
        )
        for law in shorter:
            if law.since > self.last_day:
                break
            self.last_day = min(self.last_day, self._lasting(law.since - ONE_DAY, law.months))
            self._tell(
                What.REFORM,
                law.since,
                f"Le délai est ramené à {_length(law.months)} le {long_day(law.since)} : il court à "
                f"nouveau de ce jour, sans dépasser l’ancien. Il finit le "
                f"{long_day(self.last_day)} à minuit.",
                law,
                self.law.reform,
            )
        settled = self._settled(opened_by, excepted)
        if settled < self.last_day:
            self.last_day = settled
            self._tell_ceiling(on)

    def _settled(self, opened_by: date, excepted: bool) -> date:
        """Return the last day of a period, with reforms, suspensions and the ceiling.

        `excepted`: opened by an act that the ceiling does not stop; suspensions still meet it.
        """
        length, shorter = self._laws_from(opened_by)
        tracks = [
            (opened_by, length.months),
            # A law counts the day it comes into force: its period opens the day before.
            *((law.since - ONE_DAY, law.months) for law in shorter),
        ]
        last_day = min(self._lasting(opening, months) for opening, months in tracks)
        if self.ceiling is None or last_day <= self.ceiling:
            return last_day
        if not excepted:
            return self.ceiling
        unstopped = min(add_months(opening, months) for opening, months in tracks)
        return max(self.ceiling, unstopped)

    def _lasting(self, opened_by: date, months: int) -> date:
        """Return the last day of a period of `months`, with the days it was suspended.

        Days suspended twice count once. Where the ground leaves a minimum, what remains lasts at
        least that long from its end, days still suspended for another ground being added.
        """
        last_day = add_months(opened_by, months)
        for block in _blocks(self.suspensions):
            first, end = block[0].first_day, max(stop.last_day for stop in block)
            if first > last_day:
                break
            stopped = end - max(first - ONE_DAY, opened_by)
            if stopped <= timedelta(0):
                continue
            last_day += stopped
            for stop in block:
                floor = self.law.suspensions[stop.ground].floor_months
                if floor and stop.last_day > opened_by:
                    restart = add_months(stop.last_day, floor) + (end - stop.last_day)
                    last_day = max(last_day, restart)
        return last_day

    def _laws_from(self, opened_by: date) -> tuple[Length, tuple[Length, ...]]:
        """Return the length in force when a period opens, and those that came later."""
        later = tuple(length for length in self.lengths if length.since > opened_by)
        if len(later) == len(self.lengths):
            raise OutsideKnownLaw(
                "unknown_parameter",
                f"starts_on : la durée ({self.nature.name}) n’est connue que depuis le "
                f"{long_day(self.lengths[0].since)}.",
                field="starts_on",
                facts={"parameter": self.nature.id, "day": opened_by.isoformat()},
            )
        return self.lengths[len(self.lengths) - len(later) - 1], later

    def _is_idle(self, act: Act, ends_on: date, name: str, *, own: bool) -> bool:
        """Say why an act that could interrupt does not, if it does not: too early, too late."""
        if self.pending:
            self._no_effect(
                act.on, f"{name} : le délai est déjà interrompu par l’instance", self.law.renewal
            )
        elif self._is_early(act, ends_on, own=own):
            self._no_effect(
                act.on, f"{name} : le délai n’a pas commencé à courir", self.law.counting
            )
            self.warnings.append(
                f"Le {long_day(act.on)} précède le départ du délai ({long_day(self.first_opening)}) "
                ": vérifiez cette date et le point de départ."
            )
        elif act.on < self.opened_by and ends_on <= self.opened_by and not own:
            covered = f"le délai, déjà interrompu, n’est reparti que du {long_day(self.opened_by)}"
            self._no_effect(act.on, f"{name} : {covered}", self.law.renewal)
        elif act.on > self.last_day:
            self._too_late(act.on, name, act.kind)
        else:
            return False
        return True

    def _is_early(self, act: Act, ends_on: date, *, own: bool) -> bool:
        """Say whether an act comes before the period, and cannot count for it.

        Proceedings begun before a day of interest cover it if they are still going on.
        """
        if own:
            return act.on < self.case.starts_on
        if self.nature.each_day and ends_on > self.first_opening:
            return False
        return act.on < self.first_opening

    def _too_late(self, on: date, name: str, kind: str = "") -> None:
        self._no_effect(
            on, f"{name} : le délai a expiré le {long_day(self.last_day)}", self.law.counting
        )
        warning = (
            f"Le {long_day(on)} est postérieur au dernier jour, le {long_day(self.last_day)} : rien "
            "n’interrompt ni ne suspend plus le délai."
        )
        if kind == "part_payment":
            warning += " Le paiement reçu reste acquis (C. civ. art. 2249)."
        elif kind == "acknowledgement":
            warning += (
                " Seule une renonciation sans équivoque à la prescription acquise rouvrirait "
                "l’action (C. civ. art. 2250 et 2251)."
            )
        self.warnings.append(warning)

    def _carried_over(self) -> date | None:
        """Return the working day that an unsettled carry-over would lead to, if it is another."""
        if not self.nature.carried_over_unsettled:
            return None
        carried = next_working_day(self.last_day)
        if carried == self.last_day:
            return None
        text = (
            f"Le {long_day(self.last_day)} n’est pas un jour ouvrable et le report au "
            f"{long_day(carried)} n’est pas acquis : agissez le {long_day(self.last_day)} au plus "
            "tard."
        )
        self._tell(What.CARRIED_OVER, self.last_day, text, self.law.carry_over)
        self.warnings.append(text)
        return carried

    def _tell_ceiling(self, on: date) -> None:
        assert self.ceiling is not None
        rule = self.law.ceiling
        self._tell(
            What.CEILING,
            on,
            f"Rien ne porte le délai au-delà de {_length(rule.years * MONTHS_IN_YEAR)} après la "
            f"naissance du droit, soit le {long_day(self.ceiling)}. Il finit le "
            f"{long_day(self.last_day)} à minuit.",
            rule,
        )

    def _no_effect(self, on: date, text: str, rule: Rule, until: date | None = None) -> None:
        self._tell(What.NO_EFFECT, on, f"{text} ; sans effet.", rule, until=until)

    def _tell(
        self, what: What, on: date, text: str, *rules: Rule, until: date | None = None
    ) -> None:
        self.doubtful |= {rule.source: None for rule in rules if not rule.verified}
        self.steps.append(
            Step(
                what=what,
                on=on,
                until=until,
                last_day=None if self.pending else self.last_day,
                text=text,
                source=joined_sources(rule.source for rule in rules),
                verified=all(rule.verified for rule in rules),
            )
        )


def _blocks(suspensions: Iterable[Suspension]) -> list[list[Suspension]]:
    """Return the suspensions by groups that overlap, in the order of time."""
    blocks: list[list[Suspension]] = []
    end = date.min
    for stop in sorted(suspensions, key=lambda stop: (stop.first_day, stop.last_day)):
        if blocks and stop.first_day <= end:
            blocks[-1].append(stop)
        else:
            blocks.append([stop])
        end = max(end, stop.last_day)
    return blocks


def _opening(day: date, start: Start) -> date:
    """Return the day before the first one counted, for an event of `day`."""
    match start:
        case Start.DAY:
            return day
        case Start.YEAR_END:
            return date(day.year, 12, 31)
        case Start.NEXT_30_JUNE:
            return date(day.year + 1, 6, 30)
        case Start.MONTH_LATER:
            return add_months(day, 1)


def _length(months: int) -> str:
    years, rest = divmod(months, MONTHS_IN_YEAR)
    return f"{months}{NO_BREAK}mois" if rest else count(years, "an")
