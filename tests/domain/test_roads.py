"""Which roads are open: worked cases with their articles, then what must hold for any facts."""

from dataclasses import fields, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exigible.domain.expected_value import WHOLE
from exigible.domain.law.roads import Otherwise, documents, shipped_roads
from exigible.domain.law.time_limits import procedure
from exigible.domain.limitation import LimitationCase, limitation
from exigible.domain.refusals import OutsideKnownLaw, WrongInput
from exigible.domain.roads import (
    ClaimFacts,
    OpenRoad,
    RoadState,
    open_roads,
    roads_answer,
    usual_limitation,
)
from exigible.domain.roads.checks import CHECKS
from exigible.domain.roads.facts import (
    CHOICES,
    MEANINGS,
    Contest,
    Creditor,
    Debtor,
    Insolvency,
    Instrument,
    Nature,
    Origin,
    Title,
    check_facts,
)
from exigible.domain.roads.opening import document_name
from exigible.domain.roads.valuing import ValueQuestion, claim_value
from tests.campaign import rounds

ON = date(2026, 11, 22)
OPEN, CONDITIONAL, BARRED = RoadState.OPEN, RoadState.CONDITIONAL, RoadState.BARRED


def in_time(on: date = ON) -> Any:
    return limitation(LimitationCase(nature="b2b_sale", starts_on=date(2026, 6, 30), as_of=on))


# An unpaid invoice of 3,000 € between two companies, in writing, undisputed, no title, no insolvency.
INVOICE = ClaimFacts(
    on=ON,
    amount=300_000,
    principal=295_000,
    nature=Nature.COMMERCIAL,
    origin=Origin.CONTRACT,
    instrument=Instrument.NONE,
    invoiced=True,
    liquid=True,
    due_on=date(2026, 6, 30),
    contested=Contest.NONE,
    limitation=in_time(),
    creditor_trader=True,
    creditor_country="FR",
    debtor_kind=Debtor.PROFESSIONAL,
    debtor_trader=True,
    debtor_country="FR",
    title=Title.NONE,
    insolvency=Insolvency.NONE,
)
# A consumer who owes 3,000 € to a company.
CONSUMER = replace(
    INVOICE, nature=Nature.CONSUMER, debtor_kind=Debtor.CONSUMER, debtor_trader=False
)
# Rent of a written lease with its clause, owed by a tenant.
RENT = replace(
    CONSUMER,
    nature=Nature.RENT,
    contract_in_writing=True,
    termination_clause=True,
    lease_date=date(2024, 5, 1),
)
# A judgment served and enforceable.
JUDGMENT = replace(INVOICE, title=Title.JUDGMENT, title_on=date(2026, 3, 2), title_enforceable=True)
# Receivership opened on 10 October and published on the 20th; a claim born before.
RECEIVERSHIP = replace(
    INVOICE,
    born_on=date(2026, 5, 31),
    insolvency=Insolvency.RECEIVERSHIP,
    insolvency_opened_on=date(2026, 10, 10),
    insolvency_published_on=date(2026, 10, 20),
    declared=False,
    creditor_away=False,
)


def road(facts: ClaimFacts, road_id: str) -> OpenRoad:
    return open_roads(facts).road(road_id)


def deciding_sources(found: OpenRoad) -> str:
    return " | ".join(one.condition.rule.source for one in found.deciding)


