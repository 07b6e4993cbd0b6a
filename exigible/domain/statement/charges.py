"""What the law adds to a debt, and whom it lets bear it: 40 €, penalty clause, costs, capitalisation.

Each function answers one question about one claim, with the doubts to show. Nothing is summed here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from exigible.domain.calendar import ONE_DAY, add_years
from exigible.domain.case import (
    Capitalisation,
    Case,
    CaseClaim,
    ClaimKind,
    Cost,
    CreditorKind,
    DebtorKind,
    FormalNotice,
    InsolvencyOpening,
    Judgment,
    Tariff,
)
from exigible.domain.french import day as french_day
from exigible.domain.french import euros, percent
from exigible.domain.law import RATE_SCALE, Law
from exigible.domain.law.scales import Scale
from exigible.domain.regimes import default_day, notice_days

INDEMNITY = "indemnite_forfaitaire"
NO_CAPITALISATION_SINCE = date(2014, 7, 1)  # C. com. L. 622-28, ordinance 2014-326: openings since
TARIFF_SCALES = {
    Tariff.A444_31: "droit_recouvrement_debiteur",
    Tariff.A444_32: "droit_recouvrement_creancier",
}
_CREDITOR_TARIFF = re.compile(r"444\s*-\s*32")


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """A sum added to a claim on a day: what it is, and the text it rests on."""

    on: date
    cents: int
    label: str
    source: str
    verified: bool = True


# ---- collective procedures


def reached(case: Case, claim: CaseClaim) -> list[InsolvencyOpening]:
    """Return the openings that reach a claim: one born after keeps its own life (L. 622-17)."""
    return [
        event
        for event in case.of_kind(InsolvencyOpening)
        if claim.issued_on is None or claim.issued_on < event.on
    ]


def interest_stopped_on(case: Case, claim: CaseClaim, law: Law) -> date | None:
    """Return the last day of interest that an opening leaves a claim, None if none stops it.

    Loans of a year or more, and payments deferred as long, keep all their interest (C. com.
    L. 622-28; Cass. com. 16 June 2021, no 20-13.989).
    """
    days = [
        opening.on if case.interest_on_opening_day else opening.on - ONE_DAY
        for opening in reached(case, claim)
        if claim.contract_months is None
        or claim.contract_months < law["interets_maintenus_duree"].amount_on(opening.on)
    ]
    return min(days, default=None)


def insolvency_doubts(case: Case, claim: CaseClaim) -> list[str]:
    """Return what a reader should check where a debt meets a collective procedure."""
    openings = reached(case, claim)
    if not openings:
        return []
    if claim.kind is ClaimKind.LOAN_INSTALMENT and claim.contract_months is None:
        return [
            f"{claim.ref} : durée du prêt inconnue, ses intérêts sont arrêtés au jugement d’ouverture ; "
            "ils continuent si le prêt est d’un an ou plus (C. com. art. L. 622-28) : indiquez sa durée."
        ]
    if claim.contract_months is not None:
        return [
            f"{claim.ref} : déclarez le mode de calcul des intérêts qui continuent, un taux seul ne "
            "suffit pas (C. com. art. R. 622-23 2° ; Cass. com. 23 novembre 2022, n° 21-14.116)."
        ]
    opened_on = min(opening.on for opening in openings)
    if claim.issued_on is None and opened_on <= claim.due_on:
        return [
            f"{claim.ref} : échue après le jugement d’ouverture du {french_day(opened_on)} et sans date "
            "d’émission, elle est tenue pour antérieure : elle ne porte ni intérêts ni indemnité ; "
            "indiquez sa date si elle est née après (C. com. art. L. 622-17)."
        ]
    return []


# ---- 40 €


def fixed_indemnity(case: Case, claim: CaseClaim, law: Law) -> tuple[int, list[str]]:
    """Return the 40 € of a late invoice in cents, 0 where the law gives none, and why.

    D. 441-5: between professionals and from public purchasers; never from a consumer. Nor where a
    collective procedure forbade payment on the due date; debts born after its opening may be paid
    (C. com. L. 622-17) and keep theirs.
    """
    if not claim.fixed_indemnity:
        return 0, []
    if case.debtor_kind is DebtorKind.CONSUMER:
        return 0, [
            f"{claim.ref} : l’indemnité forfaitaire n’est pas due par un consommateur "
            "(C. com. art. L. 441-10 II) ; elle n’est pas comptée."
        ]
    if case.creditor_kind is not CreditorKind.PROFESSIONAL:
        return 0, [
            f"{claim.ref} : l’indemnité forfaitaire n’est due qu’à un professionnel "
            "(C. com. art. L. 441-10 II) ; elle n’est pas comptée."
        ]
    since = law[INDEMNITY].values[0].start
    if claim.due_on < since:
        return 0, [
            f"{claim.ref} : échue avant le {french_day(since)}, "
            "elle ne porte pas d’indemnité forfaitaire."
        ]
    if any(claim.due_on >= opening.on for opening in reached(case, claim)):
        return 0, []
    return law[INDEMNITY].amount_on(claim.due_on), []


# ---- penalty clauses, and what a lender may add


def penalty(case: Case, position: int, law: Law) -> tuple[list[Charge], list[str]]:
    """Return the penalty clause of a claim, or the lender's indemnity, and the doubts about them."""
    claim = case.claims[position]
    if case.consumer_credit(claim):
        return _credit_indemnity(claim, law)
    if not claim.penalty_clause_cents:
        return [], []
    if claim.kind is ClaimKind.RENT and case.debtor_kind is DebtorKind.CONSUMER:
        return [], [
            f"{claim.ref} : la clause pénale d’un bail d’habitation est réputée non écrite (loi du "
            "6 juillet 1989 art. 4 i) ; elle n’est pas comptée."
        ]
    day = default_day(case, position)
    if claim.penalty_clause_without_notice:
        day = claim.due_on
    if day is None:
        return [], [
            f"{claim.ref} : la clause pénale n’est encourue qu’après mise en demeure "
            "(C. civ. art. 1231-5) ; elle n’est pas comptée."
        ]
    cents, label, warnings = claim.penalty_clause_cents, "clause pénale", []
    if claim.penalty_clause_judged_cents is not None:
        cents = claim.penalty_clause_judged_cents
        label = f"clause pénale, fixée par le juge ({euros(claim.penalty_clause_cents)} stipulés)"
    elif case.debtor_kind is DebtorKind.CONSUMER:
        warnings.append(
            f"{claim.ref} : clause pénale envers un consommateur, abusive si elle est "
            "disproportionnée (C. conso. art. R. 212-2 3°), réductible d’office par le juge "
            "(C. civ. art. 1231-5)."
        )
    on = max(day, claim.due_on + ONE_DAY)
    return [Charge(on=on, cents=cents, label=label, source="C. civ. art. 1231-5")], warnings


