"""A looker killed at every commit and every move in turn: nothing is lost, nothing is doubled."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from exigible.store.models import ImportBatch, Incoming
from tests.bank_text import camt
from tests.operations.ways.steps import banked_creditor, files_of, watched

MOST = 200  # points of death; far more than one life has
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lives(settings: object, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    database = connection.settings_dict
    settings.DROP_ROOT = tmp_path / "depots"
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("EXIGIBLE_")
    } | {
        "DJANGO_SETTINGS_MODULE": "exigible.settings",
        "EXIGIBLE_HOME": str(tmp_path / "home"),
        "EXIGIBLE_DROP_ROOT": str(settings.DROP_ROOT),
        "EXIGIBLE_DATABASE_URL": f"postgresql://{database['USER']}:{database['PASSWORD']}@/"
        f"{database['NAME']}?host={database['HOST']}&port={database['PORT'] or 5432}",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "tests.operations.ways.doomed_looker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=Path(__file__).parents[3],
    ) as process:
        yield process
        process.stdin.close()


@pytest.mark.slow
def test_death_at_any_point_loses_and_doubles_nothing(
    lives: subprocess.Popen[str], settings: object
):
    def live(folder_id: int, die_at: int) -> str:
        lives.stdin.write(f"{folder_id} {die_at}\n")
        lives.stdin.flush()
        return lives.stdout.readline().strip()

    for point in range(1, MOST):
        creditor = banked_creditor()
        folder = watched(creditor, settings.DROP_ROOT, f"d{point}", still_seconds=2)
        place = settings.DROP_ROOT / folder.path
        contents = {
            "releve.xml": camt([("2026-11-03", "120.00", f"FA-{point}")]).encode(),
            "abime.xml": camt([("2026-11-03", "120.00", "x")], closing="1.00").encode(),
        }
        for name, content in contents.items():
            (place / name).write_bytes(content)
        ended = live(folder.pk, point)
        if ended == "killed":
            assert live(folder.pk, 0) == "0", point
        assert files_of(place) == [
            "refusés/abime.xml",
            "refusés/abime.xml.txt",
            "traités/2026-11/releve.xml",
        ], point
        assert (place / "traités/2026-11/releve.xml").read_bytes() == contents["releve.xml"]
        taken = ImportBatch.objects.filter(creditor=creditor)
        assert sorted(taken.values_list("filename", "status")) == [
            ("abime.xml", "refused"),
            ("releve.xml", "done"),
        ], point
        rows = Incoming.objects.filter(folder=folder)
        assert rows.count() == 2, point
        assert not rows.filter(filed_at__isnull=True).exists(), point
        if ended != "killed":
            assert ended == "0"
            break
    else:
        pytest.fail("one life has more points of death than were tried")
    assert point > 15  # a life of a dozen commits and moves was cut everywhere