# Each case: the facts, what changes in them, the road, its state, an article among those that decide.
CASES: list[tuple[ClaimFacts, dict[str, Any], str, RoadState, str]] = [
    # Small claims: 5,000 € at most, principal and interest; not between traders with an invoice.
    (CONSUMER, {}, "petites_creances", OPEN, "L. 125-1"),
    (CONSUMER, {"amount": 500_000}, "petites_creances", OPEN, "R. 125-1"),
    (CONSUMER, {"amount": 500_001}, "petites_creances", BARRED, "R. 125-1"),
    (CONSUMER, {"amount": None}, "petites_creances", CONDITIONAL, "R. 125-1"),
    (CONSUMER, {"amount": None, "principal": 500_001}, "petites_creances", BARRED, "R. 125-1"),
    (CONSUMER, {"contested": Contest.SERIOUS}, "petites_creances", CONDITIONAL, "R. 125-2"),
    (CONSUMER, {"origin": Origin.OTHER}, "petites_creances", BARRED, "L. 125-1"),
    (INVOICE, {}, "petites_creances", BARRED, "2026-307"),
    (INVOICE, {"invoiced": False}, "petites_creances", OPEN, "L. 125-1"),
    # The same invoice the day before the law of 23 April 2026 was in force, and the day it was.
    (INVOICE, {"on": date(2026, 4, 24), "due_on": date(2026, 1, 31)}, "petites_creances", OPEN, "L. 125-1"),
    (INVOICE, {"on": date(2026, 4, 25), "due_on": date(2026, 1, 31)}, "petites_creances", BARRED, "2026-307"),
    # L. 126-1: traders, an invoice, no contest at all, a decree to check.
    (INVOICE, {}, "creances_commerciales_L126", CONDITIONAL, "2026-307"),
    (INVOICE, {"l126_decree_checked": True}, "creances_commerciales_L126", OPEN, "L. 126-1"),
    (INVOICE, {"contested": Contest.UNFOUNDED}, "creances_commerciales_L126", BARRED, "L. 126-2"),
    (INVOICE, {"on": date(2026, 4, 24), "due_on": date(2026, 1, 31)}, "creances_commerciales_L126", BARRED, "2026-307"),
    (CONSUMER, {}, "creances_commerciales_L126", BARRED, "L. 126-1"),
    # A cheque: its certificate first.
    (INVOICE, {"instrument": Instrument.CHEQUE}, "cheque_impaye", CONDITIONAL, "L. 131-73"),
    (INVOICE, {"instrument": Instrument.CHEQUE, "non_payment_certificate": False}, "cheque_impaye", CONDITIONAL, "L. 131-73"),
    (INVOICE, {"instrument": Instrument.CHEQUE, "non_payment_certificate": True}, "cheque_impaye", OPEN, "L. 131-73"),
    (INVOICE, {}, "cheque_impaye", BARRED, "L. 131-73"),
    # Order to pay: contract, statute or bill; due, liquid, debtor in France; no amicable attempt.
    (INVOICE, {}, "injonction_de_payer", OPEN, "CPC art. 1405"),
    (CONSUMER, {"amicable_attempt": False, "amicable_exemption": False}, "injonction_de_payer", OPEN, "CPC art. 1405"),
    (INVOICE, {"origin": Origin.OTHER}, "injonction_de_payer", BARRED, "CPC art. 1405"),
    (INVOICE, {"origin": Origin.OTHER, "instrument": Instrument.ACCEPTED_BILL}, "injonction_de_payer", OPEN, "CPC art. 1405"),
    (INVOICE, {"liquid": None}, "injonction_de_payer", CONDITIONAL, "CPC art. 1405"),
    (INVOICE, {"due_on": ON}, "injonction_de_payer", BARRED, "1305-2"),  # due today: not yet late
    (INVOICE, {"due_on": ON - timedelta(days=1)}, "injonction_de_payer", OPEN, "1305-2"),
    (INVOICE, {"debtor_country": "DE"}, "injonction_de_payer", BARRED, "CPC art. 1406"),
    (INVOICE, {"contested": Contest.SERIOUS}, "injonction_de_payer", CONDITIONAL, "1412"),
    (INVOICE, {"title": Title.JUDGMENT}, "injonction_de_payer", BARRED, "CPC art. 480"),
    (INVOICE, {"debtor_kind": Debtor.PUBLIC_PURCHASER, "debtor_trader": False}, "injonction_de_payer", BARRED, "CCP art. L. 6"),
    (INVOICE, {"limitation": None}, "injonction_de_payer", CONDITIONAL, "2219"),
    (INVOICE, {"insolvency": None}, "injonction_de_payer", CONDITIONAL, "L. 622-21"),
    (RECEIVERSHIP, {}, "injonction_de_payer", BARRED, "L. 622-21"),
    # A claim born after the judgment, and privileged, is paid when due: it may be sued for.
    (RECEIVERSHIP, {"born_on": date(2026, 10, 10), "privileged": True}, "injonction_de_payer", OPEN, "L. 622-17"),
    (RECEIVERSHIP, {"born_on": date(2026, 10, 11)}, "injonction_de_payer", CONDITIONAL, "L. 622-17"),
    (RECEIVERSHIP, {"born_on": date(2026, 10, 9), "privileged": True}, "injonction_de_payer", BARRED, "L. 622-21"),
    # Over-indebtedness stops enforcement, not a title.
    (CONSUMER, {"insolvency": Insolvency.OVERINDEBTEDNESS}, "injonction_de_payer", OPEN, "L. 622-21"),
    # European roads: one party in another member state, Denmark apart.
    (INVOICE, {"debtor_country": "DE"}, "injonction_europeenne", OPEN, "1896/2006"),
    (INVOICE, {"debtor_country": "DK"}, "injonction_europeenne", BARRED, "1896/2006"),
    (INVOICE, {"debtor_country": "CH"}, "injonction_europeenne", BARRED, "1896/2006"),
    (INVOICE, {"creditor_country": "IT"}, "injonction_europeenne", OPEN, "1896/2006"),
    (INVOICE, {"creditor_country": None}, "injonction_europeenne", CONDITIONAL, "1896/2006"),
    (INVOICE, {}, "injonction_europeenne", BARRED, "1896/2006"),
    (INVOICE, {"debtor_country": "DE", "amount": 520_000, "principal": 500_000}, "petits_litiges_europeens", OPEN, "861/2007"),
    (INVOICE, {"debtor_country": "DE", "amount": 520_000, "principal": 500_001}, "petits_litiges_europeens", BARRED, "861/2007"),
    (INVOICE, {"debtor_country": "DE", "amount": 520_000, "principal": None}, "petits_litiges_europeens", CONDITIONAL, "861/2007"),
    # Référé: not seriously contestable. Amicable attempt before the tribunal judiciaire to 5,000 €.
    (INVOICE, {}, "refere_provision", OPEN, "CPC art. 835"),
    (INVOICE, {"contested": Contest.UNFOUNDED}, "refere_provision", OPEN, "CPC art. 835"),
    (INVOICE, {"contested": Contest.SERIOUS}, "refere_provision", BARRED, "CPC art. 835"),
    (INVOICE, {"contested": None}, "refere_provision", CONDITIONAL, "CPC art. 835"),
    (INVOICE, {"contested": None, "acknowledged": True}, "refere_provision", CONDITIONAL, "CPC art. 835"),
    (CONSUMER, {}, "assignation_au_fond", CONDITIONAL, "CPC art. 750-1"),
    (CONSUMER, {"amicable_attempt": True}, "assignation_au_fond", OPEN, "CPC art. 750-1"),
    (CONSUMER, {"small_claims_failed": True}, "assignation_au_fond", OPEN, "CPC art. 750-1"),
    (CONSUMER, {"amount": 500_001}, "assignation_au_fond", OPEN, "CPC art. 750-1"),
    (CONSUMER, {"amicable_attempt": False, "amicable_exemption": False, "small_claims_failed": False}, "assignation_au_fond", CONDITIONAL, "CPC art. 750-1"),
    (INVOICE, {"contested": Contest.SERIOUS}, "assignation_au_fond", OPEN, "1305-2"),
    (INVOICE, {"title": Title.INTERIM_ORDER}, "assignation_au_fond", OPEN, "CPC art. 480"),
    (INVOICE, {"title": Title.PAYMENT_ORDER}, "assignation_au_fond", BARRED, "CPC art. 480"),
    # Leases, co-ownership, insurance, credit.
    (RENT, {}, "loyers_habitation", OPEN, "1989"),
    (RENT, {"termination_clause": False}, "loyers_habitation", BARRED, "1989"),
    (RENT, {"termination_clause": None}, "loyers_habitation", CONDITIONAL, "1989"),
    (CONSUMER, {}, "loyers_habitation", BARRED, "1989"),
    (INVOICE, {"nature": Nature.COMMERCIAL_RENT, "termination_clause": True}, "bail_commercial", OPEN, "L. 145-41"),
    (INVOICE, {}, "bail_commercial", BARRED, "L. 145-41"),
    (INVOICE, {"nature": Nature.COMMERCIAL_RENT}, "bail_commercial", CONDITIONAL, "L. 145-41"),
    (CONSUMER, {"nature": Nature.COPROPRIETE_CHARGES, "origin": None, "formal_notice_on": date(2026, 10, 1)}, "copropriete_19_2", OPEN, "19-2"),
    # Thirty days after 23 October is 22 November: today still counts among them.
    (CONSUMER, {"nature": Nature.COPROPRIETE_CHARGES, "origin": None, "formal_notice_on": date(2026, 10, 23)}, "copropriete_19_2", CONDITIONAL, "19-2"),
    (CONSUMER, {"nature": Nature.COPROPRIETE_CHARGES, "origin": None, "formal_notice_on": date(2026, 10, 22)}, "copropriete_19_2", OPEN, "19-2"),
    (CONSUMER, {"nature": Nature.COPROPRIETE_CHARGES, "origin": None, "formal_notice": False}, "copropriete_19_2", CONDITIONAL, "19-2"),
    (CONSUMER, {}, "copropriete_19_2", BARRED, "19-2"),
    (CONSUMER, {"nature": Nature.INSURANCE_PREMIUM, "life_insurance": False}, "prime_assurance", OPEN, "L. 113-3"),
    (CONSUMER, {"nature": Nature.INSURANCE_PREMIUM, "life_insurance": True}, "prime_assurance", BARRED, "L. 132-20"),
    (CONSUMER, {"nature": Nature.INSURANCE_PREMIUM, "life_insurance": False, "due_on": date(2026, 11, 12)}, "prime_assurance", CONDITIONAL, "L. 113-3 al. 2"),
    (CONSUMER, {"nature": Nature.CONSUMER_CREDIT, "contract_in_writing": True, "formal_notice_on": date(2026, 9, 1)}, "credit_bancaire", OPEN, "21-16.044"),
    (CONSUMER, {"nature": Nature.CONSUMER_CREDIT, "contract_in_writing": True, "formal_notice_on": date(2026, 11, 7)}, "credit_bancaire", CONDITIONAL, "21-16.044"),
    (CONSUMER, {}, "credit_bancaire", BARRED, "L. 312-1"),
    (INVOICE, {"instrument": Instrument.OTHER_BILL}, "lettre_de_change", OPEN, "L. 511-1"),
    (INVOICE, {}, "lettre_de_change", BARRED, "L. 511-1"),
    (INVOICE, {"instrument": None}, "lettre_de_change", CONDITIONAL, "L. 511-1"),
    # Public claims and social contributions: the creditor makes its own title.
    (INVOICE, {"nature": Nature.PUBLIC_TITLE, "origin": None, "creditor_trader": None, "creditor_kind": Creditor.PUBLIC, "title": Title.PUBLIC}, "creances_publiques", OPEN, "L. 1617-5"),
    (INVOICE, {"nature": Nature.PUBLIC_TITLE, "origin": None, "creditor_trader": None, "creditor_kind": Creditor.PUBLIC}, "creances_publiques", CONDITIONAL, "L. 1617-5"),
    (INVOICE, {}, "creances_publiques", BARRED, "L. 1617-5"),
    (INVOICE, {"nature": Nature.PUBLIC_TITLE, "origin": None}, "injonction_de_payer", BARRED, "L. 1617-5"),
    # Received on 21 October, the month of the notice ends on 21 November, a Saturday: put off to
    # Monday the 23rd, so it still runs; received on the 19th, it ended on Thursday the 19th.
    (INVOICE, {"nature": Nature.SOCIAL_CONTRIBUTION, "origin": None, "formal_notice_on": date(2026, 10, 21)}, "urssaf_contrainte", CONDITIONAL, "R. 133-3"),
    (INVOICE, {"nature": Nature.SOCIAL_CONTRIBUTION, "origin": None, "formal_notice_on": date(2026, 10, 19)}, "urssaf_contrainte", OPEN, "R. 133-3"),
    (INVOICE, {}, "urssaf_contrainte", BARRED, "L. 244-9"),
    # Conservatory measures: a threat, and a judge unless the law dispenses (L. 511-2).
    (INVOICE, {"recovery_at_risk": True}, "saisie_conservatoire", CONDITIONAL, "L. 511-3"),
    (INVOICE, {"recovery_at_risk": True, "instrument": Instrument.PROMISSORY_NOTE}, "saisie_conservatoire", OPEN, "L. 511-1"),
    (INVOICE, {"recovery_at_risk": True, "instrument": Instrument.OTHER_BILL}, "saisie_conservatoire", CONDITIONAL, "L. 511-3"),
    (RENT, {"recovery_at_risk": True}, "saisie_conservatoire", OPEN, "L. 511-1"),
    (RENT, {"recovery_at_risk": True, "contract_in_writing": False}, "saisie_conservatoire", CONDITIONAL, "L. 511-3"),
    (INVOICE, {"recovery_at_risk": False}, "saisie_conservatoire", BARRED, "L. 511-1"),
    (JUDGMENT, {"recovery_at_risk": True}, "surete_judiciaire", OPEN, "L. 511-1"),
    (RECEIVERSHIP, {"recovery_at_risk": True}, "surete_judiciaire", BARRED, "L. 622-21"),
    (INVOICE, {"recovery_at_risk": True}, "surete_judiciaire", CONDITIONAL, "L. 511-3"),
    (INVOICE, {"recovery_at_risk": True, "eu_account": True}, "saisie_europeenne_des_comptes", OPEN, "655/2014"),
    (INVOICE, {"recovery_at_risk": True, "eu_account": False}, "saisie_europeenne_des_comptes", BARRED, "655/2014"),
    (INVOICE, {}, "saisie_europeenne_des_comptes", CONDITIONAL, "655/2014"),
    # Declaration: published on 20 October, two months end on Sunday 20 December: put off to the 21st.
    (RECEIVERSHIP, {}, "declaration_de_creance", OPEN, "R. 622-24"),
    (RECEIVERSHIP, {"on": date(2026, 12, 21)}, "declaration_de_creance", OPEN, "R. 622-24"),
    (RECEIVERSHIP, {"on": date(2026, 12, 22)}, "declaration_de_creance", BARRED, "R. 622-24"),
    (RECEIVERSHIP, {"on": date(2026, 12, 22), "creditor_away": True}, "declaration_de_creance", OPEN, "R. 622-24"),
    (RECEIVERSHIP, {"on": date(2026, 12, 22), "creditor_away": None}, "declaration_de_creance", CONDITIONAL, "R. 622-24"),
    (RECEIVERSHIP, {"insolvency_published_on": None}, "declaration_de_creance", OPEN, "R. 622-24"),
    (RECEIVERSHIP, {"insolvency_published_on": None, "on": date(2027, 1, 15)}, "declaration_de_creance", CONDITIONAL, "R. 622-24"),
    (RECEIVERSHIP, {"declared": True}, "declaration_de_creance", BARRED, "L. 622-24"),
    (INVOICE, {}, "declaration_de_creance", BARRED, "L. 622-24"),
    # Relief: late, within six months of publication (20 April 2027), and not by one's own fault.
    (RECEIVERSHIP, {"late_without_fault": True}, "releve_de_forclusion", BARRED, "R. 622-24"),
    (RECEIVERSHIP, {"on": date(2027, 2, 1), "late_without_fault": True}, "releve_de_forclusion", OPEN, "L. 622-26"),
    (RECEIVERSHIP, {"on": date(2027, 2, 1)}, "releve_de_forclusion", CONDITIONAL, "L. 622-26"),
    (RECEIVERSHIP, {"on": date(2027, 4, 20), "late_without_fault": True}, "releve_de_forclusion", OPEN, "L. 622-26"),
    (RECEIVERSHIP, {"on": date(2027, 4, 21), "late_without_fault": True}, "releve_de_forclusion", BARRED, "L. 622-26"),
    (CONSUMER, {"insolvency": Insolvency.OVERINDEBTEDNESS}, "surendettement", OPEN, "L. 722-2"),
    (INVOICE, {"insolvency": Insolvency.OVERINDEBTEDNESS, "debtor_kind": None, "debtor_trader": None}, "surendettement", CONDITIONAL, "L. 711-1"),
    (CONSUMER, {}, "surendettement", BARRED, "L. 722-2"),
    # Enforcement: a title, served, ten years for a court's.
    (JUDGMENT, {}, "saisie_attribution", OPEN, "L. 111-2"),
    (JUDGMENT, {"title_enforceable": False}, "saisie_attribution", CONDITIONAL, "CPC art. 502"),
    (JUDGMENT, {"title_on": date(2016, 11, 22)}, "saisie_attribution", OPEN, "L. 111-4"),
    (JUDGMENT, {"title_on": date(2016, 11, 21)}, "saisie_attribution", CONDITIONAL, "L. 111-4"),
    (INVOICE, {}, "saisie_attribution", BARRED, "L. 111-2"),
    (JUDGMENT, {"debtor_kind": Debtor.PUBLIC_PURCHASER, "debtor_trader": False}, "saisie_attribution", BARRED, "L. 2311-1"),
    (JUDGMENT, {"insolvency": Insolvency.OVERINDEBTEDNESS}, "saisie_attribution", BARRED, "L. 722-2"),
    (JUDGMENT, {"goods_in_dwelling": True}, "saisie_vente", OPEN, "R. 221-2"),
    (JUDGMENT, {"goods_in_dwelling": True, "amount": 53_499, "principal": None}, "saisie_vente", CONDITIONAL, "R. 221-2"),
    (JUDGMENT, {"goods_in_dwelling": True, "amount": 53_500, "principal": None}, "saisie_vente", OPEN, "R. 221-2"),
    (INVOICE, {}, "saisie_vente", BARRED, "L. 111-2"),
    (JUDGMENT, {"debtor_employed": True}, "saisie_remunerations", OPEN, "L. 212-1"),
    (JUDGMENT, {"debtor_employed": False}, "saisie_remunerations", BARRED, "L. 212-1"),
    (JUDGMENT, {}, "saisie_remunerations", CONDITIONAL, "L. 212-1"),
    (JUDGMENT, {"debtor_has_vehicle": True}, "saisie_vehicule", OPEN, "L. 223-1"),
    (JUDGMENT, {"debtor_has_vehicle": False}, "saisie_vehicule", BARRED, "L. 223-1"),
    (JUDGMENT, {}, "saisie_vehicule", CONDITIONAL, "L. 223-1"),
    (JUDGMENT, {"debtor_owns_property": True}, "saisie_immobiliere", OPEN, "L. 311-1"),
    (JUDGMENT, {"debtor_owns_property": False}, "saisie_immobiliere", BARRED, "L. 311-1"),
    (JUDGMENT, {}, "saisie_immobiliere", CONDITIONAL, "L. 311-1"),
    (JUDGMENT, {"debtor_country": "DE"}, "execution_dans_l_union", OPEN, "1215/2012"),
    (JUDGMENT, {"debtor_country": None}, "execution_dans_l_union", CONDITIONAL, "1215/2012"),
    (JUDGMENT, {}, "execution_dans_l_union", BARRED, "1215/2012"),
    # A guarantor; settling.
    (INVOICE, {"guarantor": True}, "caution", OPEN, "2288"),
    (INVOICE, {"guarantor": False}, "caution", BARRED, "2288"),
    (RECEIVERSHIP, {"guarantor": True}, "caution", CONDITIONAL, "L. 622-28"),
    (INVOICE, {}, "payment_plan", OPEN, "L. 622-21"),
    (RECEIVERSHIP, {}, "payment_plan", BARRED, "L. 622-21"),
    (INVOICE, {"insolvency": None}, "payment_plan", CONDITIONAL, "L. 622-21"),
]  # fmt: skip


