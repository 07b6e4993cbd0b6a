"""A real Chromium on a live server: pages as people meet them.

`SCREENSHOTS=folder pytest -m browser` keeps a picture of every screen.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from exigible.domain.roles import Role
from exigible.web import clock
from tests.factories import PASSWORD, WORLD_DAY, World, make_world

# Playwright's synchronous interface runs a loop in this thread; the ORM is used from it on purpose.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
COLOURS = {"type": "rule", "values": ["color-contrast"]}  # all that a theme changes
LAYOUT = {  # what a width changes
    "type": "rule",
    "values": ["target-size", "scrollable-region-focusable", "color-contrast"],
}
FRAME = "header.rail"  # the same on every page
PATIENCE_MS = 30_000  # for a machine with other things to do; nothing waits longer than it must
NOW = datetime(2026, 11, 23, 9, 12, tzinfo=UTC)
DESKTOP, SMALL, PHONE = (
    {"width": 1280, "height": 720},
    {"width": 320, "height": 640},
    {"width": 390, "height": 844},
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("aucun Chromium sur cette machine : « make browser » l’installe")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def world(
    live_server: Any, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> World:
    """The world, committed, with the pages' clock at its morning."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(clock, "today", lambda: WORLD_DAY)
    settings.DOCUMENTS_FOLDER = tmp_path / "documents"
    return make_world()


class Desk:
    """A person at their browser: signs in, opens pages, and notes what the console complains of."""

    def __init__(
        self, context: BrowserContext, address: str, shots: Path | None, theme: str
    ) -> None:
        self.context = context
        self.address = address
        self.shots = shots
        self.theme = theme
        self.looked: set[str] = set()  # rules that have seen what is the same on every page
        self.complaints: list[str] = []
        self.page = context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        # A number clicked would leave for the telephone: this machine has none.
        self.page.add_init_script(
            "document.addEventListener('click', (event) => {"
            "  if (event.target.closest?.('a[href^=\"tel:\"]')) event.preventDefault();"
            "});"
        )

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def sign_in(self, world: World, role: Role) -> Page:
        self.open("/connexion/")
        self.page.fill("[name=login]", world.people[role].email)
        self.page.fill("[name=password]", PASSWORD)
        self.page.click("button.primary")
        # Another address asked for before this one answered would leave the person signed out.
        self.page.wait_for_url(lambda address: "/connexion/" not in address)
        self.settled()
        return self.page

    def open(self, path: str) -> Page:
        self.page.goto(f"{self.address}{path}")  # until everything is loaded, scripts have run
        self.settled()
        return self.page

    def settled(self) -> None:
        """Wait until what was asked of the server is on the page."""
        expect(self.page.locator(".htmx-request")).to_have_count(0)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
        self.settled()

    def bring_up(self, how: str) -> None:
        """Open what stands over a page, by a key or by the button with an id (`#act-payment`)."""
        if how.startswith("#"):
            self.page.evaluate("(id) => document.querySelector(id).click()", how)
        else:
            self.press(how)
        over = "dialog[open], .pop:popover-open, .palette:popover-open"
        self.page.wait_for_selector(over)
        self.settled()

    def picture(self, name: str) -> None:
        if self.shots is not None:
            self.page.screenshot(path=self.shots / f"{name}.png")

    def examine(self, name: str) -> list[str]:
        """Look at the page as it stands, wide and on a phone, light and dark; return what is wrong."""
        wrong: list[str] = []
        for size, theme, rules in (
            (DESKTOP, "light", RULES),
            (DESKTOP, "dark", COLOURS),
            (PHONE, "dark", None),
            (PHONE, "light", LAYOUT),
            (SMALL, "light", None),
        ):
            tag = f"{name}-{size['width']}-{theme}"
            self.show(size, theme)
            self.picture(tag)
            if rules is not None:
                wrong.extend(f"{tag}: {one}" for one in self.breaches(rules, once=FRAME))
            if beyond := self.sideways():
                wrong.append(f"{tag}: {beyond} px too wide")
        self.show(DESKTOP, "light")
        return wrong

    def show(self, size: dict[str, int], theme: str) -> None:
        """Have the window of this size and theme; asking for what it has takes time too."""
        if self.page.viewport_size != size:
            self.page.set_viewport_size(size)  # type: ignore[arg-type]
        if self.theme != theme:
            self.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            self.theme = theme

    def breaches(self, rules: dict[str, Any] = RULES, *, once: str = "") -> list[str]:
        """Run axe on the page as it stands; return what it finds, WCAG 2.2 AA and best practices.

        Rules of appearance look at what the selector `once` names on the first page alone; rules
        of structure always need the whole page.
        """
        known = once and rules is not RULES and str(rules) in self.looked
        if once:
            self.looked.add(str(rules))
        where = {"exclude": [[once]]} if known else None
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text())  # past the security policy, which stays on
        found = self.page.evaluate(
            "([where, runOnly]) =>"
            " axe.run(where ?? document, {runOnly, resultTypes: ['violations']})",
            [where, rules],
        )
        return [
            f"{one['id']}: {one['help']} — "
            + "; ".join(node["html"][:160] for node in one["nodes"][:3])
            for one in found["violations"]
        ]

    def sideways(self) -> int:
        """How many pixels the page is wider than its window."""
        width = "document.documentElement.scrollWidth - innerWidth"
        return max(0, int(self.page.evaluate(width)))


@pytest.fixture
def desk(browser: Browser, live_server: Any) -> Iterator[Callable[..., Desk]]:
    """Return a maker of desks: `desk(size, theme="dark", script=True)`."""
    folder = os.environ.get("SCREENSHOTS")
    shots = Path(folder) if folder else None
    if shots is not None:
        shots.mkdir(parents=True, exist_ok=True)
    contexts: list[BrowserContext] = []

    def make(
        size: dict[str, int] = DESKTOP, *, theme: str = "light", touch: bool = False, **more: Any
    ) -> Desk:
        context = browser.new_context(
            viewport=size,
            color_scheme=theme,
            has_touch=touch,
            locale="fr-FR",
            timezone_id="Europe/Paris",
            reduced_motion="reduce",
            **more,
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        return Desk(context, live_server.url, shots, theme)

    yield make
    for context in contexts:
        context.close()
