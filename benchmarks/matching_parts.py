"""What worlds of invoices and bank lines are made of: frequencies, words, parties, items, lines."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

CASES = {  # per thousand lines
    "one, number as written": 190,
    "one, number broken": 110,
    "one, number cut by the bank": 40,
    "one, no number": 120,
    "several, numbers": 80,
    "several, list cut": 20,
    "several, no number": 40,
    "the whole balance": 15,
    "credit note deducted": 25,
    "discount": 25,
    "partial, number": 25,
    "partial, no number": 10,
    "instalment of a plan": 20,
    "penalties or 40 € on top": 15,
    "overpaid": 10,
    "paid twice": 15,
    "cheques": 30,
    "debit returned": 15,
    "bank fees": 8,
    "other currency": 10,
    "factor, exact": 10,
    "agent, net": 8,
    "paid by the group": 12,
    "homonyms": 8,
    "number of a closed invoice": 8,
    "nobody known": 11,
    "no payment of a customer": 130,
    "… of the amount of an invoice": 20,
}


def _words(text: str) -> list[str]:
    return text.split()


def _lines(text: str) -> list[str]:
    return [one.strip() for one in text.replace("\u00a0", " ").split(",")]


TRADES = _words("""
    Boulangerie Garage Menuiserie Transports Maçonnerie Pharmacie Imprimerie Serrurerie
    Peinture Électricité Plomberie Charpentes Restaurant Hôtel Librairie Fleurs Optique
    Carrelage Toitures Paysages Informatique Sécurité Nettoyage Distribution Négoce
    Matériaux Quincaillerie Traiteur Ambulances Taxis Autocars Viandes Primeurs Fromages
    Vins Domaine Cave Clinique Laboratoire
""")
SURNAMES_A = _words("""
    Mar Du Le Ber Gui Rou Cha Fau Gar Mo Per La Ga Bou Tour Des Vil Ker Pou Bla Ri Ma Sa Bo
    Lo Ne Cor Val Ar Bri
""")
SURNAMES_B = _words("""
    tin pont roux nard llet sset vier re nier reau rin cher nin lot neau ne tier moal quet
    chet gnon raud lier din velle tard rel lon mel sson
""")
FIRST = _words("""
    Jean Marie Pierre Claire Paul Anne Luc Julie Marc Sophie Yves Nadia Karim Léa Hugo Inès
""")
LEGAL = ["SARL", "SAS", "SASU", "EURL", "SA", "SCI", "SNC", "SCOP"]
TOWNS = _words("""
    Quimper Brest Rennes Nantes Bordeaux Lyon Lille Dijon Metz Pau Tarbes Rodez Albi Niort
    Vannes Laval Angers Tours Bourges Nevers Troyes Reims Amiens Arras Rouen Caen Évreux
    Chartres Orléans Saint-Malo Le\xa0Mans La\xa0Rochelle Aix-les-Bains Saint-Étienne
    Villeurbanne Mérignac
""")
BRANDS = _words("""
    L’Atelier Le\xa0Comptoir La\xa0Halle Chez Aux\xa0Délices Le\xa0Relais La\xa0Maison
    L’Entrepôt
""")
STYLES = (
    "FA-26-{:05d}",
    "F2026/{:06d}",
    "2026{:05d}",
    "FAC{:07d}",
    "VE-{:06d}",
    "26{:06d}",
    "INV/2026/{:05d}",
    "{:06d}",
)
START = date(2026, 1, 5)


@dataclass(slots=True)
class Party:
    code: str
    name: str
    trade: str
    town: str
    siren: str
    ibans: list[str]
    told: bool  # the file knows his IBANs
    items: list[int] = field(default_factory=list)
    parent: int = -1


@dataclass(slots=True)
class Item:
    ref: str
    party: int
    cents: int
    issued: date
    due: date
    currency: str = "EUR"
    status: str = "open"
    used: bool = False


@dataclass(slots=True)
class Line:
    id: str
    on: date
    cents: int
    label: str
    counterparty: str
    iban: str
    end_to_end: str
    case: str
    truth: dict[str, int]  # what it pays, whether the files tell it or not
    currency: str = "EUR"
    waits: bool = False  # the files cannot tell


def _write(path: Path, header: str, rows: list[str]) -> None:
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")


def euros(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def round_half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


def bank_text(text: str) -> str:
    """A text as banks carry it: capitals, no accents, few signs."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    kept = "".join(c if c.isalnum() or c in " /-+.,:" else " " for c in bare.upper())
    return " ".join(kept.split())
