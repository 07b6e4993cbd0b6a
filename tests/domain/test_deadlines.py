"""Every deadline, at least one date counted by hand, and the rules around them.

Most start on Monday 14 September 2026: one month later is Wednesday 14 October, two months
Saturday 14 November (put off to Monday 16), three Monday 14 December, six Sunday 14 March 2027 (put
off to Monday 15); eight days later is Tuesday 22 September, ten Thursday 24, fifteen Tuesday 29,
thirty Wednesday 14 October; one year Tuesday 14 September 2027, two Thursday 2028, three Friday
2029, four Saturday 2030, five Sunday 2031, ten Sunday 2036. Backward: eight days Sunday 6 September
(Friday 4), fifteen Sunday 30 August (Friday 28), one month Friday 14 August.
"""

import json
import random
import string
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from exigible.domain.deadlines import (
    FACTS,
    Deadline,
    Deadlines,
    Place,
    ProcedureCase,
    deadlines,
    deadlines_answer,
)
from exigible.domain.law import shipped_law
from exigible.domain.law.time_limits import counting_rules, procedure, procedure_ids
from exigible.domain.refusals import OutsideKnownLaw, Refused, WrongInput
from exigible.intake.procedure_case import read_procedure_case
from tests.conftest import SHARED

ROOT = Path(__file__).resolve().parent.parent.parent
MONDAY = "2026-09-14"
FIRST_ACT = "first_act_served_to_person_or_else_first_enforcement_measure_making_assets_unavailable"
CREANCES = "creances_commerciales_L126"
PETITES = "petites_creances_L125_1"
OESC = "saisie_conservatoire_europeenne_OESC"
PC = "procedure_collective"
BODACC = "bodacc_publication_of_opening_judgment"
OLD_ORDER = {"order_date": "2026-08-14"}
NEW_ORDER = {"order_date": "2026-09-10"}

