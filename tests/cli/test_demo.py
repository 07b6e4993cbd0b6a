"""`exigible demo`: a home of its own, a world loaded once, mail that goes nowhere."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hosting.conftest import Home, migrated, new_home, ready_home

__all__ = ["migrated", "new_home", "ready_home"]

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="demande POSIX")]

# The real world, made small: a few accounts, two months of history, a week with the product.
SMALL_WORLD = """
import sys
from functools import partial
import exigible.cli.demo as command
from exigible.cli.main import run

world_of = command._world

def small_world():
    world = world_of()
    world.HISTORY_MONTHS, world.DAYS_WITH_THE_PRODUCT = 2, 7
    load = partial(world.load, debtors=8)
    def interrupted(progress, **options):
        def stop(phase, done, total):
            if phase == "Vie du service" and done == 3:
                raise KeyboardInterrupt
            progress(phase, done, total)
        load(stop, **options)
    world.load = interrupted if "interrupted" in sys.argv else load
    return world

command._world = small_world
code = run(["demo", "--prepare"])
from django.conf import settings
print("SMTP", settings.SMTP)
print("exit code", code)
"""


def prepare(home: Home, *words: str) -> subprocess.CompletedProcess[str]:
    return home.python(SMALL_WORLD, *words)


def test_the_world_is_loaded_once_whole_and_mail_goes_to_the_sink(ready_home: Home):
    ready_home.variables["EXIGIBLE_SMTP_URL"] = "smtps://real:secret@mail.exemple.fr"
    assert "exit code 130" in prepare(ready_home, "interrupted").stdout
    for table in ("creditor", "account", "user", "storeddocument", "journalentry"):
        assert ready_home.query(f"SELECT count(*) FROM store_{table}") == [(0,)], table

    first = prepare(ready_home)
    assert "exit code 0" in first.stdout, first.stderr
    assert "Chargement du monde de démonstration" in first.stderr
    assert "SMTP SmtpServer(plain, -@127.0.0.1:" in first.stdout
    assert "mail.exemple.fr" not in first.stdout
    assert "credit@demo.example" in first.stdout
    facts = ready_home.query("SELECT count(*), max(hash) FROM store_journalentry")
    assert ready_home.query("SELECT count(*) FROM store_creditor") == [(5,)]
    assert ready_home.query("SELECT count(*) >= 4 FROM store_duplicatepair") == [(True,)]

    again = prepare(ready_home)
    assert "Chargement" not in again.stderr
    assert "credit@demo.example" in again.stdout
    assert ready_home.query("SELECT count(*), max(hash) FROM store_journalentry") == facts


def test_without_a_home_it_takes_one_of_its_own(tmp_path: Path):
    code = """
import os, sys
os.environ.pop("EXIGIBLE_HOME", None)
os.environ["EXIGIBLE_HOST"] = "nulle.part.invalid"  # refused before anything starts
from exigible.cli.main import run
code = run(["demo"])
print(os.environ["EXIGIBLE_HOME"])
sys.exit(code)
"""
    elsewhere = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    answer = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **elsewhere},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert answer.returncode == 1
    assert "EXIGIBLE_HOST" in answer.stderr
    assert "exigible-demo" in answer.stdout
    assert answer.stdout.strip().startswith(str(tmp_path))
    assert list(tmp_path.iterdir()) == []
