"""`exigible export`: writes what a creditor has here as the tables that `exigible import` reads back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from exigible.cli._command import JsonOption, open_database, write, write_json
from exigible.domain.french import count
from exigible.domain.refusals import Refused, WrongInput
from exigible.intake.formats import LABELS, TABLES, Format

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from exigible.reports.sheets import Cell
    from exigible.store.models import Creditor


def export(
    kind: Annotated[
        str, typer.Argument(metavar="CONTENU", help=f"L’un de : {', '.join(sorted(TABLES))}.")
    ],
    file: Annotated[
        Path,
        typer.Argument(metavar="FICHIER", help="Un .xlsx ou un .csv ; - pour la sortie standard."),
    ],
    creditor: Annotated[
        str, typer.Option("--creditor", metavar="SIREN", help="De quel créancier.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Écrit clients, factures ouvertes, règlements… tels que l’import les relit."""
    if kind not in TABLES:
        raise WrongInput(
            "format",
            f"« {kind} » ne s’exporte pas. Contenus : {', '.join(sorted(TABLES))}.",
            field="CONTENU",
        )
    as_xlsx = file.suffix.lower() == ".xlsx"
    if not as_xlsx and file.suffix.lower() != ".csv" and str(file) != "-":
        raise WrongInput(
            "suffix", f"« {file.name} » : terminez le nom par .xlsx ou .csv.", field="FICHIER"
        )
    open_database()
    from exigible.reports.sheets import Sheet, csv_lines, write_xlsx
    from exigible.store.queries.table_exports import EXPORTS

    owner = _creditor(creditor)
    table = EXPORTS[kind]
    written = 0

    def counted() -> Iterator[Sequence[Cell]]:
        nonlocal written
        for row in table.rows(owner):
            written += 1
            yield row

    sheet = Sheet(table.name, table.columns, counted(), money=table.money)
    if str(file) == "-":
        sys.stdout.writelines(csv_lines(sheet))
        return
    if as_xlsx:
        with file.open("wb") as stream:
            write_xlsx(sheet, stream)
    else:
        with file.open("w", encoding="utf-8", newline="") as text:
            text.writelines(csv_lines(sheet))
    if as_json:
        write_json(
            {"format": kind, "file": str(file), "creditor": owner.siren or None, "rows": written}
        )
    else:
        write(f"{file} — {LABELS[Format(kind)]}, {count(written, 'ligne')}")


def _creditor(siren: str) -> Creditor:
    from exigible.store.models import Creditor

    siren = siren.replace(" ", "")
    found = Creditor.objects.filter(siren=siren) if siren else Creditor.objects.all()
    creditors = list(found.order_by("pk")[:2])
    if len(creditors) == 1:
        return creditors[0]
    raise Refused(
        "creditor_unknown",
        f"Aucun créancier n’a le SIREN {siren}."
        if siren
        else "Dites de quel créancier : --creditor SIREN.",
        field="--creditor",
    )