def consistent(facts: ClaimFacts, changes: dict[str, Any]) -> ClaimFacts:
    """Apply a case's changes; the period to act is that of the day looked from."""
    on = changes.get("on", facts.on)
    return replace(facts, **{"limitation": in_time(on), **changes})


@pytest.mark.parametrize(
    ("facts", "changes", "road_id", "state", "article"),
    CASES,
    ids=[f"{case[2]}-{i}" for i, case in enumerate(CASES)],
)
def test_a_road_by_the_facts_that_decide_it(
    facts: ClaimFacts, changes: dict[str, Any], road_id: str, state: RoadState, article: str
):
    found = road(consistent(facts, changes), road_id)
    assert found.state is state, [(one.condition.text, one.verdict) for one in found.deciding]
    assert article in deciding_sources(found)


def test_every_road_is_open_barred_and_conditional_in_some_case():
    seen = {(case[2], case[3]) for case in CASES}
    assert seen == {(rule.id, state) for rule in shipped_roads() for state in RoadState}


# --- what goes with a road ------------------------------------------------------------------------


def test_nothing_known_bars_nothing_and_opens_nothing():
    assert {one.state for one in open_roads(ClaimFacts(on=ON)).roads} == {CONDITIONAL}


def test_open_roads_come_first_and_barred_ones_last():
    states = [one.state for one in open_roads(INVOICE).roads]
    assert states == sorted(states, key=list(RoadState).index)
    assert states[0] is OPEN
    assert states[-1] is BARRED


