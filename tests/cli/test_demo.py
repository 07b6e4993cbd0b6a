"""`exigible demo`: a home of its own, a world loaded once, mail that goes nowhere."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hosting.conftest import Home, migrated, new_home, ready_home

__all__ = ["migrated", "new_home", "ready_home"]

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="demande POSIX")]

# A world small enough to tell what this command asks of it; the real one has its own tests.
WORLD = """
import sys, types
from dataclasses import dataclass

@dataclass
class Login:
    role: str
    email: str
    password: str

world = types.ModuleType("exigible.simulation.demo")
def is_loaded():
    from exigible.store.models import Creditor
    return Creditor.objects.filter(name="Négoce d’essai").exists()
def load(progress):
    from django.conf import settings
    from exigible.store.models import Creditor
    progress("Créanciers", 0, 1)
    Creditor.objects.create(name="Négoce d’essai")
    print("SMTP", settings.SMTP)
world.is_loaded, world.load = is_loaded, load
world.logins = lambda: [Login("credit manager", "cm@demo.example", "mot de passe")]
sys.modules["exigible.simulation.demo"] = world
from exigible.cli.main import run
sys.exit(run(["demo", "--prepare"]))
"""


def prepare(home: Home) -> subprocess.CompletedProcess[str]:
    return home.python(WORLD)


def test_the_world_is_loaded_once_and_mail_goes_to_the_sink(ready_home: Home):
    ready_home.variables["EXIGIBLE_SMTP_URL"] = "smtps://real:secret@mail.exemple.fr"
    first = prepare(ready_home)
    assert "Chargement du monde de démonstration" in first.stderr
    assert "SMTP SmtpServer(plain, -@127.0.0.1:" in first.stdout
    assert "mail.exemple.fr" not in first.stdout
    assert "cm@demo.example" in first.stdout
    again = prepare(ready_home)
    assert "Chargement" not in again.stderr
    assert "cm@demo.example" in again.stdout
    assert ready_home.query("SELECT count(*) FROM store_creditor") == [(1,)]


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
