"""An electronic invoice and its statuses, as a collector meets them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse

from exigible.domain.roles import Role
from exigible.operations.imports import receive_file, run_import
from exigible.store.models import Creditor, EInvoice
from tests.browser.conftest import Desk
from tests.einvoice_text import archive, cdar, cii
from tests.factories import World
from tests.operations.importing import AT, BY

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_invoice_in_dispute(world: World, desk: Callable[..., Desk]):
    creditor = Creditor.objects.create(name="Négoce SA", siren="732829320")
    content = archive(
        {
            "facture.xml": cii(
                "F-2026-104",
                amount="12000.00",
                terms="30 jours net",
                attachments={"bon de livraison.pdf": b"%PDF-bon"},
            ),
            "depot.xml": cdar("200", "F-2026-104", at="20260105181000"),
            "litige.xml": cdar("207", "F-2026-104", reason=("TX_TVA_ERR", "Taux de TVA erroné")),
        }
    )
    batch = receive_file(content, name="jour.zip", creditor=creditor, by=BY, at=AT)
    assert run_import(batch.pk, at=AT).accepted
    invoice = EInvoice.objects.get()
    screen = desk()
    screen.sign_in(world, Role.ADMINISTRATOR)
    for name, address in (
        ("facture-electronique", reverse("einvoice", args=[invoice.account_id, invoice.pk])),
        ("compte-facture-electronique", reverse("account", args=[invoice.account_id])),
        ("import-factures-electroniques", reverse("import_detail", args=[batch.pk])),
    ):
        screen.open(address)
        screen.picture(name)
        assert screen.breaches() == []
    assert screen.complaints == []
