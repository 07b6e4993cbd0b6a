"""Demands built by hand, for tests that need neither database nor server."""

from datetime import date

from exigible.channels.templates import render, template_for
from exigible.domain.correspondence import (
    Accessories,
    ClaimLine,
    Correspondence,
    Demand,
    PaymentDetails,
    Recipient,
    Sender,
)

ON = date(2026, 11, 23)
ACCESSORIES = Accessories(
    interest_cents=61_234, fixed_indemnity_cents=8_000, daily_interest_cents=512
)


def claim_line(number: int = 1, **fields: object) -> ClaimLine:
    values: dict[str, object] = {
        "id": number,
        "ref": f"FA-2026-{410 + number:04d}",
        "kind": "invoice",
        "issued_on": date(2026, 7, number),
        "due_on": date(2026, 8, number),
        "amount_cents": 412_350,
        "balance_cents": 412_350,
    }
    return ClaimLine(**(values | fields))


def demand(**fields: object) -> Demand:
    values: dict[str, object] = {
        "on": ON,
        "sender": Sender(
            name="Comptoir des Trois Rivières",
            address=("14 quai Saint-Cosme", "71100 Chalon-sur-Saône"),
            siren="732829320",
            legal_line="Comptoir des Trois Rivières, SAS au capital de 240 000 €, RCS Chalon",
            phone="03 85 00 00 00",
            email="comptabilite@trois-rivieres.example",
            signatory="Hélène Vasseur",
        ),
        "recipient": Recipient(
            name="Menuiserie Élan & Fils",
            attention="À l’attention de Zoé Roy",
            address=("Bâtiment C", "27 rue des Érables", "ZA du Grand Pré", "69400 VILLEFRANCHE"),
            email="compta@elan.example",
        ),
        "debtor_kind": "professional",
        "account_number": "411ELAN",
        "reference": "411ELAN/1042",
        "claims": (claim_line(1), claim_line(2)),
        "payment": PaymentDetails(
            holder="Comptoir des Trois Rivières",
            iban="FR7630006000011234567890189",
            bic="AGRIFRPP",
            reference="411ELAN",
        ),
        "days_to_pay": 8,
    }
    return Demand(**(values | fields))


def written(
    template: str = "relance_2", channel: str = "letter", **fields: object
) -> Correspondence:
    facts = demand(**fields)
    return render(template_for(template, channel, facts.debtor_kind), facts)
