"""Addresses of *Balance âgée*, *À compléter*, *Imports*, *Envois*, *Modèles* and *Administration*."""

from django.urls import path

from exigible.web.views import ageing, imports, incomplete, outbox

urlpatterns = [
    path("balance-agee/", ageing.ageing, name="ageing"),
    path("balance-agee/comptabilite/", ageing.ledger, name="ageing_ledger"),
    path("balance-agee/exporter/", ageing.export, name="export_ageing"),
    path("balance-agee/lot/relancer/", ageing.chase, name="ageing_chase"),
    path("balance-agee/lot/<slug:verb>/", ageing.in_bulk, name="ageing_in_bulk"),
    path("balance-agee/lignes/<slug:column>/", ageing.behind, name="ageing_behind"),
    path(
        "balance-agee/lignes/<slug:column>/exporter/",
        ageing.export_behind,
        name="export_ageing_behind",
    ),
    path("a-completer/", incomplete.incomplete, name="incomplete"),
    path("a-completer/exporter/", incomplete.export, name="export_incomplete"),
    path("a-completer/lot/<slug:verb>/", incomplete.in_bulk, name="complete_in_bulk"),
    path("a-completer/compte/<int:account_id>/", incomplete.fill_account, name="fill_account"),
    path("a-completer/creance/<int:claim_id>/", incomplete.fill_claim, name="fill_claim"),
    path("imports/", imports.imports, name="imports"),
    path("imports/exporter/", imports.export, name="export_imports"),
    path("imports/<int:import_id>/", imports.detail, name="import_detail"),
    path("imports/<int:import_id>/fichier/", imports.original, name="import_file"),
    path("imports/<int:import_id>/relancer/", imports.again, name="import_again"),
    path("imports/<int:import_id>/en-partie/", imports.partially, name="import_partially"),
    path(
        "imports/<int:import_id>/remarques/exporter/",
        imports.export_problems,
        name="export_problems",
    ),
    path("envois/", outbox.envois, name="messages"),
    path("envois/exporter/", outbox.export, name="export_messages"),
    path("envois/valider/", outbox.approve_many, name="approve_messages"),
    path("envois/decider/<slug:verb>/", outbox.decide_many, name="decide_messages"),
    path("envois/<int:message_id>/", outbox.detail, name="outgoing"),
    path("envois/<int:message_id>/valider/", outbox.approve, name="approve_message"),
    path("envois/<int:message_id>/retenir/", outbox.hold, name="hold_message"),
    path("envois/<int:message_id>/annuler/", outbox.cancel, name="cancel_message"),
    path("envois/<int:message_id>/lever-le-doute/", outbox.resolve, name="resolve_message"),
    path("envois/<int:message_id>/lettre.pdf", outbox.letter_file, name="letter_file"),
    path("envois/<int:message_id>/pages/", outbox.letter_sheets, name="letter_sheets"),
    path(
        "envois/<int:message_id>/page-<int:page_number>.png", outbox.page_image, name="letter_page"
    ),
    path("envois/lots/preparer/", outbox.build_batches, name="build_batches"),
    path("envois/lots/<int:batch_id>/", outbox.batch, name="letter_batch"),
    path("envois/lots/<int:batch_id>/reconstituer/", outbox.rebuild_batch, name="rebuild_batch"),
    path("envois/lots/<int:batch_id>/poste/", outbox.post_batch, name="post_batch"),
    path("envois/lots/<int:batch_id>/lot.pdf", outbox.batch_file, name="batch_file"),
]
