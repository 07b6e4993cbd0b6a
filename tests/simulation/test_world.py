"""Seeded worlds played through the operations, every day checked by the oracle."""

import contextlib
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import transaction

from exigible.simulation.world import build
from exigible.store.models import Call, Dispute, Hold, Message, Promise
from tests.campaign import rounds
from tests.simulation.checked_play import CheckedPlay, check_journal, check_past, facts_digest

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _documents(settings: object, tmp_path: Path) -> None:
    settings.DOCUMENTS_FOLDER = tmp_path / "documents"
    settings.SMTP = None
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [7, 8])
def test_a_few_weeks_agree_with_the_oracle_every_day(seed: int):
    start = date(2026, 1, 26)
    CheckedPlay(seed, 10, start, 12, before=100, statements_every=4).through()
    check_journal()
    check_past(start + timedelta(days=10))
    assert Message.objects.filter(status="sent").exists()


def test_rates_unknown_after_june_2026_leave_the_rest_of_the_figures():
    CheckedPlay(3, 8, date(2026, 6, 24), 12, before=80).through()


class Undone(Exception):
    """Raised to leave nothing behind."""


def played_digest(seed: int) -> str:
    """Play a small world, return the hash of its facts, and undo it."""
    digest = ""
    with contextlib.suppress(Undone), transaction.atomic():
        CheckedPlay(seed, 6, date(2026, 3, 2), 5, before=60, statements_every=5).through()
        digest = facts_digest()
        raise Undone
    return digest


@pytest.mark.slow
def test_the_same_seed_gives_the_same_facts():
    first, again, other = (played_digest(seed) for seed in (5, 5, 6))
    assert first == again != other


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(11, 11 + rounds(1, 5)))
def test_a_winter_agrees_with_the_oracle_every_day(seed: int):
    start, days, before = date(2026, 1, 5), rounds(45, 90), rounds(45, 0)
    CheckedPlay(seed, 24, start, days, before=before, statements_every=4).through()
    check_journal()
    for past in range(10, days, 26):
        check_past(start + timedelta(days=past))
    # The world had something to disagree about.
    assert Message.objects.filter(status="sent", channel="letter").exists()
    assert Promise.objects.exists()
    assert Call.objects.exists()


@pytest.mark.slow
def test_rates_of_two_half_years_agree_with_the_oracle_every_day():
    """By default what surrounds New Year; a campaign plays the whole year."""
    start, days, before = date(2025, 10, 20), rounds(82, 365), rounds(60, 0)
    CheckedPlay(
        40, rounds(14, 40), start, days, before=before, others_every=7, statements_every=14
    ).through()
    check_journal()
    for past in range(20, days, 40):
        check_past(start + timedelta(days=past))
    assert Message.objects.filter(is_formal_notice=True, status="sent").exists()
    assert Dispute.objects.exclude(closed_on=None).exists()
    assert Hold.objects.exists()


def test_a_world_is_drawn_from_its_seed_alone():
    first, again, other = (
        build(seed, 40, start=date(2026, 1, 1), end=date(2026, 6, 1)) for seed in (1, 1, 2)
    )
    assert [person.debtor for person in first.people] == [person.debtor for person in again.people]
    assert [person.debtor for person in first.people] != [person.debtor for person in other.people]
    sirens = [person.debtor.siren for person in first.people if person.debtor.siren]
    assert len(set(sirens)) == len(sirens)
    assert all(siren.startswith("999") for siren in sirens)