# (id, procedure, events, facts, last day or None, part of the source)
WORKED: list[tuple[str, str, dict[str, str] | str, dict[str, Any], str | None, str]] = [
    ("AM_PENALTY_START", "amicable_dunning", "invoice_due_date", {}, "2026-09-15", "L. 441-10"),
    ("AM_MED_REASONABLE", "amicable_dunning", "mise_en_demeure_sent", {}, None, "1344"),
    # Eight days granted: 22 September.
    ("AM_MED_REASONABLE", "amicable_dunning", "mise_en_demeure_sent", {"granted_days": 8}, "2026-09-22", "1344"),
    ("AM_PRESC_NOT_INTERRUPTED", "amicable_dunning", "mise_en_demeure_sent", {}, None, "2244"),
    ("AM_LRE_ACCEPT", "amicable_dunning", "lre_information_sent", {}, "2026-09-29", "R. 53-3"),
    ("TP_REMIT_1M", "third_party_collection", "funds_effectively_received", {}, "2026-10-14", "R. 124-6"),
    ("TP_QUITTANCE", "third_party_collection", "payment_received", {}, MONDAY, "R. 124-6"),
    ("TP_INFORM_CREDITOR", "third_party_collection", "payment_received", {}, MONDAY, "R. 124-5"),
    ("A7501_CONCILIATOR", "amicable_attempt_750_1", "conciliator_seised", {}, "2026-12-14", "750-1"),
    # Six months, Sunday 14 March 2027, not put off: a limitation period.
    ("A2238_SUSPENSION", "amicable_attempt_750_1", "end_of_amicable_process", {}, "2027-03-14", "2238"),
    ("PC_REPLY_1M", PETITES, "lrar_or_electronic_message_sent", {}, "2026-10-14", "R. 125-2"),
    ("PC_PRESC_SUSPENDED", PETITES, "debtor_agreement_recorded", {}, None, "L. 125-1"),
    ("L126_PAY_1M", CREANCES, "commandement_signifie", {}, "2026-10-14", "L. 126-2"),
    # One month to 14 October, then eight days.
    ("L126_PV_8D", CREANCES, "commandement_signifie", {}, "2026-10-22", "L. 126-3"),
    ("L126_PV_8D", CREANCES, "expiry_of_L126_PAY_1M", {}, "2026-09-22", "L. 126-3"),
    ("L126_SERVE_6M", CREANCES, "pv_made_enforceable", {}, "2027-03-15", "L. 126-4"),
    ("IP_SIGN_3M", "injonction_de_payer", "order_date", {}, "2026-12-14", "1411"),
    # 14 August 2026, six months: Sunday 14 February 2027, put off to Monday 15.
    ("IP_SIGN_6M_OLD", "injonction_de_payer", OLD_ORDER, {}, "2027-02-15", "1411"),
    ("IP_OPPO_1M", "injonction_de_payer", "service_of_order", {}, "2026-10-14", "1416"),
    ("IP_OPPO_1M_EXT", "injonction_de_payer", FIRST_ACT, {}, "2026-10-14", "1416 al. 2"),
    ("IP_CLERK_NOTICE_1M", "injonction_de_payer", NEW_ORDER | {"opposition_received_by_greffe": MONDAY}, {}, "2026-10-14", "1415"),
    ("IP_EXEC_2M", "injonction_de_payer", NEW_ORDER | {"service_of_order": MONDAY}, {}, "2026-11-16", "1422"),
    ("IP_EXEC_OLD", "injonction_de_payer", OLD_ORDER | {"service_of_order": MONDAY}, {}, "2026-10-14", "1422"),
    ("IP_CONSIGN_REQ_15D", "injonction_de_payer", "request_for_deposit_by_greffe", {}, "2026-09-29", "1425"),
    ("IP_CONSIGN_OPPO_15D", "injonction_de_payer", "greffe_lrar_invitation", {}, "2026-09-29", "1425"),
    ("IP_AVOCAT_15D", "injonction_de_payer", "notification_of_opposition", {}, "2026-09-29", "1418"),
    ("IP_ACT_PRODUCED", "injonction_de_payer", NEW_ORDER | {"hearing_on_opposition": MONDAY}, {}, MONDAY, "1418"),
    ("IP_MOTIF_15D", "injonction_de_payer", "caducite_decision", {}, "2026-09-29", "468"),
    ("IP_TITLE_10Y", "injonction_de_payer", "title_enforceable", {}, "2036-09-15", "L. 111-4"),
    # Served 20 January 2022: opposition to Sunday 20 February, so Monday 21; a month more, 21 March.
    ("IP_OLD_1423", "injonction_de_payer", {"order_date": "2022-01-10", "service_of_order": "2022-01-20"}, {}, "2022-03-21", "1423"),
    ("IPE_OPPO_30D", "injonction_europeenne_IPE", "service_of_european_order", {}, "2026-10-14", "1896/2006"),
    ("IPE_CORRECT", "injonction_europeenne_IPE", "form_B_notice", {}, None, "1896/2006"),
    ("IPE_CORRECT", "injonction_europeenne_IPE", "form_B_notice", {"granted_days": 30}, "2026-10-14", "1896/2006"),
    ("ESCP_REPLY_30D", "petits_litiges_europeens", "service_of_claim_form", {}, "2026-10-14", "861/2007"),
    ("EAPO_MAIN_30D", OESC, "application_lodged", {}, "2026-10-14", "655/2014"),
    # The order issued on 9 October: fourteen days to Friday 23 October, later than 14 October.
    ("EAPO_MAIN_30D", OESC, {"application_lodged": MONDAY, "order_issued": "2026-10-09"}, {}, "2026-10-23", "655/2014"),
    ("EAPO_MAIN_30D", OESC, {"application_lodged": MONDAY, "order_issued": "2026-09-16"}, {}, "2026-10-14", "655/2014"),
    ("RP_HEARING", "refere_provision", "service_of_assignation", {}, None, "486"),
    ("RP_PLACEMENT_TJ_15D", "refere_provision", "hearing_date", {}, "2026-08-28", "754"),
    ("RP_APPEAL_15D", "refere_provision", "service_of_ordonnance", {}, "2026-09-29", "490"),
    ("AF_TC_NOTICE_15D", "assignation_au_fond", "hearing_date", {}, "2026-08-28", "856"),
    ("AF_TC_FILE_8D", "assignation_au_fond", "hearing_date", {}, "2026-09-04", "857"),
    ("AF_TJ_FILE_15D", "assignation_au_fond", "hearing_date", {}, "2026-08-28", "754"),
    ("AF_TJ_AVOCAT_15D", "assignation_au_fond", "service_of_assignation", {}, "2026-09-29", "763"),
    ("AF_478_6M", "assignation_au_fond", "judgment_date", {}, "2027-03-15", "478"),
    ("AF_APPEAL_1M", "assignation_au_fond", "notification_of_judgment", {}, "2026-10-14", "538"),
    ("AF_OPPO_1M", "assignation_au_fond", "notification_of_judgment", {}, "2026-10-14", "571"),
    ("AF_5281_2Y", "assignation_au_fond", "judgment_date", {}, "2028-09-14", "528-1"),
    ("AF_JEX_15D", "assignation_au_fond", "notification_of_decision", {}, "2026-09-29", "R. 121-20"),
    ("AF_540_1Y", "assignation_au_fond", "notification_of_judgment", {}, "2027-09-14", "540"),
    ("AF_GRACE_2Y", "assignation_au_fond", "decision", {}, "2028-09-14", "1343-5"),
    ("SC_EXEC_3M", "saisie_conservatoire", "authorisation_order", {}, "2026-12-14", "R. 511-6"),
    ("SC_ACTION_1M", "saisie_conservatoire", "execution_of_the_measure", {}, "2026-10-14", "R. 511-7"),
    ("SC_COPY_8D", "saisie_conservatoire", "date_of_that_act", {}, "2026-09-22", "R. 511-8"),
    ("SC_DENONCE_8D", "saisie_conservatoire", "seizure", {}, "2026-09-22", "R. 523-3"),
    ("SA_DENONCE_8D", "saisie_attribution", "service_on_third_party", {}, "2026-09-22", "R. 211-3"),
    ("SA_CONTEST_1M", "saisie_attribution", "denunciation_to_debtor", {}, "2026-10-14", "R. 211-11"),
    ("SA_PAY_AFTER_1M", "saisie_attribution", "denunciation_to_debtor", {}, "2026-10-14", "R. 211-6"),
    ("SV_CMD_8D", "saisie_vente", "service_of_commandement", {}, "2026-09-22", "R. 221-1"),
    ("SV_CMD_2Y", "saisie_vente", "service_of_commandement", {}, "2028-09-14", "R. 221-5"),
    ("SV_INFO_8D", "saisie_vente", "service_of_commandement", {}, "2026-09-22", "R. 221-3"),
    ("SV_AMIABLE_1M", "saisie_vente", "notification_of_seizure", {}, "2026-10-14", "R. 221-30"),
    ("SR_CMD_1M", "saisie_remunerations", "service_of_commandement", {}, "2026-10-14", "L. 212-2"),
    ("SR_PV_3M", "saisie_remunerations", "service_of_commandement", {}, "2026-12-14", "R. 212-1"),
    # Six weeks are 42 days: Monday 26 October.
    ("SR_DISTRIB_6W", "saisie_remunerations", "last_distribution", {}, "2026-10-26", "R. 212-1"),
    ("SR_TRANSITION", "saisie_remunerations", {"service_of_commandement": "2025-07-15"}, {"old_court_file": True}, "2025-10-01", "2025-125"),
    ("SI_CMD_8D", "saisie_immobiliere", "service_of_commandement", {}, "2026-09-22", "R. 321-3"),
    ("SI_CMD_8D", "saisie_immobiliere", "service_of_commandement", {"third_party_holder": True}, "2026-10-14", "R. 321-3"),
    ("SI_PUBLISH_2M", "saisie_immobiliere", "service_of_commandement", {}, "2026-11-16", "R. 321-6"),
    ("SI_ASSIGN_2M", "saisie_immobiliere", "publication_of_commandement", {}, "2026-11-16", "R. 322-4"),
    ("SI_HEARING_MIN_1M", "saisie_immobiliere", "hearing_date", {}, "2026-08-14", "R. 322-4"),
    # Three months back: Sunday 14 June. The first day of the act is not moved back: too early.
    ("SI_HEARING_MAX_3M", "saisie_immobiliere", "hearing_date", {}, "2026-06-14", "R. 322-4"),
    ("SI_CAHIER_5D", "saisie_immobiliere", "assignation_of_debtor", {}, "2026-09-21", "R. 322-10"),
    ("SI_CMD_5Y", "saisie_immobiliere", "publication_of_commandement", {}, "2031-09-15", "R. 321-20"),
    ("SI_MOTIF_15D", "saisie_immobiliere", "caducite_decision", {}, "2026-09-29", "R. 311-11"),
    ("SJ_INFORM_8D", "suretes_judiciaires", "filing_of_registration", {}, "2026-09-22", "R. 532-5"),
    ("SJ_DEFINITIVE_2M", "suretes_judiciaires", "title_passed_into_force", {}, "2026-11-16", "R. 533-4"),
    ("SJ_PROV_3Y", "suretes_judiciaires", "registration", {}, "2029-09-14", "R. 532-7"),
    ("CJ_659", "commissaire_de_justice", "pv_659", {}, "2026-09-15", "659"),
    ("CJ_HEIR_8D", "commissaire_de_justice", "service_of_title_on_heir", {}, "2026-09-22", "877"),
    ("PC_PUBLISH_15D", PC, "opening_judgment", {}, "2026-09-29", "R. 621-8"),
    ("PC_WARN_15D", PC, "opening_judgment", {}, "2026-09-29", "R. 622-21"),
    ("PC_DECLARE_2M", PC, BODACC, {}, "2026-11-16", "R. 622-24"),
    # Four months: Thursday 14 January 2027.
    ("PC_DECLARE_4M", PC, BODACC, {}, "2027-01-14", "R. 622-24"),
    ("PC_DECLARE_WARNED", PC, "notification_of_personal_warning", {}, "2026-11-16", "L. 622-24"),
    ("PC_DECLARE_WARNED", PC, "notification_of_personal_warning", {"creditor_place": "etranger"}, "2027-01-14", "L. 622-24"),
    ("PC_DECLARE_CONTRACT_1M", PC, "termination_of_contract", {}, "2026-10-14", "R. 622-21"),
    ("PC_DECLARE_SUCCESSIVE_2M", PC, "first_unpaid_instalment", {}, "2026-11-16", "R. 622-22"),
    ("PC_RELEVE_6M", PC, BODACC, {}, "2027-03-15", "L. 622-26"),
    ("PC_DECLARE_AFTER_RELEVE", PC, "notification_of_releve_order", {}, "2026-10-14", "L. 622-24"),
    ("PC_DECLARE_AFTER_RELEVE", PC, "notification_of_releve_order", {"creditor_place": "outre_mer"}, "2026-11-16", "L. 622-24"),
    ("PC_ANSWER_30D", PC, "receipt_of_mandataire_letter", {}, "2026-10-14", "L. 622-27"),
    ("PC_SEIZE_1M", PC, "notification_of_order", {}, "2026-10-14", "R. 624-5"),
    ("PC_CLAIMLIST_1M", PC, "bodacc_publication_of_deposit", {}, "2026-10-14", "R. 624-8"),
    ("PC_REVENDIC_3M", PC, "publication_of_opening_judgment", {}, "2026-12-14", "L. 624-9"),
    ("PC_REVENDIC_ANSWER_1M", PC, "receipt_of_request", {}, "2026-10-14", "R. 624-13"),
    # One month to 14 October, one more to Saturday 14 November.
    ("PC_REVENDIC_JC_1M", PC, "receipt_of_request", {}, "2026-11-16", "R. 624-13"),
    ("PC_POST_INFO_1Y", PC, "end_of_observation_period", {}, "2027-09-14", "L. 622-17"),
    ("PC_POST_INFO_LJ_6M", PC, "publication_of_liquidation_judgment", {}, "2027-03-15", "L. 641-13"),
    ("PC_PAYMENT_VOID_3Y", PC, "payment_date", {}, "2029-09-14", "L. 622-7"),
    ("PC_STAY", PC, "opening_judgment", {}, MONDAY, "L. 622-21"),
    ("PC_PRESC_INT", PC, "declaration_sent", {}, None, "L. 622-25-1"),
    ("PC_APPEAL_10D", PC, "notification_of_decision", {}, "2026-09-24", "R. 661-3"),
    # Five months: Sunday 14 February 2027.
    ("CO_4M_1M", "conciliation_mandat_ad_hoc", "opening_of_conciliation", {}, "2027-02-15", "L. 611-6"),
    ("TVA_2Y", "tva_irrecouvrable", "event_making_the_claim_irrecoverable", {}, "2028-12-31", "272"),
    ("SU_SUSP_2Y", "surendettement", "recevabilite_decision", {}, "2028-09-14", "L. 722-2"),
    ("SU_REC_15D", "surendettement", "notification_of_decision", {}, "2026-09-29", "R. 722-1"),
    ("SU_MI_30D", "surendettement", "notification_of_measures", {}, "2026-10-14", "R. 733-6"),
    ("SU_COMM_3M", "surendettement", "complete_file_deposit", {}, "2026-12-14", "R. 721-4"),
    ("SU_JUSTIF_30D", "surendettement", "commission_request", {}, "2026-10-14", "L. 723-2"),
    ("LO_CMD_6W", "loyers_habitation", {"lease_date": "2023-07-29", "service_of_commandement": MONDAY}, {}, "2026-10-26", "89-462"),
    ("LO_CMD_2M_OLD", "loyers_habitation", {"lease_date": "2023-07-28", "service_of_commandement": MONDAY}, {}, "2026-11-16", "89-462"),
    ("LO_CAUTION_15D", "loyers_habitation", "service_of_commandement_on_tenant", {}, "2026-09-29", "89-462"),
    # Six weeks back: Monday 3 August.
    ("LO_PREFET_6W", "loyers_habitation", "hearing_date", {}, "2026-08-03", "89-462"),
    ("LO_CCAPEX", "loyers_habitation", "referral", {}, "2026-11-16", "89-462"),
    ("LO_QUIT_2M", "loyers_habitation", "service_of_commandement_quitter", {}, "2026-11-16", "L. 412-1"),
    # 17 November is in the winter truce, to 31 March 2027; 12 April 2027 is before the next one.
    ("LO_WINTER", "loyers_habitation", "service_of_commandement_quitter", {}, "2027-03-31", "L. 412-6"),
    ("LO_WINTER", "loyers_habitation", {"service_of_commandement_quitter": "2027-02-11"}, {}, "2028-03-31", "L. 412-6"),
    ("BC_CMD_1M", "bail_commercial", "service_of_commandement", {}, "2026-10-14", "L. 145-41"),
    ("BK_DT_NOTICE", "credit_bancaire", "mise_en_demeure", {}, None, "L. 212-1"),
    ("BK_FICP_INFO_30D", "credit_bancaire", "information_letter_sent", {}, "2026-10-14", "26 octobre 2010"),
    # Wednesday 14 October, then 15, 16, 19 and 20.
    ("BK_FICP_DECL_4WD", "credit_bancaire", "information_letter_sent", {}, "2026-10-20", "26 octobre 2010"),
    ("BK_FICP_5Y", "credit_bancaire", "registration_of_incident", {}, "2031-09-15", "L. 752-1"),
    ("BK_FORCLUSION_2Y", "credit_bancaire", "first_unregularised_default", {}, "2028-09-14", "R. 312-35"),
    ("BK_CCD2", "credit_bancaire", {"contract_date": "2026-11-25"}, {}, "2026-11-20", "2025-880"),
    ("AS_10D", "prime_assurance", "premium_due_date", {}, "2026-09-24", "L. 113-3"),
    ("AS_30D", "prime_assurance", "mise_en_demeure_sent", {}, "2026-10-14", "L. 113-3"),
    # Thirty days to 14 October, ten more to Saturday 24, not put off.
    ("AS_10D_RES", "prime_assurance", "mise_en_demeure_sent", {}, "2026-10-24", "L. 113-3"),
    ("UR_MED_1M", "urssaf_contrainte", "receipt_of_mise_en_demeure", {}, "2026-10-14", "L. 244-2"),
    ("UR_CRA_2M", "urssaf_contrainte", "notification_of_decision", {}, "2026-11-16", "R. 142-1"),
    ("UR_CRA_SILENT_2M", "urssaf_contrainte", "receipt_of_complaint", {}, "2026-11-16", "R. 142-6"),
    ("UR_OPPO_15D", "urssaf_contrainte", "service_or_notification_of_contrainte", {}, "2026-09-29", "R. 133-3"),
    ("UR_EXEC_3Y", "urssaf_contrainte", "notification_or_service_or_last_enforcement_act", {}, "2029-09-14", "L. 244-9"),
    ("UR_PRESC_3Y", "urssaf_contrainte", {"end_of_year_due": "2025-12-31"}, {}, "2028-12-31", "L. 244-3"),
    ("UR_OTD_1M", "urssaf_contrainte", "notification_of_opposition", {}, "2026-10-14", "L. 133-4-9"),
    ("PU_TITRE_2M", "creances_publiques", "notification_of_titre", {}, "2026-11-16", "L. 1617-5"),
    ("PU_SATD_2M", "creances_publiques", "notification_of_act", {}, "2026-11-16", "L. 281"),
    ("PU_SATD_ANSWER_2M", "creances_publiques", "claim_lodged", {}, "2026-11-16", "281-4"),
    # 16 November, two months: Saturday 16 January 2027, put off to Monday 18.
    ("PU_SATD_COURT_2M", "creances_publiques", "claim_lodged", {}, "2027-01-18", "281-4"),
    ("PU_SATD_COURT_2M", "creances_publiques", "answer_or_end_of_PU_SATD_ANSWER_2M", {}, "2026-11-16", "281-4"),
    ("PU_PRESC_4Y", "creances_publiques", "prise_en_charge_du_titre", {}, "2030-09-14", "L. 1617-5"),
    ("CH_CNP_30D", "cheque_impaye", "first_presentation", {}, "2026-10-14", "L. 131-73"),
    ("CH_CNP_ISSUE_15D", "cheque_impaye", "bearer_request", {}, "2026-09-29", "R. 131-48"),
    ("CH_TITLE_15D", "cheque_impaye", "service_or_notification_of_certificate", {}, "2026-09-29", "L. 131-73"),
    # Eight days to 22 September 2026, then a year.
    ("CH_VALID", "cheque_impaye", "date_of_cheque", {}, "2027-09-22", "L. 131-59"),
    ("LC_PROTET_2WD", "lettre_de_change", "due_date", {}, "2026-09-16", "L. 511-39"),
    ("LC_PRESC_3Y", "lettre_de_change", "due_date", {}, "2029-09-14", "L. 511-78"),
    ("AC_NOTIFY", "assurance_credit", "invoice_due_date", {}, None, "police"),
    ("RG_IMPAYE", "cnil_rgpd", "payment_or_end_of_recovery", {}, None, "2021-130"),
]  # fmt: skip


