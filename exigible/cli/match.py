"""`exigible match`: which open invoices bank lines pay, from files alone, without a database."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from exigible.cli._command import JsonOption, progress_bar, write
from exigible.domain.french import count, grouped


def match(
    invoices: Annotated[
        Path, typer.Option("--invoices", metavar="FICHIER", help="Factures ouvertes, CSV.")
    ],
    lines: Annotated[
        Path, typer.Option("--lines", metavar="FICHIER", help="Lignes de banque, CSV.")
    ],
    remittances: Annotated[
        Path | None,
        typer.Option("--remittances", metavar="FICHIER", help="Chèques des remises, CSV."),
    ] = None,
    plans: Annotated[
        Path | None, typer.Option("--plans", metavar="FICHIER", help="Échéanciers accordés, CSV.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Propose ce que paient des lignes de banque, avec les raisons ; n’enregistre rien."""
    from exigible.domain.matching import Book, match_lines
    from exigible.domain.matching.spreading import without_collector
    from exigible.intake.matching_files import (
        read_invoices,
        read_lines,
        read_plans,
        read_remittances,
    )

    with without_collector():
        customers, claims = read_invoices(invoices)
        bank = read_lines(lines)
        cheques = read_remittances(remittances) if remittances is not None else []
        agreed = (
            read_plans(plans, frozenset(claim.ref for claim in claims)) if plans is not None else []
        )
        with progress_bar(quiet=as_json) as show:
            book = Book(customers, claims, plans=agreed)
            found = match_lines(
                book,
                bank,
                cheques=cheques,
                processes=os.cpu_count() or 1,
                progress=lambda done, total: show("lecture des libellés", done, total),
            )
    if as_json:
        _write_answers(found)
    else:
        _print(found)


def _write_answers(found) -> None:  # type: ignore[no-untyped-def]
    """Write one JSON array, an answer a line: a hundred thousand of them are read by programs."""
    encode = json.JSONEncoder(ensure_ascii=False).encode
    sys.stdout.write("[")
    for rank, one in enumerate(found):
        sys.stdout.write(",\n" if rank else "\n")
        sys.stdout.write(encode(one.as_json()))
    sys.stdout.write("\n]\n" if found else "]\n")


def _print(found) -> None:  # type: ignore[no-untyped-def]
    states = Counter(
        "automatic" if one.automatic else "proposed" if one.allocations else one.kind.value
        for one in found
    )
    total = len(found)
    write(
        f"{count(total, 'ligne')} : {grouped(states.pop('automatic', 0))} affectées sans demander, "
        f"{grouped(states.pop('proposed', 0))} proposées."
    )
    names = {
        "outside": "hors règlements de clients",
        "duplicate": "doublons probables",
        "cheques": "remises de chèques à compléter",
        "return": "rejets à rattacher",
        "agent": "fonds de mandataires à ventiler",
        "unknown": "sans explication certaine",
    }
    for kind, number in sorted(states.items(), key=lambda one: (-one[1], one[0])):
        write(f"  {grouped(number)} {names.get(kind, kind)}")
    waiting = [one for one in found if not one.automatic and one.kind.value != "outside"]
    for one in waiting[:40]:
        write(f"• {one.line} : {one.reason}")
    if len(waiting) > 40:
        write(
            f"… et {count(len(waiting) - 40, 'autre ligne', 'autres lignes')} (--json les donne toutes)."
        )
