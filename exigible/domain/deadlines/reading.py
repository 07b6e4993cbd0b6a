"""One case read deadline by deadline: which one stands, from what day, how long, until when.

Local holidays never put off an act of one's own; they are allowed for before acting after a
waiting period, and in notices counted backward.
"""

from __future__ import annotations

from datetime import date

from exigible.domain.calendar import (
    ONE_DAY,
    HolidayZone,
    holiday_source,
    is_working_day,
    zone_name,
)
from exigible.domain.contract_text import day_text
from exigible.domain.counting import Counted, count, off
from exigible.domain.deadlines.events import all_before, partly_known, too_early
from exigible.domain.deadlines.model import Deadline, ProcedureCase
from exigible.domain.deadlines.where import creditor_away, distance_added, where
from exigible.domain.french import capital, full_day, long_day, typeset
from exigible.domain.law.time_limits import (
    Actor,
    DeadlineRule,
    Kind,
    LawOf,
    Length,
    Method,
    Need,
    Procedure,
    Variant,
    distance,
)
from exigible.domain.refusals import OutsideKnownLaw, WrongInput


class Reading:
    """The deadlines of one case, each computed once, those it starts from before it."""

    def __init__(self, case: ProcedureCase, known: Procedure) -> None:
        self.events = case.events
        self.procedure = known
        self.rules = {rule.id: rule for rule in known.deadlines}
        self.found: dict[str, Deadline] = {}
        self.excluded: list[str] = []  # barred by a fact
        self.too_early: dict[str, date] = {}  # event before the known law, which begins that day
        self.warnings: list[str] = [known.warning] if known.warning else []
        self.where = where(case)
        self.warnings += self.where.warnings
        self.zone = self.where.zone
        self.facts = dict(case.facts)
        away = creditor_away(self.facts.get("creditor_place"), case.court_postcode)
        if away is not None:
            self.facts["creditor_away"] = away
        self._seen: set[str] = set()

    def compute(self) -> None:
        """Compute every deadline of the procedure, then what to say of the case as a whole."""
        for rule in self.procedure.deadlines:
            self._compute_once(rule)
        for name, day in self.events.items():
            ends = self.procedure.events[name].month_ends
            if ends and f"{day:%m-%d}" not in ends:
                self.warnings.append(
                    f"« {self.procedure.events[name].name} » : une fin d’année ou de semestre est "
                    f"attendue, pas le {long_day(day)} ; vérifiez cette date."
                )
        for name, first in self.too_early.items():
            if self.answers_something():
                self.warnings.append(partly_known(self.procedure, name, self.events[name], first))
        self._compare()

    def answers_something(self) -> bool:
        """Say whether an event was answered: a calendar date that may not concern it is no answer."""
        found = self.found.values()
        if self.too_early:
            return any(one.rule.on is None or one.condition is None for one in found)
        return bool(found or self.excluded)

    def nothing(self) -> WrongInput | OutsideKnownLaw:
        """Return why no deadline could be computed."""
        for name, first in self.too_early.items():
            return OutsideKnownLaw(
                "before_known_law",
                f"events.{name} : {too_early(self.procedure, name, self.events[name], first)}",
                field=f"events.{name}",
                facts={"event": name, "known_from": first.isoformat()},
            )
        starts = sorted({rule.starts_from for rule in self.rules.values() if rule.starts_from})
        hint = (
            f"donnez l’un de ces événements : {', '.join(starts)}"
            if starts
            else "aucun délai n’est attaché à cette procédure"
        )
        return WrongInput(
            "no_deadline",
            f"events : aucun délai ne court de ces événements ; {hint}.",
            field="events",
        )

    def _compute_once(self, rule: DeadlineRule) -> Deadline | None:
        if rule.id not in self._seen:
            self._seen.add(rule.id)
            computed = self._compute(rule)
            if computed is not None:
                self.found[rule.id] = computed
        return self.found.get(rule.id)

    def _compute(self, rule: DeadlineRule) -> Deadline | None:
        conditions: list[str] = []
        start, intro = self._start(rule)
        if start is None and rule.on is None:
            return None
        if not self._of_this_law(rule, start, conditions):
            return None
        if not self._needs_hold(rule, conditions):
            self.excluded.append(rule.id)
            return None
        if rule.season is not None:
            assert start is not None
            return self._season(rule, start, intro, conditions)
        if rule.on is not None:
            step = f"Date fixée par le texte : {full_day(rule.on)}."
            return self._built(rule, None, _fixed(rule.on), None, [step], conditions)
        assert start is not None
        added, why = distance_added(rule, self.where)
        counted = self._count(rule, start, added, conditions)
        return self._built(rule, start, counted, why, [intro], conditions)

    # -- from when

    def _start(self, rule: DeadlineRule) -> tuple[date | None, str]:
        """Return the day a deadline starts from, if an event or another deadline gives it."""
        if rule.starts_from in self.events:
            day = self.events[rule.starts_from]
            name = self.procedure.events[rule.starts_from].name
            way = "À rebours de" if rule.rule.backward else "Point de départ"
            return day, typeset(f"{way} : {name}, le {full_day(day)}.")
        if rule.expiry_of:
            before = self._compute_once(self.rules[rule.expiry_of])
            if before is not None and before.falls_on is not None:
                day = before.falls_on
                return day, typeset(
                    f"Point de départ : fin du délai « {before.label} », le {full_day(day)}."
                )
        return None, ""

    def _of_this_law(self, rule: DeadlineRule, start: date | None, conditions: list[str]) -> bool:
        """Say whether a deadline belongs to the law of the dates given (or may belong to it)."""
        if rule.law_of is not None:
            return self._chosen(rule, rule.law_of, conditions)
        if rule.on is not None:
            return rule.in_force_to is None or min(self.events.values()) <= rule.in_force_to
        assert start is not None
        first, last = rule.in_force_from, rule.in_force_to
        if first is not None and start < first:
            if rule.starts_from in self.events:
                self._note_too_early(rule.starts_from, first)
            return False
        return last is None or start <= last

    def _chosen(self, rule: DeadlineRule, law: LawOf, conditions: list[str]) -> bool:
        chosen_on = self.events.get(law.event)
        if chosen_on is not None:
            if law.first is not None and chosen_on < law.first:
                if not self._had_a_law(rule, law.event, chosen_on):
                    self._note_too_early(law.event, law.first)
                return False
            return law.last is None or chosen_on <= law.last
        latest = self._latest_possible(law.event)
        if law.first is not None and latest is not None and latest < law.first:
            return False
        conditions.append(law.text)
        return True

    def _latest_possible(self, event: str) -> date | None:
        """Return the first of the given days that cannot come before `event`."""
        bounds = [
            day for name, day in self.events.items() if event in all_before(self.procedure, name)
        ]
        return min(bounds, default=None)

    def _had_a_law(self, rule: DeadlineRule, event: str, day: date) -> bool:
        """Say whether the law known for `day` answers in another way than `rule`, or not at all."""
        if rule.on is not None:
            return True
        chosen = [
            (other.law_of, other.starts_from)
            for other in self.rules.values()
            if other.law_of is not None and other.law_of.event == event
        ]
        if day >= min(law.first for law, _ in chosen if law.first is not None):
            return True
        return any(
            law.first is None and starts_from == rule.starts_from for law, starts_from in chosen
        )

    def _note_too_early(self, event: str, first: date) -> None:
        self.too_early[event] = min(first, self.too_early.get(event, first))

    # -- facts

    def _needs_hold(self, rule: DeadlineRule, conditions: list[str]) -> bool:
        """Say whether no fact bars a deadline; add its condition while a fact is unknown."""
        verdicts = [self._holds(need) for need in rule.needs]
        if False in verdicts:
            return False
        if rule.condition and (not verdicts or None in verdicts):
            conditions.append(rule.condition)
        return True

    def _holds(self, need: Need) -> bool | None:
        """Say whether a fact is as needed; None while nobody said."""
        value = self.facts.get(need.fact)
        if value is None:
            return None
        if need.among:
            return value in need.among
        if need.is_true is not None:
            return value is need.is_true
        assert isinstance(value, int)
        if need.over_cents is not None:
            return value > need.over_cents
        assert need.under_cents is not None
        return value < need.under_cents

    # -- how long

    def _count(
        self, rule: DeadlineRule, start: date, added: int, conditions: list[str]
    ) -> Counted | None:
        """Return the last day; None where the law gives no number of days."""
        match rule.rule.method:
            case Method.NONE:
                return None
            case Method.SAME_DAY:
                return _fixed(start, f"{rule.rule.text} : {full_day(start)}.")
            case Method.DAY_AFTER:
                return _fixed(start + ONE_DAY, f"Le lendemain : {full_day(start + ONE_DAY)}.")
            case Method.END_OF_YEAR:
                assert rule.length is not None
                last = date(start.year + rule.length.years, 12, 31)
                return _fixed(last, f"{rule.rule.text} : {full_day(last)}.")
        length = rule.length
        if rule.rule.method is Method.GRANTED:
            days = self.facts.get("granted_days")
            if days is None:
                conditions.append(f"{rule.rule.text} : à donner en jours (fait granted_days)")
                return None
            length = Length(days=int(days))
            if days == 0:
                return _fixed(start, f"Aucun jour accordé : {full_day(start)}.")
        if length is None:
            return None
        if rule.variant is not None:
            length = self._varied(rule.variant, length, conditions)
        zone = self.zone if rule.kind in (Kind.MIN, Kind.NOTICE) else HolidayZone.METROPOLE
        counting = rule.rule
        earliest = counting.backward and rule.kind is Kind.MAX
        counted = count(start, length.plus_months(added), counting, zone=zone)
        if earliest:  # the first day of the act: moving it back would be too early
            step = counted.steps[0]
            if not is_working_day(counted.plain_last, zone):
                step += f" Ce jour est {off(counted.plain_last, zone)} ; l’acte se fait après."
            return _fixed(counted.plain_last, step)
        if rule.then is not None:
            following = count(counted.last, rule.then, counting, zone=zone)
            counted = _joined(counted, following)
        if rule.later_length is not None and rule.later_event in self.events:
            other_start = self.events[rule.later_event]
            other = count(other_start, rule.later_length, counting, zone=zone)
            conditions[:] = [one for one in conditions if one != rule.condition]
            name = self.procedure.events[rule.later_event].name
            step = typeset(f"Ou, s’il finit plus tard, à compter de : {name}.")
            counted = _joined(counted, other, step=step, last=max(counted, other, key=_last))
        return counted

    def _varied(self, variant: Variant, length: Length, conditions: list[str]) -> Length:
        verdicts = [self._holds(need) for need in variant.needs]
        if False in verdicts:
            return length
        if None in verdicts:
            conditions.append(f"cas ordinaire ; {variant.text}")
            return length
        return variant.length

    def _season(
        self, rule: DeadlineRule, start: date, intro: str, conditions: list[str]
    ) -> Deadline:
        """The season that holds the day after `start`, or the next one (CPCE art. L. 412-6)."""
        assert rule.season is not None
        possible = start + ONE_DAY
        last = _on_month_day(possible.year, rule.season[1])
        if possible > last:
            last = _on_month_day(possible.year + 1, rule.season[1])
        first = _on_month_day(last.year - 1, rule.season[0])
        step = f"Période : du {full_day(first)} au {full_day(last)} inclus."
        return self._built(rule, first, _fixed(last, step), None, [intro], conditions)

    # -- the answer

    def _built(
        self,
        rule: DeadlineRule,
        start: date | None,
        counted: Counted | None,
        why_distance: str | None,
        steps: list[str],
        conditions: list[str],
    ) -> Deadline:
        falls_on = counted.last if counted else None
        warnings: list[str] = []
        working = [step for step in steps if step]
        if why_distance:
            working.append(capital(why_distance) + ".")
        working += counted.steps if counted else ["La loi ne donne pas de nombre de jours."]
        possible_from = None
        if rule.kind is Kind.MIN and falls_on is not None:
            possible_from = falls_on + ONE_DAY
            working.append(f"Possible à compter du {full_day(possible_from)}.")
        if counted and counted.moved and rule.report_disputed:
            warnings.append(
                f"Le report au jour ouvrable n’est pas acquis pour ce délai : agissez au plus tard "
                f"le {full_day(counted.plain_last)}."
            )
        if falls_on is not None and rule.rule.method is Method.PERIOD:
            warnings += self._local_warnings(rule, falls_on, counted)
        verified = rule.verified
        if rule.verified_until is not None and start is not None and start > rule.verified_until:
            verified = False
        if not verified:
            warnings.append("Règle à confirmer : le texte officiel n’a pas été vérifié.")
        if not rule.rule.verified and falls_on is not None:
            warnings.append(f"Façon de compter à confirmer : {rule.rule.source}.")
        done_on = self.events.get(rule.done_by) if rule.done_by else None
        in_time = _in_time(rule, done_on, falls_on)
        if in_time is False:
            assert done_on is not None
            assert falls_on is not None
            warnings.append(
                typeset(
                    f"Fait le {long_day(done_on)}, après le {long_day(falls_on)} : {rule.sanction}."
                )
            )
        return Deadline(
            id=rule.id,
            label=rule.label,
            rule=rule,
            starts_from=rule.starts_from or day_text(start or rule.on) or "",
            starts_on=start,
            falls_on=falls_on,
            possible_from=possible_from,
            safe_on=_safe_on(rule, counted),
            extended=counted.moved if counted else None,
            distance=why_distance,
            condition=" ; ".join(conditions).replace(" ;", "\u00a0;") or None,
            done_on=done_on,
            in_time=in_time,
            verified=verified,
            working=tuple(typeset(step) for step in working),
            warnings=tuple(warnings),
        )

    def _local_warnings(
        self, rule: DeadlineRule, falls_on: date, counted: Counted | None
    ) -> list[str]:
        """Say what a local holiday changes, or does not."""
        assert counted is not None
        if rule.kind in (Kind.MIN, Kind.NOTICE):
            local = is_working_day(counted.plain_last) != is_working_day(
                counted.plain_last, self.zone
            )
        else:
            local = is_working_day(falls_on) and not is_working_day(falls_on, self.zone)
        if not local:
            return []
        source, verified, note = holiday_source(self.zone)
        doubt = "" if verified else f" Jour férié à confirmer. {note}"
        if rule.kind in (Kind.MIN, Kind.NOTICE):
            return [
                f"Jour férié en {zone_name(self.zone)} seulement ({source}) : compté par prudence."
                + doubt
            ]
        return [
            f"Le {long_day(falls_on)} est {off(falls_on, self.zone)} ({zone_name(self.zone)}, "
            f"{source}) ; son effet sur l’article 642 n’est pas établi, ne comptez pas dessus."
            + doubt
        ]

    def _compare(self) -> None:
        """Warn where a deadline that another must not come before ends later than it."""
        for one in self.found.values():
            other = self.found.get(one.rule.not_before)
            if other and other.falls_on and one.falls_on and other.falls_on > one.falls_on:
                self.warnings.append(
                    typeset(
                        f"« {one.label} » : le délai « {other.label} » finit plus tard, le "
                        f"{long_day(other.falls_on)} ; tenez-en compte."
                    )
                )