def answer(
    name: str,
    events: dict[str, str],
    facts: dict[str, Any] | None = None,
    **where: Any,
) -> Deadlines:
    days = {event: date.fromisoformat(day) for event, day in events.items()}
    where.setdefault("place", None if "debtor_postcode" in where else Place.METROPOLE)
    return deadlines(ProcedureCase(procedure=name, events=days, facts=facts or {}, **where))


def by_id(answered: Deadlines) -> dict[str, Deadline]:
    return {one.id: one for one in answered.deadlines}


@pytest.mark.parametrize(("deadline", "name", "events", "facts", "last", "source"), WORKED)
def test_a_deadline_falls_on_the_day_counted_by_hand(
    deadline: str,
    name: str,
    events: dict[str, str] | str,
    facts: dict[str, Any],
    last: str | None,
    source: str,
):
    dated = {events: MONDAY} if isinstance(events, str) else events
    found = by_id(answer(name, dated, facts))[deadline]
    assert found.falls_on == (date.fromisoformat(last) if last else None)
    assert source in found.rule.source
    if last is None:
        assert found.working[-1] == "La loi ne donne pas de nombre de jours."


def test_every_deadline_has_a_worked_date():
    known = {rule.id for name in procedure_ids() for rule in procedure(name).deadlines}
    assert known == {row[0] for row in WORKED}
    assert len(known) == 139


