"""What acting, settling or writing off is worth on average, from assumptions anyone can change.

None of these figures is law: chances, shares and costs are assumptions, each with a name, a default
and whether it was given. Chances and shares are whole numbers of 1/1,000,000 (100 % is 1,000,000),
money whole cents; everything in between is exact (`Fraction`). Each line is rounded half up to the
cent and the total is the sum of its lines. The one legal rule is the recovery of VAT on a debt that
is definitively lost (CGI art. 272, 1), an option because the loss must be proved.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from exigible.domain.contract_text import euros_text, percent_text
from exigible.domain.french import count, euros, percent, typeset
from exigible.domain.law.rule import Rule
from exigible.domain.refusals import WrongInput

WHOLE = 1_000_000  # 100 %
MAX_DAYS = 36_500
MAX_CENTS = 10**13
DAYS_IN_YEAR = 365

VAT_ON_LOST_DEBTS = Rule("CGI art. 272, 1", verified=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What is supposed. `None` for a delay: unknown, so nothing is discounted."""

    win: int = 800_000
    collect: int = 600_000
    collected_share: int = WHOLE
    delay_days: int | None = None
    yearly_rate: int = 50_000
    costs_cents: int = 0
    recoverable_costs_cents: int = 0
    own_time_cents: int = 0
    settlement_share: int = 700_000
    settlement_paid: int = 800_000
    settlement_delay_days: int | None = None
    settlement_costs_cents: int = 0
    write_off_costs_cents: int = 0
    vat_cents: int = 0
    vat_recovered: bool = False


MEANINGS: dict[str, str] = {
    name: typeset(meaning)
    for name, meaning in {
        "win": "chance d’obtenir un titre ou l’admission de la créance",
        "collect": "chance d’encaisser une fois le titre obtenu",
        "collected_share": "part de la dette encaissée quand on encaisse",
        "delay_days": "jours avant l’encaissement ; inconnu : rien n’est actualisé",
        "yearly_rate": "coût annuel de l’argent, pour actualiser",
        "costs_cents": "frais avancés pour agir",
        "recoverable_costs_cents": "part de ces frais reprise sur le débiteur si l’on encaisse",
        "own_time_cents": "coût du temps passé",
        "settlement_share": "part de la dette payée par la transaction",
        "settlement_paid": "chance que la transaction soit conclue et payée",
        "settlement_delay_days": "jours avant le paiement de la transaction",
        "settlement_costs_cents": "frais de la transaction",
        "write_off_costs_cents": "frais de l’abandon",
        "vat_cents": "TVA comprise dans la dette",
        "vat_recovered": "la TVA est récupérée sur ce qui est définitivement perdu",
    }.items()
}
CHANCES = ("win", "collect", "collected_share", "settlement_share", "settlement_paid")
DELAYS = ("delay_days", "settlement_delay_days")
AMOUNTS = tuple(name for name in MEANINGS if name.endswith("_cents"))


class Choice(StrEnum):
    ACT = "act"
    SETTLE = "settle"
    WRITE_OFF = "write_off"


