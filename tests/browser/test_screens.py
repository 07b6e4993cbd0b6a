"""Every screen, light and dark, on a desk and on a phone: axe finds nothing, the console is silent,
nothing scrolls sideways. The content-security policy stays on but where axe has to be injected."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from exigible.domain.roles import Role
from tests.browser.conftest import DESKTOP, PHONE, SMALL, Desk
from tests.factories import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def screens(world: World) -> Iterator[tuple[str, str]]:
    """Name and address of every screen a manager can open."""
    morvelec = world.accounts["morvelec"].pk
    message = world.accounts["lestrade"].messages.order_by("pk").first()
    assert message is not None
    yield "ma-journee", "/"
    yield "ma-journee-appels", "/?vue=appeler"
    yield "ma-journee-vide", "/?nom=personne"
    yield "comptes", "/comptes/"
    yield "comptes-filtre", "/comptes/?etat=broken_promise&echu=1000"
    yield "comptes-vide", "/comptes/?q=introuvable"
    yield "comptes-colonnes", "/comptes/?col=balance&col=credit&col=limit&col=city"
    for tab in (
        "creances",
        "chronologie",
        "echanges",
        "litiges",
        "reglements",
        "identite",
        "journal",
    ):
        yield f"compte-{tab}", f"/comptes/{morvelec}/?onglet={tab}"
    yield "compte-passe", f"/comptes/{morvelec}/?au=2026-09-30"
    yield "compte-insolvable", f"/comptes/{world.accounts['sources'].pk}/"
    yield "compte-inconnu", f"/comptes/{world.accounts['inconnu'].pk}/"
    yield "compte-crediteur", f"/comptes/{world.accounts['crediteur'].pk}/"
    yield "decompte", f"/comptes/{morvelec}/decompte/"
    yield "decompte-refuse", f"/comptes/{world.accounts['inconnu'].pk}/decompte/"
    yield "message", f"/comptes/{world.accounts['lestrade'].pk}/message/{message.pk}/"
    yield "promesse-page", f"/comptes/{morvelec}/promesse/"
    yield "profil", "/profil/"
    yield "introuvable", "/comptes/999999/"
    yield "mot-de-passe", "/profil/mot-de-passe/"
    yield "double-authentification", "/profil/double-authentification/"


# What opens over a screen: the address it is opened from, then the keys or the button.
OVER = (
    ("palette", "morvelec", "Control+k"),
    ("pourquoi", "morvelec", "w"),
    ("dialogue-promesse", "morvelec", "p"),
    ("dialogue-litige", "morvelec", "l"),
    ("dialogue-ecrire", "morvelec", "e"),
    ("dialogue-reglement", "morvelec", "#act-payment"),
    ("dialogue-suspension", "morvelec", "#act-hold"),
    ("dialogue-identite", "identite", "#edit-identity"),
    ("touches", "morvelec", "?"),
    ("filtres", "comptes", "f"),
)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1280", "390"])
def test_axe_finds_nothing(world: World, desk: Callable[..., Desk], size: dict[str, int]) -> None:
    at = desk(size, touch=size is PHONE, bypass_csp=True)
    at.sign_in(world, Role.MANAGER)
    wrong: list[str] = []

    def look(name: str) -> None:
        for theme in ("light", "dark"):
            at.page.emulate_media(color_scheme=theme)
            tag = f"{name}-{size['width']}-{theme}"
            found = at.breaches(colours_only=theme == "dark")  # all that a theme changes
            wrong.extend(f"{tag}: {breach}" for breach in found)
            at.picture(tag)
        if at.sideways() > 0:
            wrong.append(f"{name}-{size['width']}: {at.sideways()} px too wide")

    for name, path in screens(world):
        at.open(path)
        look(name)
    for name, where, how in OVER:
        at.open(_place(world, where))
        at.bring_up(how)
        look(name)
    assert not wrong, "\n".join(wrong)


def test_the_console_is_silent_under_the_security_policy(
    world: World, desk: Callable[..., Desk]
) -> None:
    at = desk(DESKTOP)
    at.sign_in(world, Role.MANAGER)
    for _, path in screens(world):
        at.open(path)
    for _, where, how in OVER:
        at.open(_place(world, where))
        at.bring_up(how)
    loud = [line for line in at.complaints if "404" not in line]  # the page that does not exist
    assert loud == []


def test_nothing_scrolls_sideways_on_the_smallest_phone(
    world: World, desk: Callable[..., Desk]
) -> None:
    at = desk(SMALL, touch=True)
    at.sign_in(world, Role.MANAGER)
    wide = {}
    for name, path in screens(world):
        at.open(path)
        at.picture(f"{name}-320")
        if at.sideways() > 0:
            wide[name] = at.sideways()
    assert wide == {}


def test_the_entrance(world: World, desk: Callable[..., Desk]) -> None:
    for theme in ("light", "dark"):
        for size in (DESKTOP, PHONE):
            at = desk(size, theme=theme, bypass_csp=True)
            at.open("/connexion/")
            at.picture(f"connexion-{size['width']}-{theme}")
            assert at.breaches() == []
            at.page.fill("[name=login]", "personne@armorial.example")
            at.page.fill("[name=password]", "pas le bon")
            at.page.click("button.primary")
            expect(at.page.locator("[role=alert]")).to_contain_text("n’est pas le bon")
            assert at.breaches() == []


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.SALES, Role.PARTNER, Role.ACCOUNTANT])
def test_roles_that_see_less_have_whole_pages(
    world: World, desk: Callable[..., Desk], role: Role
) -> None:
    at = desk(DESKTOP, bypass_csp=True)
    at.sign_in(world, role)
    assert at.page.locator("h1").count() == 1
    assert at.breaches() == []
    if role is not Role.PARTNER:
        at.open(f"/comptes/{world.accounts['morvelec'].pk}/")
        at.picture(f"compte-{role.value}")
        assert at.breaches() == []
        assert at.complaints == []


def _place(world: World, where: str) -> str:
    morvelec = world.accounts["morvelec"].pk
    return {
        "morvelec": f"/comptes/{morvelec}/",
        "identite": f"/comptes/{morvelec}/?onglet=identite",
        "comptes": "/comptes/",
    }[where]