def _credit_indemnity(claim: CaseClaim, law: Law) -> tuple[list[Charge], list[str]]:
    """C. consom. D. 312-16 and D. 312-17: a share of the capital, or of the instalment; no more.

    The share is rounded down, so that the legal maximum is never passed.
    """
    warnings = []
    if claim.penalty_clause_cents:
        warnings.append(
            f"{claim.ref} : rien ne s’ajoute à l’indemnité légale d’un crédit à la consommation "
            "(C. conso. art. L. 312-38) ; la clause pénale n’est pas comptée."
        )
    credit = claim.credit
    if credit is None or claim.contract_on is None:
        return [], warnings
    if credit.accelerated:
        name, base = "capital", credit.capital_cents or claim.principal_cents
    elif credit.deferred:
        name, base = "reports", claim.principal_cents
    else:
        name, base = "echeances", claim.principal_cents
    most = law[f"credit_consommation_indemnite_{name}"].on(claim.contract_on)
    assert most.value is not None
    rate = most.value
    if credit.percent is not None:
        rate = min(rate, credit.percent)
        if credit.percent > most.value:
            warnings.append(
                f"{claim.ref} : indemnité de {percent(credit.percent)} stipulée, ramenée au maximum "
                f"légal de {percent(most.value)} ({most.source})."
            )
    label = f"indemnité légale de {percent(rate)} sur {euros(base)}"
    if not most.verified:
        warnings.append(f"{claim.ref} : à confirmer, {label} : {most.note}.")
    charge = Charge(
        on=claim.due_on + ONE_DAY,
        cents=base * rate // (100 * RATE_SCALE),
        label=label,
        source=most.source,
        verified=most.verified,
    )
    return ([charge] if charge.cents else []), warnings


