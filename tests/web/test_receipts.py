"""*Encaissements*: what each person sees, what the form of a line settles, what many lines become."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from exigible.domain.roles import Role
from exigible.operations.acts import By
from exigible.operations.matching import deciding
from exigible.operations.matching.parts import Part
from exigible.operations.matching.running import run_matching
from exigible.operations.matching.settings import settings_of
from exigible.store.models import (
    Account,
    BankLine,
    BankLineMatch,
    Claim,
    LearnedPayer,
    LineFee,
    Payment,
    Portfolio,
    Remittance,
)
from tests.builders import bank_line, make_account, make_claim, make_debtor
from tests.factories import WORLD_DAY, World
from tests.web.conftest import NOW

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
USER = By("user:00000000-0000-4000-8000-00000000000a")


@pytest.fixture
def accountant(sign_in: Callable[[Role], Client]) -> Client:
    return sign_in(Role.ACCOUNTANT)


@pytest.fixture
def account(world: World) -> Account:
    made = make_account(world.creditor, debtor=make_debtor(name="Serrurerie Desnoyelles"))
    issued = WORLD_DAY - timedelta(days=20)
    for number, cents in enumerate((60_000, 40_000), 1):
        make_claim(made, cents, WORLD_DAY, ref=f"FZ26-{number:05d}", issued_on=issued)
    return made


def claims(account: Account) -> dict[str, int]:
    return dict(account.claims.order_by("ref").values_list("ref", "balance_cents"))


def received(
    account: Account, cents: int, label: str = "VIR DESNOYELLES", **fields: Any
) -> BankLine:
    return bank_line(account, cents, label=label, on=WORLD_DAY - timedelta(days=2), **fields)


def post(client: Client, name: str, line: BankLine, **data: Any) -> Any:
    return client.post(reverse(name, args=[line.pk]), data, headers=HTMX)


def test_a_line_is_settled_by_its_form(accountant: Client, account: Account) -> None:
    line = received(account, 75_000)
    first, second = account.claims.order_by("ref")
    page = accountant.get(reverse("receipts"), {"ligne": line.pk}).content.decode()
    assert "VIR DESNOYELLES" in page
    # Nothing ticked: refused, with the way out.
    answer = post(accountant, "settle_receipt", line, compte=account.pk)
    assert "Cochez ce que la ligne paie" in answer.content.decode()
    # Too much: refused.
    shares = {f"affecte-{first.pk}": "600", f"affecte-{second.pk}": "400"}
    answer = post(accountant, "settle_receipt", line, compte=account.pk, **shares)
    assert "250,00" in answer.content.decode()
    line.refresh_from_db()
    assert line.state == "to_match"
    shares[f"affecte-{second.pk}"] = "100,00"
    answer = post(accountant, "settle_receipt", line, compte=account.pk, **shares)
    assert "acted" in answer["HX-Trigger"]
    assert "dont 50,00" in answer.content.decode()
    assert claims(account) == {"FZ26-00001": 0, "FZ26-00002": 30_000}
    post(accountant, "undo_receipt", line)
    assert claims(account) == {"FZ26-00001": 60_000, "FZ26-00002": 40_000}


def test_the_menu_follows_what_is_decided(accountant: Client, account: Account) -> None:
    line = received(account, 60_000)

    def waiting() -> bool:
        page = accountant.get(reverse("receipts")).content.decode()
        (entry,) = re.findall(r'<a href="/encaissements/" data-go.*?</a>', page)
        return "1<span" in entry

    assert waiting()
    post(accountant, "suspend_receipt", line)
    assert not waiting()
    post(accountant, "put_back_receipt", line)
    assert waiting()


def test_an_account_chosen_by_hand_comes_with_what_the_line_pays(
    accountant: Client, account: Account, world: World
) -> None:
    other = make_account(world.creditor, debtor=make_debtor(name="Vitrerie Pallanche"))
    third = make_claim(other, 15_000, WORLD_DAY, ref="FZ26-00031")
    first, second = account.claims.order_by("ref")

    def shares(line: BankLine, **typed: object) -> dict[str, str]:
        answer = accountant.get(reverse("receipt", args=[line.pk]), typed, headers=HTMX)
        assert "account-chosen" in answer["HX-Trigger-After-Settle"]
        page = answer.content.decode()
        return dict(re.findall(r'name="affecte-(\d+)" value="([^"]*)"', page))

    def said(*cents: str) -> dict[str, str]:
        return dict(zip((str(one.pk) for one in (first, second, third)), cents, strict=False))

    # The one claim of that sum, else what the label cites, as far as the money goes; else nothing.
    assert shares(received(account, 40_000), compte=account.pk) == said("", "400,00")
    cited = received(account, 50_000, "VIR FZ26 00001")
    assert shares(cited, compte=account.pk) == said("500,00", "")
    assert shares(received(account, 12_345), compte=account.pk) == said("", "")
    # A second account keeps what was typed on the first, and is offered what is left.
    two = received(account, 50_000)
    typed = {f"affecte-{first.pk}": "350", f"affecte-{second.pk}": ""}
    assert shares(two, compte=[account.pk, other.pk], **typed) == said("350,00", "", "150,00")


def test_an_agent_keeps_his_fees_and_debtors_are_paid_before_them(
    accountant: Client, account: Account
) -> None:
    line = received(account, 90_000, "VIR CARPA")
    shares = {f"affecte-{one.pk}": f"{one.balance_cents // 100}" for one in account.claims.all()}
    # A zero too many: the rules say how much of a sum may be kept without a statement that says so.
    wrong = post(accountant, "settle_receipt", line, compte=account.pk, frais="1000,00", **shares)
    assert "vos règles en admettent" in wrong.content.decode()
    assert not LineFee.objects.exists()
    post(accountant, "settle_receipt", line, compte=account.pk, frais="100,00", **shares)
    assert set(claims(account).values()) == {0}
    assert LineFee.objects.get(line=line).amount_cents == 10_000
    # Missing a transfer's costs: they stay owed, unless the creditor takes them.
    post(accountant, "undo_receipt", line)
    short = received(account, 59_000)
    BankLineMatch.objects.filter(line=short).update(gap="bank_fees", gap_cents=1_000)
    first = account.claims.get(ref="FZ26-00001")
    share = {f"affecte-{first.pk}": "600"}
    post(accountant, "settle_receipt", short, compte=account.pk, frais="10,00", **share)
    assert LineFee.objects.get(line=short).kind == "bank"
    first.refresh_from_db()
    assert first.balance_cents == 0


def test_the_surplus_pays_penalties_where_the_box_is_ticked(
    accountant: Client, account: Account
) -> None:
    first = account.claims.get(ref="FZ26-00001")
    first.due_on = WORLD_DAY - timedelta(days=40)
    first.save(update_fields=["due_on"])
    line = received(account, 65_000)
    asked = {"compte": account.pk, f"affecte-{first.pk}": "600"}
    sheet = accountant.get(reverse("receipt", args=[line.pk]), asked).content.decode()
    assert 'name="accessoires"' in sheet
    post(accountant, "settle_receipt", line, accessoires="1", **asked)
    payment = Payment.objects.get(bank_lines__line=line)
    on_top = payment.allocations.get(settlement__kind="accessories")
    assert 4_000 < on_top.amount_cents <= 5_000
    page = accountant.get(reverse("receipt", args=[line.pk])).content.decode()
    assert "pénalités et indemnité" in page
    first.refresh_from_db()
    assert first.balance_cents == 0
    # Without the tick it stays a credit.
    post(accountant, "undo_receipt", line)
    post(accountant, "settle_receipt", line, **asked)
    again = Payment.objects.filter(bank_lines__line=line, bank_lines__ended_at=None).get()
    assert again.unallocated_cents == 5_000


def test_a_discount_is_granted_only_in_time(accountant: Client, account: Account) -> None:
    account.discount_rate, account.discount_days = 20_000, 30
    account.save()
    late = make_claim(
        account, 50_000, WORLD_DAY, ref="FZ26-00009", issued_on=WORLD_DAY - timedelta(days=90)
    )
    line = received(account, 49_000)
    answer = post(
        accountant,
        "settle_receipt",
        line,
        **{"compte": account.pk, f"affecte-{late.pk}": "490", "escompte": "1"},
    )
    assert "escompte indu" in answer.content.decode()
    late.refresh_from_db()
    assert late.balance_cents == 50_000
    first = account.claims.get(ref="FZ26-00001")
    second = received(account, 58_800)
    post(
        accountant,
        "settle_receipt",
        second,
        **{"compte": account.pk, f"affecte-{first.pk}": "588", "escompte": "1"},
    )
    first.refresh_from_db()
    assert first.balance_cents == 0


def test_a_person_sees_the_lines_of_their_portfolio(
    world: World, sign_in: Callable[[Role], Client], account: Account
) -> None:
    elsewhere = Portfolio.objects.create(creditor=world.creditor, name="Ailleurs")
    other = make_account(world.creditor, portfolio=elsewhere)
    own, hidden = received(account, 10_001), received(other, 10_002, "VIR CACHE")
    loose = received(account, 10_003, "VIR PERSONNE")
    BankLineMatch.objects.filter(line=loose).update(account=None)
    person = world.people[Role.COLLECTOR]
    person.all_portfolios = False
    person.save()
    person.portfolios.set([account.portfolio])
    client = sign_in(Role.COLLECTOR)
    page = client.get(reverse("receipts")).content.decode()
    assert f"ligne-{own.pk}" in page
    assert f"ligne-{hidden.pk}" not in page
    assert f"ligne-{loose.pk}" not in page  # of nobody yet: whoever sees the whole creditor sees it
    assert client.get(reverse("receipt", args=[hidden.pk])).status_code == 404
    # An advice proves for accounts that they do not see.
    assert client.get(reverse("attach_remittance", args=[own.pk])).status_code == 404
    assert "Joindre un avis" not in client.get(reverse("receipt", args=[own.pk])).content.decode()
    answer = post(client, "settle_receipt", own, compte=other.pk)
    assert "portefeuille" in answer.content.decode()
    found = client.get(
        reverse("receipt_account", args=[own.pk]), {"q": other.number, "liste": 1}, headers=HTMX
    )
    assert other.number not in found.content.decode().replace("placeholder", "")


def test_search_filters_and_export(accountant: Client, account: Account) -> None:
    received(account, 33_333, "VIR UNTEL", counterparty_iban="FR7612345678901234567890XYZ")
    received(account, 44_444, "REMISE CHQ 12")
    for query, found in (
        ({"q": "333,33"}, True),
        ({"q": "untel"}, True),
        ({"q": "0xyz"}, True),
        ({"q": "Desnoyelles"}, True),
        ({"mini": "400"}, False),
        ({"maxi": "350"}, True),
        ({"confiance": "950"}, False),
    ):
        page = accountant.get(reverse("receipts"), query).content.decode()
        assert ("VIR UNTEL" in page) is found, query
    sheet = accountant.get(reverse("export_receipts"), {"q": "untel", "format": "csv"})
    text = b"".join(sheet.streaming_content).decode()  # type: ignore[attr-defined]
    assert "333,33" in text
    assert "REMISE" not in text


def test_many_lines_at_once(accountant: Client, account: Account) -> None:
    lines = [received(account, cents, f"VIR {cents}") for cents in (60_000, 40_000, 5_000)]
    for line, ref in zip(lines, ("FZ26-00001", "FZ26-00002"), strict=False):
        claim = Claim.objects.get(ref=ref)
        part = Part(account_id=account.pk, cents=line.amount_cents)
        part.claims.append((claim.pk, line.amount_cents))
        BankLineMatch.objects.filter(line=line).update(parts=[part.as_json()])
    bulk = reverse("receipts_in_bulk", args=["affecter"])
    ids = [line.pk for line in lines]
    asked = accountant.post(bulk, {"ligne": ids}, headers=HTMX).content.decode()
    assert "2\u00a0lignes" in asked
    assert "1\u00a0ligne cochée" in asked
    accountant.post(bulk, {"ligne": ids, "fait": "1"}, headers=HTMX)
    assert set(claims(account).values()) == {0}
    for verb, state in (
        ("attente", "suspense"),
        ("remettre", "to_match"),
        ("ecarter", "set_aside"),
    ):
        accountant.post(
            reverse("receipts_in_bulk", args=[verb]),
            {"ligne": [lines[2].pk], "fait": "1", "reason": "Ristourne"},
            headers=HTMX,
        )
        lines[2].refresh_from_db()
        assert lines[2].state == state
    accountant.post(
        reverse("receipts_in_bulk", args=["contrepasser"]),
        {"ligne": ids, "fait": "1"},
        headers=HTMX,
    )
    assert claims(account) == {"FZ26-00001": 60_000, "FZ26-00002": 40_000}


def test_rules_are_shown_changed_within_bounds_and_payers_forgotten(
    world: World, sign_in: Callable[[Role], Client], account: Account
) -> None:
    client = sign_in(Role.CREDIT_MANAGER)
    line = received(account, 40_000, counterparty="SCI DES GLENAN", counterparty_iban="FR7699")
    line2 = received(
        account, 500, counterparty="DESNOYELLES", counterparty_iban="FR7612345678901234567890"
    )
    del line
    deciding.settle(line2.pk, [Part(account_id=account.pk, cents=500)], by=USER, at=NOW)
    payer = LearnedPayer.objects.get()
    page = client.get(reverse("matching_rules")).content.decode()
    assert "1 sur 1" in page
    client.post(reverse("forget_payer", args=[payer.pk]), headers=HTMX)
    payer.refresh_from_db()
    assert payer.ended_at is not None
    address = reverse("change_matching_rules", args=[world.creditor.pk])
    form = {
        "version": 0,
        "least_evidence": 1,
        "most_coincidence": 1000,
        "bank_fees_cents": "30",
        "fees_rate": "12,5",
        "early_days": 3,
        "return_days": 400,
        "discount_booking": "expense",
        "discount_rate": "2",
        "discount_days": "",
    }
    assert client.post(address, form, headers=HTMX).status_code == 422
    form |= {"least_evidence": 3}
    assert "indiquez les deux" in client.post(address, form, headers=HTMX).content.decode()
    client.post(address, form | {"discount_days": 10}, headers=HTMX)
    settings = settings_of(world.creditor.pk)
    assert (settings.automatic, settings.least_evidence, settings.discount_rate) == (
        False,
        3,
        20_000,
    )
    assert settings.fees_rate == 125_000


def test_an_advice_dropped_settles_its_line(accountant: Client, account: Account) -> None:
    line = received(account, 100_000, "VIR SEPA REGLEMENT GROUPE")
    advice = SimpleUploadedFile(
        "avis.csv", "Facture;Montant payé\nFZ26-00001;600,00\nFZ26-00002;400,00\n".encode()
    )
    answer = accountant.post(
        reverse("attach_remittance", args=[line.pk]), {"file": advice}, headers=HTMX
    )
    assert "2\u00a0pièces lues" in answer.content.decode()
    run_matching(account.creditor_id, at=NOW)
    line.refresh_from_db()
    assert line.state == "matched"
    assert set(claims(account).values()) == {0}
    assert Payment.objects.get(bank_lines__line=line).account == account
    nothing = SimpleUploadedFile("vide.csv", b"Bonjour\n")
    answer = accountant.post(
        reverse("remittances"), {"file": nothing, "creditor": account.creditor_id}
    )
    assert answer.status_code == 422
    assert Remittance.objects.count() == 1
