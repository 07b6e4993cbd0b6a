"""Addresses of *Balance âgée*, *À compléter*, *Imports*, *Envois*, *Modèles* and *Administration*."""

from django.urls import path

from exigible.web.views import ageing

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
]
