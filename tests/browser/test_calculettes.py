"""A calculator by the keyboard alone: typed, answered live, explained, copied, its link opened again."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from exigible.domain.roles import Role
from tests.browser.conftest import DESKTOP, Desk
from tests.factories import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id"))


def tab_to(page: Page, wanted: str) -> None:
    """Press Tab until the focus is on an element with an id; it must be reachable."""
    for _ in range(80):
        if focused(page) == wanted:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} cannot be reached with Tab")


def test_interest_by_the_keyboard_alone(world: World, desk: Callable[..., Desk]) -> None:
    at = desk(DESKTOP)
    page = at.sign_in(world, Role.SALES)
    page.keyboard.press("g")
    page.keyboard.press("k")
    expect(page.locator("h1")).to_have_text("Calculettes")
    page.keyboard.press("1")
    expect(page.locator("h1")).to_have_text("Intérêts et pénalités")

    tab_to(page, "id_f1-montant")
    page.keyboard.type("12400x")
    expect(page.locator("#id_f1-montant-error")).to_contain_text("n’est pas un montant")
    expect(page.locator("#id_f1-montant")).to_have_attribute("aria-invalid", "true")
    page.keyboard.press("Backspace")
    expect(page.locator(".question .err")).to_have_count(0)
    tab_to(page, "id_f1-echeance")
    page.keyboard.type("10/02/2026")
    working = page.locator("#working")
    expect(working.locator(".fact.main")).to_contain_text("Total dû")
    assert focused(page) == "id_f1-echeance"  # what is typed keeps the focus

    page.keyboard.press("Tab")  # « Ajouter une facture »
    page.keyboard.press("Enter")
    expect(page.locator("#id_f2-ref")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("8650,40")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("100426")
    page.keyboard.press("Tab")
    expect(page.locator("#id_f2-echeance")).to_have_value("10/04/2026")
    expect(working.locator("tbody tr")).to_have_count(8)
    at.settled()

    page.keyboard.press("w")
    popover = page.locator(".pop:popover-open")
    expect(popover).to_contain_text("Montant de la créance")
    page.keyboard.press("Escape")
    expect(page.locator(".pop:popover-open")).to_have_count(0)

    total = working.locator(".fact.main .total").inner_text()
    at.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab_to(page, "copy-text")
    page.keyboard.press("Enter")
    expect(working.get_by_text("Texte copié")).to_be_visible()
    copied = str(page.evaluate("navigator.clipboard.readText()"))
    assert f"la somme due s’élève à {total}" in copied

    link = page.input_value("#permanent-link")
    assert page.url == link  # the address followed the answers
    page.goto(link)
    expect(page.locator(".fact.main .total")).to_have_text(total)
    page.keyboard.press("2")
    expect(page.locator("h1")).to_have_text("Délai de procédure")
    tab_to(page, "id_procedure")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#id_le_judgment_date")).to_be_visible()
    assert focused(page) == "id_procedure"
    assert at.complaints == []


def test_to_walk_past_a_button_does_not_press_it(world: World, desk: Callable[..., Desk]) -> None:
    at = desk(DESKTOP)
    page = at.sign_in(world, Role.SALES)
    at.open("/calculettes/interets/")
    page.locator("#id_f1-montant").fill("1200")
    page.locator("#id_f1-echeance").fill("10/02/2026")
    expect(page.locator("#working .fact.main")).to_contain_text("Total dû")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    add = page.locator("[name=plus][value=f]")
    add.focus()
    with page.expect_response(lambda answer: "/calculettes/interets/" in answer.url):
        page.locator("#question").dispatch_event("change")  # what was typed before leaves now
    at.settled()
    assert asked
    assert not any("plus=" in url for url in asked)
    expect(page.locator("#id_f2-montant")).to_have_count(0)


def test_without_script_the_page_answers(world: World, desk: Callable[..., Desk]) -> None:
    at = desk(DESKTOP)
    at.sign_in(world, Role.COLLECTOR)
    plain = desk(DESKTOP, java_script_enabled=False)
    plain.context.add_cookies(at.context.cookies())  # type: ignore[arg-type]
    page = plain.page
    page.goto(f"{plain.address}/calculettes/prescription/")
    page.fill("#id_depart", "31/01/2022")
    page.keyboard.press("Enter")
    expect(page.locator("#working .fact.main")).to_contain_text("dimanche 31 janvier 2027")
    page.click("text=Ajouter un fait")
    page.fill("#id_e1-le", "15/06/2024")
    page.keyboard.press("Enter")
    expect(page.locator("#working .fact.main")).to_contain_text("vendredi 15 juin 2029")
