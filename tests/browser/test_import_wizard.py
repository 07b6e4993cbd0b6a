"""The wizard of *Imports* in a browser: a table prepared with the keyboard alone, then what is missing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from exigible.domain.roles import Role
from exigible.intake.importing import guessed
from exigible.operations import import_drafts, imports, mappings
from exigible.operations.acts import By
from exigible.store.models import Claim, ImportBatch, ImportMapping, StockAbsence
from tests.browser.conftest import DESKTOP, NOW, Desk
from tests.factories import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TABLE = (
    "Balance âgée;;;;;\n\n"
    "Compte tiers;Intitulé;N° pièce;Date;Date d'échéance;Situation\n"
    "NEUF;Menuiserie Kerbrat;FX1;10/01/2026;10/02/2026;1 200,00\n"
    "NEUF;Menuiserie Kerbrat;FX2;20/01/2026;20/02/2026;300,00\n"
    "TROIS;Atelier Vasseur;FX3;21/01/2026;31/02/2026;60,50\n"
    "Total;;;;;1 560,50\n"
)


def draft(world: World, tmp_path: Path) -> ImportBatch:
    return imports.receive_file(
        TABLE.encode(),
        name="balance-agee.csv",
        creditor=world.creditor,
        prepared=True,
        by=By.user(world.people[Role.ACCOUNTANT]),
        at=NOW,
    )


def quiet(phase: str, done: int, total: int) -> None:
    pass


def stocked(world: World, tmp_path: Path) -> ImportBatch:
    """A stock of three invoices: the rest of the world is to be confirmed."""
    path = tmp_path / "stock.csv"
    path.write_text(TABLE.replace("Situation", "Solde dû").replace("31/02", "28/02"))
    mapping = guessed(path, name=path.name)
    assert mapping is not None
    by = By.user(world.people[Role.ACCOUNTANT])
    mappings.keep_mapping(
        world.creditor, mapping, fingerprint="f" * 64, name="Sage, balance âgée", by=by, at=NOW
    )
    batch = imports.receive_file(
        path.read_bytes(),
        name="stock.csv",
        creditor=world.creditor,
        mapping=mapping,
        mode="stock",
        by=by,
        at=NOW,
    )
    imports.run_import(batch.pk, at=NOW, progress=quiet)
    return batch


def test_axe_finds_nothing(world: World, desk: Callable[..., Desk], tmp_path: Path) -> None:
    prepared, done = draft(world, tmp_path), stocked(world, tmp_path)
    at = desk()
    at.sign_in(world, Role.ACCOUNTANT)
    wrong: list[str] = []
    for name, path, dialog in (
        ("preparer", f"/imports/{prepared.pk}/preparer/", ""),
        ("stock-importe", f"/imports/{done.pk}/", ""),
        ("annuler", f"/imports/{done.pk}/", "#undo-import"),
        ("a-confirmer", "/imports/a-confirmer/", ""),
        ("a-confirmer-decidees", "/imports/a-confirmer/?onglet=decides", ""),
        ("sources", "/imports/sources/", ""),
        ("imports-onglets", "/imports/", ""),
    ):
        at.open(path)
        if dialog:
            at.bring_up(dialog)
        wrong += at.examine(name)
    assert not wrong, "\n".join(wrong)
    assert [one for one in at.complaints if "axe" not in one] == []


def test_a_table_is_prepared_with_the_keyboard_alone(
    world: World, desk: Callable[..., Desk], tmp_path: Path
) -> None:
    (tmp_path / "balance-agee.csv").write_text(TABLE)
    at = desk(DESKTOP)
    at.sign_in(world, Role.ACCOUNTANT)
    at.page.on("filechooser", lambda chooser: None)
    at.open("/imports/")
    with at.page.expect_file_chooser() as chooser:
        at.page.keyboard.press("i")
    chooser.value.set_files(tmp_path / "balance-agee.csv")
    at.page.click("button:has-text('Importer')")
    at.page.wait_for_url("**/preparer/")
    wizard = at.page.locator("#wizard")
    expect(wizard).to_contain_text("Désignez encore")  # « Situation » says nothing to anybody
    last = at.page.locator("#colonne-5")
    last.focus()
    last.select_option(label="reste dû")  # the letters typed in a native list are the browser's
    at.page.keyboard.press("Tab")
    expect(wizard).not_to_contain_text("Désignez encore")
    expect(wizard.locator(".preview")).to_contain_text("1 200,00")
    expect(wizard).to_contain_text("n’est pas une date qui existe")  # 31/02/2026, by its line
    at.picture("preparer-apercu")
    at.page.locator("h1").focus()
    at.press("d")
    expect(wizard).to_contain_text("Contrôle du fichier entier")
    batch = ImportBatch.objects.latest("pk")
    import_drafts.check_import(batch.pk, at=NOW, progress=quiet)
    expect(at.page.locator("#checked")).to_contain_text("3 créances ouvertes")  # by itself
    assert not Claim.objects.filter(ref__startswith="FX").exists()
    at.picture("preparer-controle")
    source = at.page.locator("#source")
    source.fill("Balance du lundi")
    with at.page.expect_response("**/preparer/"):
        source.press("Enter")  # draws again; it neither imports nor puts aside
    expect(source).to_have_value("Balance du lundi")
    assert ImportBatch.objects.latest("pk").status == "draft"
    at.page.locator("h1").focus()
    at.page.keyboard.press("v")
    at.page.wait_for_url(f"**/imports/{batch.pk}/")
    assert ImportMapping.objects.get().name == "Balance du lundi"
    imports.run_import(batch.pk, at=NOW, progress=quiet)
    expect(at.page.locator("#import-state")).to_contain_text("3 créances ouvertes")
    assert at.complaints == []


def test_what_a_stock_lacks_is_accepted_and_taken_back(
    world: World, desk: Callable[..., Desk], tmp_path: Path
) -> None:
    stocked(world, tmp_path)
    at = desk(DESKTOP)
    at.sign_in(world, Role.ACCOUNTANT)
    at.open("/imports/a-confirmer/")
    before = at.page.locator("tr[data-row]").count()
    at.press("ArrowDown", "x")
    at.bring_up("#bulk-paid")
    at.picture("a-confirmer-dialogue")
    at.page.click("#dialog button.primary")
    expect(at.page.locator("tr[data-row]")).to_have_count(before - 1)
    assert StockAbsence.objects.filter(outcome="paid").count() == 1
    at.picture("a-confirmer-fait")
    at.page.keyboard.press("z")  # the last act, reversed
    expect(at.page.locator("tr[data-row]")).to_have_count(before)
    assert at.complaints == []
