"""The columns of a FEC: known in the header however dressed, found in lines however cut."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence

from exigible.domain.text_keys import ref_key
from exigible.intake.cells import Illegible, read_cents, read_day
from exigible.intake.ledger_text import unreadable
from exigible.intake.problems import Problems

DELIMITERS = ("\t", "|", ";", ",")
COLUMNS = (
    "JournalCode",
    "JournalLib",
    "EcritureNum",
    "EcritureDate",
    "CompteNum",
    "CompteLib",
    "CompAuxNum",
    "CompAuxLib",
    "PieceRef",
    "PieceDate",
    "EcritureLib",
    "Debit",
    "Credit",
    "Montant",
    "Sens",
    "EcritureLet",
    "DateLet",
    "ValidDate",
    "Montantdevise",
    "Idevise",
)
SYNONYMS = {
    "codejournal": "JournalCode",
    "journal": "JournalCode",
    "journallibelle": "JournalLib",
    "libellejournal": "JournalLib",
    "numeroecriture": "EcritureNum",
    "numecriture": "EcritureNum",
    "dateecriture": "EcritureDate",
    "numerocompte": "CompteNum",
    "numcompte": "CompteNum",
    "compte": "CompteNum",
    "libellecompte": "CompteLib",
    "comptelibelle": "CompteLib",
    "compteauxnum": "CompAuxNum",
    "compteauxiliaire": "CompAuxNum",
    "compteauxlib": "CompAuxLib",
    "referencepiece": "PieceRef",
    "refpiece": "PieceRef",
    "datepiece": "PieceDate",
    "libelleecriture": "EcritureLib",
    "ecriturelibelle": "EcritureLib",
    "montantdebit": "Debit",
    "montantcredit": "Credit",
    "lettrage": "EcritureLet",
    "ecriturelettrage": "EcritureLet",
    "datelettrage": "DateLet",
    "datevalidation": "ValidDate",
    "devise": "Idevise",
    "idevise": "Idevise",
}
REQUIRED = ("JournalCode", "EcritureNum", "EcritureDate", "CompteNum")
INFORMATIVE = frozenset({"Montantdevise", "Idevise"})  # may be cut off the end of a line
DATES = ("EcritureDate", "PieceDate", "DateLet", "ValidDate")
MAX_FIELD = 500  # characters of a code, a name, a reference; real ones have a few dozen
MAX_LABEL = 5_000
FIELD_NAMES = {
    "EcritureDate": "date d’écriture",
    "PieceDate": "date de pièce",
    "DateLet": "date de lettrage",
    "ValidDate": "date de validation",
    "CompteNum": "numéro de compte",
    "Debit": "débit",
    "Credit": "crédit",
    "Montant": "montant",
    "Sens": "sens",
    "JournalCode": "code du journal",
    "EcritureNum": "numéro d’écriture",
    "CompAuxNum": "compte auxiliaire",
    "CompAuxLib": "nom du client",
    "PieceRef": "référence de pièce",
    "EcritureLib": "libellé",
    "EcritureLet": "lettrage",
}


def understand_header(header: str) -> tuple[str, dict[str, int]]:
    """Return the separator and the place of each known column; raise Unreadable without them."""
    best: tuple[str, dict[str, int]] = ("\t", {})
    for delimiter in DELIMITERS:
        places: dict[str, int] = {}
        known = {ref_key(name): name for name in COLUMNS} | SYNONYMS
        for place, cell in enumerate(header.split(delimiter)):
            name = known.get(ref_key(cell))
            if name is not None:
                places.setdefault(name, place)
        if len(places) > len(best[1]):
            best = delimiter, places
    places = best[1]
    missing = [name for name in REQUIRED if name not in places]
    if "Debit" in places and "Credit" in places:
        places.pop("Montant", None)
        places.pop("Sens", None)
    elif "Montant" in places and "Sens" in places:
        places.pop("Debit", None)
        places.pop("Credit", None)
    else:
        missing.append("Debit et Credit (ou Montant et Sens)")
    if missing:
        raise unreadable(
            "missing_columns",
            f"Ce fichier n’est pas un FEC : il manque {_listed(missing)} à sa première ligne. "
            "Exportez le fichier des écritures comptables (article A47 A-1 du LPF) avec son "
            "en-tête.",
            line=1,
            field=missing[0],
        )
    return best


def _listed(names: Sequence[str]) -> str:
    shown = [f"la colonne {name}" for name in names]
    return shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + " et " + shown[-1]


def repaired(
    line: str,
    fields: Sequence[str],
    delimiter: str,
    shortest: int,
    width: int,
    problems: Problems,
    number: int,
) -> Sequence[str]:
    """Return the fields of a line that has not the header's number of them, empty if hopeless."""
    if '"' in line:
        try:
            fields = next(csv.reader([line], delimiter=delimiter))
        except (csv.Error, StopIteration):
            fields = []
    if shortest <= len(fields) < width:
        return [*fields, *[""] * (width - len(fields))]
    if len(fields) >= width and not any(cell.strip() for cell in fields[width:]):
        return fields[:width]
    problems.add(
        "wrong_columns",
        f"Ligne {number} : {len(fields)} champs au lieu de {width}. Le fichier est coupé, ou un "
        "libellé contient le séparateur.",
        line=number,
        excerpt=line,
    )
    return []


def unquoted(fields: Sequence[str]) -> list[str]:
    """Remove the quotes that wrap whole cells; those inside a label stay."""
    return [
        cell.strip()[1:-1].replace('""', '"')
        if len(cell.strip()) > 1 and cell.strip()[0] == '"' == cell.strip()[-1]
        else cell
        for cell in fields
    ]


def guilty_field(error: Illegible, fields: Sequence[str], places: Mapping[str, int]) -> str:
    """Return the column in which an error was met; `places` gives the place of each column."""
    if error.code == "field_too_long":
        return too_long(fields, places)
    if error.code == "missing_account":
        return "CompteNum"
    if error.code == "wrong_sense":
        return "Sens"
    reader, names = (
        (read_day, DATES)
        if error.code == "wrong_date"
        else (read_cents, ("Debit", "Credit", "Montant"))
    )
    for name in names:
        if name in places:
            try:
                if reader(fields[places[name]]) is None and name == "EcritureDate":
                    return name
            except Illegible:
                return name
    return names[0]


def too_long(fields: Sequence[str], places: Mapping[str, int]) -> str:
    """Return the first column whose text is longer than any real one; empty if none is."""
    return next(
        (
            name
            for name, place in places.items()
            if len(fields[place].strip()) > (MAX_LABEL if name == "EcritureLib" else MAX_FIELD)
        ),
        "",
    )
