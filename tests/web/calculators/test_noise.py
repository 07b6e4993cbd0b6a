"""*Calculettes*: anything typed is answered or said."""

import random
from urllib.parse import parse_qsl, urlencode

import pytest
from django.test import Client

from exigible.web.calculators.base import Calculator
from exigible.web.calculators.days import Days
from exigible.web.views.calculators import CALCULATORS
from tests.campaign import rounds
from tests.factories import WORLD_DAY
from tests.web.calculators.questions import QUESTIONS

# ---- hostile input


NOISE = [
    "", "0", "-1", "1e9", "9" * 30, "31/02/2026", "2199-12-31", "1950-01-01", "+9999", "abc", "\x00",
    "<script>", "é" * 300, "12,5", "١٢", "97400", "2026-02-30", "NaN",
]  # fmt: skip


def noisy(slug: str, rng: random.Random) -> dict[str, str]:
    """A question with some of its answers replaced by anything."""
    query = dict(parse_qsl(QUESTIONS[slug]))
    for name in rng.sample(sorted(query), rng.randint(1, len(query))):
        query[name] = rng.choice(NOISE)
    for name in ("plus", "moins", "forme", "p1-montant", "e9-le", "duree", "inconnu"):
        if rng.random() < 0.15:
            query[name] = rng.choice([*NOISE, "f", "f1", "p", "e"])
    return query


@pytest.mark.parametrize("kind", CALCULATORS, ids=lambda kind: kind.slug)
def test_anything_typed_is_answered_or_said(kind: type[Calculator]) -> None:
    """Seeded noise in every answer: never an error of ours, never silence."""
    rng = random.Random(20261122)
    for _ in range(rounds(80, 3_000)):
        query = noisy(kind.slug, rng)
        found = kind(query, today=WORLD_DAY)
        outcome = found.outcome
        assert outcome.working or outcome.missing or outcome.stop or found.errors, query
        if outcome.working:
            again = kind(dict(found.link), today=WORLD_DAY)
            assert again.link == found.link, query
            assert again.outcome.working == outcome.working, query


@pytest.mark.parametrize("slug", list(QUESTIONS))
def test_a_page_of_noise_is_a_page(collector: Client, slug: str) -> None:
    rng = random.Random(slug)
    for _ in range(rounds(3, 100)):
        query = noisy(slug, rng)
        answer = collector.get(f"/calculettes/{slug}/?{urlencode(query)}")
        assert answer.status_code == 200, query
        assert b"<script>" not in answer.content


def test_extreme_durations_and_days_are_answered_or_refused() -> None:
    for unit in ("jours", "ouvrables", "semaines", "mois", "ans"):
        for start in ("1950-01-01", "2199-12-31", "2026-02-28"):
            for number in ("0", "1", "40", "360", "3660"):
                for way in ("apres", "avant"):
                    query = {"depart": start, "nombre": number, "unite": unit, "sens": way}
                    found = Days(query, today=WORLD_DAY)
                    assert found.outcome.working or found.errors, query
