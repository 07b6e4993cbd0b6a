"""Bank lines settled from the keyboard alone; the page is sound in both themes and on a phone."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from exigible.domain.roles import Role
from exigible.operations.acts import By
from exigible.operations.matching.running import run_matching
from exigible.operations.matching.settings import save_settings
from exigible.store.models import Account, BankLine, Claim, Payment
from tests.browser.conftest import DESKTOP, NOW, Desk
from tests.builders import bank_line, make_claim
from tests.factories import WORLD_DAY, World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def lines_of(world: World) -> tuple[Account, list[BankLine]]:
    """Three lines: one the engine explains, one of nobody, one of a known payer."""
    account = Account.objects.filter(creditor=world.creditor).order_by("pk")[0]
    issued = WORLD_DAY - timedelta(days=20)
    make_claim(account, 123_400, WORLD_DAY, ref="FX26-90001", issued_on=issued)
    name = account.debtor.name.upper()
    on = WORLD_DAY - timedelta(days=2)
    lines = [
        bank_line(account, 123_400, label=f"VIR SEPA {name} FX26-90001", on=on),
        bank_line(account, 77_000, label="VIR SEPA MARQUES ET FILS", on=on),
        bank_line(account, 55_500, label=f"VIR SEPA {name} ACOMPTE", on=on),
    ]
    save_settings(world.creditor.pk, {"automatic": False}, by=By.job("essai"), at=NOW)
    run_matching(world.creditor.pk, at=NOW)
    return account, lines


def test_lines_are_settled_from_the_keyboard(world: World, desk: Callable[..., Desk]) -> None:
    account, (certain, unknown, _) = lines_of(world)
    at = desk(DESKTOP)
    page = at.sign_in(world, Role.ACCOUNTANT)
    at.press("g", "e")
    page.wait_for_url("**/encaissements/")
    rows = page.locator("[data-row]")
    expect(rows).to_have_count(3)
    # One key: as proposed, and the next line comes.
    page.locator(f"#ligne-{certain.pk}").click()
    expect(page.locator("#brief")).to_contain_text("FX26-90001")
    at.press("Enter")
    expect(rows).to_have_count(2)
    expect(page.locator(".toasts")).to_contain_text("affectés")
    certain.refresh_from_db()
    assert certain.state == "matched"
    assert Claim.objects.get(ref="FX26-90001").balance_cents == 0
    # Undone by one key, as the toast says.
    at.press("z")
    expect(rows).to_have_count(3)
    assert Claim.objects.get(ref="FX26-90001").balance_cents == 123_400
    # Nobody knows whose: another account by its number, its oldest claim, the rest stays credit.
    page.locator(f"#ligne-{unknown.pk}").click()
    expect(page.locator("#brief .bank")).to_contain_text("MARQUES")
    at.press("c")
    page.keyboard.type(account.number)
    expect(page.locator("#account-choices [role=option]")).to_have_count(1)
    at.press("Enter")
    expect(page.locator("#brief [data-allocated]").first).to_be_visible()
    at.press("l")
    expect(rows).to_have_count(2)
    payment = Payment.objects.get(bank_lines__line=unknown)
    assert (payment.account, payment.unallocated_cents) == (account, 77_000)
    assert at.complaints == []


def test_the_page_is_sound_everywhere(world: World, desk: Callable[..., Desk]) -> None:
    _, (certain, *_) = lines_of(world)
    at = desk()
    at.sign_in(world, Role.CREDIT_MANAGER)
    wrong: list[str] = []
    for name, path in (
        ("encaissements", f"/encaissements/?ligne={certain.pk}"),
        ("encaissements-regles", "/encaissements/regles/"),
        ("encaissements-documents", "/encaissements/documents/"),
    ):
        at.open(path)
        wrong += at.examine(name)
    assert not wrong, "\n".join(wrong)
    assert at.complaints == []
