"""*Comptes*: found by what one knows of them, narrowed, kept as views, acted on together."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from python_calamine import load_workbook

from exigible.domain.roles import Role
from exigible.domain.states import State
from exigible.store.models import Account, AccountFigures, JournalEntry, SavedView
from exigible.web.views import accounts as view
from tests.factories import World

HTMX = {"HX-Request": "true"}
pytestmark = pytest.mark.django_db


def names(page: Any) -> list[str]:
    return [row.account.debtor.name for row, _ in page.context["rows"]]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("morvelec", ["Charpentes Morvélec"]),
        ("MORVÉ", ["Charpentes Morvélec"]),
        ("charpentes m", ["Charpentes Morvélec"]),
        ("C-01482", ["Charpentes Morvélec"]),
        ("c 01482", ["Charpentes Morvélec"]),
        ("FA-26-04127", ["Charpentes Morvélec"]),
        ("fa2604127", ["Charpentes Morvélec"]),
        ("9354", ["Charpentes Morvélec"]),
        ("9 354,00 €", ["Charpentes Morvélec"]),
        ("24318,40", ["Charpentes Morvélec"]),
        ("41260", ["BTP Lestrade Garonnais"]),
        ("introuvable", []),
        ("orvelec", []),  # words are found by their start
        ("%", []),
        ("'; DROP TABLE store_account; --", []),
        ("morvelec\x00", ["Charpentes Morvélec"]),
    ],
)
def test_search(world: World, collector: Client, search: str, found: list[str]) -> None:
    assert names(collector.get(reverse("accounts"), {"q": search})) == found


def test_a_siren_is_found_with_or_without_spaces(world: World, collector: Client) -> None:
    siren = world.accounts["morvelec"].debtor.siren
    spaced = f"{siren[:3]} {siren[3:6]} {siren[6:]}"
    for typed in (siren, spaced):
        assert names(collector.get(reverse("accounts"), {"q": typed})) == ["Charpentes Morvélec"]


def test_another_portfolio_is_never_found(world: World, collector: Client) -> None:
    for typed in ("glycines", "L-0001", "LOYER-10", "740"):
        assert names(collector.get(reverse("accounts"), {"q": typed})) == []


@pytest.mark.parametrize(
    ("query", "test"),
    [
        ({"etat": "broken_promise"}, lambda f: f.state == "broken_promise"),
        ({"qualite": "consumer"}, lambda f: f.account.debtor.kind == "consumer"),
        ({"phase": "contentieux"}, lambda f: f.account.phase == "contentieux"),
        ({"echu": "10 000"}, lambda f: f.overdue_cents >= 1_000_000),
        ({"age": "90"}, lambda f: f.oldest_due_on is not None),
        ({"charge": "personne"}, lambda f: f.account.collector is None),
        ({"credit": "oui"}, lambda f: f.credit_cents > 0),
    ],
)
def test_filters(
    world: World, collector: Client, query: dict[str, str], test: Callable[[AccountFigures], bool]
) -> None:
    page = collector.get(reverse("accounts"), query)
    rows = [row for row, _ in page.context["rows"]]
    assert rows
    assert all(test(row) for row in rows)
    assert page.context["totals"].accounts == len(rows)
    assert page.context["totals"].chased == sum(row.chased_cents for row in rows)


@pytest.mark.parametrize(
    "sort", ["exigible", "nom", "numero", "conteste", "retard", "encours", "credit"]
)
def test_sorts_go_both_ways_and_page_on(
    world: World, collector: Client, sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "PAGE", 5)
    for asked in (sort, f"-{sort}"):
        seen, cursor = [], ""
        while True:
            page = collector.get(reverse("accounts"), {"tri": asked, "suite": cursor})
            seen += [row.pk for row, _ in page.context["rows"]]
            cursor = page.context["next_cursor"]
            if not cursor:
                break
        assert len(seen) == len(set(seen)) == 16
    assert collector.get(reverse("accounts"), {"tri": "hasard"}).status_code == 404
    assert collector.get(reverse("accounts"), {"suite": "faux"}).status_code == 404
    other = collector.get(reverse("accounts"), {"tri": "nom"}).context["next_cursor"]
    assert (
        collector.get(reverse("accounts"), {"tri": "exigible", "suite": other}).status_code == 404
    )


def test_headers_say_the_order(world: World, collector: Client) -> None:
    page = collector.get(reverse("accounts"), {"tri": "nom", "etat": "reminded"}).content.decode()
    assert page.count("aria-sort=") == 1
    assert 'aria-sort="ascending"' in page
    assert "tri=-nom" in page
    assert "etat=reminded" in page


def test_the_live_region_hears_the_totals(world: World, collector: Client) -> None:
    answer = collector.get(reverse("accounts"), {"q": "morvelec"})
    said = json.loads(answer["HX-Trigger-After-Settle"])["announce"]
    assert said == "1\u00a0compte affiché, 24\u202f318,40\u00a0€ échus hors litige"


def test_columns_are_chosen(world: World, collector: Client) -> None:
    default = collector.get(reverse("accounts")).context["columns"]
    assert {"debtor", "chased", "step"} <= default
    assert "city" not in default
    chosen = collector.get(reverse("accounts"), {"col": ["city", "balance"]}).context["columns"]
    assert {"debtor", "chased", "city", "balance"} <= chosen
    assert "step" not in chosen


def test_no_query_per_row(
    world: World, collector: Client, django_assert_max_num_queries: Any
) -> None:
    collector.get(reverse("accounts"))
    with django_assert_max_num_queries(25):
        collector.get(reverse("accounts"))


def test_a_view_is_saved_changed_and_deleted(world: World, collector: Client) -> None:
    answer = collector.post(
        reverse("save_view"),
        {"screen": "accounts", "requete": "etat=reminded&tri=nom&suite=x", "name": "Relancés"},
        headers=HTMX,
    )
    saved = SavedView.objects.get()
    assert saved.query == "etat=reminded&tri=nom"
    assert answer["HX-Redirect"].startswith(reverse("accounts"))
    page = collector.get(reverse("accounts"), {"vue": saved.pk, "etat": "reminded", "tri": "nom"})
    assert page.context["views"].current.label == "Relancés"
    assert not page.context["views"].changed
    page = collector.get(reverse("accounts"), {"vue": saved.pk, "etat": "reminded"})
    assert page.context["views"].changed
    collector.post(
        reverse("save_view"),
        {"screen": "accounts", "requete": "etat=reminded", "vue": saved.pk, "remplacer": "1"},
    )
    saved.refresh_from_db()
    assert saved.query == "etat=reminded"
    again = collector.post(
        reverse("save_view"), {"screen": "accounts", "name": "Relancés"}, headers=HTMX
    )
    assert again.status_code == 422
    collector.post(reverse("delete_view", args=[saved.pk]))
    assert not SavedView.objects.exists()


def test_a_shared_view_is_seen_but_not_changed_by_others(
    world: World, collector: Client, sign_in: Callable[[Role], Client]
) -> None:
    for name, shared in (("À tous", True), ("À moi", False)):
        SavedView.objects.create(
            owner=world.people[Role.MANAGER],
            screen="accounts",
            name=name,
            shared=shared,
            query="age=30",
        )
    page = collector.get(reverse("accounts"))
    labels = [tab.label for tab in page.context["views"].tabs]
    assert "À tous" in labels
    assert "À moi" not in labels
    shared_view = SavedView.objects.get(shared=True)
    collector.post(reverse("save_view"), {"vue": shared_view.pk, "requete": "", "remplacer": "1"})
    assert collector.post(reverse("delete_view", args=[shared_view.pk])).status_code == 404
    shared_view.refresh_from_db()
    assert shared_view.query == "age=30"


def test_unknown_screens_have_no_views(world: World, collector: Client) -> None:
    answer = collector.post(reverse("save_view"), {"screen": "//ailleurs", "name": "x"})
    assert answer.status_code == 404


def test_bulk_hold_previews_then_writes_one_line_an_account(
    world: World, collector: Client
) -> None:
    ids = [world.accounts[name].pk for name in ("lestrade", "lavoir", "crediteur")]
    address = reverse("accounts_in_bulk", args=["suspendre"])
    preview = collector.post(address, {"compte": ids}, headers=HTMX).content.decode()
    assert "Suspendre 3\u00a0comptes" in preview
    before = JournalEntry.objects.count()
    wrong = collector.post(address, {"compte": ids, "fait": "1", "ends_on": "+5"}, headers=HTMX)
    assert wrong.status_code == 422
    collector.post(
        address, {"compte": ids, "fait": "1", "ends_on": "+5", "reason": "Congés"}, headers=HTMX
    )
    assert JournalEntry.objects.count() == before + 3
    states = AccountFigures.objects.filter(pk__in=ids[:2]).values_list("state", flat=True)
    assert set(states) == {State.HELD}


def test_what_a_rule_refuses_is_set_aside_with_its_reason(
    world: World, sign_in: Callable[[Role], Client]
) -> None:
    client = sign_in(Role.MANAGER)
    ids = [world.accounts[name].pk for name in ("lestrade", "tournebise")]
    strategy = view.Strategy.objects.get(audience="professional").pk
    answer = client.post(
        reverse("accounts_in_bulk", args=["strategie"]),
        {"compte": ids, "fait": "1", "strategy": strategy},
        headers=HTMX,
    ).content.decode()
    assert "1\u00a0stratégie changée" in answer
    assert "Gilles Tournebise" in answer
    assert "est écrite pour" in answer


def test_the_whole_view_is_acted_on_with_its_filters(
    world: World, sign_in: Callable[[Role], Client]
) -> None:
    client = sign_in(Role.MANAGER)
    client.post(
        reverse("accounts_in_bulk", args=["confier"]),
        {
            "tout": "1",
            "requete": "etat=reminded",
            "fait": "1",
            "collector": world.people[Role.LITIGATION].pk,
        },
        headers=HTMX,
    )
    given = set(
        Account.objects.filter(collector=world.people[Role.LITIGATION]).values_list("pk", flat=True)
    )
    wanted = set(
        AccountFigures.objects.filter(state="reminded").values_list("account_id", flat=True)
    ) - {world.accounts["ailleurs"].pk}
    assert given == wanted


def test_export_of_the_view(world: World, collector: Client) -> None:
    answer = collector.get(reverse("export_accounts"), {"q": "morvelec"})
    rows = load_workbook(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert [row[1] for row in rows] == ["Débiteur", "Charpentes Morvélec"]
    assert rows[1][7] == 24318.40
    answer = collector.get(reverse("export_accounts"), {"format": "csv"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert text.count("\r\n") == 17
    assert "24318,40" in text
    assert "Glycines" not in text


def test_the_creditor_chosen_narrows_the_list(
    world: World, sign_in: Callable[[Role], Client]
) -> None:
    admin = sign_in(Role.ADMINISTRATOR)
    assert len(names(admin.get(reverse("accounts")))) == 17
    admin.post(
        reverse("choose_creditor"),
        {"creditor": world.other_creditor.pk, "next": "/comptes/?tri=nom"},
    )
    assert names(admin.get(reverse("accounts"))) == ["Résidence des Glycines"]
    # An address that was sent stays good after the reader changed creditor.
    assert admin.get(reverse("account", args=[world.accounts["morvelec"].pk])).status_code == 200
    admin.post(reverse("choose_creditor"), {"creditor": ""})
    assert len(names(admin.get(reverse("accounts")))) == 17


def test_a_creditor_of_others_is_not_chosen(world: World, collector: Client) -> None:
    answer = collector.post(
        reverse("choose_creditor"),
        {"creditor": world.other_creditor.pk, "next": "https://ailleurs.example/"},
    )
    assert answer.url == "/"
    world.collector.refresh_from_db()
    assert world.collector.current_creditor_id is None


@pytest.mark.parametrize(
    ("act", "typed", "said"),
    [
        ("note_act", {"text": "é" * 4001}, "4000 caractères au plus, il en a 4001"),
        ("terms_act", {"term_days": "400"}, "saisissez au plus 365"),
        ("terms_act", {"term_days": "-1"}, "saisissez au moins 0"),
    ],
)
def test_a_bound_passed_is_said_in_the_words_of_the_house(
    world: World,
    sign_in: Callable[[Role], Client],
    act: str,
    typed: dict[str, str],
    said: str,
) -> None:
    address = reverse(act, args=[world.accounts["morvelec"].pk])
    answer = sign_in(Role.MANAGER).post(address, typed, headers=HTMX)
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_a_statement_asked_for_on_a_wrong_day_says_so(world: World, collector: Client) -> None:
    account = world.accounts["lestrade"]
    answer = collector.get(reverse("statement_pdf", args=[account.pk]), {"au": "zz"}, follow=True)
    assert answer.redirect_chain == [(reverse("statement", args=[account.pk]) + "?au=zz", 302)]
    assert "zz" in answer.content.decode()