def _in_time(rule: DeadlineRule, done_on: date | None, falls_on: date | None) -> bool | None:
    if done_on is None or falls_on is None:
        return None
    return done_on <= falls_on


def _safe_on(rule: DeadlineRule, counted: Counted | None) -> date | None:
    """Return the creditor's prudent last day: working days in hand, no disputed report."""
    if counted is None or not rule.act or rule.kind not in (Kind.MAX, Kind.NOTICE, Kind.LIFE):
        return None
    if rule.actor not in (Actor.CREDITOR, Actor.ANY):
        return None
    day = counted.plain_last if rule.report_disputed else counted.last
    left = distance().margins[rule.act]
    while left:
        day -= ONE_DAY
        left -= is_working_day(day)
    return day


def _fixed(day: date, step: str = "") -> Counted:
    steps = (capital(step),) if step else ()
    return Counted(last=day, plain_last=day, moved=None, steps=steps)


def _joined(
    first: Counted, then: Counted, *, step: str = "", last: Counted | None = None
) -> Counted:
    """Return two counts as one: `last` of them holds (the second if not said)."""
    holds = last or then
    steps = (*first.steps, *((step,) if step else ()), *then.steps)
    return Counted(last=holds.last, plain_last=holds.plain_last, moved=holds.moved, steps=steps)


def _last(counted: Counted) -> date:
    return counted.last


def _on_month_day(year: int, month_day: str) -> date:
    return date(year, int(month_day[:2]), int(month_day[3:]))