# ---- capitalisation


def capitalisation_days(
    case: Case, position: int, first_day: date, last_day: date
) -> tuple[list[date], list[str]]:
    """Return the days on which unpaid interest joins the base, up to `last_day`.

    C. civ. 1343-2: whole years only; the later of request and first anniversary, then yearly. None
    after the opening of a collective procedure (C. com. L. 622-28), nor on a loan to a consumer
    (C. consom. L. 312-38; Cass. 1re civ. 9 February 2012, no 11-14.605).
    """
    requests = case.of_claim(Capitalisation, position)
    if not requests:
        return [], []
    claim = case.claims[position]
    if case.consumer_credit(claim):
        return [], [
            f"{claim.ref} : les intérêts d’un prêt à un consommateur ne se capitalisent pas "
            "(C. conso. art. L. 312-38) ; la demande n’est pas comptée."
        ]
    barred = min(
        (event.on for event in reached(case, claim) if event.on >= NO_CAPITALISATION_SINCE),
        default=date.max,
    )
    asked = min(request.requested_on for request in requests)
    start = max(asked, add_years(first_day - ONE_DAY, 1))
    days: list[date] = []
    while (day := add_years(start, len(days))) <= last_day and day < barred:
        days.append(day)
    return days, []


# ---- costs


def debtor_bears(case: Case, cost: Cost) -> tuple[bool, list[str]]:
    """Say whether a cost is the debtor's, and the doubts about it.

    CPCE L. 111-8: without a title, recovery costs are the creditor's, whatever the contract says,
    but for acts that the law prescribes. The fee of C. com. A. 444-32 is the creditor's, always.
    """
    if not cost.borne_by_debtor:
        return False, []
    named = f"« {cost.label} » ({euros(cost.amount_cents)})"
    if cost.tariff is Tariff.A444_32 or _CREDITOR_TARIFF.search(cost.label):
        return False, [
            f"{named} : le droit de l’article A. 444-32 est à la charge du créancier, jamais du "
            "débiteur (C. com. art. R. 444-55)."
        ]
    if _titled(case, cost) or cost.prescribed_by_law:
        return True, []
    if cost.tariff is Tariff.A444_31:
        return False, [
            f"{named} : le droit de l’article A. 444-31 suppose un titre exécutoire ou une décision."
        ]
    if _necessary_to_the_syndicate(case, cost):
        return True, [
            f"{named} : frais nécessaires du syndicat, imputables au seul copropriétaire défaillant "
            "depuis la mise en demeure (loi du 10 juillet 1965 art. 10-1) ; à confirmer."
        ]
    if case.debtor_kind is DebtorKind.CONSUMER:
        return False, [
            f"{named} : sans titre exécutoire, ces frais restent à la charge du créancier "
            "(CPCE art. L. 111-8)."
        ]
    return True, [
        f"{named} : sans titre, ces frais ne se réclament que sur justification, au-delà de "
        "l’indemnité forfaitaire (C. com. art. L. 441-10 II)."
    ]


