"""Conditions of a road that are reasoning rather than one fact: each yes, no or not known.

Logic is Kleene's: what an unknown fact cannot change is answered all the same, and what it could
change is not. A condition answered on some facts keeps its answer when more are known. The article
of each is beside its text, in `domain/law/roads/conditions.yaml`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from exigible.domain.deadlines import ProcedureCase, deadlines
from exigible.domain.law import Law
from exigible.domain.law.courts import shipped_court_law
from exigible.domain.law.roads import member_states
from exigible.domain.limitation import LimitationCase, State, limitation
from exigible.domain.refusals import OutsideKnownLaw
from exigible.domain.roads.facts import (
    COLLECTIVE,
    FRANCE,
    ClaimFacts,
    Creditor,
    Insolvency,
    Instrument,
    Nature,
    Origin,
    Title,
)

type Verdict = bool | None


@dataclass(frozen=True, slots=True)
class Check:
    """A named condition: what answers it, and the facts it looks at."""

    answer: Callable[[ClaimFacts, Law], Verdict]
    facts: tuple[str, ...]


CHECKS: dict[str, Check] = {}


def _check(*facts: str) -> Callable[[Callable[[ClaimFacts, Law], Verdict]], Callable[..., Verdict]]:
    def register(answer: Callable[[ClaimFacts, Law], Verdict]) -> Callable[..., Verdict]:
        CHECKS[answer.__name__] = Check(answer, facts)
        return answer

    return register


def every(*verdicts: Verdict) -> Verdict:
    """Return whether all hold: one that fails decides, then one that is not known."""
    if False in verdicts:
        return False
    return None if None in verdicts else True


def either(*verdicts: Verdict) -> Verdict:
    """Return whether one holds at least."""
    return negation(every(*(negation(verdict) for verdict in verdicts)))


def negation(verdict: Verdict) -> Verdict:
    return None if verdict is None else not verdict


def one_of(facts: ClaimFacts, name: str, *values: object) -> Verdict:
    known = facts.known(name)
    return None if known is None else known in values


# --- the debt ------------------------------------------------------------------------------------


@_check("due_on")
def due(facts: ClaimFacts, law: Law) -> Verdict:
    """The due date has passed."""
    return None if facts.due_on is None else facts.due_on < facts.on


@_check("limitation")
def in_time(facts: ClaimFacts, law: Law) -> Verdict:
    """The period to act has not run, or proceedings keep it open."""
    found = facts.limitation
    if found is None:
        return None
    return found.state is State.INTERRUPTED or (
        found.last_day is not None and found.last_day >= facts.on
    )


@_check("title", "title_on", "limitation")
def title_in_time(facts: ClaimFacts, law: Law) -> Verdict:
    """The title can still be enforced: ten years for a court's, the debt's period for others."""
    if facts.title is None:
        return None
    if facts.title not in (Title.JUDGMENT, Title.INTERIM_ORDER, Title.PAYMENT_ORDER):
        return in_time(facts, law)
    if facts.title_on is None:
        return None
    found = limitation(
        LimitationCase(nature="court_title", starts_on=facts.title_on, as_of=facts.on)
    )
    return None if found.expired else True  # whether it was interrupted since is not known


@_check("origin", "instrument")
def order_to_pay_ground(facts: ClaimFacts, law: Law) -> Verdict:
    """The claim rests on a contract, a statute, or a bill or note."""
    bills = (Instrument.ACCEPTED_BILL, Instrument.OTHER_BILL, Instrument.PROMISSORY_NOTE)
    return either(
        one_of(facts, "origin", Origin.CONTRACT, Origin.STATUTE),
        one_of(facts, "instrument", *bills),
    )


@_check("amount")
def small_claim(facts: ClaimFacts, law: Law) -> Verdict:
    """Principal and interest stay within the ceiling of small claims."""
    limit = law["seuil_petites_creances"].amount_on(facts.on)
    return _within(limit, low=facts.principal, exact=facts.amount)


@_check("principal")
def european_small_claim(facts: ClaimFacts, law: Law) -> Verdict:
    """The principal, interest and costs left out, stays within the European ceiling."""
    limit = law["seuil_petits_litiges_europeens"].amount_on(facts.on)
    if facts.principal is not None:
        return facts.principal <= limit
    return True if facts.amount is not None and facts.amount <= limit else None


def _within(limit: int, *, low: int | None, exact: int | None) -> Verdict:
    if exact is not None:
        return exact <= limit
    return False if low is not None and low > limit else None


# --- the parties ---------------------------------------------------------------------------------


@_check("creditor_trader", "debtor_trader")
def between_traders(facts: ClaimFacts, law: Law) -> Verdict:
    """Both parties are traders."""
    return every(one_of(facts, "creditor_trader", True), one_of(facts, "debtor_trader", True))


@_check("creditor_trader", "debtor_trader", "invoiced")
def not_invoiced_between_traders(facts: ClaimFacts, law: Law) -> Verdict:
    """Not a claim that the road of L. 126-1 took out of small claims on 25 April 2026."""
    if facts.on < shipped_court_law().roads["creances_commerciales_L126"].since:
        return True
    return negation(every(between_traders(facts, law), facts.invoiced))


@_check("debtor_country", "creditor_country")
def cross_border(facts: ClaimFacts, law: Law) -> Verdict:
    """One party lives in a member state other than France, where the claim is brought."""
    return either(
        *(
            None if country is None else country in member_states().bound - {FRANCE}
            for country in (facts.known("debtor_country"), facts.creditor_country)
        )
    )


@_check("debtor_country")
def debtor_elsewhere_in_the_union(facts: ClaimFacts, law: Law) -> Verdict:
    country = facts.known("debtor_country")
    states = member_states()
    return None if country is None else country in (states.bound | states.apart) - {FRANCE}


@_check("nature", "creditor_kind")
def public_creditor(facts: ClaimFacts, law: Law) -> Verdict:
    return every(
        one_of(facts, "nature", Nature.PUBLIC_TITLE),
        one_of(facts, "creditor_kind", Creditor.PUBLIC),
    )


# --- what was done -------------------------------------------------------------------------------


@_check("nature", "amount")
def amicable_attempt_required(facts: ClaimFacts, law: Law) -> Verdict:
    """The court is a tribunal judiciaire and the claim within the threshold."""
    limit = law["seuil_tentative_amiable"].amount_on(facts.on)
    return every(_judicial(facts), _within(limit, low=facts.principal, exact=facts.amount))


@_check(
    "nature",
    "amount",
    "amicable_attempt",
    "amicable_exemption",
    "small_claims_failed",
)
def amicable_attempt_settled(facts: ClaimFacts, law: Law) -> Verdict:
    """An attempt was made, or none is needed."""
    return either(
        negation(amicable_attempt_required(facts, law)),
        facts.amicable_attempt,
        facts.amicable_exemption,
        facts.small_claims_failed,
    )


def _judicial(facts: ClaimFacts) -> Verdict:
    if facts.nature is None or facts.nature is Nature.INSURANCE_PREMIUM:
        return None  # between traders, or not: two courts
    natures = shipped_court_law().natures
    return facts.nature in natures and natures[facts.nature].court != "commercial"


def _days_after_notice(facts: ClaimFacts, days: int) -> Verdict:
    if facts.formal_notice_on is None:
        return False if facts.formal_notice is False else None
    return facts.formal_notice_on + timedelta(days=days) < facts.on


@_check("formal_notice", "formal_notice_on")
def copropriete_notice_passed(facts: ClaimFacts, law: Law) -> Verdict:
    """The days left to a co-owner after the formal notice have passed."""
    days = law["delai_mise_en_demeure_copropriete"].amount_on(facts.on)
    return _days_after_notice(facts, days)


@_check("formal_notice", "formal_notice_on")
def acceleration_notice_passed(facts: ClaimFacts, law: Law) -> Verdict:
    """The days it is prudent to leave to a borrower after the formal notice have passed."""
    days = law["delai_mise_en_demeure_decheance_terme"].amount_on(facts.on)
    return _days_after_notice(facts, days)


@_check("formal_notice", "formal_notice_on")
def month_after_notice(facts: ClaimFacts, law: Law) -> Verdict:
    """The month left to a contributor has passed; counted from the day of the notice given."""
    start = facts.formal_notice_on
    if start is None:
        return _days_after_notice(facts, 0)
    return _over(facts.on, "urssaf_contrainte", "UR_MED_1M", "receipt_of_mise_en_demeure", start)


@_check("due_on")
def premium_notice_possible(facts: ClaimFacts, law: Law) -> Verdict:
    """The days that follow the due date of a premium have passed."""
    if facts.due_on is None:
        return None
    return _over(facts.on, "prime_assurance", "AS_10D", "premium_due_date", facts.due_on)


@_check("title", "instrument", "nature", "contract_in_writing")
def no_authorisation_needed(facts: ClaimFacts, law: Law) -> Verdict:
    """The creditor has a title, or one of what stands for a judge's authorisation."""
    signed = (Instrument.CHEQUE, Instrument.ACCEPTED_BILL, Instrument.PROMISSORY_NOTE)
    return either(
        negation(one_of(facts, "title", Title.NONE)),
        one_of(facts, "instrument", *signed),
        every(
            one_of(facts, "nature", Nature.RENT, Nature.COMMERCIAL_RENT), facts.contract_in_writing
        ),
    )


