"""A document is dropped, read, filed and confirmed from the keyboard; every page of *Pièces* is sound."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from exigible.domain.roles import Role
from exigible.operations import exhibit_intake
from exigible.operations.acts import By
from exigible.store.models import Exhibit, ExhibitArrival
from tests.browser.conftest import DESKTOP, NOW, Desk
from tests.exhibit_files import mail, pdf
from tests.factories import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BY = By.job("essai")


def read_all() -> None:
    """What the worker does."""
    for drop in ExhibitArrival.objects.values_list("drop", flat=True).distinct():
        exhibit_intake.read_drop(drop, at=NOW)


def test_a_document_is_dropped_and_filed_from_the_keyboard(
    world: World, desk: Callable[..., Desk], tmp_path: Path
) -> None:
    paper = tmp_path / "conditions.pdf"
    paper.write_bytes(pdf("Conditions générales de vente"))
    at = desk(DESKTOP)
    page = at.sign_in(world, Role.COLLECTOR)
    page.on("filechooser", lambda chooser: None)  # heard from now on, not from the key on
    at.press("g", "d")
    page.wait_for_url("**/pieces/")
    with page.expect_file_chooser() as asked:
        page.keyboard.press("j")
    asked.value.set_files(paper)
    expect(page.locator("[data-chosen]")).to_contain_text("conditions.pdf")
    page.focus("#upload button.primary")
    page.keyboard.press("Enter")
    page.wait_for_url("**/pieces/depot/**")
    expect(page.locator("#drop")).to_contain_text("0 / 1")
    read_all()
    exhibit = Exhibit.objects.get()
    page.wait_for_url(f"**/pieces/{exhibit.pk}/")  # the page follows the reading to its end
    expect(page.locator("aside")).to_contain_text("À classer")
    page.keyboard.press("c")
    page.wait_for_selector("#dialog[open] [name=account]:focus")
    page.keyboard.type("morvelec")
    page.keyboard.press("Enter")
    expect(page.locator("#exhibit")).to_contain_text("Changer de compte")
    page.keyboard.press("v")
    expect(page.locator("#exhibit-confirm")).to_have_count(0)
    exhibit.refresh_from_db()
    assert exhibit.account == world.accounts["morvelec"]
    assert (exhibit.kind, exhibit.guessed_from) == ("terms", "")
    assert not at.complaints


def test_axe_finds_nothing(world: World, desk: Callable[..., Desk], tmp_path: Path) -> None:
    account = world.accounts["morvelec"]
    ref = account.claims.exclude(ref="").values_list("ref", flat=True)[0]
    papers = [
        ("litige.eml", mail(("BL.pdf", pdf(f"Bon de livraison, facture {ref}")))),
        ("conditions générales de vente de la société, version longue.pdf", pdf("CGV")),
        ("abîmé.pdf", b"%PDF-1.7"),
    ]
    for name, content in papers:
        (tmp_path / "papier").write_bytes(content)
        with (tmp_path / "papier").open("rb") as file:
            exhibit_intake.receive([(name, file)], creditor_id=world.creditor.pk, by=BY, at=NOW)
    read_all()
    letter = Exhibit.objects.get(media_type="message/rfc822")
    delivery = Exhibit.objects.get(enclosing=letter)
    refused = ExhibitArrival.objects.get(status="refused")
    at = desk()
    at.sign_in(world, Role.CREDIT_MANAGER)
    wrong: list[str] = []
    for name, path in {
        "pieces": "/pieces/",
        "pieces-vide": "/pieces/?q=introuvable",
        "piece": f"/pieces/{delivery.pk}/",
        "piece-courriel": f"/pieces/{letter.pk}/",
        "piece-lier": f"/pieces/{delivery.pk}/creances/",
        "pieces-manquantes": "/pieces/manquantes/",
        "depot": f"/pieces/depot/{refused.drop}/",
        "compte-pieces": f"/comptes/{account.pk}/?onglet=pieces",
        "compte-deposer": f"/comptes/{account.pk}/pieces/",
    }.items():
        at.open(path)
        wrong += at.examine(name)
    assert not wrong, "\n".join(wrong)
