"""`exigible simulate`: a world played day by day through the product's own operations."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from exigible.cli._command import (
    DONE,
    REFUSED,
    JsonOption,
    open_database,
    progress_bar,
    write,
    write_json,
)
from exigible.domain.french import count, day, euros


def simulate(
    debtors: Annotated[int, typer.Option(help="Nombre de comptes, à peu près.")] = 60,
    months: Annotated[int, typer.Option(help="Nombre de mois joués, jusqu’à hier.")] = 3,
    seed: Annotated[int, typer.Option(help="Graine : la même donne les mêmes faits.")] = 1,
    as_json: JsonOption = False,
) -> int:
    """Joue un monde fictif dans une base vide, puis vérifie tout ce qu’il a laissé."""
    open_database()
    from exigible.operations.check import check_everything
    from exigible.operations.payments import paris_day
    from exigible.simulation.simulate import simulate as play

    at = datetime.now(UTC)
    today = paris_day(at)
    with progress_bar(quiet=as_json) as progress:
        answer = play(progress, today=today, debtors=debtors, months=months, seed=seed)
        report = check_everything(at=at, on=today, progress=progress)
    answer["findings"] = [f"{one.subject} : {one.message}" for one in report.findings]
    if as_json:
        write_json(answer)
    else:
        _write_summary(answer)
    return REFUSED if report.findings else DONE


def _write_summary(answer: dict[str, Any]) -> None:
    first, last = (datetime.fromisoformat(answer[name]).date() for name in ("from", "to"))
    write(f"Du {day(first)} au {day(last)}, graine {answer['seed']} :")
    write(f"  {count(answer['accounts'], 'compte')}, {count(answer['claims'], 'créance')}")
    write(f"  facturé {euros(answer['invoiced_cents'])}, réglé {euros(answer['received_cents'])}")
    write(
        f"  reste dû {euros(answer['balance_cents'])}, dont échu {euros(answer['overdue_cents'])}"
    )
    for title, counts in (("Étapes", answer["proposals"]), ("Messages", answer["messages"])):
        listed = ", ".join(f"{name} {number}" for name, number in counts.items())
        write(f"  {title} : {listed or 'aucun'}")
    write(
        f"  {count(answer['calls'], 'appel')}, {count(answer['promises'], 'promesse')}, "
        f"{count(answer['disputes'], 'litige')}, {count(answer['holds'], 'suspension')}"
    )
    for finding in answer["findings"]:
        write(f"  Anomalie : {finding}")
    if not answer["findings"]:
        write("  Vérification complète : aucune anomalie.")
