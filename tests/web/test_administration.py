"""*Administration*: creditors, bank accounts, logo, people and their one-time links, rights."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from python_calamine import load_workbook

from exigible.domain.roles import CAPABILITIES, Role
from exigible.domain.text_keys import name_key
from exigible.store.models import Creditor, CreditorBankAccount, JournalEntry, Portfolio, User
from exigible.web.views.people import CAPABILITY_LABELS
from tests.factories import World
from tests.operations.test_creditors import png

HTMX = {"HX-Request": "true"}
IBAN, OTHER_IBAN = "FR1420041010050500013M02606", "DE89370400440532013000"
PNG = png(120, 40)
pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(sign_in: Callable[[Role], Client]) -> Client:
    return sign_in(Role.ADMINISTRATOR)


def creditor_fields(**changed: str) -> dict[str, str]:
    return {
        "name": "Ateliers du Gouët",
        "siren": "732 829 320",
        "kind": "professional",
        "address": "3 quai Vert\n22000 Saint-Brieuc",
        "term_days": "45",
        "term_method": "eom_then_days",
        "clause_rate": "12,5 %",
        "customer_prefixes": "411, 416",
        **changed,
    }


# ---- creditors


def test_a_creditor_is_created_with_what_was_typed(world: World, administrator: Client) -> None:
    answer = administrator.post(reverse("new_creditor"), creditor_fields())
    made = Creditor.objects.get(name="Ateliers du Gouët")
    assert answer.url == reverse("creditor", args=[made.pk])
    assert (made.siren, made.term_days, made.term_method) == ("732829320", 45, "eom_then_days")
    assert made.clause_rate == 125_000  # 12.5 %, in 1/10,000 of a percent
    assert made.customer_prefixes == ["411", "416"]
    assert made.portfolios.count() == 1
    page = administrator.get(answer.url).content.decode()
    assert 'value="12,5"' in page
    assert 'value="411, 416"' in page


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", "", "La réponse manque."),
        ("siren", "732829321", "n’est pas un SIREN"),
        ("siren", "552100554", "Un autre créancier a déjà ce SIREN."),
        ("clause_rate", "douze", "n’est pas un taux"),
        ("clause_rate", "200", "entre 0 et 100"),
        ("clause_rate", "NaN", "n’est pas un taux"),
        ("customer_prefixes", "512", "n’est pas le début d’un compte de tiers"),
        ("term_days", "400", "365"),
        ("email", "pas une adresse", "n’est pas une adresse e-mail"),
        ("agency_address", "1 rue Haute", "Le nom de l’agence manque"),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_kept(
    world: World, administrator: Client, field: str, typed: str, said: str
) -> None:
    answer = administrator.post(reverse("new_creditor"), creditor_fields(**{field: typed}))
    words = answer.content.decode()
    assert answer.status_code == 422
    assert said in words
    assert "22000 Saint-Brieuc" in words
    assert not Creditor.objects.filter(name="Ateliers du Gouët").exists()


def test_a_creditor_is_changed_and_the_journal_knows_both_terms(
    world: World, administrator: Client
) -> None:
    address = reverse("creditor", args=[world.creditor.pk])
    answer = administrator.post(address, creditor_fields(siren="552100554", name="Négoce Armorial"))
    assert answer.status_code == 302
    world.creditor.refresh_from_db()
    assert world.creditor.term_days == 45
    line = JournalEntry.objects.filter(action="creditor_changed").latest("seq")
    assert line.facts["terms"]["term_days"] == [30, 45]


def test_a_creditor_with_balances_cannot_be_archived(world: World, administrator: Client) -> None:
    answer = administrator.post(reverse("archive_creditor", args=[world.creditor.pk]), headers=HTMX)
    assert "comptes non soldés" in answer.content.decode()
    world.creditor.refresh_from_db()
    assert not world.creditor.archived


def test_an_iban_is_checked_and_one_account_is_shown_to_debtors(
    world: World, administrator: Client
) -> None:
    address = reverse("add_bank_account", args=[world.creditor.pk])
    wrong = administrator.post(address, {"iban": IBAN[:-1] + "7"}, headers=HTMX)
    assert wrong.status_code == 422
    assert "n’est pas un IBAN" in wrong.content.decode()
    administrator.post(address, {"iban": "de89 3704 0044 0532 0130 00", "label": "Second"})
    added = CreditorBankAccount.objects.get(iban=OTHER_IBAN)
    assert not added.is_default
    first = world.creditor.bank_accounts.get(is_default=True)
    refused = administrator.post(reverse("close_bank_account", args=[first.pk]), headers=HTMX)
    assert "Choisissez-en d’abord un autre" in refused.content.decode()
    administrator.post(reverse("default_bank_account", args=[added.pk]))
    administrator.post(reverse("close_bank_account", args=[first.pk]))
    first.refresh_from_db()
    added.refresh_from_db()
    assert (first.closed, added.is_default) == (True, True)


def test_a_logo_is_an_image_or_nothing(world: World, administrator: Client) -> None:
    address = reverse("creditor_logo", args=[world.creditor.pk])
    disguised = SimpleUploadedFile("logo.png", b"<script>alert(1)</script>", "image/png")
    refused = administrator.post(address, {"logo": disguised}, headers=HTMX)
    assert refused.status_code == 422
    assert "n’est pas une image" in refused.content.decode()
    heavy = SimpleUploadedFile("logo.png", PNG + b"\0" * 1_000_001, "image/png")
    assert "dépasse 1 Mo" in administrator.post(address, {"logo": heavy}).content.decode()
    administrator.post(address, {"logo": SimpleUploadedFile("logo.png", PNG, "image/png")})
    world.creditor.refresh_from_db()
    assert world.creditor.logo is not None
    assert world.creditor.logo.media_type == "image/png"
    picture = administrator.get(reverse("letterhead", args=[world.creditor.pk]))
    assert picture.content.startswith(b"\x89PNG")
    administrator.post(reverse("remove_logo", args=[world.creditor.pk]))
    world.creditor.refresh_from_db()
    assert world.creditor.logo is None


def test_portfolios_are_added_and_renamed(world: World, administrator: Client) -> None:
    administrator.post(reverse("add_portfolio", args=[world.creditor.pk]), {"name": "Bretagne"})
    added = Portfolio.objects.get(name="Bretagne", creditor=world.creditor)
    taken = administrator.post(
        reverse("rename_portfolio", args=[added.pk]),
        {"name": "Portefeuille principal"},
        headers=HTMX,
    )
    assert taken.status_code == 422
    assert "s’appelle déjà ainsi" in taken.content.decode()
    administrator.post(reverse("rename_portfolio", args=[added.pk]), {"name": "Ouest"})
    words = administrator.get(reverse("portfolios"), {"q": "ouest"}).content.decode()
    assert "Ouest" in words


def test_creditors_are_searched_sorted_and_exported(world: World, administrator: Client) -> None:
    address = reverse("administration")

    def names(**query: str) -> list[str]:
        return [one.name for one in administrator.get(address, query).context["rows"]]

    Creditor.objects.create(name="Énergies du Couesnon", siren="")
    assert names() == ["Énergies du Couesnon", "Loueurs du Ponant", "Négoce Armorial"]
    assert names(tri="-nom")[0] == "Négoce Armorial"
    assert names(tri="comptes")[0] == "Négoce Armorial"
    assert names(q="552 100") == ["Négoce Armorial"]
    assert names(etat="archive") == []
    answer = administrator.get(reverse("export_creditors"))
    rows = load_workbook(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert [row[0] for row in rows[1:]] == sorted((row[0] for row in rows[1:]), key=name_key)
    assert len(rows) == 1 + 3


# ---- people


def invited(client: Client, world: World, **changed: Any) -> tuple[User, str]:
    portfolio = world.creditor.portfolios.get()
    answer = client.post(
        reverse("invite"),
        {
            "name": "Yann Kerdoncuff",
            "email": "Yann@armorial.example",
            "role": "collector",
            "portfolios": [str(portfolio.pk)],
            **changed,
        },
    )
    assert answer.status_code == 200, answer.context["form"].errors
    assert answer["Cache-Control"] == "no-store"
    [link] = re.findall(r'value="http://testserver(/bienvenue/[^"]+)"', answer.content.decode())
    return User.objects.get(email="yann@armorial.example"), link


def test_an_invited_person_chooses_a_password_once(world: World, administrator: Client) -> None:
    user, link = invited(administrator, world)
    assert not user.has_usable_password()
    assert list(user.portfolios.all()) == list(world.creditor.portfolios.all())
    someone = Client()
    page = someone.get(link)
    # The link leaves for no other site; « no-referrer » would have browsers post from the origin
    # « null », which the CSRF check refuses.
    assert page["Referrer-Policy"] == "same-origin"
    assert "Yann Kerdoncuff" in page.content.decode()
    phrase = "un vélo rouge sous la pluie"
    differ = someone.post(link, {"password": phrase, "again": phrase + "!"})
    assert differ.status_code == 422
    assert "diffèrent" in differ.content.decode()
    weak = someone.post(link, {"password": "court", "again": "court"})
    assert weak.status_code == 422
    assert someone.post(link, {"password": phrase, "again": phrase}).url == reverse("account_login")
    assert someone.get(link).status_code == 404
    signed = someone.post(
        reverse("account_login"), {"login": "yann@armorial.example", "password": phrase}
    )
    assert signed.status_code == 302


def test_a_new_link_voids_the_password_and_the_earlier_link(
    world: World, administrator: Client
) -> None:
    user, first = invited(administrator, world)
    user.set_password("un vélo rouge sous la pluie")
    user.save()
    theirs = Client()
    theirs.force_login(user)
    answer = administrator.post(reverse("set_access", args=[user.pk, "lien"]))
    assert "/bienvenue/" in answer.content.decode()
    user.refresh_from_db()
    assert not user.has_usable_password()
    assert Client().get(first).status_code == 404
    assert theirs.get(reverse("profile")).status_code == 302  # signed out


def test_access_is_closed_at_once_and_opened_again(world: World, administrator: Client) -> None:
    user, link = invited(administrator, world)
    theirs = Client()
    theirs.force_login(user)
    administrator.post(reverse("set_access", args=[user.pk, "fermer"]))
    assert theirs.get(reverse("profile")).status_code == 302
    assert Client().get(link).status_code == 404
    people = administrator.get(reverse("people")).context["rows"]
    assert user.pk not in {one.pk for one, _ in people}
    closed = administrator.get(reverse("people"), {"acces": "ferme"}).context["rows"]
    assert [one.pk for one, _ in closed] == [user.pk]
    administrator.post(reverse("set_access", args=[user.pk, "rouvrir"]))
    user.refresh_from_db()
    assert user.is_active
    assert administrator.post(reverse("set_access", args=[user.pk, "autre"])).status_code == 404


def test_the_last_administrator_stays(world: World, administrator: Client) -> None:
    me = world.people[Role.ADMINISTRATOR]
    closed = administrator.post(reverse("set_access", args=[me.pk, "fermer"]), headers=HTMX)
    assert "le seul administrateur" in closed.content.decode()
    changed = administrator.post(
        reverse("person", args=[me.pk]),
        {"name": me.name, "email": me.email, "role": "manager", "all_portfolios": "on"},
    )
    assert changed.status_code == 422
    me.refresh_from_db()
    assert (me.role, me.is_active) == ("administrator", True)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"email": "claire"}, "n’est pas une adresse e-mail"),
        ({"email": "COLLECTOR@armorial.example"}, "déjà celle d’une autre personne"),
        ({"portfolios": []}, "Sans portefeuille"),
        ({"role": "roi"}, "Ce choix n’est pas proposé"),
        ({"name": " "}, "La réponse manque."),
    ],
)
def test_an_invitation_that_is_wrong_says_where(
    world: World, administrator: Client, fields: dict[str, Any], said: str
) -> None:
    count = User.objects.count()
    answer = administrator.post(
        reverse("invite"),
        {
            "name": "Yann Kerdoncuff",
            "email": "yann@armorial.example",
            "role": "collector",
            "portfolios": [str(world.creditor.portfolios.get().pk)],
            **fields,
        },
    )
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert User.objects.count() == count


def test_a_change_of_role_and_portfolios_is_journalled_without_the_name(
    world: World, administrator: Client
) -> None:
    user = world.people[Role.COLLECTOR]
    administrator.post(
        reverse("person", args=[user.pk]),
        {"name": user.name, "email": user.email, "role": "manager", "all_portfolios": "on"},
    )
    user.refresh_from_db()
    assert (user.role, user.all_portfolios) == ("manager", True)
    line = JournalEntry.objects.filter(action="user_changed").latest("seq")
    assert user.name not in str(line.facts)
    assert line.facts["role"] == "manager"


def test_people_are_searched_narrowed_sorted_and_exported(
    world: World, administrator: Client
) -> None:
    def names(**query: str) -> list[str]:
        return [one.name for one, _ in administrator.get(reverse("people"), query).context["rows"]]

    assert names(q="maubert") == ["Claire Maubert"]
    assert names(role="auditor") == ["Odile Pradines"]
    assert names(tri="-nom") == list(reversed(names()))
    answer = administrator.get(reverse("export_people"), {"role": "collector"})
    rows = load_workbook(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert [row[0] for row in rows[1:]] == ["Claire Maubert"]


def test_the_table_of_rights_is_the_one_that_is_checked(
    world: World, administrator: Client
) -> None:
    rows = administrator.get(reverse("rights")).context["rows"]
    assert set(CAPABILITY_LABELS) == set().union(*CAPABILITIES.values())
    for (label, held), capability in zip(rows, CAPABILITY_LABELS, strict=True):
        assert held == [capability in CAPABILITIES[role] for role in Role], label


# ---- templates and strategies


def test_every_template_has_a_specimen(world: World, administrator: Client) -> None:
    rows = administrator.get(reverse("templates")).context["rows"]
    assert len(rows) > 20
    for row in rows:
        answer = administrator.get(row["address"], headers=HTMX)
        words = answer.content.decode()
        assert "Spécimen" in words
        assert answer.context["refusal"] is None, row["slug"]
        assert "{" not in answer.context["text"], row["slug"]


def test_a_specimen_letter_is_drawn_on_the_letterhead(world: World, administrator: Client) -> None:
    address = reverse("template_page", args=["letter", "mise_en_demeure", "professional"])
    assert administrator.get(address).content.startswith(b"\x89PNG")
    absent = reverse("template_page", args=["letter", "inconnu", "professional"])
    assert administrator.get(absent).status_code == 404


def test_templates_are_searched_and_narrowed(world: World, administrator: Client) -> None:
    def found(**query: str) -> set[str]:
        return {
            row["slug"] for row in administrator.get(reverse("templates"), query).context["rows"]
        }

    assert all(slug.startswith("letter/") for slug in found(canal="letter"))
    assert found(nature="formal_notice") <= {s for s in found() if "mise_en_demeure" in s}
    assert found(q="introuvable dans les textes") == set()


def test_strategies_read_as_tables(world: World, administrator: Client) -> None:
    words = administrator.get(reverse("strategies")).content.decode()
    assert "J\u22127" in words  # the notice, seven days before
    assert "après validation" in words
    assert "modele=letter/mise_en_demeure/professional" in words