def _titled(case: Case, cost: Cost) -> bool:
    """Say whether the creditor held a title for the debt of a cost, or for some debt of the case."""
    positions = range(len(case.claims)) if cost.claim is None else [cost.claim]
    return any(
        any(judgment.on <= cost.on for judgment in case.of_claim(Judgment, position))
        or _is_title(case.claims[position], cost.on)
        for position in positions
    )


def _is_title(claim: CaseClaim, on: date) -> bool:
    return claim.kind in (ClaimKind.TITLE, ClaimKind.PUBLIC_TITLE) and claim.due_on <= on


def _necessary_to_the_syndicate(case: Case, cost: Cost) -> bool:
    positions = range(len(case.claims)) if cost.claim is None else [cost.claim]
    return all(
        case.claims[position].kind is ClaimKind.COPROPRIETE_CHARGES
        and any(day <= cost.on for day, _ in notice_days(case, position))
        for position in positions
    )


@dataclass(frozen=True, slots=True)
class Fee:
    """The fee on a sum collected, VAT included."""

    cents: int
    verified: bool


def tariff_fees(case: Case, as_of: date, law: Law) -> tuple[dict[int, Fee], list[str]]:
    """Return, by position in the events, the fee of each sum collected under a tariff, and doubts.

    The scale applies to the running total of what was collected; each sum bears what the total
    adds to the fees already charged (C. com. A. 444-31 and A. 444-32). Raise OutsideKnownLaw for a
    day whose tariff is not known.
    """
    fees: dict[int, Fee] = {}
    warnings: list[str] = []
    for tariff, scale_id in TARIFF_SCALES.items():
        events = [
            (event.on, position, event)
            for position, event in enumerate(case.events)
            if isinstance(event, Cost) and event.tariff is tariff and event.on <= as_of
        ]
        collected = charged = 0
        for on, position, event in sorted(events, key=lambda one: one[:2]):
            collected += event.collected_cents
            fee = max(_fee(case, law.scales[scale_id], on, collected) - charged, 0)
            charged += fee
            bands, vat = law.scales[scale_id].on(on), law["taux_tva_normal"].on(on)
            assert vat.value is not None
            whole = 100 * RATE_SCALE
            with_vat = (2 * fee * (whole + vat.value) + whole) // (2 * whole)
            fees[position] = Fee(with_vat, bands.verified and vat.verified)
            if not bands.verified:
                warnings.append(f"« {event.label} » : à confirmer, {bands.source}.")
    return fees, warnings


def _fee(case: Case, scale: Scale, on: date, collected: int) -> int:
    """The fixed fee is for small claims, not for small instalments of larger ones."""
    bands = scale.on(on)
    claimed = sum(claim.principal_cents for claim in case.claims)
    rate = bands.bands[0].rate
    if collected <= bands.fixed_up_to_cents < claimed and rate is not None:
        return (2 * collected * rate + 100 * RATE_SCALE) // (2 * 100 * RATE_SCALE)
    return scale.fee_cents(on, collected)


# ---- notices


def early_notices(case: Case, position: int, law: Law) -> list[str]:
    """C. ass. L. 113-3: the notice of an unpaid premium may leave some days after the due date."""
    claim = case.claims[position]
    notices = [
        notice
        for notice in case.of_claim(FormalNotice, position)
        if claim.kind is ClaimKind.INSURANCE_PREMIUM and notice.on >= claim.due_on
    ]
    if not notices:
        return []
    days = law["delai_mise_en_demeure_prime"].amount_on(claim.due_on)
    earliest = claim.due_on + timedelta(days=days)
    return [
        f"{claim.ref} : mise en demeure du {french_day(notice.on)}, moins de {days} jours après "
        f"l’échéance ({french_day(claim.due_on)}) ; son effet sur la garantie est contestable "
        "(C. ass. art. L. 113-3)."
        for notice in notices
        if notice.on < earliest
    ]
