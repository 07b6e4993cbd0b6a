"""Addresses of *Encaissements*: the lines, what is done with them, rules and documents."""

from django.urls import path

from exigible.web.views import matching_rules, receipt_acts, receipts, remittances

urlpatterns = [
    path("", receipts.receipts, name="receipts"),
    path("exporter/", receipts.export, name="export_receipts"),
    path("lancer/", receipt_acts.run, name="run_matching"),
    path("lot/<slug:verb>/", receipt_acts.in_bulk, name="receipts_in_bulk"),
    path("<int:line_id>/", receipts.receipt, name="receipt"),
    path("<int:line_id>/compte/", receipts.other_account, name="receipt_account"),
    path("<int:line_id>/affecter/", receipt_acts.settle, name="settle_receipt"),
    path("<int:line_id>/non-affecter/", receipt_acts.leave, name="leave_receipt"),
    path("<int:line_id>/attente/", receipt_acts.suspend, name="suspend_receipt"),
    path("<int:line_id>/ecarter/", receipt_acts.set_aside, name="set_receipt_aside"),
    path("<int:line_id>/remettre/", receipt_acts.put_back, name="put_back_receipt"),
    path("<int:line_id>/contrepasser/", receipt_acts.undo, name="undo_receipt"),
    path("<int:line_id>/mandataire/", receipt_acts.name_agent, name="name_agent"),
    path("<int:line_id>/document/", remittances.attach, name="attach_remittance"),
    path("documents/", remittances.remittances, name="remittances"),
    path(
        "documents/<int:remittance_id>/retirer/", remittances.withdraw, name="withdraw_remittance"
    ),
    path("documents/<int:remittance_id>/fichier/", remittances.original, name="remittance_file"),
    path("regles/", matching_rules.rules, name="matching_rules"),
    path("regles/<int:creditor_id>/", matching_rules.change, name="change_matching_rules"),
    path("regles/appris/<int:payer_id>/retirer/", matching_rules.forget, name="forget_payer"),
    path("regles/appris/exporter/", matching_rules.export, name="export_learned"),
]