# ---- the data


def test_every_deadline_of_the_facts_is_known_with_its_figures():
    if not (SHARED / "law").is_dir():
        pytest.skip("les faits de droit (../shared/law) ne sont pas à côté du projet")
    facts = yaml.safe_load((SHARED / "law" / "procedures.yaml").read_text(encoding="utf-8"))
    ours = {
        rule.id: rule
        for name in procedure_ids()
        for rule in procedure(name).deadlines
        if rule.procedure == name
    }
    units = {"day": "days", "month": "months", "week": "weeks", "year": "years"}
    units |= {"working_day": "working_days"}
    assert set(ours) == {fact["id"] for fact in facts["deadlines"]}
    known_procedures = {fact["id"] for fact in facts["procedures"]} | {"cnil_rgpd"}
    assert set(procedure_ids()) == known_procedures
    for fact in facts["deadlines"]:
        rule = ours[fact["id"]]
        assert rule.procedure == fact["procedure"]
        assert (rule.verified, rule.evidence) == (fact["verified"], fact["evidence"]), rule.id
        assert _iso(rule.in_force_from) == fact["in_force_from"]
        if rule.id != "AM_PENALTY_START":  # its new wording of 2027 keeps the rule
            assert _iso(rule.in_force_to) == fact["in_force_to"]
        if rule.id == "LO_CCAPEX":  # from the referral forward: the summons waits two months
            assert (rule.kind, rule.rule.id) == ("min", "CPC_MONTHS")
        elif rule.id != "CH_VALID":  # its length stands in the note of the facts
            assert (rule.kind, rule.rule.id) == (fact["kind"], fact["counting_rule"]), rule.id
        if isinstance(fact["length"], int) and rule.length is not None:
            assert getattr(rule.length, units[fact["unit"]]) == fact["length"], rule.id
        if rule.starts_from and rule.id != "LO_WINTER":
            start = fact["starts_from"].partition(" (")[0].replace(" ", "_")
            assert rule.starts_from == start


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def test_the_data_names_only_what_exists():
    for name in procedure_ids():
        known = procedure(name)
        ids = {rule.id for rule in known.deadlines}
        for event in known.events.values():
            assert set(event.after) <= set(known.events), event.id
        for rule in known.deadlines:
            starts = (rule.starts_from, rule.later_event, rule.done_by)
            if rule.procedure == name:
                starts += (rule.law_of.event if rule.law_of else "",)
                assert {rule.expiry_of, rule.not_before} - {""} <= ids, rule.id
            assert set(starts) - {""} <= set(known.events), rule.id
            needs = rule.needs + (rule.variant.needs if rule.variant else ())
            for need in needs:
                if need.fact == "creditor_away":  # drawn from creditor_place
                    continue
                assert need.fact in FACTS, rule.id
                assert set(need.among) <= set(FACTS[need.fact].choices), rule.id
            assert not rule.needs or rule.condition, rule.id
            assert rule.starts_from or rule.on, rule.id