def test_a_barred_road_says_what_bars_it_and_asks_for_nothing():
    found = road(replace(INVOICE, contested=Contest.SERIOUS), "refere_provision")
    assert [one.condition.fact for one in found.deciding] == ["contested"]
    assert found.missing_facts == ()
    assert found.missing_documents == ()
    assert found.costs == ()
    assert "Une contestation sérieuse se tranche au fond ; assignez." in [
        text.replace("\xa0", " ") for text in found.warnings
    ]


def test_what_is_missing_in_the_file():
    held = frozenset({"invoices", "acknowledgement", "statement"})
    found = road(replace(INVOICE, documents=held), "injonction_de_payer")
    # The acknowledgement stands for the contract and for the proof of delivery.
    assert [one.any_of for one in found.missing_documents] == [("document_list",), ("identity",)]
    assert document_name(found.missing_documents[0]) == "bordereau des pièces numérotées"


def test_the_proof_of_an_amicable_attempt_is_asked_only_where_one_is_needed():
    proof = ("amicable_proof",)
    asked = [
        proof in [one.any_of for one in road(facts, "assignation_au_fond").missing_documents]
        for facts in (INVOICE, CONSUMER, replace(CONSUMER, amount=None, principal=None))
    ]
    assert asked == [False, True, True]