@_check("goods_in_dwelling", "amount")
def sale_not_restricted(facts: ClaimFacts, law: Law) -> Verdict:
    """Goods outside a dwelling, or a debt that is not a small one."""
    limit = law["seuil_saisie_vente_habitation"].amount_on(facts.on)
    large = None if facts.amount is None else facts.amount >= limit
    return either(negation(facts.goods_in_dwelling), large)


# --- insolvency ----------------------------------------------------------------------------------


@_check("insolvency", "insolvency_opened_on", "born_on", "privileged")
def suits_allowed(facts: ClaimFacts, law: Law) -> Verdict:
    """No collective procedure, or a claim born in it that is paid when due."""
    return either(
        negation(one_of(facts, "insolvency", *COLLECTIVE)),
        every(negation(_earlier_claim(facts)), facts.privileged),
    )


@_check("insolvency", "insolvency_opened_on", "born_on", "privileged")
def enforcement_allowed(facts: ClaimFacts, law: Law) -> Verdict:
    """Nor is the debtor's over-indebtedness file admitted."""
    return every(
        suits_allowed(facts, law),
        negation(one_of(facts, "insolvency", Insolvency.OVERINDEBTEDNESS)),
    )


@_check("insolvency_opened_on", "born_on", "privileged")
def claim_to_declare(facts: ClaimFacts, law: Law) -> Verdict:
    """The claim is earlier than the judgment, or later without its privilege."""
    return either(_earlier_claim(facts), negation(facts.privileged))


