"""Values that users enter, laid over the shipped ones.

An entered value adds what the product does not know: a newly published rate, a tariff that follows
one past its end. It never takes the place of a shipped value that was verified; where the product
has shipped one since, the entered one is left out and that is said. Entered values are `verified`
once a second person confirmed them: until then they are shown « à confirmer », like any other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from exigible.domain.calendar import ONE_DAY, half_year_start
from exigible.domain.french import day as french_day
from exigible.domain.french import half_year
from exigible.domain.law import DatedValue, Law, Parameter
from exigible.domain.law.dated import HALF_YEAR, Dated, DatedFact
from exigible.domain.law.scales import DatedBands, Scale, bands_of, can_be_applied
from exigible.domain.law.words import read_bands, read_number
from exigible.domain.refusals import Refused, WrongInput

EARLIEST, LATEST = date(1975, 1, 1), date(2199, 12, 31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """A value for the parameter or scale `parameter`; `known_until` ends what it makes known."""

    parameter: str
    fact: DatedValue | DatedBands
    known_until: date | None = None

    @property
    def start(self) -> date:
        return self.fact.start


@dataclass(frozen=True, slots=True)
class Layered:
    """The shipped law with what was entered, and the entries it leaves out, each with its reason."""

    law: Law
    left_out: tuple[tuple[Entered, Refused], ...]


@lru_cache(maxsize=8)
def layered(shipped: Law, entries: tuple[Entered, ...]) -> Layered:
    """Lay entries over a law, in the order of their days; the same entries give the same law."""
    parameters, scales = dict(shipped.parameters), dict(shipped.scales)
    left_out = []
    for entry in sorted(entries, key=lambda entry: (entry.parameter, entry.start)):
        try:
            match with_entry(Law(parameters, scales).find(entry.parameter), entry):
                case Parameter() as parameter:
                    parameters[entry.parameter] = parameter
                case Scale() as scale:
                    scales[entry.parameter] = scale
        except Refused as refusal:
            left_out.append((entry, refusal))
    law = shipped if len(left_out) == len(entries) else Law(parameters, scales)
    return Layered(law, tuple(left_out))


def with_entry(dated: Parameter | Scale | None, entry: Entered) -> Parameter | Scale:
    """Return a parameter or a scale with one more value; refuse one that may not be added."""
    if isinstance(dated, Parameter) and isinstance(entry.fact, DatedValue):
        return _placed(dated, entry.fact, entry.known_until)
    if isinstance(dated, Scale) and isinstance(entry.fact, DatedBands):
        return _placed(dated, entry.fact, entry.known_until)
    raise WrongInput(
        "unknown_parameter",
        f"« {entry.parameter[:80]} » n’est pas un paramètre connu, ou n’est pas de cette forme.",
        field="parameter",
    )


def _placed[V: DatedFact, D: Dated](  # type: ignore[type-arg]
    dated: D, fact: V, known_until: date | None
) -> D:
    start = fact.start
    _check_days(dated, start, known_until)
    governing = [one for one in dated.values if one.start <= start]
    if not governing:
        raise Refused(
            "before_known_law",
            f"{dated.name} : la première valeur connue est du "
            f"{french_day(dated.values[0].start)} ; une valeur plus ancienne ne se saisit pas.",
            field="start",
        )
    present, last = governing[-1], governing[-1] is dated.values[-1]
    covered = present.known and dated.is_known_on(start)
    open_ended = last and dated.known_until is None and dated.period != HALF_YEAR
    if (
        covered
        and present.verified
        and not present.entered
        and (present.start == start or not open_ended)
    ):
        raise _already_known(dated, present, start)
    values = [one for one in dated.values if one.start != start]
    if dated.known_until is not None and start > dated.known_until + ONE_DAY:
        values.append(present.unknown_from(dated.known_until + ONE_DAY))  # the gap stays a gap
    values.append(fact)
    values.sort(key=lambda one: one.start)
    ends = dated.known_until
    if not any(one.start > start and one.known for one in values):
        ends = known_until
    return replace(dated, values=tuple(values), known_until=ends)


def _check_days(dated: Dated, start: date, known_until: date | None) -> None:  # type: ignore[type-arg]
    if not EARLIEST <= start <= LATEST:
        raise WrongInput(
            "start", f"Le {french_day(start)} n’est pas un jour vraisemblable.", field="start"
        )
    if dated.period == HALF_YEAR:
        if start != half_year_start(start):
            raise WrongInput(
                "start",
                "Cette valeur est publiée pour un semestre : indiquez un 1er janvier ou un "
                "1er juillet.",
                field="start",
            )
        if known_until is not None:
            raise WrongInput(
                "known_until",
                "Cette valeur vaut pour son semestre, et lui seul : laissez ce champ vide.",
                field="known_until",
            )
        return
    if known_until is None and dated.known_until is not None:
        raise WrongInput(
            "known_until",
            "Indiquez jusqu’à quel jour cette valeur est sûre : après lui, le calcul s’arrêtera "
            "plutôt que de deviner.",
            field="known_until",
        )
    if known_until is not None and not start <= known_until <= LATEST:
        raise WrongInput(
            "known_until",
            f"Le dernier jour sûr ne peut pas précéder le {french_day(start)}.",
            field="known_until",
        )


def _already_known(dated: Dated, present: DatedFact, start: date) -> Refused:  # type: ignore[type-arg]
    when = f"le {half_year(start)}" if dated.period == HALF_YEAR else f"le {french_day(start)}"
    return Refused(
        "already_known",
        f"{dated.name} : la valeur pour {when} est livrée et vérifiée ({present.source}). Une "
        "saisie ne la remplace pas ; si elle est fausse, signalez-le.",
        field="start",
    )


def fact_from(
    dated: Parameter | Scale, written: object, *, start: date, source: str, verified: bool
) -> DatedValue | DatedBands:
    """Return an entered value as files and the database write it: "3.75", or a scale's bands.

    Raise WrongInput for what is not of the parameter's shape.
    """
    if isinstance(dated, Parameter) and isinstance(written, str):
        number = read_number(dated.unit, written)
        return DatedValue(start=start, value=number, source=source, verified=verified, entered=True)
    if isinstance(dated, Scale) and isinstance(written, dict):
        content = {**written, "source": source, "verified": verified}
        try:
            bands = replace(bands_of(dated.unit, start, content), entered=True)
        except (KeyError, TypeError, ValueError, ArithmeticError, IndexError):
            bands = None
        if bands is not None and can_be_applied(dated.unit, bands):
            return bands
    raise WrongInput("value", f"{dated.name} : valeur illisible.", field="value")


def typed_fact(
    dated: Parameter | Scale, typed: str, *, start: date, source: str
) -> DatedValue | DatedBands:
    """Return a value as a person types it: « 3,75 % », or a scale line by line."""
    if isinstance(dated, Parameter):
        number = read_number(dated.unit, typed)
        return DatedValue(start=start, value=number, source=source, verified=False, entered=True)
    like = DatedBands(start=start, source=source, verified=False, entered=True, bands=())
    return read_bands(dated.unit, typed, like)