def test_court_and_costs_come_with_place_amount_and_nature():
    found = road(replace(INVOICE, debtor_city="Bordeaux", debtor_postcode="33000"), "injonction_de_payer")  # fmt: skip
    assert found.competence is not None
    assert found.competence.court is not None
    assert found.competence.court.name == "Tribunal de commerce de Bordeaux"
    assert not found.costs_complete  # the tariffs ran out on 28 February 2026
    nowhere = road(INVOICE, "injonction_de_payer")
    assert nowhere.competence is None
    assert (
        nowhere.costs_unknown_because == "Il manque, pour les calculer : code postal du débiteur."
    )


def test_costs_while_the_tariffs_were_known():
    facts = consistent(
        INVOICE,
        {
            "on": date(2026, 1, 15),
            "due_on": date(2025, 12, 1),
            "nature": Nature.CIVIL,
            "debtor_city": "Bordeaux",
            "debtor_postcode": "33000",
        },
    )
    found = road(facts, "injonction_de_payer")
    service = next(cost for cost in found.costs if "Signification" in cost.label)
    assert service.amount_cents is not None
    assert found.recoverable_costs_cents == service.amount_cents
    assert found.known_costs_cents > found.recoverable_costs_cents  # A. 444-32 stays with him


def test_a_premium_goes_to_the_court_of_its_debtor():
    place = {"nature": Nature.INSURANCE_PREMIUM, "debtor_city": "Bordeaux", "debtor_postcode": "33000"}  # fmt: skip
    trader = road(replace(INVOICE, **place), "assignation_au_fond").competence
    consumer = road(replace(CONSUMER, **place, amicable_attempt=True), "assignation_au_fond").competence  # fmt: skip
    unknown = road(
        replace(INVOICE, **place, debtor_trader=None, debtor_kind=None), "assignation_au_fond"
    )
    assert trader is not None
    assert trader.court is not None
    assert trader.court.name == "Tribunal de commerce de Bordeaux"
    assert consumer is not None
    assert consumer.court is not None
    assert consumer.court.name == "Tribunal judiciaire de Bordeaux"
    assert unknown.competence is None