NAMES = {
    Choice.ACT: "Agir",
    Choice.SETTLE: "Transiger",
    Choice.WRITE_OFF: "Abandonner",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One part of a value: what, how much, and the working."""

    label: str
    cents: int
    working: str
    rule: Rule | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """The net expected value of one choice, the sum of its lines."""

    choice: Choice
    lines: tuple[Line, ...]

    @property
    def cents(self) -> int:
        return sum(line.cents for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedValue:
    """The choices, best first. `break_even` is the least chance of collecting, in 1/1,000,000, at
    which acting is worth the best other choice; None where no chance is enough."""

    values: tuple[Value, ...]
    break_even: int | None
    notes: tuple[str, ...]

    @property
    def best(self) -> Value:
        return self.values[0]


def expected_value(amount_cents: int, supposed: Assumptions) -> ExpectedValue:
    """Return what each choice is worth for a debt, with its lines.

    Raise WrongInput naming the assumption that makes no sense.
    """
    check_assumptions(amount_cents, supposed)
    act = _act(amount_cents, supposed)
    others = (_settle(amount_cents, supposed), _write_off(supposed))
    return ExpectedValue(
        # Ties go to the one that needs least: writing off, then settling.
        values=tuple(sorted((*reversed(others), act), key=lambda value: -value.cents)),
        break_even=_break_even(amount_cents, supposed, max(one.cents for one in others)),
        notes=tuple(_notes(supposed)),
    )


def check_assumptions(amount_cents: int, supposed: Assumptions) -> None:
    """Raise WrongInput naming the first assumption that makes no sense."""
    if not 0 < amount_cents <= MAX_CENTS:
        raise _wrong("amount", "un montant supérieur à zéro est attendu")
    for name in (*CHANCES, "yearly_rate"):
        if not 0 <= getattr(supposed, name) <= WHOLE:
            raise _wrong(name, "un pourcentage de 0 à 100 est attendu")
    for name in DELAYS:
        days = getattr(supposed, name)
        if days is not None and not 0 <= days <= MAX_DAYS:
            raise _wrong(name, f"un nombre de jours de 0 à {MAX_DAYS} est attendu")
    for name in AMOUNTS:
        if not 0 <= getattr(supposed, name) <= MAX_CENTS:
            raise _wrong(name, "un montant positif ou nul est attendu")
    if supposed.recoverable_costs_cents > supposed.costs_cents:
        raise _wrong("recoverable_costs_cents", "les frais repris dépassent les frais avancés")
    if supposed.vat_cents >= amount_cents:
        raise _wrong("vat_cents", "la TVA est inférieure à la dette qui la comprend")


# --- the choices ---------------------------------------------------------------------------------


def _act(amount_cents: int, supposed: Assumptions) -> Value:
    collected = _collected(supposed)
    discount = _discount(supposed.delay_days, supposed.yearly_rate)
    chances = (
        f"{percent(supposed.win)} × {percent(supposed.collect)} × "
        f"{percent(supposed.collected_share)}{_discounted(supposed.delay_days, supposed)}"
    )
    lines = [
        _line("Encaissement espéré", amount_cents * collected * discount, amount_cents, chances),
        _certain("Frais avancés", -supposed.costs_cents),
        _line(
            "Frais repris sur le débiteur",
            supposed.recoverable_costs_cents * collected * discount,
            supposed.recoverable_costs_cents,
            chances,
        ),
        _certain("Temps passé", -supposed.own_time_cents),
    ]
    if supposed.vat_recovered:
        lines.append(
            _line(
                "TVA de la part perdue",
                supposed.vat_cents * (1 - collected) * discount,
                supposed.vat_cents,
                f"part non encaissée{_discounted(supposed.delay_days, supposed)}",
                VAT_ON_LOST_DEBTS,
            )
        )
    return _value(Choice.ACT, lines)


def _settle(amount_cents: int, supposed: Assumptions) -> Value:
    paid = Fraction(supposed.settlement_share * supposed.settlement_paid, WHOLE * WHOLE)
    days = supposed.settlement_delay_days
    return _value(
        Choice.SETTLE,
        [
            _line(
                "Paiement espéré de la transaction",
                amount_cents * paid * _discount(days, supposed.yearly_rate),
                amount_cents,
                f"{percent(supposed.settlement_share)} × {percent(supposed.settlement_paid)}"
                f"{_discounted(days, supposed)}",
            ),
            _certain("Frais de la transaction", -supposed.settlement_costs_cents),
        ],
    )


def _write_off(supposed: Assumptions) -> Value:
    lines = [_certain("Frais de l’abandon", -supposed.write_off_costs_cents)]
    if supposed.vat_recovered:
        lines.append(
            Line(
                label="TVA récupérée",
                cents=supposed.vat_cents,
                working="toute la TVA, la perte étant prouvée",
                rule=VAT_ON_LOST_DEBTS,
            )
        )
    return _value(Choice.WRITE_OFF, lines)


def _break_even(amount_cents: int, supposed: Assumptions, other_cents: int) -> int | None:
    """Solve the value of acting for the chance of collecting: it is linear in that chance."""
    discount = _discount(supposed.delay_days, supposed.yearly_rate)
    vat = supposed.vat_cents if supposed.vat_recovered else 0
    never = vat * discount - supposed.costs_cents - supposed.own_time_cents
    if other_cents <= never:
        return 0
    share = Fraction(supposed.win * supposed.collected_share, WHOLE * WHOLE)
    gained = (amount_cents + supposed.recoverable_costs_cents - vat) * share * discount
    if gained <= 0 or other_cents - never > gained:
        return None
    return -int(-(other_cents - never) * WHOLE // gained)


def _notes(supposed: Assumptions) -> Iterable[str]:
    yield "Chances, parts et frais sont des hypothèses, non du droit ; changez-les."
    if supposed.delay_days is None:
        yield "Le délai d’encaissement est inconnu : rien n’est actualisé pour l’action."
    yield "Une transaction qui échoue est comptée pour rien, alors que la créance demeure."
    yield "L’impôt sur les bénéfices et les intérêts à venir ne sont pas comptés."
    if supposed.vat_recovered:
        yield (
            "La TVA se récupère quand la perte est définitive et prouvée, ou dès le jugement de "
            "liquidation judiciaire, avec un duplicata de facture portant la mention légale ; "
            "renoncer à agir n’y suffit pas (CGI art. 272, 1)."
        )


# --- arithmetic ----------------------------------------------------------------------------------


def _collected(supposed: Assumptions) -> Fraction:
    return Fraction(supposed.win * supposed.collect * supposed.collected_share, WHOLE**3)


def _discount(days: int | None, yearly_rate: int) -> Fraction:
    """Return what one euro received later is worth today, at simple interest."""
    return 1 / (1 + Fraction(yearly_rate, WHOLE) * Fraction(days or 0, DAYS_IN_YEAR))


def _discounted(days: int | None, supposed: Assumptions) -> str:
    if not days or not supposed.yearly_rate:
        return ""
    return f", dans {count(days, 'jour')} à {percent(supposed.yearly_rate)} l’an"


def _line(
    label: str, exact: Fraction, base_cents: int, factors: str, rule: Rule | None = None
) -> Line:
    return Line(
        label=label,
        cents=_rounded(exact),
        working=f"{euros(base_cents)} × {factors}",
        rule=rule,
    )


def _certain(label: str, cents: int) -> Line:
    return Line(label=label, cents=cents, working="certain")


def _value(choice: Choice, lines: Iterable[Line]) -> Value:
    return Value(choice=choice, lines=tuple(line for line in lines if line.cents))


def _rounded(exact: Fraction) -> int:
    """Round half up to the cent; amounts here are never negative."""
    return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)


def _wrong(field: str, problem: str) -> WrongInput:
    name = field.removesuffix("_cents")
    return WrongInput("wrong_input", f"{name} : {problem}.", field=name)


# --- the contract's shape ------------------------------------------------------------------------


def expected_value_answer(
    found: ExpectedValue, supposed: Assumptions, given: Iterable[str]
) -> dict[str, object]:
    """Return the values in the shape of the outside contract; `given` are assumptions not default."""
    return {
        "best": found.best.choice.value,
        "choices": [
            {
                "choice": one.choice.value,
                "label": NAMES[one.choice],
                "value": euros_text(one.cents),
                "lines": [
                    {
                        "label": line.label,
                        "amount": euros_text(line.cents),
                        "working": line.working,
                        "source": line.rule.source if line.rule else None,
                    }
                    for line in one.lines
                ],
            }
            for one in found.values
        ],
        "break_even_collect": None if found.break_even is None else percent_text(found.break_even),
        "assumptions": [_assumption(name, supposed, name in set(given)) for name in MEANINGS],
        "notes": list(found.notes),
    }


def _assumption(name: str, supposed: Assumptions, given: bool) -> dict[str, object]:
    value = getattr(supposed, name)
    shown: object = value
    if name in AMOUNTS:
        shown = euros_text(value)
    elif name in CHANCES or name == "yearly_rate":
        shown = percent_text(value)
    return {
        "name": name.removesuffix("_cents"),
        "label": MEANINGS[name],
        "value": shown,
        "given": given,
        "law": False,
    }
