"""Which interest a claim bears, and from which day.

One regime a claim and a day, never two moratory interests together (Cass. com. 24 April 2024,
no 22-24.275). The order of decision: public purchaser (CCP L. 2192-10 et seq.), professionals
(C. com. L. 441-10 II), contract rate, legal interest (C. civ. 1231-6, 1344-1). What each day of it
bears is in `rates`: `schedule_key` says what a claim asks of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from exigible.domain.calendar import ONE_DAY, add_months, half_year_start, next_working_day
from exigible.domain.case import (
    TRADE_KINDS,
    Assignment,
    Case,
    CaseClaim,
    ClaimKind,
    CreditorKind,
    DebtorKind,
    FormalNotice,
    GracePeriod,
    IncreaseRelief,
    Judgment,
    NoticeDay,
    Overindebtedness,
    PaymentPlan,
    PlanPenalties,
    Regime,
    TitleKind,
)
from exigible.domain.french import day as french_day
from exigible.domain.law import Law
from exigible.domain.rates import (
    BOTH_TRADERS,
    LEGAL_INDIVIDUALS,
    LEGAL_OTHERS,
    Relief,
    ReliefKind,
    ScheduleKey,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The regime of a claim: its first day (None: nothing runs), why, and its doubts."""

    regime: Regime
    first_day: date | None
    why: str
    source: str
    warnings: tuple[str, ...] = ()


def decide(case: Case, position: int) -> Decision:
    """Decide the regime of a claim and the first day of its interest."""
    claim = case.claims[position]
    asked = claim.interest
    regime, why, warnings = _regime(case, claim)
    first, start_why = _first_day(case, position, regime)
    if asked.runs_from is not None and regime is not Regime.NONE:
        first, start_why = asked.runs_from, asked.runs_from_why or "date indiquée"
        if asked.runs_from <= claim.due_on:
            warnings.append(
                f"{claim.ref} : intérêts demandés à compter du {french_day(asked.runs_from)}, "
                f"avant le lendemain de l’échéance ({french_day(claim.due_on)})."
            )
    if first is not None:
        why = f"{why} ; à compter du {french_day(first)} : {start_why}"
        why += _alone(case, position, regime)
    elif regime is not Regime.NONE:
        why = f"{why} ; {start_why}"
    if regime is Regime.LEGAL_INTEREST:
        warnings += _unsettled_category(case, claim)
    return Decision(
        regime=regime,
        first_day=first if regime is not Regime.NONE else None,
        why=why,
        source=_SOURCES[regime],
        warnings=tuple(warnings),
    )


def _regime(case: Case, claim: CaseClaim) -> tuple[Regime, str, list[str]]:
    """Return the regime that the law allows for what is asked, why, and its doubts."""
    regime, why, warnings = _of_parties(case, claim)
    if claim.kind is ClaimKind.SOCIAL_CONTRIBUTION:
        warnings.append(
            f"{claim.ref} : les cotisations sociales portent des majorations de retard propres, qui "
            "ne sont pas calculées ici ; ajoutez celles que l’organisme a liquidées."
        )
    if regime is Regime.CONTRACT:
        why_not, doubts = _barred_clause(case, claim)
        warnings += doubts
        if why_not:
            regime, why = Regime.LEGAL_INTEREST, why_not
    unused = claim.interest.clause is not None and claim.interest.regime is not Regime.CONTRACT
    if unused and regime is not Regime.CONTRACT:
        warnings.append(f"{claim.ref} : le taux donné ne sert pas, {why}.")
    return regime, why, warnings


def _of_parties(case: Case, claim: CaseClaim) -> tuple[Regime, str, list[str]]:
    """Return the regime asked for, or the one of the law where the parties do not allow it."""
    asked = claim.interest.regime
    if asked is Regime.AUTO:
        regime, why = _automatic(case, claim)
        return regime, why, []
    traders = (CreditorKind.PROFESSIONAL, DebtorKind.PROFESSIONAL)
    if asked is Regime.B2B_PENALTIES and (case.creditor_kind, case.debtor_kind) != traders:
        doubt = (
            f"{claim.ref} : les pénalités de l’article L. 441-10 ne valent qu’entre "
            "professionnels ; l’intérêt légal les remplace."
        )
        return Regime.LEGAL_INTEREST, "une partie n’agit pas en professionnel", [doubt]
    if asked is Regime.PUBLIC_PURCHASER and case.debtor_kind is not DebtorKind.PUBLIC_PURCHASER:
        doubt = (
            f"{claim.ref} : les intérêts moratoires de la commande publique ne sont dus que par "
            "un acheteur public ; l’intérêt légal les remplace."
        )
        return Regime.LEGAL_INTEREST, "le débiteur n’est pas un acheteur public", [doubt]
    return asked, "régime demandé", []