def test_no_duration_is_invented_and_legal_periods_follow_the_day():
    answer = roads_answer(open_roads(INVOICE), INVOICE)
    assert all(one["time"]["expected"] is None for one in answer["roads"])  # type: ignore[index,attr-defined]
    now = [wait.id for wait in road(INVOICE, "injonction_de_payer").waits]
    # Orders made before 1 September 2026 keep the former regime (décret 2026-96).
    before = consistent(INVOICE, {"on": date(2026, 8, 31)})
    assert now == ["IP_OPPO_1M", "IP_EXEC_2M"]
    assert [wait.id for wait in road(before, "injonction_de_payer").waits] == [
        "IP_OPPO_1M",
        "IP_EXEC_OLD",
    ]


def test_the_date_of_a_lease_chooses_its_period():
    new, old, unknown = (
        {wait.id for wait in road(replace(RENT, lease_date=day), "loyers_habitation").waits}
        for day in (date(2023, 7, 29), date(2023, 7, 28), None)
    )
    assert "LO_CMD_6W" in new - old
    assert "LO_CMD_2M_OLD" in old - new
    assert {"LO_CMD_6W", "LO_CMD_2M_OLD"} <= unknown


def test_what_is_not_confirmed_is_said():
    found = road(replace(INVOICE, l126_decree_checked=True), "creances_commerciales_L126")
    assert found.state is OPEN
    assert not found.verified
    assert any(text.startswith("À confirmer") for text in found.warnings)
    assert road(INVOICE, "injonction_de_payer").verified


def test_a_condition_that_holds_needs_no_confirmation_but_one_that_bars_does():
    public = replace(INVOICE, debtor_kind=Debtor.PUBLIC_PURCHASER, debtor_trader=False)
    assert not road(public, "injonction_de_payer").verified  # CCP art. L. 6, to be confirmed


def test_a_deed_in_hand_does_not_bar_a_suit_but_makes_it_useless():
    found = road(replace(INVOICE, title=Title.NOTARIAL_DEED), "assignation_au_fond")
    assert found.state is OPEN
    assert any("L. 111-3" in text for text in found.warnings)


def test_the_usual_period_is_enough_only_while_it_runs():
    due = date(2021, 11, 22)  # five years: the last day is today
    found = usual_limitation(Nature.COMMERCIAL, due, ON)
    assert found is not None
    assert found.last_day == ON
    assert usual_limitation(Nature.COMMERCIAL, due - timedelta(days=1), ON) is None
    assert usual_limitation(Nature.COMMERCIAL, None, ON) is None
    assert usual_limitation(Nature.PUBLIC_TITLE, due, ON) is None


