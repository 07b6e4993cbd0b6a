"""`exigible statement`: the décompte of a case read from a file, without a database."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from exigible.cli._command import JsonOption, write_json
from exigible.cli._documents import LawOption, read_json, read_law, refusal_answer
from exigible.domain.french import amount, grouped
from exigible.domain.french import day as french_day
from exigible.domain.law import Law
from exigible.domain.refusals import Refused, WrongInput
from exigible.domain.statement import statement_answer, statements
from exigible.intake.json_fields import read_day
from exigible.intake.statement_case import read_case


def statement(
    case: Annotated[
        str, typer.Argument(metavar="DOSSIER", help="Dossier en JSON : un fichier, ou « - ».")
    ],
    as_of: Annotated[
        str, typer.Option("--as-of", metavar="DATE", help="Jour de l’arrêté, AAAA-MM-JJ.")
    ] = "",
    as_json: JsonOption = False,
    pdf: Annotated[
        Path | None, typer.Option("--pdf", metavar="FICHIER", help="Écrit le décompte en PDF.")
    ] = None,
    law: LawOption = None,
) -> None:
    """Calcule le décompte d’un dossier : principal, intérêts, indemnités, frais, paiements."""
    day = read_day(as_of, "--as-of") if as_of else None
    document = read_json(case)
    used = read_law(law)
    if isinstance(document, list):
        if pdf is not None:
            raise WrongInput(
                "wrong_input", "--pdf ne vaut que pour un seul dossier.", field="--pdf"
            )
        write_json(answer_all(document, day, used))
        return
    read = read_case(document, day, used)
    [answer] = statements([read], used)
    if isinstance(answer, Refused):
        raise answer
    reply = statement_answer(answer)
    if pdf is not None:
        from exigible.documents.decompte import ClaimFacts, render

        pdf.write_bytes(
            render(
                reply,
                creditor=read[0].creditor_name,
                debtor=read[0].debtor_name,
                claims=[
                    ClaimFacts(ref=claim.ref, issued_on=claim.issued_on, due_on=claim.due_on)
                    for claim in read[0].claims
                ],
            )
        )
    if as_json:
        write_json(reply)
    elif pdf is None:
        print_statement(reply)


def answer_all(
    documents: list[object], as_of: date | None, law: Law | None = None
) -> list[dict[str, object]]:
    """Answer each case, in order, all through the engine at once; a refused one says why."""
    replies: list[dict[str, object]] = [{} for _ in documents]
    reads, places = [], []
    for place, document in enumerate(documents):
        try:
            reads.append(read_case(document, as_of, law))
            places.append(place)
        except Refused as refusal:
            replies[place] = refusal_answer(refusal)
    for place, answer in zip(places, statements(reads, law), strict=True):
        replies[place] = (
            refusal_answer(answer) if isinstance(answer, Refused) else statement_answer(answer)
        )
    return replies


def print_statement(reply: dict[str, object]) -> None:
    """Print a statement to be read in a terminal."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    as_of = date.fromisoformat(str(reply["as_of"]))
    table = Table(
        title=f"Décompte arrêté au {french_day(as_of)}",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1),
        collapse_padding=True,
    )
    for heading in ("Créance", "Du", "Au", "Jours", "Base", "Taux", "Montant"):
        figure = heading in ("Jours", "Base", "Taux", "Montant")
        # A date or an amount is never cut, whatever the width of the terminal.
        table.add_column(
            heading, justify="right" if figure else "left", no_wrap=heading != "Créance"
        )
    table.add_column("Note", justify="right", no_wrap=True)
    grounds: dict[str, int] = {}  # each ground is written once, under the table
    lines = reply["lines"]
    assert isinstance(lines, list)
    for line in lines:
        table.add_row(
            Text(str(line["claim"] or "")),
            _day(line.get("from")),
            _day(line.get("to")),
            "" if line["days"] is None else grouped(line["days"]),
            _amount(line.get("base")),
            str(line["rate"] or "").replace(".", ","),
            _amount(line["amount"]),
            f"({grounds.setdefault(str(line['label'] or line['source']), len(grounds) + 1)})",
        )
    console.print(table)
    for ground, number in grounds.items():
        console.print(f"({number}) {ground}", markup=False, highlight=False)
    console.print(
        f"Total : {_amount(reply['total'])} € ; intérêts par jour : "
        f"{_amount(reply['daily_interest'])} €",
        highlight=False,
    )
    later_days = reply["if_paid_on"]
    assert isinstance(later_days, list)
    for later in later_days:
        day = french_day(date.fromisoformat(later["on"]))
        owed = later["error"]["message"] if "error" in later else f"{_amount(later['total'])} €"
        console.print(f"Si le paiement arrive le {day} : {owed}", markup=False, highlight=False)
    warnings = reply["warnings"]
    assert isinstance(warnings, list)
    for warning in warnings:
        console.print(f"• {warning}", markup=False, highlight=False)


def _day(text: object) -> str:
    return french_day(date.fromisoformat(str(text))) if text else ""


def _amount(text: object) -> str:
    """Return "1234.56" as « 1 234,56 »."""
    return amount(int(Decimal(str(text)) * 100)) if text else ""
