"""One question a calculator, and how the tests read an answer."""

from datetime import date

from django.test import Client

from exigible.documents.working import Working
from exigible.web.calculators.base import Calculator

HTMX = {"HX-Request": "true"}
QUESTIONS = {
    "interets": "au=2026-11-22&f1-ref=FA-118&f1-montant=12400&f1-echeance=2026-02-10"
    "&f2-montant=8650,40&f2-emise=2026-03-10&f2-echeance=10/04/2026&p1-le=2026-06-01&p1-montant=3000",
    "delais": "procedure=injonction_de_payer&le_order_date=10/09/2026&le_service_of_order=0110"
    "&lieu=metropole",
    "prescription": "nature=b2b_sale&depart=2022-01-31&au=2026-11-22&e1-fait=formal_notice"
    "&e1-le=2023-02-01&e2-fait=suspension-mediation&e2-le=2024-02-01&e2-fin=2024-05-01",
    "tribunal": "montant=12000&nature=commercial&voie=injonction_de_payer&code=67000&au=2026-01-15",
    "voies": "au=2026-11-22&montant=4200&fait_nature=commercial&fait_origin=contract"
    "&fait_instrument=none&fait_due_on=2026-03-10&fait_contested=none&fait_invoiced=oui"
    "&fait_liquid=oui&fait_debtor_kind=professional&fait_debtor_trader=oui"
    "&fait_debtor_postcode=69003&fait_creditor_kind=professional&fait_creditor_trader=oui"
    "&fait_creditor_country=FR&fait_title=none&fait_insolvency=none&piece_contract=oui"
    "&piece_invoices=oui&hyp_road=injonction_de_payer&hyp_collect=50&hyp_costs=150",
    "jours": "depart=2026-03-25&nombre=1&unite=mois&zone=metropole",
    "echeancier": "montant=1000&nombre=6&premiere=2026-11-30&rythme=month",
}


def asked(client: Client, slug: str, query: str) -> Calculator:
    response = client.get(f"/calculettes/{slug}/?{query}")
    assert response.status_code == 200
    found: Calculator = response.context["calculator"]
    return found


def working(client: Client, slug: str, query: str = "") -> Working:
    found = asked(client, slug, query or QUESTIONS[slug])
    assert found.outcome.working is not None, (found.outcome, found.errors)
    return found.outcome.working


def plain(text: str) -> str:
    """The text with plain spaces: figures compared as they are read."""
    return text.replace("\u202f", "").replace("\u00a0", " ").replace("\u2212", "-")


def figure(text: str) -> str:
    """« 1 234,56 € » as « 1234.56 »."""
    return plain(text).removesuffix(" €").replace(",", ".")


def french(iso: str) -> str:
    return f"{date.fromisoformat(iso):%d/%m/%Y}"