def _barred_clause(case: Case, claim: CaseClaim) -> tuple[str, list[str]]:
    """Return why a stipulated rate gives way to the legal one ("" if it holds), and its doubts."""
    consumer, doubts = case.debtor_kind is DebtorKind.CONSUMER, []
    if consumer and claim.kind is ClaimKind.RENT:
        return "loyer d’habitation", [
            f"{claim.ref} : une pénalité stipulée dans un bail d’habitation est réputée non "
            "écrite (loi du 6 juillet 1989 art. 4 i) ; l’intérêt légal la remplace (à confirmer "
            "si le bail n’est pas d’habitation)."
        ]
    if consumer and claim.kind is not ClaimKind.LOAN_INSTALMENT:
        doubts.append(
            f"{claim.ref} : taux stipulé envers un consommateur, le juge peut l’écarter comme "
            "abusif (C. conso. art. R. 212-2)."
        )
    if claim.credit is not None and claim.credit.interest_forfeited:
        doubts.append(
            f"{claim.ref} : déchu du droit aux intérêts, le prêteur n’a plus que l’intérêt légal, "
            "sans majoration ; le juge peut l’écarter aussi s’il effaçait la sanction (CJUE 27 mars "
            "2014, C-565/12) ; à confirmer."
        )
        return "déchéance du droit aux intérêts", doubts
    return "", doubts


def _alone(case: Case, position: int, regime: Regime) -> str:
    """Say that no second moratory interest is added, where a fact would have started one."""
    if regime in (Regime.LEGAL_INTEREST, Regime.NONE):
        return ""
    if not case.of_claim(FormalNotice, position) and not case.of_claim(Judgment, position):
        return ""
    if any(judgment.legal_rate for judgment in case.of_claim(Judgment, position)):
        return (
            " ; l’intérêt légal le remplace au jour de la décision qui l’ordonne, sans s’y ajouter"
        )
    return (
        " ; l’intérêt légal et sa majoration ne s’y ajoutent pas : jamais deux intérêts moratoires "
        "pour le même jour (Cass. com. 24 avril 2024, n° 22-24.275)"
    )


def _unsettled_category(case: Case, claim: CaseClaim) -> list[str]:
    """Whose quality gives the rate of an assigned debt is unsettled (CMF L. 313-2)."""
    kinds = [assignment.creditor_kind for assignment in case.of_kind(Assignment)]
    if {_legal_parameter(kind) for kind in kinds} <= {_legal_parameter(case.creditor_kind)}:
        return []
    return [
        f"{claim.ref} : créance transmise à un créancier d’une autre catégorie ; le taux légal est "
        "celui du premier créancier jusqu’à la transmission, celui du second ensuite : la question "
        "n’est pas tranchée, à confirmer."
    ]


_SOURCES = {
    Regime.B2B_PENALTIES: BOTH_TRADERS,
    Regime.PUBLIC_PURCHASER: "CCP art. L. 2192-13 et R. 2192-31",
    Regime.LEGAL_INTEREST: "C. civ. art. 1231-6 et 1344-1, CMF art. L. 313-2",
    Regime.CONTRACT: "C. civ. art. 1103 et 1231-6",
    Regime.NONE: "",
    Regime.AUTO: "",
}


