"""*À compléter*: what is lacking is found, filled line by line or many at once, and taken back."""

import io
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from python_calamine import load_workbook

from exigible.domain.roles import Role
from exigible.intake.customers import read_customers
from exigible.intake.open_items import read_open_items
from exigible.operations import figures
from exigible.store.models import Account, Claim, Debtor, DueOnSource, JournalEntry
from tests.builders import make_account, make_claim, make_debtor
from tests.factories import WORLD_DAY, World

HTMX = {"HX-Request": "true"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def bare(world: World) -> Account:
    """An account as a ledger leaves it: no quality, no address, derived due dates."""
    debtor = make_debtor(
        name="Sanitaires Orvelin", kind="unknown", address_line1="", postcode="", city=""
    )
    account = make_account(world.creditor, debtor=debtor, number="C-90001", term_days=30)
    make_claim(
        account,
        120_000,
        date(2026, 10, 31),
        issued_on=date(2026, 10, 1),
        ref="FA-77",
        due_on_source=DueOnSource.DERIVED,
    )
    nameless = make_claim(
        account,
        80_000,
        date(2026, 9, 30),
        issued_on=date(2026, 9, 1),
        due_on_source=DueOnSource.STATED,
    )
    Claim.objects.filter(pk=nameless.pk).update(ref="", ref_key="", issued_on=None)
    figures.refresh([account.pk], WORLD_DAY)
    return account


def rows(client: Client, **query: str) -> list[Any]:
    answer = client.get(reverse("incomplete"), query)
    assert answer.status_code == 200
    return list(answer.context["rows"])


def accounts(client: Client, **query: str) -> set[str]:
    return {row.account.number for row in rows(client, **query)}


def refs(client: Client, **query: str) -> set[str]:
    return {row.claim.ref for row in rows(client, **query) if row.claim.account.number == "C-90001"}


def test_each_tab_lists_what_lacks_one_thing(bare: Account, collector: Client) -> None:
    for tab in ("", "kind", "address"):
        assert "C-90001" in accounts(collector, manque=tab)
    assert refs(collector, manque="due_date") == {"FA-77"}
    assert refs(collector, manque="number") == {""}
    assert refs(collector, manque="date") == {""}
    assert refs(collector, manque="creances") == {"FA-77", ""}
    assert collector.get(reverse("incomplete"), {"manque": "tout"}).status_code == 404


def test_the_list_is_searched_and_narrowed(bare: Account, collector: Client) -> None:
    assert accounts(collector, q="orvelin") == {"C-90001"}
    assert accounts(collector, q="introuvable") == set()
    assert "C-90001" not in accounts(collector, plus_de="2000,01")
    assert "C-90001" in accounts(collector, plus_de="2000")
    assert refs(collector, manque="creances", q="FA-77") == {"FA-77"}
    assert refs(collector, manque="creances", q="'; DROP TABLE store_claim; --") == set()


def test_the_page_says_what_an_unknown_quality_stops(bare: Account, collector: Client) -> None:
    words = collector.get(reverse("incomplete")).content.decode()
    assert "ni intérêts, ni indemnité de 40 €, ni étape automatique" in words


def test_a_line_is_filled_and_says_so(bare: Account, collector: Client) -> None:
    address = reverse("fill_account", args=[bare.pk])
    answer = collector.post(
        address,
        {
            "kind": "professional",
            "address_line1": "3 quai Vert",
            "postcode": "29200",
            "city": "Brest",
        },
        headers=HTMX,
    )
    assert answer.status_code == 200
    assert json.loads(answer["HX-Trigger-After-Settle"]) == {
        "line-saved": {"id": f"compte-{bare.pk}", "good": True}
    }
    debtor = Debtor.objects.get(pk=bare.debtor_id)
    assert (debtor.kind, debtor.postcode, debtor.city) == ("professional", "29200", "Brest")
    assert "C-90001" in accounts(collector)  # its claims still lack something
    assert "C-90001" not in accounts(collector, manque="address")


def test_an_empty_box_leaves_what_is_known(world: World, bare: Account, collector: Client) -> None:
    Debtor.objects.filter(pk=bare.debtor_id).update(address_line1="3 quai Vert", city="Brest")
    collector.post(reverse("fill_account", args=[bare.pk]), {"kind": "consumer"}, headers=HTMX)
    debtor = Debtor.objects.get(pk=bare.debtor_id)
    assert (debtor.kind, debtor.address_line1, debtor.city) == ("consumer", "3 quai Vert", "Brest")


def test_what_is_wrong_is_said_in_the_line_and_kept(bare: Account, collector: Client) -> None:
    answer = collector.post(
        reverse("fill_account", args=[bare.pk]),
        {
            "kind": "professional",
            "address_line1": "3 quai Vert",
            "postcode": "2920",
            "city": "Brest",
        },
        headers=HTMX,
    )
    words = answer.content.decode()
    assert answer.status_code == 422
    assert "n’est pas un code postal" in words
    assert 'value="3 quai Vert"' in words
    assert 'value="2920"' in words
    assert Debtor.objects.get(pk=bare.debtor_id).kind == "unknown"


def test_a_claim_is_filled_and_its_derived_due_date_confirmed(
    bare: Account, collector: Client
) -> None:
    derived = bare.claims.get(ref="FA-77")
    address = reverse("fill_claim", args=[derived.pk])
    collector.post(address, {"ref": "FA-77 bis"}, headers=HTMX)
    derived.refresh_from_db()
    assert (derived.ref, derived.due_on_source) == ("FA-77 bis", "derived")
    collector.post(address, {"confirmer": "1"}, headers=HTMX)
    derived.refresh_from_db()
    assert (derived.due_on, derived.due_on_source) == (date(2026, 10, 31), "manual")
    nameless = bare.claims.get(ref="")
    answer = collector.post(
        reverse("fill_claim", args=[nameless.pk]),
        {"issued_on": "15/10/2026", "due_on": "1/10/2026"},
        headers=HTMX,
    )
    assert answer.status_code == 422
    assert "précède sa date" in answer.content.decode()
    nameless.refresh_from_db()
    assert nameless.issued_on is None


def test_the_quality_of_many_is_set_after_a_preview(bare: Account, collector: Client) -> None:
    address = reverse("complete_in_bulk", args=["qualite"])
    preview = collector.post(address, {"ligne": [bare.pk]}, headers=HTMX).content.decode()
    assert "Fixer la qualité de 1\xa0compte" in preview
    assert Debtor.objects.get(pk=bare.debtor_id).kind == "unknown"
    missing = collector.post(address, {"ligne": [bare.pk], "fait": "1"}, headers=HTMX)
    assert missing.status_code == 422
    done = collector.post(
        address, {"tout": "1", "requete": "manque=kind", "fait": "1", "kind": "professional"}
    )
    assert done.status_code == 302
    assert Debtor.objects.get(pk=bare.debtor_id).kind == "professional"
    assert accounts(collector, manque="kind") == set()
    assert JournalEntry.objects.filter(account=bare, action="debtor_completed").exists()


def test_new_terms_move_the_due_dates_nobody_stated(bare: Account, collector: Client) -> None:
    collector.post(
        reverse("complete_in_bulk", args=["conditions"]),
        {"ligne": [bare.pk], "fait": "1", "term_days": "45", "term_method": "days_then_eom"},
    )
    bare.refresh_from_db()
    assert (bare.term_days, bare.term_method) == (45, "days_then_eom")
    # 1 October + 45 days = 15 November, then the end of that month.
    assert bare.claims.get(ref="FA-77").due_on == date(2026, 11, 30)
    assert bare.claims.get(ref="").due_on == date(2026, 9, 30)  # stated: left alone


def test_due_dates_are_confirmed_or_set_together(bare: Account, collector: Client) -> None:
    ids = list(bare.claims.values_list("pk", flat=True))
    collector.post(reverse("complete_in_bulk", args=["confirmer"]), {"ligne": ids, "fait": "1"})
    assert bare.claims.get(ref="FA-77").due_on_source == "manual"
    collector.post(
        reverse("complete_in_bulk", args=["echeance"]),
        {"ligne": ids, "fait": "1", "due_on": "15/09/2026"},
    )
    assert bare.claims.get(ref="").due_on == date(2026, 9, 15)
    assert bare.claims.get(ref="FA-77").due_on == date(2026, 10, 31)  # issued after that day


def test_another_portfolio_is_left_alone(
    world: World, sign_in: Callable[[Role], Client], collector: Client
) -> None:
    theirs = world.accounts["ailleurs"]
    kind = theirs.debtor.kind
    collector.post(
        reverse("complete_in_bulk", args=["qualite"]),
        {"ligne": [theirs.pk], "fait": "1", "kind": "public_purchaser"},
    )
    assert Debtor.objects.get(pk=theirs.debtor_id).kind == kind
    claim = theirs.claims.first()
    assert collector.post(reverse("fill_claim", args=[claim.pk]), headers=HTMX).status_code == 404
    assert (
        collector.post(reverse("fill_account", args=[theirs.pk]), headers=HTMX).status_code == 404
    )


def test_the_export_is_a_file_that_imports_read(
    bare: Account, collector: Client, tmp_path: Any
) -> None:
    answer = collector.get(reverse("export_incomplete"), {"q": "orvelin"})
    (tmp_path / "clients.xlsx").write_bytes(answer.content)
    [row] = read_customers(tmp_path / "clients.xlsx").rows
    assert (row.code, row.name, row.kind, row.city) == ("C-90001", "Sanitaires Orvelin", None, None)
    cells = load_workbook(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert (
        cells[1][7] == "qualité du débiteur, adresse, numéro de facture, date de facture, échéance"
    )
    answer = collector.get(
        reverse("export_incomplete"),
        {"manque": "due_date", "compte": str(bare.pk), "format": "csv"},
    )
    (tmp_path / "factures.csv").write_bytes(b"".join(answer.streaming_content))
    [item] = read_open_items(tmp_path / "factures.csv").rows
    assert (item.code, item.invoice, item.due_on) == ("C-90001", "FA-77", None)
    assert item.amount_cents == 120_000


def test_the_list_asks_the_database_little(
    bare: Account,
    collector: Client,
    django_assert_max_num_queries: Callable[[int], Any],
) -> None:
    with django_assert_max_num_queries(18):
        rows(collector)
    with django_assert_max_num_queries(18):
        rows(collector, manque="creances")