def test_the_texts_are_french_and_typeset():
    for name in procedure_ids():
        for rule in procedure(name).deadlines:
            for text in (rule.label, rule.sanction, rule.condition, rule.note):
                assert "'" not in text
                assert " :" not in text
                assert " ;" not in text
            assert not rule.label.endswith(".")
            assert rule.sanction
            assert rule.source


def test_the_coverage_page_lists_every_deadline():
    page = (ROOT / "docs" / "law_coverage.md").read_text(encoding="utf-8")
    rows = {line.split(" | ")[0].removeprefix("| ") for line in page.splitlines()}
    assert {row[0] for row in WORKED} <= rows


def test_the_guide_lists_every_fact():
    page = (ROOT / "docs" / "guide" / "delais.md").read_text(encoding="utf-8")
    assert not [fact for fact in FACTS if f"`{fact}`" not in page]
    assert not [name for name in procedure_ids() if f"`{name}`" not in page]


def test_the_procedures_leave_the_parameters_of_the_law_alone():
    assert set(shipped_law().parameters).isdisjoint(procedure_ids())


def test_every_counting_rule_says_where_it_is_written():
    for rule in counting_rules().values():
        assert rule.text
        assert rule.source
        assert (rule.report == "none") == (not rule.report_source)


# ---- the law of a date


@pytest.mark.parametrize(
    ("order", "present", "absent"),
    [
        ("2026-08-31", "IP_SIGN_6M_OLD", "IP_SIGN_3M"),
        ("2026-09-01", "IP_SIGN_3M", "IP_SIGN_6M_OLD"),
    ],
)
def test_the_date_of_the_order_chooses_the_law(order: str, present: str, absent: str):
    found = by_id(answer("injonction_de_payer", {"order_date": order}))
    assert found[present].condition is None
    assert absent not in found