def _automatic(case: Case, claim: CaseClaim) -> tuple[Regime, str]:
    if claim.kind is ClaimKind.PUBLIC_TITLE:
        return Regime.NONE, "un titre de recettes ne porte pas d’intérêts de plein droit"
    if claim.kind is ClaimKind.SOCIAL_CONTRIBUTION:
        return Regime.NONE, "les cotisations portent leurs propres majorations, non calculées ici"
    trade = case.creditor_kind is CreditorKind.PROFESSIONAL and claim.kind in TRADE_KINDS
    if trade and case.debtor_kind is DebtorKind.PUBLIC_PURCHASER:
        return Regime.PUBLIC_PURCHASER, "commande publique"  # its rate is no matter of contract
    if claim.interest.clause is not None:
        return Regime.CONTRACT, "taux stipulé au contrat"
    if trade and case.debtor_kind is DebtorKind.PROFESSIONAL:
        return Regime.B2B_PENALTIES, "vente ou prestation entre professionnels"
    return Regime.LEGAL_INTEREST, "intérêt légal à défaut d’un autre régime"


def _first_day(case: Case, position: int, regime: Regime) -> tuple[date | None, str]:
    claim = case.claims[position]
    after_due = claim.due_on + ONE_DAY
    if regime is Regime.NONE:
        return None, ""
    if regime in (Regime.B2B_PENALTIES, Regime.PUBLIC_PURCHASER, Regime.CONTRACT):
        return after_due, "lendemain de l’échéance"
    if claim.kind is ClaimKind.BILL:
        return after_due, "lendemain de l’échéance de l’effet (C. com. art. L. 511-45)"
    if claim.kind is ClaimKind.CHEQUE:
        return after_due, "lendemain de la présentation du chèque (CMF art. L. 131-52)"
    if claim.kind is ClaimKind.WAGES:
        after = "lendemain de la convocation devant le conseil de prud’hommes ou de la demande"
    else:
        after = "lendemain de la mise en demeure"
    if claim.due_date_is_notice:
        return after_due, "lendemain de l’échéance, qui vaut mise en demeure (C. civ. art. 1344)"
    notices = notice_days(case, position)
    judgments = [_effect_of(judgment) for judgment in case.of_claim(Judgment, position)]
    judged = min((day for day in judgments if day is not None), default=None)
    if claim.kind is ClaimKind.TITLE and (judged is None or claim.due_on <= judged):
        return after_due, "lendemain de la décision (C. civ. art. 1231-7)"
    if notices and (judged is None or min(notices)[0] <= judged):
        day, act = min(notices)
        return (
            day + ONE_DAY,
            f"lendemain de l’acte valant mise en demeure ({act})" if act else after,
        )
    if judged is not None:
        return judged + ONE_DAY, "lendemain du jugement, faute de mise en demeure"
    return None, "aucune mise en demeure : rien ne court"


def notice_days(case: Case, position: int) -> list[tuple[date, str]]:
    """Return the days that put the debtor in default, with the act where it was no letter.

    A notice before the due date starts nothing. A letter counts from its first presentation where
    that day is known, the cautious choice, or from its dispatch as the case asks.
    """
    presented = case.notice_day is NoticeDay.PRESENTED
    days = []
    for notice in case.of_claim(FormalNotice, position):
        if notice.on >= case.claims[position].due_on:
            day = notice.presented_on if presented and notice.presented_on else notice.on
            days.append((day, notice.act))
    return days


def default_day(case: Case, position: int) -> date | None:
    """Return the first day the debtor is in default by a notice or a decision."""
    days = [day for day, _ in notice_days(case, position)]
    effects = (_effect_of(judgment) for judgment in case.of_claim(Judgment, position))
    return min([*days, *(day for day in effects if day is not None)], default=None)


def _effect_of(judgment: Judgment) -> date | None:
    """A decision starts interest on its day; an order for payment on its service, as a notice."""
    match judgment.kind:
        case TitleKind.ORDER_FOR_PAYMENT:
            return judgment.served_on
        case TitleKind.NOTARIAL_DEED:
            return None  # records a debt, and puts nobody in default
        case _:
            return judgment.on


