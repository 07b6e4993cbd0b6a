"""`exigible demo`: a living credit department to look around in, with nothing to install.

It has a home of its own, unless EXIGIBLE_HOME says otherwise, and a mail server that keeps every
message and sends none. The world is loaded once; the next start finds it as it was left.
"""

import os
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Annotated, Protocol, cast
from zoneinfo import ZoneInfo

import platformdirs
import typer

from exigible.cli._command import open_database, progress_bar, say, write
from exigible.hosting.environment import read_environment

PARIS = ZoneInfo("Europe/Paris")


class Login(Protocol):
    """Someone to sign in as."""

    role: str  # in French: « credit manager »
    email: str
    password: str


class World(Protocol):
    """What this command asks of `exigible.simulation.demo`."""

    def is_loaded(self) -> bool:
        """Whether the whole demonstration world is in the database."""

    def load(self, progress: Callable[[str, int, int], None], *, today: date) -> None:
        """Load it, ending today; interrupted, it leaves nothing. Tell (phase, done, total)."""

    def logins(self) -> Sequence[Login]:
        """Return one login for each role, the most useful first."""


def demo(
    prepare: Annotated[
        bool, typer.Option("--prepare", help="Charge le monde de démonstration, sans rien lancer.")
    ] = False,
) -> int:
    """Lance Exigible sur un monde de démonstration, avec une adresse et des identifiants."""
    if not os.environ.get("EXIGIBLE_HOME", "").strip():
        os.environ["EXIGIBLE_HOME"] = platformdirs.user_data_dir("exigible-demo", appauthor=False)
    environment = read_environment()
    from exigible.hosting import supervisor, web_process
    from exigible.hosting.mail_sink import mail_sink

    if not prepare:
        for taken in web_process.open_sockets(environment):  # refused now, not after the loading
            taken.close()
    with mail_sink(environment.home) as url:
        # Whatever was set: no message of a demonstration may reach anyone.
        os.environ["EXIGIBLE_SMTP_URL"] = url
        environment = read_environment()
        if not prepare:
            supervisor.start_database(environment)
        open_database()
        world = _world()
        if not world.is_loaded():
            say("Chargement du monde de démonstration…")
            with progress_bar(quiet=False) as progress:
                world.load(progress, today=datetime.now(PARIS).date())
        announce = [
            "",
            "Pour vous connecter :",
            *(f"    {one.role:<28} {one.email:<36} {one.password}" for one in world.logins()),
            "",
            "Aucun message ne quitte cette machine : « Envois » montre ce qui serait parti.",
            "",
        ]
        if prepare:
            for line in announce[1:]:
                write(line)
            return 0
        _release_database()
        return supervisor.serve(environment, announce=announce)


def _world() -> World:
    from importlib import import_module

    return cast(World, import_module("exigible.simulation.demo"))


def _release_database() -> None:
    """The supervisor itself needs no connection."""
    from django.db import connections

    connections.close_all()