@pytest.mark.parametrize(
    ("procedure", "events"),
    [
        ("injonction_de_payer", {"order_date": "2026-08-31"}),
        ("injonction_de_payer", {"order_date": "2022-03-01", "service_of_order": "2022-03-10"}),
        ("loyers_habitation", {"lease_date": "2023-07-28", "service_of_commandement": MONDAY}),
        ("credit_bancaire", {"contract_date": "2020-01-02", "registration_of_incident": MONDAY}),
    ],
)
def test_a_date_of_an_older_law_that_is_known_is_no_gap_of_the_law(
    procedure: str, events: dict[str, str]
):
    found = answer(procedure, events)
    assert found.deadlines
    assert not any("connu ici" in warning for warning in found.warnings)


def test_an_order_older_than_the_known_law_is_said_to_be():
    events = {"order_date": "2022-02-28", "service_of_order": "2022-03-10"}
    [warning] = answer("injonction_de_payer", events).warnings
    assert "avant le 1er mars 2022" in warning.replace("\u00a0", " ")


def test_without_the_order_both_laws_are_answered_with_their_condition():
    found = by_id(answer("injonction_de_payer", {"service_of_order": "2026-10-01"}))
    assert found["IP_EXEC_2M"].condition == "ordonnance rendue à compter du 1er septembre 2026"
    assert found["IP_EXEC_OLD"].condition == ("ordonnance rendue du 1er mars 2022 au 31 août 2026")


def test_an_order_served_before_the_reform_is_of_the_old_law():
    found = by_id(answer("injonction_de_payer", {"service_of_order": "2026-08-31"}))
    assert "IP_EXEC_2M" not in found


def test_a_date_before_the_known_law_is_refused_by_name():
    with pytest.raises(OutsideKnownLaw) as refusal:
        answer("injonction_de_payer", {"order_date": "2021-05-03"})
    assert refusal.value.field == "events.order_date"
    assert "1er mars 2022" in refusal.value.message.replace("\u00a0", " ")


def test_a_deadline_of_unknown_law_beside_a_known_one_is_told():
    answered = answer(
        "injonction_de_payer", {"order_date": "2021-05-03", "service_of_order": "2021-05-10"}
    )
    assert "IP_SIGN_6M_OLD" not in by_id(answered)
    assert any("ordonnance" in warning for warning in answered.warnings)


def test_a_calendar_date_does_not_answer_for_an_event_before_the_known_law():
    events = {"service_of_commandement": "2025-06-30"}  # the new seizure began on 1 July 2025
    with pytest.raises(OutsideKnownLaw) as refusal:
        answer("saisie_remunerations", events)
    assert refusal.value.field == "events.service_of_commandement"
    old = answer("saisie_remunerations", events, {"old_court_file": True})
    assert [one.id for one in old.deadlines] == ["SR_TRANSITION"]
    assert old.warnings


def test_the_rewritten_article_of_2027_is_to_be_confirmed():
    events = {"invoice_due_date": "2027-01-15"}
    found = by_id(answer("amicable_dunning", events))["AM_PENALTY_START"]
    assert found.falls_on == date(2027, 1, 16)
    assert not found.verified


# ---- facts


def test_a_fact_settles_a_condition_or_bars_the_deadline():
    events = {"hearing_date": MONDAY}
    either = by_id(answer("assignation_au_fond", events))
    assert either["AF_TC_FILE_8D"].condition
    assert either["AF_TJ_FILE_15D"].condition
    commercial = by_id(answer("assignation_au_fond", events, {"court": "tribunal_de_commerce"}))
    assert commercial["AF_TC_FILE_8D"].condition is None
    assert "AF_TJ_FILE_15D" not in commercial


@pytest.mark.parametrize(("cents", "listed"), [(1_000_000, False), (1_000_001, True)])
def test_an_amount_is_compared_strictly_with_its_threshold(cents: int, listed: bool):
    # A lawyer is needed above 10 000 €, that sum included being dispensed.
    facts = {"court": "tribunal_judiciaire", "amount": cents}
    events = {"service_of_assignation": MONDAY}
    if listed:
        assert by_id(answer("assignation_au_fond", events, facts))["AF_TJ_AVOCAT_15D"]
    else:
        assert not answer("assignation_au_fond", events, facts).deadlines


def test_the_creditor_s_place_chooses_the_period_of_declaration():
    here = by_id(answer(PC, {BODACC: MONDAY}, {"creditor_place": "metropole"}))
    assert "PC_DECLARE_4M" not in here
    away = by_id(answer(PC, {BODACC: MONDAY}, {"creditor_place": "etranger"}))
    assert "PC_DECLARE_2M" not in away
    assert away["PC_DECLARE_4M"].condition is None


def test_a_court_overseas_turns_the_creditor_s_place_round():
    events, court = {BODACC: MONDAY}, {"court_postcode": "97400"}
    away = by_id(answer(PC, events, {"creditor_place": "metropole"}, **court))
    assert away["PC_DECLARE_4M"].condition is None
    # Overseas, but where: both are answered with their condition.
    either = by_id(answer(PC, events, {"creditor_place": "outre_mer"}, **court))
    assert either["PC_DECLARE_2M"].condition
    assert either["PC_DECLARE_4M"].condition


def test_a_shorter_special_period_says_that_the_ordinary_one_ends_later():
    answered = answer(PC, {BODACC: MONDAY, "termination_of_contract": MONDAY})
    assert any("16\u00a0novembre 2026" in warning for warning in answered.warnings)


def test_enforcing_against_a_debtor_abroad_is_warned_of_his_longer_opposition():
    events = {"order_date": "2026-09-10", "service_of_order": MONDAY}
    assert not answer("injonction_de_payer", events).warnings
    # Enforcement from 17 November, opposition to 14 December.
    [warning] = answer("injonction_de_payer", events, place=Place.ETRANGER).warnings
    assert "14\u00a0décembre 2026" in warning


# ---- distance


@pytest.mark.parametrize(
    ("place", "last", "months"),
    [
        (Place.METROPOLE, date(2026, 10, 14), None),
        (Place.OUTRE_MER, date(2026, 11, 16), "un mois"),
        (Place.ETRANGER, date(2026, 12, 14), "deux mois"),
    ],
)
def test_distance_lengthens_an_opposition(place: Place, last: date, months: str | None):
    found = by_id(answer("injonction_de_payer", {"service_of_order": MONDAY}, place=place))
    opposition = found["IP_OPPO_1M"]
    assert opposition.falls_on == last
    if months is None:
        assert opposition.distance is None
    else:
        assert opposition.distance == f"{months} de plus pour la distance (CPC art. 643)"


