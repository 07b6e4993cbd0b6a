"""*Doublons*: pairs listed to whoever sees both, merged, undone, said apart, by one or by many."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from python_calamine import load_workbook

from exigible.domain.roles import Role
from exigible.operations import duplicates, figures, merging
from exigible.store.models import Account, Debtor, DebtorMerge, DebtorsApart, DuplicatePair
from tests.builders import make_account, make_claim, make_debtor
from tests.factories import WORLD_DAY, World
from tests.web.conftest import NOW

HTMX = {"HX-Request": "true"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(world: World) -> DuplicatePair:
    """The serrurerie known a second time, as a ledger brought it."""
    known = world.accounts["desnoyelles"].debtor
    twin = make_debtor(
        name="DESNOYELLES SERRURERIE", postcode=known.postcode, city=known.city, kind="unknown"
    )
    account = make_account(world.creditor, debtor=twin, number="C-99001")
    make_claim(account, 40_000, WORLD_DAY)
    figures.refresh([account.pk], WORLD_DAY)
    duplicates.search_duplicates(at=NOW)
    return DuplicatePair.objects.get(first=known, second=twin)


@pytest.fixture
def manager(sign_in: Callable[[Role], Client]) -> Client:
    return sign_in(Role.CREDIT_MANAGER)


def shown(client: Client, **query: str) -> list[Any]:
    answer = client.get(reverse("duplicates"), query)
    assert answer.status_code == 200
    return list(answer.context["rows"])


def test_the_pair_is_listed_with_its_reasons(pair: DuplicatePair, manager: Client) -> None:
    [row] = [one for one in shown(manager) if one.row.pk == pair.pk]
    assert row.reasons[0][0].startswith("même nom")
    page = manager.get(reverse("duplicates")).content.decode()
    assert "DESNOYELLES SERRURERIE" in page
    assert "C-99001" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "desnoyelles"}, True),
        ({"q": "C-99001"}, True),
        ({"q": "introuvable"}, False),
        ({"commun": "same_name"}, True),
        ({"commun": "same_iban"}, False),
        ({"certitude": "sure"}, False),
        ({"tri": "nom"}, True),
    ],
)
def test_the_list_is_searched_and_narrowed(
    pair: DuplicatePair, manager: Client, query: dict[str, str], found: bool
) -> None:
    assert (pair.pk in {one.row.pk for one in shown(manager, **query)}) == found


def test_a_pair_half_seen_does_not_exist(
    world: World, pair: DuplicatePair, manager: Client
) -> None:
    """The other creditor's portfolio is not theirs: neither the pair, nor its acts."""
    make_account(world.other_creditor, debtor=pair.second, number="L-9")
    assert pair.pk not in {one.row.pk for one in shown(manager)}
    for name in ("merge_debtors", "set_debtors_apart"):
        assert manager.post(reverse(name, args=[pair.pk])).status_code == 404
    everywhere = Client()
    everywhere.force_login(world.people[Role.ADMINISTRATOR])
    assert pair.pk in {one.row.pk for one in shown(everywhere)}


def test_merging_previews_then_does_and_is_undone(pair: DuplicatePair, manager: Client) -> None:
    address = reverse("merge_debtors", args=[pair.pk])
    preview = manager.get(address, headers=HTMX)
    assert "Aucune créance ne bouge" in preview.content.decode()
    version = preview.context["form"].initial["version"]
    done = manager.post(
        address, {"fait": "1", "version": version, "prendre-name": "1"}, headers=HTMX
    )
    assert done.status_code == 200
    made = DebtorMerge.objects.get()
    assert (made.kept_id, made.merged_id) == (pair.first_id, pair.second_id)
    assert Debtor.objects.get(pk=pair.first_id).name == "DESNOYELLES SERRURERIE"
    assert Account.objects.get(number="C-99001").debtor_id == pair.first_id
    assert shown(manager, voir="reunis")[0].row.pk == made.pk
    tab = manager.get(
        reverse("account", args=[Account.objects.get(number="C-99001").pk]), {"onglet": "identite"}
    )
    assert "Réuni avec" in tab.content.decode()
    assert manager.post(reverse("undo_merge", args=[made.pk]), headers=HTMX).status_code == 200
    assert Account.objects.get(number="C-99001").debtor_id == pair.second_id
    again = manager.post(reverse("undo_merge", args=[made.pk]), headers=HTMX)
    assert "déjà défaite" in again.content.decode()