def test_an_expired_period_bars_an_action():
    expired = limitation(
        LimitationCase(nature="consumer_sale", starts_on=date(2024, 1, 10), as_of=ON)
    )
    found = road(replace(CONSUMER, limitation=expired), "injonction_de_payer")
    assert found.state is BARRED
    assert "2219" in deciding_sources(found)


# --- what acting is worth ---


def test_acting_is_valued_by_the_first_road_that_is_not_barred():
    found = open_roads(INVOICE)
    value = claim_value(found, INVOICE, ValueQuestion(given={}))
    assert value is not None
    assert value.road is not None
    assert value.road.rule.id == "injonction_de_payer"  # a payment plan is not acting


def test_where_every_road_is_barred_acting_is_worth_nothing():
    declared = replace(RECEIVERSHIP, declared=True)
    value = claim_value(open_roads(declared), declared, ValueQuestion(given={}))
    assert value is not None
    assert value.road is None
    assert value.supposed.win == 0
    assert any("Aucune voie" in text for text in value.warnings)


def test_a_claim_to_declare_is_not_to_be_won_before_a_judge():
    value = claim_value(open_roads(RECEIVERSHIP), RECEIVERSHIP, ValueQuestion(given={}))
    assert value is not None
    assert value.road is not None
    assert value.road.rule.id == "declaration_de_creance"
    assert value.supposed.win == WHOLE
    given = claim_value(
        open_roads(RECEIVERSHIP), RECEIVERSHIP, ValueQuestion(given={"win": 500_000})
    )
    assert given is not None
    assert given.supposed.win == 500_000


def test_the_costs_of_a_road_are_those_supposed_unless_others_are_given():
    facts = consistent(
        INVOICE,
        {
            "on": date(2026, 1, 15),
            "due_on": date(2025, 12, 1),
            "nature": Nature.CIVIL,
            "debtor_city": "Bordeaux",
            "debtor_postcode": "33000",
        },
    )
    found = open_roads(facts)
    order = found.road("injonction_de_payer")
    own = claim_value(found, facts, ValueQuestion(road="injonction_de_payer", given={}))
    assert own is not None
    assert own.supposed.costs_cents == order.known_costs_cents > 0
    assert own.supposed.recoverable_costs_cents == order.recoverable_costs_cents
    # Costs given at one euro: no more than one euro of them can be taken back.
    given = {"costs_cents": 100}
    other = claim_value(found, facts, ValueQuestion(road="injonction_de_payer", given=given))
    assert other is not None
    assert other.supposed.recoverable_costs_cents == 100


# --- contradictions -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"nature": Nature.CONSUMER}, "debtor_kind"),
        ({"nature": Nature.RENT, "origin": Origin.OTHER}, "origin"),
        ({"debtor_kind": Debtor.CONSUMER}, "debtor_trader"),
        ({"creditor_kind": Creditor.PUBLIC}, "creditor_trader"),
        ({"debtor_country": "DE", "debtor_postcode": "33000"}, "debtor_country"),
        ({"principal": 300_001}, "principal"),
        ({"title_on": date(2026, 1, 1)}, "title_on"),
        ({"title_enforceable": True}, "title_enforceable"),
        ({"insolvency_opened_on": date(2026, 1, 1)}, "insolvency_opened_on"),
        ({"declared": True}, "declared"),
        ({"non_payment_certificate": True}, "non_payment_certificate"),
        ({"formal_notice": False, "formal_notice_on": date(2026, 1, 1)}, "formal_notice"),
        ({"formal_notice_on": ON + timedelta(days=1)}, "formal_notice_on"),
    ],
)
def test_facts_that_contradict_each_other_are_named(changes: dict[str, Any], field: str):
    with pytest.raises(WrongInput) as refused:
        open_roads(replace(INVOICE, **changes))
    assert refused.value.field == field
    assert refused.value.message.startswith(f"{field} : ")


def test_a_publication_before_the_judgment_is_refused():
    with pytest.raises(WrongInput, match="précède le jugement"):
        open_roads(replace(RECEIVERSHIP, insolvency_published_on=date(2026, 10, 9)))


def test_an_unknown_place_is_refused_by_name():
    with pytest.raises(WrongInput) as refused:
        open_roads(replace(INVOICE, debtor_city="Nullepart", debtor_postcode="00000"))
    assert refused.value.field == "debtor_postcode"


def test_a_day_before_the_known_thresholds_is_refused_by_name():
    with pytest.raises(OutsideKnownLaw):
        open_roads(ClaimFacts(on=date(2019, 12, 31)))


# --- the data -------------------------------------------------------------------------------------


