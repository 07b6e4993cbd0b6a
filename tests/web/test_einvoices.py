"""An electronic invoice on its page, its files, its statuses on the timeline."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from exigible.operations.imports import receive_file, run_import
from exigible.store.models import Account, Creditor, EInvoice, ImportBatch
from tests.einvoice_text import archive, cdar, cii
from tests.factories import World
from tests.operations.importing import AT, BY

pytestmark = pytest.mark.django_db


@pytest.fixture
def received(world: World, settings: object, tmp_path: Path) -> EInvoice:
    settings.DOCUMENTS_FOLDER = tmp_path / "documents"  # type: ignore[attr-defined]
    creditor = Creditor.objects.create(name="Négoce SA", siren="732829320")
    content = archive(
        {
            "f.xml": cii("F-1", attachments={"bon<script>.pdf": b"%PDF-bon"}, terms="30 jours net"),
            "s.xml": cdar("207", reason=("PRIX", "Prix <b>faux</b>")),
        }
    )
    batch = receive_file(content, name="jour.zip", creditor=creditor, by=BY, at=AT)
    assert run_import(batch.pk, at=AT).accepted
    return EInvoice.objects.get()


@pytest.fixture
def manager(world: World, received: EInvoice, client: Client) -> Client:
    client.force_login(world.people["administrator"])
    return client


def test_the_page_says_what_the_invoice_states(manager: Client, received: EInvoice):
    page = manager.get(reverse("einvoice", args=[received.account_id, received.pk]))
    text = page.content.decode()
    assert page.status_code == 200
    assert "Facture F-1" in text
    assert "BC-77" in text
    assert "30 jours net" in text
    assert "Prix &lt;b&gt;faux&lt;/b&gt;" in text


def test_files_are_given_inert_and_whole(manager: Client, received: EInvoice):
    address = reverse("einvoice_document", args=[received.account_id, received.pk])
    answer = manager.get(address)
    assert answer.content.startswith(b"<?xml")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    exhibit = received.exhibits.get()
    address = reverse("einvoice_exhibit", args=[received.account_id, received.pk, exhibit.pk])
    assert manager.get(address).content == b"%PDF-bon"


def test_the_timeline_of_the_account_shows_statuses_and_leads_to_the_document(
    manager: Client, received: EInvoice
):
    address = reverse("account", args=[received.account_id]) + "?onglet=chronologie"
    text = manager.get(address).content.decode()
    assert "Facture F-1 : en litige" in text
    assert reverse("einvoice", args=[received.account_id, received.pk]) in text
    task = manager.get(reverse("account", args=[received.account_id])).content.decode()
    assert "ouvrir un litige ?" in task


def test_an_invoice_of_another_account_is_not_found(manager: Client, received: EInvoice):
    other = Account.objects.exclude(pk=received.account_id).first()
    assert other is not None
    assert manager.get(reverse("einvoice", args=[other.pk, received.pk])).status_code == 404


def test_the_page_takes_an_invoice_to_the_creditor_who_sold_it(manager: Client, received: EInvoice):
    """Nothing in the file's name says whose it is: its seller does."""
    sent = SimpleUploadedFile("facture.xml", cii("F-2"))
    fields = {"files": sent, "creditor": "nom", "format": "reconnu"}
    answer = manager.post(reverse("imports"), fields)
    assert answer.status_code == 302, answer.context["form"].errors
    batch = ImportBatch.objects.order_by("-pk")[0]
    assert (batch.creditor_id, batch.format) == (received.creditor_id, "cii")


def test_an_invoice_of_nobody_here_asks_for_the_creditor(manager: Client):
    sent = SimpleUploadedFile("facture.xml", cii("F-2", seller=("Inconnue SA", "443061841")))
    fields = {"files": sent, "creditor": "nom", "format": "reconnu"}
    answer = manager.post(reverse("imports"), fields)
    assert answer.status_code == 422
    assert "creditor" in answer.context["form"].errors
