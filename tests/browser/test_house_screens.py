"""*Imports*, *À compléter*, *Administration*, *Modèles*, *Stratégies* and *Envois* in a browser.

Each screen light and dark, on a desk and on a phone; then what only a keyboard and a real file show.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from exigible.domain.roles import Role
from exigible.operations import figures, imports
from exigible.operations.acts import By
from exigible.store.models import Debtor, ImportBatch
from tests.browser.conftest import DESKTOP, NOW, Desk
from tests.factories import WORLD_DAY, World
from tests.fec_text import entry, fec

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NAME = "552100554FEC20261231.txt"
BAD = fec(entry("VE 1 20260110 FA1", "411 NOUVEAU 1200", "706 -1000"))
GOOD = fec(entry("VE 1 20260110 FA1", "411 NOUVEAU 1200", "706 -1200"))


def bring(world: World, text: str, *, run: bool = True) -> ImportBatch:
    batch = imports.receive_file(
        text.encode(), name=NAME, creditor=world.creditor, by=By.job("test"), at=NOW
    )
    if run:
        imports.run_import(batch.pk, at=NOW, progress=lambda phase, done, total: None)
    return batch


def screens(world: World) -> Iterator[tuple[str, str]]:
    """Name and address of every screen an administrator can open here."""
    yield "imports", "/imports/"
    yield "imports-refuse", f"/imports/{bring(world, BAD).pk}/"
    yield "imports-fait", f"/imports/{bring(world, GOOD).pk}/"
    yield "imports-attente", f"/imports/{bring(world, GOOD, run=False).pk}/"
    yield "a-completer", "/a-completer/"
    yield "a-completer-echeance", "/a-completer/?manque=creances"
    yield "a-completer-vide", "/a-completer/?q=introuvable"
    yield "creanciers", "/administration/"
    yield "creancier", f"/administration/creanciers/{world.creditor.pk}/"
    yield "creancier-nouveau", "/administration/creanciers/nouveau/"
    yield "personnes", "/administration/personnes/"
    yield "personne", f"/administration/personnes/{world.collector.pk}/"
    yield "inviter", "/administration/personnes/inviter/"
    yield "portefeuilles", "/administration/portefeuilles/"
    yield "droits", "/administration/droits/"
    yield "voies", "/administration/voies/"
    yield "voies-dossier", "/administration/voies/dossier/nouveau/"
    yield "voies-boite", "/administration/voies/boite/nouvelle/"
    yield "jetons", "/administration/jetons/"
    yield "jeton-nouveau", "/administration/jetons/nouveau/"
    yield "arrivees", "/imports/arrivees/"
    yield "veille", "/veille/"
    yield "veille-inconnus", "/veille/?etat=unknown"
    yield "veille-vide", "/veille/?q=introuvable"
    yield "veille-taux", "/veille/taux_interet_legal_autres/"
    yield "veille-bareme", "/veille/droit_recouvrement_debiteur/"
    yield "veille-saisir", "/veille/droit_recouvrement_debiteur/saisir/"
    yield "modeles", "/modeles/"
    yield "strategies", "/strategies/"
    for tab in ("a-valider", "prets", "partis", "echec", "incertains", "lots"):
        yield f"envois-{tab}", f"/envois/?onglet={tab}"


def test_axe_finds_nothing(world: World, desk: Callable[..., Desk]) -> None:
    at = desk()
    at.sign_in(world, Role.ADMINISTRATOR)
    wrong: list[str] = []
    for name, path in screens(world):
        at.open(path)
        wrong += at.examine(name)
    assert not wrong, "\n".join(wrong)


def test_a_rate_is_entered_from_the_keyboard_alone(world: World, desk: Callable[..., Desk]) -> None:
    at = desk(DESKTOP)
    at.sign_in(world, Role.CREDIT_MANAGER)
    at.open("/veille/?q=autres que particuliers")
    at.press("ArrowDown", "Enter")
    at.page.wait_for_url("**/veille/taux_interet_legal_autres/")
    at.press("n")
    at.page.wait_for_selector("#dialog [name=value]")
    expect(at.page.locator("#dialog [name=value]")).to_be_focused()
    expect(at.page.locator("#dialog [name=start]")).to_have_value("01/07/2026")
    at.page.keyboard.type("2,55 %")
    at.page.locator("#dialog [name=source]").fill("arrêté du 24 juin 2026, JO du 27")
    at.page.locator("#dialog button.primary").press("Enter")
    expect(at.page.locator("#parameter .total")).to_have_text(re.compile("2,55"))
    expect(at.page.locator("#parameter")).to_contain_text("seconde personne")
    assert at.breaches() == []
    at.page.click("text=Retirer")
    at.page.wait_for_selector("#dialog [name=reason]")
    at.page.keyboard.type("lu de travers")
    at.page.click("#dialog button.primary")
    expect(at.page.locator("#parameter")).to_contain_text("Inconnu depuis le 01/07/2026")


def test_a_file_is_chosen_sent_and_followed(
    world: World, desk: Callable[..., Desk], tmp_path: Path
) -> None:
    (tmp_path / NAME).write_text(GOOD)
    at = desk(DESKTOP)
    at.sign_in(world, Role.ACCOUNTANT)
    at.page.on("filechooser", lambda chooser: None)  # heard from now on, not from the key on
    at.open("/imports/")
    with at.page.expect_file_chooser() as chooser:
        at.page.keyboard.press("i")
    chooser.value.set_files(tmp_path / NAME)
    assert NAME in at.page.inner_text("[data-chosen]")
    at.page.click("button:has-text('Importer')")
    at.page.wait_for_url("**/imports/*/")
    expect(at.page.locator("#import-state")).to_contain_text("En attente")
    batch = ImportBatch.objects.latest("pk")
    imports.run_import(batch.pk, at=NOW, progress=lambda phase, done, total: None)
    expect(at.page.locator("#import-state")).to_contain_text("1 créance ouverte")  # by itself
    assert at.complaints == []


def test_lines_are_filled_with_the_keyboard_alone(world: World, desk: Callable[..., Desk]) -> None:
    names = ("morvelec", "lestrade")
    debtors = [world.accounts[name].debtor_id for name in names]
    Debtor.objects.filter(pk__in=debtors).update(kind="unknown")
    figures.refresh([world.accounts[name].pk for name in names], WORLD_DAY)
    at = desk(DESKTOP)
    at.sign_in(world, Role.COLLECTOR)
    at.open("/a-completer/?manque=kind")
    waiting = at.page.locator("tr:not(.filled) select")
    for left in range(waiting.count() - 1, -1, -1):
        waiting.first.focus()
        at.page.keyboard.press("p")  # « professionnel »
        at.page.keyboard.press("Tab")
        at.page.locator("tr:has(:focus) button:has-text('Enregistrer')").focus()
        at.page.keyboard.press("Enter")
        expect(waiting).to_have_count(left)
    assert not Debtor.objects.filter(pk__in=debtors, kind="unknown").exists()
    assert at.complaints == []


def test_a_dialog_of_administration_keeps_what_was_typed(
    world: World, desk: Callable[..., Desk]
) -> None:
    at: Any = desk(DESKTOP)
    at.sign_in(world, Role.ADMINISTRATOR)
    at.open(f"/administration/creanciers/{world.creditor.pk}/")
    at.bring_up("#add-bank")
    at.page.fill("#dialog [name=iban]", "FR00 1234")
    at.page.keyboard.press("Enter")
    expect(at.page.locator("#dialog")).to_contain_text("n’est pas un IBAN")
    expect(at.page.locator("#dialog [name=iban]")).to_have_value("FR00 1234")
    at.page.fill("#dialog [name=iban]", "DE89370400440532013000")
    at.page.keyboard.press("Enter")
    expect(at.page.locator("#beside")).to_contain_text("DE89")
    expect(at.page.locator("dialog[open]")).to_have_count(0)


def test_an_invited_person_chooses_a_password_and_signs_in(
    world: World, desk: Callable[..., Desk]
) -> None:
    admin = desk()
    admin.sign_in(world, Role.ADMINISTRATOR)
    page = admin.open("/administration/personnes/inviter/")
    page.fill("[name=name]", "Zoé Tessier")
    page.fill("[name=email]", "zoe.tessier@example.fr")
    page.select_option("[name=role]", Role.COLLECTOR)
    page.check("[name=all_portfolios]")
    page.click("main button.btn.primary")
    link = page.locator("input[readonly]").input_value()

    guest = desk()
    guest.open(link.removeprefix(guest.address))
    for again in ("une phrase de passe", "une longue phrase de passe"):  # mistyped, then right
        guest.page.fill("[name=password]", "une longue phrase de passe")
        guest.page.fill("[name=again]", again)
        guest.page.keyboard.press("Enter")
        if again == "une phrase de passe":
            expect(guest.page.locator(".err")).to_contain_text("diffèrent")
    expect(guest.page).to_have_url(re.compile("/connexion/$"))
    guest.page.fill("[name=login]", "zoe.tessier@example.fr")
    guest.page.fill("[name=password]", "une longue phrase de passe")
    guest.page.keyboard.press("Enter")
    expect(guest.page).to_have_title("Ma journée – Exigible")
