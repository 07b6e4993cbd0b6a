"""When an invoice falls due, where no file says it, and how late the law lets it fall due.

Terms are a number of days and a way of counting them. “45 jours fin de mois” has two accepted
readings (C. com. L441-10, I; the contract names one): days then the end of that month, or the end
of the invoice's month then days. A date obtained here is *derived*: it is shown as such and starts
no mise en demeure until someone confirms it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from exigible.domain.calendar import month_end
from exigible.domain.law import Law
from exigible.domain.refusals import WrongInput

LONGEST_TERM_DAYS = 365


class TermMethod(StrEnum):
    """How days are counted from the invoice's date; those of the database, and one more."""

    NET = "net"
    DAYS_THEN_EOM = "days_then_eom"
    EOM_THEN_DAYS = "eom_then_days"
    END_OF_MONTH = "end_of_month"  # the contract does not say which: the later day (C. civ. 1190)


class MaximumTerm(StrEnum):
    """The lawful maximum that a claim falls under (C. com. L. 441-10 to L. 441-12, CCP R. 2192-10)."""

    DEFAULT = "default"
    NET60 = "net60"
    EOM45 = "eom45"
    PERIODIC45 = "periodic45"
    PERISHABLE30 = "perishable30"
    PERISHABLE_PERIODIC = "perishable_periodic"
    INTEGRATION = "integration"
    LIVESTOCK20 = "livestock20"
    ALCOHOL30EOM = "alcohol30eom"
    WINE60 = "wine60"
    TRANSPORT30 = "transport30"
    EXPORT90 = "export90"
    PUBLIC30 = "public30"
    PUBLIC50 = "public50"
    PUBLIC60 = "public60"


@dataclass(frozen=True, slots=True)
class LawfulDue:
    """The last lawful due date, the text, and whether it is confirmed."""

    on: date
    source: str
    verified: bool


@dataclass(frozen=True, slots=True)
class _Counting:
    parameter: str
    start: str  # the day the term starts from, as users name it
    end: str = "day"  # where days are counted from: the day, its décade's end, its month's end


_COUNTINGS = {
    MaximumTerm.DEFAULT: _Counting("delai_paiement_defaut", "réception ou exécution"),
    MaximumTerm.NET60: _Counting("delai_paiement_convenu", "facture"),
    MaximumTerm.EOM45: _Counting("delai_paiement_fin_de_mois", "facture", "eom"),
    MaximumTerm.PERIODIC45: _Counting("delai_paiement_facture_periodique", "facture"),
    MaximumTerm.PERISHABLE30: _Counting("delai_paiement_denrees_perissables", "livraison"),
    MaximumTerm.PERISHABLE_PERIODIC: _Counting(
        "delai_paiement_denrees_perissables_periodique", "livraison", "decade"
    ),
    MaximumTerm.INTEGRATION: _Counting("delai_paiement_contrat_integration", "livraison", "month"),
    MaximumTerm.LIVESTOCK20: _Counting("delai_paiement_betail_et_viandes", "livraison"),
    MaximumTerm.ALCOHOL30EOM: _Counting(
        "delai_paiement_boissons_alcooliques", "livraison", "month"
    ),
    MaximumTerm.WINE60: _Counting("delai_paiement_vins", "facture"),
    MaximumTerm.TRANSPORT30: _Counting("delai_paiement_transport", "facture"),
    MaximumTerm.EXPORT90: _Counting("delai_paiement_export", "facture"),
    MaximumTerm.PUBLIC30: _Counting("delai_paiement_acheteur_public", "demande de paiement"),
    MaximumTerm.PUBLIC50: _Counting("delai_paiement_etablissement_de_sante", "demande de paiement"),
    MaximumTerm.PUBLIC60: _Counting("delai_paiement_entreprise_publique", "demande de paiement"),
}


def counted_from(maximum: MaximumTerm) -> str:
    """Return, in French, the day a maximum counts from: « facture », « livraison »…"""
    return _COUNTINGS[maximum].start


def lawful_due_on(
    maximum: MaximumTerm, start: date, law: Law, method: str = TermMethod.END_OF_MONTH
) -> LawfulDue:
    """Return the last lawful due date of a term that starts on `start`.

    `start` is the day the maximum counts from: the invoice, its reception, the delivery. `method`
    tells how end-of-month days are counted where the maximum has two readings; without one, the
    later, so that only what passes both is called abusive. Raise OutsideKnownLaw before the first
    known text.
    """
    counting = _COUNTINGS[maximum]
    value = law[counting.parameter].on(start)
    days = value.value
    assert days is not None
    match counting.end:
        case "eom":
            on = due_date(start, days, method)
        case "month":
            on = month_end(start) + timedelta(days=days)
        case "decade":
            on = _end_of_decade(start) + timedelta(days=days)
        case _:
            on = start + timedelta(days=days)
    return LawfulDue(on, value.source, value.verified)


def due_date(issued_on: date, term_days: int, method: str = TermMethod.NET) -> date:
    """Return the day an invoice falls due under its terms.

    Raise WrongInput for a term below zero or beyond a year, or a method that does not exist.
    """
    if not 0 <= term_days <= LONGEST_TERM_DAYS:
        raise WrongInput(
            "term_days",
            f"Un délai de paiement de {term_days} jours n’est pas possible : indiquez un nombre "
            f"de jours entre 0 et {LONGEST_TERM_DAYS}.",
            field="term_days",
        )
    try:
        counted = TermMethod(method)
    except ValueError:
        raise WrongInput(
            "term_method",
            f"« {method} » n’est pas une façon connue de compter un délai de paiement.",
            field="term_method",
        ) from None
    delay = timedelta(days=term_days)
    if counted is TermMethod.DAYS_THEN_EOM:
        return month_end(issued_on + delay)
    if counted is TermMethod.EOM_THEN_DAYS:
        return month_end(issued_on) + delay
    if counted is TermMethod.END_OF_MONTH:
        return max(month_end(issued_on + delay), month_end(issued_on) + delay)
    return issued_on + delay


def _end_of_decade(day: date) -> date:
    """Return the 10th, the 20th or the last day of the month: where the *décade* of a day ends."""
    if day.day <= 20:
        return day.replace(day=10 if day.day <= 10 else 20)
    return month_end(day)
