"""`exigible run`: the daily run of a day, here and now."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from exigible.cli._command import JsonOption, open_database, progress_bar, write, write_json
from exigible.domain.french import count, weekday_and_day


def run(
    on: Annotated[
        str,
        typer.Option(
            "--on",
            metavar="DATE",
            help="Jour du passage, AAAA-MM-JJ ; aujourd’hui par défaut. Un jour passé rattrape, un "
            "jour à venir propose sans rien enregistrer.",
        ),
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Examine chaque compte, propose son étape suivante, fait partir ce qui part seul."""
    from exigible.intake.json_fields import read_day

    wanted = read_day(on, "--on") if on else None
    open_database()
    from django.conf import settings

    from exigible.channels.email.transport import SmtpTransport
    from exigible.operations import daily_run, issuing
    from exigible.operations.acts import By
    from exigible.operations.payments import paris_day

    at = datetime.now(UTC)
    today = paris_day(at)
    day = wanted or today
    by = By.job("daily_run")
    with progress_bar(quiet=as_json) as progress:
        done = daily_run.run_in_line(
            day,
            today=today,
            by=by,
            at=at,
            progress=lambda now, total: progress("Examen des comptes", now, total),
        )
        started = time.perf_counter()
        issued = issuing.Issued()
        if not done.proposes_only:
            transport = SmtpTransport(settings.SMTP) if settings.SMTP else None
            try:
                issued = issuing.issue(
                    on=today,
                    by=by,
                    clock=lambda: datetime.now(UTC),
                    transport=transport,
                    progress=lambda now, total: progress("Envois", now, total),
                )
            finally:
                if transport is not None:
                    transport.close()
        seconds = {**done.counts["seconds"], "issue": round(time.perf_counter() - started, 3)}
    answer = {
        "on": day.isoformat(),
        "accounts": done.accounts,
        "proposals": done.counts["proposals"],
        "issued": issued.by_channel,
        "held": {**done.counts["held"], **issued.held},
        "alerts": done.counts["alerts"],
        "seconds": seconds,
        "proposes_only": done.proposes_only,
    }
    if as_json:
        write_json(answer)
        return
    write(
        f"Passage du {weekday_and_day(day)} : {count(done.accounts, 'compte examiné', 'comptes examinés')}."
    )
    for name, number in sorted(done.counts["proposals"].items()):
        write(f"  {number} × {name}")
    for channel, number in sorted(issued.by_channel.items()):
        write(f"  partis ({channel}) : {number}")
    for reason, number in sorted(answer["held"].items()):
        write(f"  retenus ({reason}) : {number}")
    if done.proposes_only:
        write("Jour à venir : rien n’a été enregistré ni envoyé.")