@_check("insolvency_published_on", "insolvency_opened_on", "creditor_away")
def declaration_in_time(facts: ClaimFacts, law: Law) -> Verdict:
    """Two months from publication, four for a creditor away, have not passed."""
    start = facts.insolvency_published_on
    if start is None:
        # The publication cannot precede the judgment: what is in time from it is in time.
        start = facts.insolvency_opened_on
        if start is None:
            return None
        return True if _late(start, facts, away=False) is False else None
    here, away = _late(start, facts, away=False), _late(start, facts, away=True)
    if facts.creditor_away is not None:
        return negation(away if facts.creditor_away else here)
    return negation(here) if here == away else None


@_check("insolvency_published_on", "insolvency_opened_on", "creditor_away")
def declaration_late(facts: ClaimFacts, law: Law) -> Verdict:
    return negation(declaration_in_time(facts, law))


@_check("insolvency_published_on")
def relief_in_time(facts: ClaimFacts, law: Law) -> Verdict:
    """Six months from publication have not passed."""
    start = facts.insolvency_published_on
    if start is None:
        return None
    return negation(
        _over(
            facts.on,
            "procedure_collective",
            "PC_RELEVE_6M",
            "bodacc_publication_of_opening_judgment",
            start,
        )
    )


def _earlier_claim(facts: ClaimFacts) -> Verdict:
    """The claim was born before the day of the judgment, which counts from its first hour."""
    if facts.born_on is None or facts.insolvency_opened_on is None:
        return None
    return facts.born_on < facts.insolvency_opened_on


def _late(start: date, facts: ClaimFacts, *, away: bool) -> Verdict:
    rule = "PC_DECLARE_4M" if away else "PC_DECLARE_2M"
    return _over(
        facts.on, "procedure_collective", rule, "bodacc_publication_of_opening_judgment", start
    )


def _over(on: date, procedure: str, rule_id: str, event: str, start: date) -> Verdict:
    """Return whether a deadline has passed; None where its law is not known for that day."""
    last_day = _last_day(procedure, rule_id, event, start)
    return None if last_day is None else last_day < on


@lru_cache(maxsize=4096)
def _last_day(procedure: str, rule_id: str, event: str, start: date) -> date | None:
    try:
        found = deadlines(ProcedureCase(procedure=procedure, events={event: start})).deadlines
    except OutsideKnownLaw:
        return None
    return next((one.falls_on for one in found if one.id == rule_id), None)
