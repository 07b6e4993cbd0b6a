"""Addresses of *Balance âgée*, *À compléter*, *Imports*, *Envois*, *Modèles* and *Administration*."""

from django.urls import include, path

from exigible.web.views import (
    ageing,
    creditors,
    imports,
    incomplete,
    letter_batches,
    outbox,
    outbox_decisions,
    people,
    texts,
)

_creditor = [
    path("", creditors.creditor, name="creditor"),
    path("archiver/", creditors.archive, name="archive_creditor"),
    path("logo/", creditors.logo, name="creditor_logo"),
    path("logo/retirer/", creditors.remove_logo, name="remove_logo"),
    path("en-tete.png", creditors.letterhead, name="letterhead"),
    path("compte-bancaire/", creditors.add_bank_account, name="add_bank_account"),
    path("portefeuille/", creditors.add_portfolio, name="add_portfolio"),
]

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
    path("envois/valider/", outbox_decisions.approve_many, name="approve_messages"),
    path("envois/decider/<slug:verb>/", outbox_decisions.decide_many, name="decide_messages"),
    path("envois/<int:message_id>/", outbox.detail, name="outgoing"),
    path("envois/<int:message_id>/valider/", outbox_decisions.approve, name="approve_message"),
    path("envois/<int:message_id>/retenir/", outbox_decisions.hold, name="hold_message"),
    path("envois/<int:message_id>/annuler/", outbox_decisions.cancel, name="cancel_message"),
    path(
        "envois/<int:message_id>/lever-le-doute/", outbox_decisions.resolve, name="resolve_message"
    ),
    path("envois/<int:message_id>/lettre.pdf", outbox.letter_file, name="letter_file"),
    path("envois/<int:message_id>/pages/", outbox.letter_sheets, name="letter_sheets"),
    path(
        "envois/<int:message_id>/page-<int:page_number>.png", outbox.page_image, name="letter_page"
    ),
    path("envois/lots/preparer/", letter_batches.build_batches, name="build_batches"),
    path("envois/lots/<int:batch_id>/", letter_batches.batch, name="letter_batch"),
    path(
        "envois/lots/<int:batch_id>/reconstituer/",
        letter_batches.rebuild_batch,
        name="rebuild_batch",
    ),
    path("envois/lots/<int:batch_id>/poste/", letter_batches.post_batch, name="post_batch"),
    path("envois/lots/<int:batch_id>/lot.pdf", letter_batches.batch_file, name="batch_file"),
    path("modeles/", texts.templates, name="templates"),
    path("modeles/<slug:channel>/<slug:key>/<slug:audience>/", texts.template, name="template"),
    path(
        "modeles/<slug:channel>/<slug:key>/<slug:audience>/page.png",
        texts.template_page,
        name="template_page",
    ),
    path("strategies/", texts.strategies, name="strategies"),
    path("administration/", creditors.creditors, name="administration"),
    path("administration/exporter/", creditors.export, name="export_creditors"),
    path("administration/creanciers/nouveau/", creditors.create, name="new_creditor"),
    path("administration/creanciers/<int:creditor_id>/", include(_creditor)),
    path(
        "administration/comptes-bancaires/<int:bank_account_id>/par-defaut/",
        creditors.make_default,
        name="default_bank_account",
    ),
    path(
        "administration/comptes-bancaires/<int:bank_account_id>/clore/",
        creditors.close_bank_account,
        name="close_bank_account",
    ),
    path("administration/portefeuilles/", creditors.portfolios, name="portfolios"),
    path(
        "administration/portefeuilles/<int:portfolio_id>/renommer/",
        creditors.rename_portfolio,
        name="rename_portfolio",
    ),
    path("administration/personnes/", people.people, name="people"),
    path("administration/personnes/exporter/", people.export, name="export_people"),
    path("administration/personnes/inviter/", people.invite, name="invite"),
    path("administration/personnes/<int:user_id>/", people.change, name="person"),
    path(
        "administration/personnes/<int:user_id>/acces/<slug:verb>/",
        people.set_access,
        name="set_access",
    ),
    path("administration/droits/", people.rights, name="rights"),
    path("bienvenue/<uuid:opaque_id>/<str:token>/", people.welcome, name="welcome"),
]