def test_distance_lengthens_nothing_else():
    abroad: set[str] = set()
    for row in WORKED:
        dated = {row[2]: MONDAY} if isinstance(row[2], str) else row[2]
        found = by_id(answer(row[1], dated, row[3], place=Place.ETRANGER))[row[0]]
        if found.distance:
            abroad.add(row[0])
    assert abroad == {
        "IP_OPPO_1M",
        "IP_OPPO_1M_EXT",
        "IP_EXEC_OLD",  # waits for the end of the opposition period
        "RP_APPEAL_15D",
        "AF_TJ_AVOCAT_15D",  # appearance
        "AF_APPEAL_1M",
        "AF_OPPO_1M",
        "AF_JEX_15D",
        "SI_HEARING_MIN_1M",  # appearance, counted backward
        "PC_APPEAL_10D",
        "UR_OPPO_15D",
    }


def test_the_old_request_for_enforcement_follows_the_longer_opposition():
    events = {"order_date": "2022-01-10", "service_of_order": "2022-01-20"}
    # Opposition: three months to 20 April 2022; one more to 20 May, a Friday.
    found = by_id(answer("injonction_de_payer", events, place=Place.ETRANGER))
    assert found["IP_OLD_1423"].falls_on == date(2022, 5, 20)


@pytest.mark.parametrize(
    ("debtor", "last", "source"),
    [
        ("97410", date(2026, 10, 14), None),  # the court's own collectivity
        ("97200", date(2026, 11, 16), "644"),
        ("75011", date(2026, 11, 16), "644"),
    ],
)
def test_a_court_overseas_mirrors_distance(debtor: str, last: date, source: str | None):
    answered = answer(
        "injonction_de_payer",
        {"service_of_order": MONDAY},
        debtor_postcode=debtor,
        court_postcode="97400",
    )
    opposition = by_id(answered)["IP_OPPO_1M"]
    assert opposition.falls_on == last
    assert source is None if opposition.distance is None else source in opposition.distance


def test_a_court_overseas_asks_where_overseas_the_debtor_is():
    with pytest.raises(WrongInput) as refusal:
        answer(
            "injonction_de_payer",
            {"service_of_order": MONDAY},
            place=Place.OUTRE_MER,
            court_postcode="97400",
        )
    assert refusal.value.field == "debtor_postcode"


def test_a_postcode_that_contradicts_the_place_is_refused():
    with pytest.raises(WrongInput) as refusal:
        answer(
            "injonction_de_payer",
            {"service_of_order": MONDAY},
            place=Place.METROPOLE,
            debtor_postcode="97400",
        )
    assert refusal.value.field == "debtor_postcode"


def test_a_place_nobody_gave_is_said_to_be_supposed():
    answered = answer("injonction_de_payer", {"service_of_order": MONDAY}, place=None)
    assert answered.place is Place.METROPOLE
    assert any("supposée" in warning for warning in answered.warnings)


# ---- local holidays: before acting, never to be late


def test_a_local_holiday_puts_off_no_act_of_one_s_own():
    # 26 November 2025, a month: Friday 26 December, a holiday in Alsace-Moselle only.
    events = {"denunciation_to_debtor": "2025-11-26"}
    found = by_id(answer("saisie_attribution", events, debtor_postcode="67000"))
    assert found["SA_CONTEST_1M"].falls_on == date(2025, 12, 26)
    assert any("Alsace-Moselle" in warning for warning in found["SA_CONTEST_1M"].warnings)
    # The third party's payment waits: Friday 26 is allowed for, then Monday 29.
    waiting = found["SA_PAY_AFTER_1M"]
    assert waiting.falls_on == date(2025, 12, 29)
    assert waiting.possible_from == date(2025, 12, 30)


def test_a_notice_counted_backward_allows_for_a_local_holiday():
    # Eight days before 11 April 2026: Friday 3 April, Good Friday, so Thursday 2 in Strasbourg.
    events = {"hearing_date": "2026-04-11"}
    here = by_id(answer("assignation_au_fond", events))["AF_TC_FILE_8D"]
    there = by_id(answer("assignation_au_fond", events, debtor_postcode="67000"))["AF_TC_FILE_8D"]
    assert here.falls_on == date(2026, 4, 3)
    assert there.falls_on == date(2026, 4, 2)


def test_the_holidays_of_an_unknown_collectivity_are_said_to_be_unknown():
    answered = answer("assignation_au_fond", {"hearing_date": MONDAY}, debtor_postcode="98800")
    assert any("98800" in warning for warning in answered.warnings)


# ---- how it is told


def test_the_working_tells_the_count_and_the_report():
    found = by_id(answer("injonction_de_payer", {"order_date": "2026-08-31"}))["IP_SIGN_6M_OLD"]
    told = [step.replace("\u00a0", " ") for step in found.working]
    assert told == [
        "Point de départ : ordonnance, le lundi 31 août 2026.",
        "Six mois finissent le dimanche 28 février 2027 (de quantième à quantième, le dernier "
        "jour comptant jusqu’à minuit).",
        "Ce mois n’a pas de 31 : son dernier jour, le 28, compte.",
        "Le 28 février 2027 est un dimanche : reporté au lundi 1er mars 2027 (CPC art. 642).",
    ]
    assert found.extended is not None
    assert found.extended.startswith("le 28\u00a0février 2027 est un dimanche")


def test_an_act_already_done_is_compared_with_its_last_day():
    events = {"order_date": "2026-09-01", "service_of_order": "2026-12-02"}
    late = by_id(answer("injonction_de_payer", events))["IP_SIGN_3M"]
    assert late.in_time is False
    assert any("non avenue" in warning for warning in late.warnings)
    events["service_of_order"] = "2026-12-01"
    assert by_id(answer("injonction_de_payer", events))["IP_SIGN_3M"].in_time is True