def test_the_data_of_every_road_is_whole():
    known = {item.name for item in fields(ClaimFacts)}
    assert set(MEANINGS) == known - {"on", "limitation_assumed"}
    assert len({rule.id for rule in shipped_roads()}) == len(shipped_roads())
    for rule in shipped_roads():
        assert rule.conditions
        assert rule.documents
        assert rule.court or rule.costs
        assert {wait for _, wait in rule.waits} <= {
            one.id for name, _ in rule.waits for one in procedure(name).deadlines
        }
        for condition in rule.conditions:
            assert bool(condition.fact) != bool(condition.check)
            assert condition.rule.source
            assert not condition.text.endswith("..")
            if condition.check:
                assert set(CHECKS[condition.check].facts) <= known
            else:
                assert condition.fact in known
                assert bool(condition.among) != bool(condition.outside)
                values = {*condition.among, *condition.outside}
                if condition.fact in CHOICES:
                    assert values <= {one.value for one in CHOICES[condition.fact]}
            if condition.otherwise is not Otherwise.BARS:
                assert condition.advice, condition.text
    wanted = {one for rule in shipped_roads() for item in rule.documents for one in item.any_of}
    assert wanted == set(documents())


def test_every_road_and_every_fact_is_documented():
    docs = Path(__file__).resolve().parents[2] / "docs"
    coverage = (docs / "law_coverage.md").read_text(encoding="utf-8")
    guide = (docs / "guide" / "voies.md").read_text(encoding="utf-8")
    assert [rule.id for rule in shipped_roads() if f"(`{rule.id}`)" not in coverage] == []
    assert [name for name in MEANINGS if f"`{name}`" not in guide] == []
    values = {one.value for kinds in CHOICES.values() for one in kinds}
    assert [one for one in sorted(values) if f"`{one}`" not in guide] == []


# --- for any facts --------------------------------------------------------------------------------

DAYS = st.sampled_from([ON - timedelta(days=n) for n in (0, 1, 10, 11, 29, 30, 31, 60, 61, 130, 190, 4000)])  # fmt: skip
STRATEGIES: dict[str, st.SearchStrategy[Any]] = {
    **{name: st.sampled_from(list(kinds)) for name, kinds in CHOICES.items()},
    "amount": st.sampled_from([53_499, 53_500, 500_000, 500_001, 2_000_000]),
    "principal": st.sampled_from([50_000, 500_000, 500_001]),
    "limitation": st.sampled_from(
        [
            limitation(LimitationCase(nature="b2b_sale", starts_on=day, as_of=ON))
            for day in (date(2026, 1, 1), date(2015, 1, 1))
        ]
    ),
    "debtor_country": st.sampled_from(["FR", "DE", "DK", "CH"]),
    "creditor_country": st.sampled_from(["FR", "DE", "DK", "CH"]),
    "documents": st.frozensets(st.sampled_from(sorted(documents())), max_size=6),
}
for item in fields(ClaimFacts):
    if item.name.endswith("_on") or item.name == "lease_date":
        STRATEGIES[item.name] = DAYS
PLACES = {"debtor_city", "debtor_postcode", "clause_city"}  # a place is not what opens a road


@st.composite
def claims(draw: st.DrawFn) -> ClaimFacts:
    """Facts that do not contradict each other: what the check refuses is forgotten."""
    chosen: dict[str, Any] = {}
    for item in fields(ClaimFacts):
        if item.name in {"on", "limitation_assumed"} | PLACES or not draw(st.booleans()):
            continue
        chosen[item.name] = draw(STRATEGIES.get(item.name, st.booleans()))
    while True:
        facts = ClaimFacts(on=ON, **chosen)
        try:
            check_facts(facts)
        except WrongInput as refusal:
            assert refusal.field in chosen
            del chosen[refusal.field]
        else:
            return facts


@settings(max_examples=rounds(70, 4_000), deadline=None)
@given(claims(), st.data())
def test_knowing_more_never_undoes_an_answer_nor_adds_to_what_is_missing(
    facts: ClaimFacts, data: st.DataObject
):
    known = [name for name in MEANINGS if getattr(facts, name) is not None]
    if not known:
        return
    forgotten = data.draw(st.lists(st.sampled_from(known), min_size=1, max_size=5, unique=True))
    less = replace(facts, **dict.fromkeys(forgotten))
    try:
        check_facts(less)
    except WrongInput:
        return  # forgetting one fact may leave another that contradicts a third
    after = {one.rule.id: one for one in open_roads(facts).roads}
    for before in open_roads(less).roads:
        now = after[before.rule.id]
        if before.state is not CONDITIONAL:
            assert now.state is before.state, (forgotten, before.rule.id)
        assert set(now.missing_facts) <= set(before.missing_facts)
        assert set(now.missing_documents) <= set(before.missing_documents)
        for name in forgotten:
            assert name not in now.missing_facts


@settings(max_examples=rounds(70, 4_000), deadline=None)
@given(claims())
def test_an_open_road_rests_on_known_facts_alone(facts: ClaimFacts):
    answer = open_roads(facts)
    assert len(roads_answer(answer, facts)["roads"]) == len(shipped_roads())  # type: ignore[arg-type]
    for found in answer.roads:
        if found.state is OPEN:
            assert all(one.verdict is True for one in found.findings)
            assert found.missing_facts == ()
        elif found.state is BARRED:
            assert all(one.bars for one in found.deciding)
        else:
            unsettled = [one for one in found.findings if one.verdict is not True]
            assert unsettled
            assert not any(one.bars for one in unsettled)
        assert found.deciding
        for one in found.findings:
            if one.verdict is None:
                assert one.unknown or one.condition.check in {
                    "title_in_time",
                    "month_after_notice",
                    "premium_notice_possible",
                }
