"""Every screen, light and dark, on a desk and on a phone: axe finds nothing, the console is silent,
nothing scrolls sideways. The content-security policy stays on but where axe has to be injected."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Route, expect

from exigible.domain.roles import Role
from tests.browser.conftest import DESKTOP, PHONE, Desk
from tests.factories import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


# A question for each calculator, and one that the law known here does not answer.
CALCULATORS = {
    "interets": "au=2026-11-22&f1-ref=FA-118&f1-montant=12400&f1-echeance=2026-02-10"
    "&f2-montant=8650,40&f2-echeance=2026-04-10&p1-le=2026-06-01&p1-montant=3000",
    "delais": "procedure=procedure_collective&le_opening_judgment=2026-09-25"
    "&le_bodacc_publication_of_opening_judgment=2026-10-04",
    "prescription": "nature=b2b_sale&depart=2022-01-31&au=2026-11-22&e1-fait=formal_notice"
    "&e1-le=2023-02-01&e2-fait=suspension-mediation&e2-le=2024-02-01&e2-fin=2024-05-01",
    "tribunal": "montant=12000&nature=commercial&voie=injonction_de_payer&code=67000&au=2026-11-22",
    "voies": "au=2026-11-22&montant=4200&fait_due_on=2026-03-10&fait_contested=none"
    "&fait_debtor_kind=professional&fait_debtor_postcode=69003&fait_liquid=oui",
    "jours": "depart=2026-03-25&nombre=1&unite=mois&zone=alsace_moselle",
    "echeancier": "montant=1000&nombre=6&premiere=2026-11-30&rythme=month",
}
REFUSED = (
    "/calculettes/interets/?au=2026-11-22&debiteur=consumer&f1-montant=500&f1-echeance=2026-02-10"
    "&demeure=2026-05-01"
)


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
    yield "calculettes", "/calculettes/"
    for name, query in CALCULATORS.items():
        yield f"calculette-{name}", f"/calculettes/{name}/"
        yield f"calculette-{name}-repondue", f"/calculettes/{name}/?{query}"
    yield "calculette-refusee", REFUSED
    yield "calculette-erreur", "/calculettes/interets/?f1-montant=abc&f1-echeance=31/02/2026"
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
    ("calculette-pourquoi", "calculette", "w"),
)


def test_axe_finds_nothing_and_the_console_is_silent(
    world: World, desk: Callable[..., Desk]
) -> None:
    at = desk()
    at.sign_in(world, Role.MANAGER)
    wrong: list[str] = []
    for name, path in screens(world):
        at.open(path)
        wrong += at.examine(name)
    for name, where, how in OVER:
        at.open(_place(world, where))
        at.bring_up(how)
        wrong += at.examine(name)
    assert not wrong, "\n".join(wrong)
    loud = [line for line in at.complaints if "404" not in line]  # the page that does not exist
    assert loud == []


def test_the_entrance(world: World, desk: Callable[..., Desk]) -> None:
    for theme in ("light", "dark"):
        for size in (DESKTOP, PHONE):
            at = desk(size, theme=theme)
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
    at = desk(DESKTOP)
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
        "calculette": f"/calculettes/interets/?{CALCULATORS['interets']}",
    }[where]


def test_letters_typed_before_the_dialog_is_there_do_nothing(
    world: World, desk: Callable[..., Desk]
) -> None:
    at = desk()
    page = at.sign_in(world, Role.MANAGER)
    at.open(_place(world, "morvelec"))
    held: list[Route] = []

    def hold(route: Route) -> None:  # the server takes its time
        held.append(route)

    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.route("**/promesse/**", hold)
    page.keyboard.press("p")
    page.wait_for_selector(".htmx-request")
    for letter in "litige":
        page.keyboard.press(letter)
    [promise] = held
    promise.continue_()
    page.wait_for_selector("dialog[open]")
    at.settled()
    assert len(asked) == 1, asked
    page.keyboard.press("Escape")
    at.press("l")  # letters act again
    page.wait_for_selector("dialog[open]")
