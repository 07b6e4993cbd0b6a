"""*Veille juridique*: what is shown first, entering a value as one types it, confirming, withdrawing."""

import io
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from python_calamine import load_workbook

from exigible.domain.law import shipped_law
from exigible.domain.law.status import missing_on
from exigible.domain.roles import Role
from exigible.operations import law
from exigible.operations.acts import By
from exigible.store.models import LawValue
from tests.factories import WORLD_DAY, World
from tests.web.conftest import NOW

HTMX = {"HX-Request": "true"}
OTHERS, FEE, BANK = "taux_interet_legal_autres", "droit_recouvrement_debiteur", "taux_bce"
TYPED = {"value": "2,55 %", "start": "01/07/2026", "source": "arrêté du 24 juin 2026, JO du 27"}
SOMEONE = By(f"user:{UUID(int=7)}")
pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(sign_in: Callable[[Role], Client]) -> Client:
    return sign_in(Role.CREDIT_MANAGER)


def shown(client: Client, name: str = "law", query: str = "", **arguments: Any) -> str:
    answer = client.get(reverse(name, kwargs=arguments) + query)
    assert answer.status_code == 200
    return answer.content.decode().replace("\u00a0", " ").replace("\u202f", " ")


def names(page: str) -> list[str]:
    """The ids of the parameters listed, in their order."""
    return [part.split('"')[0] for part in page.split('id="parametre-')[1:]]


def enter(client: Client, parameter: str = OTHERS, **changed: str) -> Any:
    address = reverse("enter_law_value", args=[parameter])
    return client.post(address, {**TYPED, **changed}, headers=HTMX)


def entered_by_someone() -> LawValue:
    return law.enter_value(
        OTHERS,
        value="2,55",
        starts_on=shipped_law()[OTHERS].values[-1].start,
        source=TYPED["source"],
        by=SOMEONE,
        at=NOW,
    )


def test_what_is_unknown_comes_first_with_its_last_value(world: World, manager: Client) -> None:
    page = shown(manager)
    listed = names(page)
    assert set(listed) == {*shipped_law().parameters, *shipped_law().scales}
    unknown = len(missing_on(shipped_law(), WORLD_DAY))
    assert {OTHERS, FEE} <= set(listed[:unknown])
    assert BANK not in listed[:unknown]
    assert "dernière connue" in page
    assert "2,62 %" in page
    assert "2,40 %" in page


@pytest.mark.parametrize(
    ("query", "present", "absent"),
    [
        ("?etat=unknown", OTHERS, BANK),
        ("?etat=runs_out", BANK, OTHERS),
        ("?etat=changed", BANK, "indemnite_forfaitaire"),
        ("?etat=unverified", "delai_paiement_vins", BANK),
        ("?q=refinancement", BANK, OTHERS),
        ("?q=441-16", "amende_administrative_personne_morale", BANK),
        ("?theme=Taux", BANK, "delai_paiement_vins"),
        ("?au=01/06/2026&etat=runs_out", OTHERS, FEE),
    ],
)
def test_the_list_is_narrowed(
    world: World, manager: Client, query: str, present: str, absent: str
) -> None:
    listed = names(shown(manager, query=query))
    assert present in listed
    assert absent not in listed


def test_the_list_is_sorted_both_ways(world: World, manager: Client) -> None:
    there, back = (names(shown(manager, query=f"?tri={tri}")) for tri in ("nom", "-nom"))
    assert there == back[::-1]
    newest = names(shown(manager, query="?tri=depuis"))
    assert newest.index("credit_consommation_plafond") < newest.index("indemnite_forfaitaire")
    assert manager.get(reverse("law") + "?tri=inconnu").status_code == 404


def test_nothing_found_offers_the_way_back(world: World, manager: Client) -> None:
    assert "Aucun paramètre ne répond" in shown(manager, query="?q=introuvable")