def test_the_prudent_day_keeps_working_days_in_hand():
    # Three months to Monday 14 December; five working days less: Monday 7.
    found = by_id(answer("injonction_de_payer", {"order_date": MONDAY}))["IP_SIGN_3M"]
    assert found.safe_on == date(2026, 12, 7)


def test_a_disputed_report_is_not_relied_upon():
    # 16 September 2026, two years: 16 September 2028, a Saturday.
    events = {"first_unregularised_default": "2026-09-16"}
    found = by_id(answer("credit_bancaire", events))["BK_FORCLUSION_2Y"]
    assert found.falls_on == date(2028, 9, 18)
    assert found.safe_on == date(2028, 9, 11)  # five working days before Saturday 16
    assert any("16\u00a0septembre 2028" in warning for warning in found.warnings)


def test_an_end_of_year_that_is_not_one_is_told():
    answered = answer("urssaf_contrainte", {"end_of_year_due": "2025-11-30"})
    assert any("30\u00a0novembre 2025" in warning for warning in answered.warnings)


def test_a_shared_deadline_is_the_same_seen_from_both_procedures():
    events = {"notification_of_judgment": MONDAY}
    assert by_id(answer("appeal", events))["AF_APPEAL_1M"].falls_on == date(2026, 10, 14)


def test_the_json_of_a_deadline_has_the_fields_of_the_contract():
    answered = deadlines_answer(answer("injonction_de_payer", {"order_date": MONDAY}))
    [first] = answered["deadlines"]  # type: ignore[misc]
    wanted = {"id", "label", "starts_from", "falls_on", "extended", "sanction", "source"}
    assert wanted | {"verified", "working", "condition"} <= set(first)
    json.dumps(answered)


# ---- refusals


@pytest.mark.parametrize(
    ("name", "events", "field"),
    [
        ("duel", {"order_date": MONDAY}, "procedure"),
        ("injonction_de_payer", {"sunrise": MONDAY}, "events.sunrise"),
        ("injonction_de_payer", {"hearing_date": MONDAY}, "events.hearing_date"),
        (
            "injonction_de_payer",
            {"order_date": "2026-09-15", "service_of_order": MONDAY},
            "events.service_of_order",
        ),
        (
            "assignation_au_fond",
            {"judgment_date": "2026-09-15", "notification_of_judgment": MONDAY},
            "events.notification_of_judgment",
        ),
        ("loyers_habitation", {"lease_date": "2020-01-01"}, "events"),
        ("caution", {}, "events"),
        ("saisie_remunerations", {"service_of_commandement": "2025-06-30"}, "events.service_of_commandement"),
    ],
)  # fmt: skip
def test_what_is_refused_names_its_field(name: str, events: dict[str, str], field: str):
    with pytest.raises(Refused) as refusal:
        answer(name, events)
    assert refusal.value.field == field
    assert refusal.value.message.endswith(".")


def test_the_far_end_of_the_calendar_is_answered():
    for row in WORKED:
        if isinstance(row[2], str):
            found = by_id(answer(row[1], {row[2]: "2199-12-31"}, row[3]))
            assert row[0] in found or row[0] in {"IP_EXEC_OLD"}, row[0]


# ---- ten thousand absurd inputs


def test_ten_thousand_random_inputs_are_answered_or_refused_by_name():
    chance = random.Random(641)
    names = procedure_ids()
    every_event = sorted({event for name in names for event in procedure(name).events})
    answered = 0
    for _ in range(10_000):
        document = _absurd(chance, names, every_event)
        try:
            reply = deadlines_answer(deadlines(read_procedure_case(document)))
        except Refused as refusal:
            assert refusal.field, document
            assert refusal.message.endswith("."), refusal.message
            continue
        json.dumps(reply)
        answered += 1
        assert reply["deadlines"] or document["facts"], document
    assert answered > 1_000


def _absurd(chance: random.Random, names: tuple[str, ...], every_event: list[str]) -> Any:
    if chance.random() < 0.05:
        return _junk(chance)
    name: Any = chance.choice(names)
    own = list(procedure(name).events) or every_event
    events: Any = {
        (chance.choice(own) if chance.random() < 0.98 else chance.choice(every_event)): (
            _day(chance) if chance.random() < 0.99 else _junk(chance)
        )
        for _ in range(chance.randint(0, 4))
    }
    document: dict[str, Any] = {"procedure": name, "events": events}
    if chance.random() < 0.8:
        document["debtor_place"] = chance.choice(list(Place)).value
    if chance.random() < 0.1:
        document["debtor_postcode"] = chance.choice(["67000", "97400", "98800", "98000", "75001"])
    if chance.random() < 0.1:
        document["court_postcode"] = chance.choice(["97150", "57000", "97400"])
    if chance.random() < 0.3:
        document["facts"] = {
            fact: chance.choice([*FACTS[fact].choices, True, False, 0, 12, "10000.00"])
            for fact in chance.sample(sorted(FACTS), 2)
        }
    for field in ("procedure", "events", "debtor_place", "facts", "debtor_postcode"):
        if chance.random() < 0.02:
            document[field] = _junk(chance)
    return document


def _day(chance: random.Random) -> str:
    start = date(2022, 1, 1) if chance.random() < 0.8 else date(1950, 1, 1)
    span = (date(2199, 12, 31) - start).days if chance.random() < 0.2 else 2000
    return (start + timedelta(days=chance.randint(0, span))).isoformat()


def _junk(chance: random.Random) -> Any:
    return chance.choice(
        [
            None, True, 0, -1, 1e308, float("nan"), "", "\x00", "2026-02-30", "9999-99-99", [], {},
            [[]], {"a": {}}, "٣٣٣٣٣", "\ud800", "x" * 5000,
            "".join(chance.choices(string.printable, k=9)),
        ]
    )  # fmt: skip
