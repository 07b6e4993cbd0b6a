"""Remittances in running text (a PDF, an e-mail): the numbers and amounts of each line.

A line that bears an invoice's number and an amount is an item. Where a line has several amounts (gross,
discount, paid), the column whose sum is the total stated is the right one; without a total that agrees,
the last is taken and the document says so.
"""

from __future__ import annotations

import re
from datetime import date

from exigible.domain.matching.texts import plain
from exigible.intake.cells import Illegible, read_cents, read_day
from exigible.intake.remittances.model import (
    Known,
    ReadItem,
    ReadRemittance,
    UnreadableRemittance,
)

MAX_LINES = 20_000
# Three groups at most: each number of a long row of them is then looked at once, not to its end.
_AMOUNT = re.compile(
    r"(?<![\w.,/-])-?(?:[0-9]{1,3}(?:[ .\u00a0\u202f'][0-9]{3}){1,3}|[0-9]{1,9})[.,][0-9]{2}"
    r"(?![0-9.,/])-?"
)
_TOKEN = re.compile(r"[A-Z0-9][A-Z0-9._/-]{2,30}[A-Z0-9]")
_DAY = re.compile(r"\b([0-9]{1,2}/[0-9]{1,2}/[0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2})\b")
_TOTAL = re.compile(
    r"\b(?:TOTAL|NET A REVERSER|NET REVERSE|MONTANT (?:DU|DE LA|TOTAL)|SOMME (?:DE|TOTALE)|VIREMENT DE)\b"
)
_FEES = re.compile(
    r"\b(?:FRAIS|HONORAIRES|COMMISSIONS?|EMOLUMENTS?|DROIT PROPORTIONNEL|RETENUES?|DEBOURS)\b"
)
_AGENT = re.compile(
    r"\b(?:REVERSEMENT|COMMISSAIRE DE JUSTICE|HUISSIER|CARPA|AVOCAT|RECOUVREMENT|AFFACTURAGE|FACTOR)\b"
)
_SLIP = re.compile(r"\b(?:BORDEREAU DE REMISE|REMISE DE CHEQUES?)\b")


def read_text_remittance(
    text: str, *, known: Known, sender: str = "", sent_on: date | None = None
) -> ReadRemittance:
    """Return the items of a text; raise UnreadableRemittance where no line bears any."""
    rows: list[tuple[str, list[int]]] = []
    totals: list[int] = []
    fees = 0
    dated_on = sent_on
    whole = plain(text)
    for line in whole.splitlines()[:MAX_LINES]:
        amounts = _amounts(line)
        if dated_on is None and (day := _DAY.search(line)):
            dated_on = _day(day[0])
        if not amounts:
            continue
        reference = _reference(line, known)
        if _TOTAL.search(line) or (not reference and len(amounts) == 1 and "NET" in line.split()):
            totals.append(amounts[-1])
        elif reference:
            rows.append((reference, amounts))
        elif _FEES.search(line):
            fees += abs(amounts[-1])
    if not rows:
        raise UnreadableRemittance(
            "no_item",
            "Aucune ligne de ce document ne porte à la fois un numéro de facture connu et un montant. "
            "Un document numérisé n’a pas de texte.",
        )
    agent = bool(fees) and _AGENT.search(whole) is not None
    column, checked = _column(rows, totals, fees if agent else 0)
    items = tuple(
        ReadItem(reference, amounts[column] if -len(amounts) <= column else amounts[-1])
        for reference, amounts in rows
    )
    return ReadRemittance(
        kind="agent" if agent else "slip" if _SLIP.search(whole) else "advice",
        items=items,
        fees_cents=fees if agent else 0,
        dated_on=dated_on,
        sender=sender[:200],
        checked=checked,
    )


def _column(rows: list[tuple[str, list[int]]], totals: list[int], fees: int) -> tuple[int, bool]:
    """Return the column of amounts, counted from the end, whose sum is a total stated."""
    widest = max(len(amounts) for _, amounts in rows)
    for column in range(-1, -widest - 1, -1):
        total = sum(
            amounts[column] if -len(amounts) <= column else amounts[-1] for _, amounts in rows
        )
        if total in totals or (fees and total - fees in totals):
            return column, True
    return -1, False


def _reference(line: str, known: Known) -> str:
    """Return the number of a line that the creditor knows; the longest where there are several."""
    rest = _DAY.sub(" ", _AMOUNT.sub(" ", line))
    found = [token for token in _TOKEN.findall(rest) if any(c.isdigit() for c in token)]
    known_ones = [token for token in found if known(token)]
    return max(known_ones, key=len, default="")


def _amounts(line: str) -> list[int]:
    found = []
    for one in _AMOUNT.finditer(line):
        try:
            found.append(read_cents(one[0]))
        except Illegible:
            continue
    return [cents for cents in found if cents]


def _day(text: str) -> date | None:
    try:
        return read_day(text)
    except Illegible:
        return None