def test_the_other_may_be_kept(pair: DuplicatePair, manager: Client) -> None:
    address = reverse("merge_debtors", args=[pair.pk])
    version = merging.versions([pair.first_id, pair.second_id])
    manager.post(address, {"fait": "1", "version": version, "garde": pair.second_id})
    assert DebtorMerge.objects.get().kept_id == pair.second_id


def test_an_old_page_merges_nothing(pair: DuplicatePair, manager: Client) -> None:
    answer = manager.post(
        reverse("merge_debtors", args=[pair.pk]), {"fait": "1", "version": 9999}, headers=HTMX
    )
    assert answer.status_code == 422
    assert not DebtorMerge.objects.exists()


def test_a_pair_said_apart_goes_and_comes_back(pair: DuplicatePair, manager: Client) -> None:
    manager.post(reverse("set_debtors_apart", args=[pair.pk]))
    assert pair.pk not in {one.row.pk for one in shown(manager)}
    apart = DebtorsApart.objects.get()
    assert shown(manager, voir="distincts")[0].row.pk == apart.pk
    manager.post(reverse("bring_back_pair", args=[apart.pk]))
    assert pair.pk in {one.row.pk for one in shown(manager)}


def test_many_are_merged_at_once_and_chains_hold(
    world: World, pair: DuplicatePair, manager: Client
) -> None:
    third = make_debtor(
        name="Serrurerie Desnoyelles SARL",
        siren=pair.first.siren,
        postcode=pair.first.postcode,
        city=pair.first.city,
    )
    make_account(world.creditor, debtor=third, number="C-99002")
    duplicates.search_duplicates(at=NOW)
    three = {pair.first_id, pair.second_id, third.pk}
    found = DuplicatePair.objects.filter(first_id__in=three, second_id__in=three)
    assert found.count() == 3
    ticks = {"paire": [one.pk for one in found]}
    address = reverse("duplicates_in_bulk", args=["reunir"])
    assert "Chaque paire garde" in manager.post(address, ticks, headers=HTMX).content.decode()
    assert not DebtorMerge.objects.exists()
    assert manager.post(address, ticks | {"fait": "1"}, headers=HTMX).status_code == 200
    kept = set(
        Account.objects.filter(number__in=["C-99001", "C-99002"]).values_list(
            "debtor_id", flat=True
        )
    )
    assert kept == {pair.first_id}
    assert DebtorMerge.objects.count() == 2


def test_the_list_leaves_as_a_spreadsheet(pair: DuplicatePair, manager: Client) -> None:
    answer = manager.get(reverse("export_duplicates"))
    rows = load_workbook(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert rows[0][:2] == ["Certitude", "Nom"]
    assert any("DESNOYELLES SERRURERIE" in row for row in rows)
    ticked = manager.post(reverse("export_duplicates"), {"paire": [pair.pk], "format": "csv"})
    lines = b"".join(ticked.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 2


def test_the_list_reads_little_whatever_its_length(
    pair: DuplicatePair, manager: Client, django_assert_max_num_queries: Any
) -> None:
    shown(manager)
    with django_assert_max_num_queries(25):
        shown(manager)


def test_a_collector_sees_and_decides_nothing(pair: DuplicatePair, collector: Client) -> None:
    assert pair.pk in {one.row.pk for one in shown(collector)}
    assert "Réunir…" not in collector.get(reverse("duplicates")).content.decode()
    assert collector.get(reverse("merge_debtors", args=[pair.pk])).status_code == 404
