"""Looking a debtor up: answers kept with their day, parts accepted, warnings that change nothing."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from exigible.channels.registers import RechercheEntreprises, Register, Rne, Sirene
from exigible.domain.refusals import Refused, WrongInput
from exigible.operations import figures, registers
from exigible.operations.acts import By
from exigible.store.models import Account, AccountFigures, Debtor, JournalEntry, RegisterAnswer
from tests import registers as answers
from tests.builders import AT, TODAY, make_account, make_debtor
from tests.registers import SIREN, Registers, serving

pytestmark = pytest.mark.django_db
SIGNED: dict[str, Any] = {"on": TODAY, "by": By.job("test"), "at": AT}


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registers]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving() as running:
        running.answers = {
            "recherche": (200, answers.recherche()),
            "sirene": (200, answers.sirene()),
            "rne": (200, answers.rne()),
        }
        yield running


def sources(local: Registers) -> list[Register]:
    return [
        RechercheEntreprises(f"{local.base}/recherche"),
        Sirene(f"{local.base}/sirene", "clef"),
        Rne(f"{local.base}/rne", "moi", "secret"),
    ]


@pytest.fixture
def account() -> Account:
    made = make_account(
        debtor=make_debtor(name="Lestrade", siren=SIREN, kind="unknown", postcode="", city="")
    )
    figures.refresh([made.pk], TODAY)
    return made


def test_every_register_is_asked_and_kept(account: Account, local: Registers) -> None:
    done = registers.look_up(account.pk, registers=sources(local), **SIGNED)
    assert done.failures == ()
    assert done.told.company is not None
    assert done.told.days == dict.fromkeys(("recherche", "sirene", "rne"), TODAY)
    account.debtor.refresh_from_db()
    assert account.debtor.name == "Lestrade"  # nothing changed by itself
    later = TODAY + timedelta(days=3)
    registers.look_up(account.pk, registers=sources(local)[:1], **(SIGNED | {"on": later}))
    assert RegisterAnswer.objects.count() == 3  # the former answer is replaced
    assert registers.what_registers_say(SIREN).on == TODAY


def test_one_that_is_away_is_told_and_its_last_answer_stays(
    account: Account, local: Registers
) -> None:
    registers.look_up(account.pk, registers=sources(local), **SIGNED)
    local.answers = {"recherche": (503, {}), "sirene": (200, b"<html>"), "rne": (404, {})}
    done = registers.look_up(account.pk, registers=sources(local), **SIGNED)
    assert len(done.failures) == 2
    assert done.told.company is not None
    assert done.told.unknown_to == ("rne",)


def test_without_network_nothing_is_written(account: Account) -> None:
    away = [RechercheEntreprises("http://127.0.0.1:9")]
    done = registers.look_up(account.pk, registers=away, **SIGNED)
    assert len(done.failures) == 1
    assert done.told.company is None
    assert not JournalEntry.objects.filter(account=account).exists()


def test_what_is_accepted_is_written_and_journaled(account: Account, local: Registers) -> None:
    registers.look_up(account.pk, registers=sources(local), **SIGNED)
    registers.accept(account.pk, ["kind", "address"], **SIGNED)
    debtor = Debtor.objects.get(pk=account.debtor_id)
    assert (debtor.name, debtor.kind, debtor.city) == ("Lestrade", "professional", "AGEN")
    registers.accept(account.pk, ["name", "legal_form", "siret"], **SIGNED)
    debtor.refresh_from_db()
    assert (debtor.name, debtor.legal_form) == ("LESTRADE GARONNAIS", "SAS")
    line = JournalEntry.objects.filter(account=account).order_by("-seq")[0]
    assert line.facts["source"] == "Recherche d’entreprises, RNE, Sirene, 22/11/2026"
    # E-mail, telephone, SIREN, quality, address in the register's town: nothing is lacking.
    assert AccountFigures.objects.get(account=account).reliability == 100
    for parts in ([], ["iban"]):
        with pytest.raises(WrongInput):
            registers.accept(account.pk, parts, **SIGNED)


def test_a_warning_is_never_a_silent_change(account: Account, local: Registers) -> None:
    registers.look_up(account.pk, registers=sources(local), **SIGNED)
    registers.accept(account.pk, ["kind", "address"], **SIGNED)
    local.answers = {
        "sirene": (200, answers.sirene(etatAdministratifUniteLegale="C")),
        "rne": (200, answers.rne(mentions=("Jugement de liquidation judiciaire",))),
    }
    registers.look_up(account.pk, registers=sources(local), **SIGNED)
    # 100 − 30 (radiée) − 30 (procédure collective à vérifier)
    assert AccountFigures.objects.get(account=account).reliability == 40
    account.debtor.refresh_from_db()
    assert account.debtor.insolvency_opened_on is None


def test_what_cannot_be_asked(account: Account, local: Registers) -> None:
    with pytest.raises(Refused, match="Aucun registre"):
        registers.look_up(account.pk, registers=[], **SIGNED)
    Debtor.objects.filter(pk=account.debtor_id).update(siren="")
    with pytest.raises(Refused, match="pas de SIREN"):
        registers.look_up(account.pk, registers=sources(local), **SIGNED)
    with pytest.raises(Refused, match="Aucun registre n’a encore répondu"):
        registers.accept(account.pk, ["name"], **SIGNED)


def test_a_name_gives_candidates_and_one_is_chosen(account: Account, local: Registers) -> None:
    Debtor.objects.filter(pk=account.debtor_id).update(siren="")
    found = registers.candidates(account.pk, "lestrade", registers=sources(local))
    assert [one.siren for one in found] == [SIREN]
    debtor = registers.choose_company(account.pk, found[0].siren, **SIGNED)
    assert (debtor.siren, debtor.name) == (SIREN, "Lestrade")
    with pytest.raises(WrongInput):
        registers.choose_company(account.pk, "123456789", **SIGNED)
    with pytest.raises(WrongInput):
        registers.candidates(account.pk, "le", registers=sources(local))


def test_a_private_person_is_searched_nowhere(account: Account, local: Registers) -> None:
    Debtor.objects.filter(pk=account.debtor_id).update(kind="consumer")
    with pytest.raises(Refused, match="particulier"):
        registers.candidates(account.pk, "lestrade", registers=sources(local))
    assert local.asked == []


def test_many_are_asked_once_each(account: Account, local: Registers) -> None:
    twin = make_account(debtor=account.debtor)
    bare = make_account()
    ids = [account.pk, twin.pk, bare.pk]
    asked = {"registers": sources(local)[:1], **SIGNED}
    assert registers.look_up_many(ids, **asked) == 1
    assert registers.look_up_many(ids, **asked) == 0  # asked of late
    assert len(local.asked) == 1
