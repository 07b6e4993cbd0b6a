"""Asking registers over HTTP: what is sent, and every way in which they fail."""

from collections.abc import Iterator

import pytest

from exigible.channels.registers import (
    OutOfReach,
    RechercheEntreprises,
    Rne,
    Sirene,
    registers_of,
    transport,
)
from exigible.hosting.environment import WrongSetting, read_environment
from tests import registers as answers
from tests.registers import SIREN, Registers, serving


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registers]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving() as registers:
        yield registers


def test_recherche_is_asked_by_siren_or_by_name(local: Registers) -> None:
    local.answers["recherche"] = (200, answers.recherche())
    source = RechercheEntreprises(f"{local.base}/recherche")
    assert SIREN.encode() in (source.company(SIREN) or b"")
    source.named("Lestrade & fils", "47000")
    assert local.asked[0][0] == f"/recherche/search?q={SIREN}&page=1&per_page=1"
    assert "q=Lestrade+%26+fils" in local.asked[1][0]
    assert "code_postal=47000" in local.asked[1][0]


def test_sirene_is_asked_with_its_key_in_a_header(local: Registers) -> None:
    local.answers["sirene"] = (200, answers.sirene())
    assert Sirene(f"{local.base}/sirene", "clef").company(SIREN)
    path, headers = local.asked[0]
    assert "clef" not in path
    assert headers["X-Insee-Api-Key-Integration".title()] == "clef" or "clef" in headers.values()


def test_the_rne_gives_a_token_that_serves_again(local: Registers) -> None:
    local.answers["rne"] = (200, answers.rne())
    source = Rne(f"{local.base}/rne", "moi", "secret")
    assert source.company(SIREN)
    assert source.company(SIREN)
    assert [path for path, _ in local.asked].count("/rne/sso/login") == 1
    local.token = "autre"  # the former is refused: a new one is taken
    assert source.company(SIREN)
    with pytest.raises(OutOfReach, match="vérifiez la clé"):
        Rne(f"{local.base}/rne", "moi", "faux").company(SIREN)


def test_an_unknown_company_is_no_failure(local: Registers) -> None:
    assert RechercheEntreprises(f"{local.base}/recherche").company(SIREN) is None


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (302, "autre adresse"),
        (403, "vérifiez la clé"),
        (429, "dans une minute"),
        (500, "plus tard"),
    ],
)
def test_a_refusal_says_what_to_do(local: Registers, status: int, words: str) -> None:
    local.answers["recherche"] = (status, {})
    with pytest.raises(OutOfReach, match=words) as refusal:
        RechercheEntreprises(f"{local.base}/recherche").company(SIREN)
    assert refusal.value.status == status


def test_a_slow_register_does_not_hold_a_page(
    local: Registers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "WAIT_SECONDS", 0.1)
    local.wait = 0.6
    with pytest.raises(OutOfReach, match="à temps"):
        RechercheEntreprises(f"{local.base}/recherche").company(SIREN)


def test_an_endless_answer_is_cut(local: Registers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "MOST_BYTES", 1000)
    local.answers["recherche"] = (200, b" " * 500_000)
    with pytest.raises(OutOfReach, match="trop longue"):
        RechercheEntreprises(f"{local.base}/recherche").company(SIREN)


def test_no_network() -> None:
    with pytest.raises(OutOfReach, match="hors d’atteinte"):
        RechercheEntreprises("http://127.0.0.1:9").company(SIREN)


def test_the_settings_open_the_registers() -> None:
    alone = registers_of(read_environment({}))
    assert [one.key for one in alone] == ["recherche"]
    assert registers_of(read_environment({"EXIGIBLE_RECHERCHE_URL": "non"})) == ()
    every = registers_of(
        read_environment(
            {
                "EXIGIBLE_SIRENE_KEY": "clef-secrète".replace("è", "e"),
                "EXIGIBLE_RNE_USER": "moi",
                "EXIGIBLE_RNE_PASSWORD": "mot-de-passe",
            }
        )
    )
    assert [one.key for one in every] == ["recherche", "sirene", "rne"]
    assert "clef" not in repr(every)
    assert "mot-de-passe" not in repr(every)


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"EXIGIBLE_RECHERCHE_URL": "api.exemple.fr"}, "EXIGIBLE_RECHERCHE_URL"),
        ({"EXIGIBLE_RECHERCHE_URL": "ftp://api.exemple.fr"}, "EXIGIBLE_RECHERCHE_URL"),
        ({"EXIGIBLE_SIRENE_URL": "https://moi:clef@api.exemple.fr"}, "EXIGIBLE_SIRENE_URL"),
        ({"EXIGIBLE_SIRENE_URL": "https://api.exemple.fr:99999"}, "EXIGIBLE_SIRENE_URL"),
        (
            {"EXIGIBLE_SIRENE_URL": "http://api.exemple.fr", "EXIGIBLE_SIRENE_KEY": "c"},
            "EXIGIBLE_SIRENE_URL",
        ),
        ({"EXIGIBLE_SIRENE_KEY": "clé"}, "EXIGIBLE_SIRENE_KEY"),
        ({"EXIGIBLE_RNE_USER": "moi"}, "EXIGIBLE_RNE_PASSWORD"),
        ({"EXIGIBLE_RNE_PASSWORD": "mot"}, "EXIGIBLE_RNE_USER"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(variables: dict[str, str], named: str) -> None:
    with pytest.raises(WrongSetting) as refusal:
        read_environment(variables)
    assert refusal.value.name == named
