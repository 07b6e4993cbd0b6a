"""Every deadline, at least one date counted by hand; shared by the tests of deadlines.

Most start on Monday 14 September 2026: one month later is Wednesday 14 October, two months
Saturday 14 November (put off to Monday 16), three Monday 14 December, six Sunday 14 March 2027 (put
off to Monday 15); eight days later is Tuesday 22 September, ten Thursday 24, fifteen Tuesday 29,
thirty Wednesday 14 October; one year Tuesday 14 September 2027, two Thursday 2028, three Friday
2029, four Saturday 2030, five Sunday 2031, ten Sunday 2036. Backward: eight days Sunday 6 September
(Friday 4), fifteen Sunday 30 August (Friday 28), one month Friday 14 August.
"""

from datetime import date
from typing import Any

from exigible.domain.deadlines import (
    Deadline,
    Deadlines,
    Place,
    ProcedureCase,
    deadlines,
)

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