def schedule_key(
    case: Case, position: int, decision: Decision, *, first_day: date, last_day: date, law: Law
) -> ScheduleKey:
    """Return the key of the schedule of a claim, over the days `first_day` to `last_day`."""
    claim = case.claims[position]
    regime = decision.regime
    judgments = case.of_claim(Judgment, position)
    legal_from = None
    if regime not in (Regime.LEGAL_INTEREST, Regime.NONE):
        ordered = [judgment.on + ONE_DAY for judgment in judgments if judgment.legal_rate]
        legal_from = min(ordered, default=None)
    increased = None
    forfeited = claim.credit is not None and claim.credit.interest_forfeited
    at_legal_rate = regime is Regime.LEGAL_INTEREST or legal_from is not None
    if at_legal_rate and claim.kind is not ClaimKind.CHEQUE and not forfeited:
        increased = increase_day(judgments, law)
        if increased is not None and legal_from is not None:
            increased = max(increased, legal_from)  # what ran before was not at the legal rate
    return ScheduleKey(
        regime=regime,
        first_day=half_year_start(first_day),
        last_day=last_day,
        legal_parameter=_legal_parameter(case.creditor_kind),
        clause=claim.interest.clause if regime is Regime.CONTRACT else None,
        floored=regime is Regime.CONTRACT and case.between_traders(claim),
        frozen_on=half_year_start(first_day) if regime is Regime.PUBLIC_PURCHASER else None,
        points_on=(claim.contract_on or first_day) if regime is Regime.PUBLIC_PURCHASER else None,
        legal_from=legal_from,
        assigned=tuple(
            (event.on, _legal_parameter(event.creditor_kind))
            for event in sorted(case.of_claim(Assignment, position), key=lambda event: event.on)
        ),
        increased_from=increased,
        increase_reliefs=tuple(
            (event.on, event.points) for event in case.of_claim(IncreaseRelief, position)
        )
        if increased is not None
        else (),
        reliefs=_reliefs(case, position),
        day_count=case.day_count,
    )


def _legal_parameter(creditor: CreditorKind) -> str:
    return LEGAL_INDIVIDUALS if creditor is CreditorKind.INDIVIDUAL else LEGAL_OTHERS


def _reliefs(case: Case, position: int) -> tuple[Relief, ...]:
    """Return the days on which a judge, a plan or a commission changed the rate of a claim."""
    return (
        *(
            Relief(ReliefKind.GRACE, grace.first_day, grace.last_day, grace.rate)
            for grace in case.of_claim(GracePeriod, position)
        ),
        *(
            Relief(ReliefKind.PLAN, plan.first_day, plan.last_day)
            for plan in case.of_claim(PaymentPlan, position)
            if plan.penalties is PlanPenalties.SUSPENDED
        ),
        *(
            Relief(
                ReliefKind.OVERINDEBTEDNESS,
                measures.first_day,
                measures.last_day or date.max,
                measures.rate,
            )
            for measures in case.of_claim(Overindebtedness, position)
        ),
    )


def increase_day(judgments: Iterable[Judgment], law: Law) -> date | None:
    """Return the first day at + 5 points, None where no decision is enforceable and served.

    Two months after the decision is *exécutoire*, which needs its service on the debtor; the day
    after (CMF art. L. 313-3; Cass. 2e civ. 12 January 2023, no 20-20.063).
    """
    days = []
    for judgment in judgments:
        enforceable = enforceable_on(judgment, law)
        if enforceable is not None:
            months = law["majoration_taux_legal_delai"].amount_on(enforceable)
            days.append(add_months(enforceable, months) + ONE_DAY)
    return min(days, default=None)


def enforceable_on(judgment: Judgment, law: Law) -> date | None:
    """Return the day a court's order became *exécutoire*, None for what is none or was not served.

    An order for payment is one once opposition is closed: a month from its service, carried to a
    working day (CPC art. 1416, 642). Neither a notarial deed nor the title issued for an unpaid
    cheque raises the rate (Cass. 2e civ. 7 January 2016, no 14-26.449).
    """
    if judgment.served_on is None:
        return None
    if judgment.kind is TitleKind.ORDER_FOR_PAYMENT:
        months = law["delai_opposition_injonction"].amount_on(judgment.served_on)
        closed = next_working_day(add_months(judgment.served_on, months))
        return max(judgment.served_on, judgment.final_on or closed)
    if judgment.kind is not TitleKind.JUDGMENT:
        return None
    if judgment.provisionally_enforceable:
        return judgment.served_on
    return None if judgment.final_on is None else max(judgment.served_on, judgment.final_on)