def test_the_list_is_exported_as_it_is_narrowed(world: World, manager: Client) -> None:
    answer = manager.get(reverse("export_law") + "?q=refinancement")
    [sheet] = [load_workbook(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()]
    assert [row[1] for row in sheet[1:]] == [shipped_law()[BANK].name]
    text = b"".join(manager.get(reverse("export_law") + "?format=csv").streaming_content)  # type: ignore[attr-defined]
    assert "inconnu" in text.decode("utf-8-sig")


def test_a_parameter_shows_its_history_and_where_to_find_what_is_missing(
    world: World, manager: Client
) -> None:
    page = shown(manager, "law_parameter", parameter=OTHERS)
    assert "Inconnu depuis le 01/07/2026." in page
    assert "Journal officiel" in page
    assert "3,79 %" in page
    scale = shown(manager, "law_parameter", parameter="quotite_saisissable")
    assert "jusqu’à 373,33 € : 1/20" in scale
    assert manager.get(reverse("law_parameter", args=["inconnu"])).status_code == 404


def test_a_value_is_typed_in_french_and_used_at_once(world: World, manager: Client) -> None:
    dialog = shown(manager, "enter_law_value", parameter=OTHERS)
    assert 'value="01/07/2026"' in dialog  # the first day that is missing
    assert "Par exemple 3,75 %." in dialog
    assert "known_until" not in dialog  # a half-year's rate holds for its half-year
    answer = enter(manager)
    assert answer.status_code == 200
    assert "prochain passage" in answer.content.decode()
    row = LawValue.objects.get()
    assert (row.value, row.recorded_by) == ("2.55", world.people[Role.CREDIT_MANAGER].opaque_id)
    page = shown(manager, "law_parameter", parameter=OTHERS)
    assert "2,55 %" in page
    assert "seconde personne" in page
    assert "Confirmer</button>" not in page  # nobody confirms what he entered
    assert OTHERS in names(shown(manager, query="?etat=entered"))
    assert OTHERS not in names(shown(manager, query="?etat=unknown"))


@pytest.mark.parametrize(
    ("parameter", "changed", "said"),
    [
        (OTHERS, {"value": "beaucoup"}, "Écrivez par exemple 3,75 %"),
        (OTHERS, {"start": "02/07/2026"}, "1er juillet"),
        (OTHERS, {"start": "01/01/2026"}, "livrée et vérifiée"),
        (OTHERS, {"source": ""}, "La réponse manque."),
        (OTHERS, {"source": "JO"}, "Indiquez le texte"),
        (BANK, {"start": "20/12/2026"}, "jusqu’à quel jour"),
        (FEE, {"start": "01/03/2026", "value": "9,77"}, "Ligne 1"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_the_rest_kept(
    world: World, manager: Client, parameter: str, changed: dict[str, str], said: str
) -> None:
    answer = enter(manager, parameter, **changed)
    words = answer.content.decode().replace("\u00a0", " ")
    assert answer.status_code == 422
    assert said in words
    assert {**TYPED, **changed}["start"] in words
    assert not LawValue.objects.exists()


def test_a_scale_is_proposed_as_it_was_and_entered(world: World, manager: Client) -> None:
    dialog = shown(manager, "enter_law_value", parameter=FEE)
    assert "jusqu’à 125,00 € : 9,77 %" in dialog
    assert 'value="01/03/2026"' in dialog
    typed = "forfait jusqu’à 44 € : 4,40 €\njusqu’à 125 € : 10 %\nau-delà : 1 %\nplafond : 600 €"
    answer = enter(manager, FEE, value=typed, start="01/03/2026", known_until="29/02/2028")
    assert answer.status_code == 200
    assert "plafond : 600,00 €" in shown(manager, "law_parameter", parameter=FEE)


def test_another_person_confirms_then_it_is_withdrawn_with_a_reason(
    world: World, manager: Client
) -> None:
    value = entered_by_someone()
    assert "Confirmer</button>" in shown(manager, "law_parameter", parameter=OTHERS)
    answer = manager.post(reverse("confirm_law_value", args=[value.pk]), headers=HTMX)
    assert "sans avertissement" in answer.content.decode()
    value.refresh_from_db()
    assert value.confirmed_by == world.people[Role.CREDIT_MANAGER].opaque_id
    address = reverse("withdraw_law_value", args=[value.pk])
    assert manager.post(address, {"reason": ""}, headers=HTMX).status_code == 422
    assert manager.post(address, {"reason": "lu de travers"}, headers=HTMX).status_code == 200
    page = shown(manager, "law_parameter", parameter=OTHERS)
    assert "lu de travers" in page
    assert OTHERS in names(shown(manager, query="?etat=unknown"))


def test_whoever_entered_a_value_is_refused_its_confirmation(world: World, manager: Client) -> None:
    enter(manager)
    answer = manager.post(
        reverse("confirm_law_value", args=[LawValue.objects.get().pk]), headers=HTMX
    )
    assert "autre personne" in answer.content.decode()
    assert LawValue.objects.get().confirmed_at is None


def test_a_value_shipped_since_is_told_and_left_out(world: World, manager: Client) -> None:
    value = entered_by_someone()
    LawValue.objects.create(
        parameter=OTHERS,
        starts_on=shipped_law()[OTHERS].values[-2].start,
        value="9.99",
        source="une saisie d’avant",
        recorded_by=value.recorded_by,
        recorded_at=NOW,
    )
    page = shown(manager)
    assert "Saisie laissée de côté : 9,99 %" in page


def test_who_may_only_read_is_offered_nothing_to_enter(
    world: World, sign_in: Callable[[Role], Client]
) -> None:
    entered_by_someone()
    page = shown(sign_in(Role.AUDITOR), "law_parameter", parameter=OTHERS)
    assert "Saisir une valeur" not in page
    assert "Retirer" not in page


def test_what_was_entered_is_served_inert(world: World, manager: Client) -> None:
    enter(manager, source="<script>alert(1)</script> JO du 27")
    page = shown(manager, "law_parameter", parameter=OTHERS)
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_the_menu_counts_what_is_unknown_for_whoever_may_enter_it(
    world: World, manager: Client, sign_in: Callable[[Role], Client]
) -> None:
    assert 'data-go="U"' in shown(manager)
    assert 'data-go="U"' not in shown(sign_in(Role.COLLECTOR), "accounts")


def test_a_value_to_come_is_not_said_the_last_known(world: World, manager: Client) -> None:
    page = shown(manager, query="?au=2012-01-01&etat=not_yet")
    row = page.partition('id="parametre-seuil_petites_creances"')[2].partition("</tr>")[0]
    assert "à venir" in row
    assert "dernière connue" not in row


def test_the_list_asks_little_of_the_database(
    world: World, manager: Client, django_assert_max_num_queries: Any
) -> None:
    shown(manager)
    with django_assert_max_num_queries(16):
        shown(manager)


def test_a_statement_shows_the_values_it_used_and_leads_to_them(
    world: World, manager: Client, sign_in: Callable[[Role], Client]
) -> None:
    morvelec = world.accounts["morvelec"].pk
    page = shown(manager, "statement", account_id=morvelec)
    assert "Paramètres employés" in page
    assert reverse("law_parameter", args=[BANK]) in page
    plain = shown(sign_in(Role.COLLECTOR), "statement", account_id=morvelec)
    assert shipped_law()[BANK].name in plain
    assert reverse("law_parameter", args=[BANK]) not in plain


def test_a_statement_that_lacks_a_value_leads_to_where_it_is_entered(
    world: World, manager: Client
) -> None:
    account = world.accounts["morvelec"]
    account.clause_rate = 1  # its floor needs the legal rate
    account.save(update_fields=["clause_rate"])
    for name, arguments in (("statement", {}), ("why", {"figure": "accessoires"})):
        page = shown(manager, name, account_id=account.pk, **arguments)
        assert reverse("law_parameter", args=[OTHERS]) in page
    entered_by_someone()
    page = shown(manager, "why", account_id=account.pk, figure="accessoires")
    assert "à confirmer" in page
    assert reverse("law_parameter", args=[OTHERS]) in page
