"""Writes the court tables shipped with the product, from open data at commune level.

    python tools/build_court_tables.py commune-juridictions.csv liste-juridictions.csv

The first file gives each commune its postcodes and its commercial court, the second the names and
seats of the courts. To be run again when areas change; what it writes is checked by
tests/domain/test_courts.py. The tables keep one line a court, a town or a department: communes
themselves come from `exigible reference load courts`.
"""

import csv
import re
import sys
import unicodedata
from collections import defaultdict
from functools import partial
from pathlib import Path

OUT = Path(__file__).resolve().parent.parent / "exigible" / "domain" / "law" / "courts"
KINDS = {
    "tribunal de commerce": ("TC", "Tribunal de commerce "),
    "tribunal des activités économiques": ("TC", "Tribunal des activités économiques "),
    "tribunal mixte de commerce": ("TM", "Tribunal mixte de commerce "),
    "chambre commerciale du tribunal judiciaire": ("CC", "Tribunal judiciaire "),
}
# Overseas, a registry is known but not the court it belongs to.
REGISTRIES = {
    "MATA-UTU (TGI)": "de Mata-Utu",
    "Nouvelle Calédonie": "de Nouméa",
    "PAPEETE (TGI)": "de Papeete",
    "SAINT PIERRE (TGI)": "de Saint-Pierre",
}
# Towns of more than about 50,000 inhabitants that are the seat of no court.
LARGE_TOWNS = """Villeurbanne Vénissieux Roubaix Tourcoing Villeneuve-d'Ascq Montreuil Saint-Denis
Argenteuil Boulogne-Billancourt Aulnay-sous-Bois Aubervilliers Champigny-sur-Marne Drancy
Saint-Maur-des-Fossés Noisy-le-Grand Colombes Asnières-sur-Seine Courbevoie Rueil-Malmaison
Vitry-sur-Seine Ivry-sur-Seine Levallois-Perret Issy-les-Moulineaux Antony Clichy Neuilly-sur-Seine
Sarcelles Cergy Épinay-sur-Seine Pantin Bondy Sevran Livry-Gargan Le+Blanc-Mesnil Sartrouville
Maisons-Alfort Fontenay-sous-Bois Villejuif Clamart Meudon Mérignac Pessac Antibes Cannes
Le+Cannet Cagnes-sur-Mer Hyères La+Seyne-sur-Mer Fréjus Saint-Herblain Saint-Ouen-sur-Seine
Saint-Quentin Chelles Massy Corbeil-Essonnes Vaulx-en-Velin Sète Martigues Aubagne Istres
Salon-de-Provence Arles Calais Wattrelos Marcq-en-Barœul Cholet Saint-Priest Bourges Gennevilliers
Rosny-sous-Bois Alfortville Puteaux Gagny Suresnes Bagneux Saint-Paul Le+Tampon Saint-André
Les+Abymes Le+Lamentin Baie-Mahault Matoury""".split()  # noqa: SIM905 (a list of sixty lines is no easier to read)
PREFECTURES = {
    "01": "01053", "02": "02408", "03": "03190", "04": "04070", "05": "05061", "06": "06088",
    "07": "07186", "08": "08105", "09": "09122", "10": "10387", "11": "11069", "12": "12202",
    "13": "13055", "14": "14118", "15": "15014", "16": "16015", "17": "17300", "18": "18033",
    "19": "19272", "2A": "2A004", "2B": "2B033", "21": "21231", "22": "22278", "23": "23096",
    "24": "24322", "25": "25056", "26": "26362", "27": "27229", "28": "28085", "29": "29232",
    "30": "30189", "31": "31555", "32": "32013", "33": "33063", "34": "34172", "35": "35238",
    "36": "36044", "37": "37261", "38": "38185", "39": "39300", "40": "40192", "41": "41018",
    "42": "42218", "43": "43157", "44": "44109", "45": "45234", "46": "46042", "47": "47001",
    "48": "48095", "49": "49007", "50": "50502", "51": "51108", "52": "52121", "53": "53130",
    "54": "54395", "55": "55029", "56": "56260", "57": "57463", "58": "58194", "59": "59350",
    "60": "60057", "61": "61001", "62": "62041", "63": "63113", "64": "64445", "65": "65440",
    "66": "66136", "67": "67482", "68": "68066", "69": "69123", "70": "70550", "71": "71270",
    "72": "72181", "73": "73065", "74": "74010", "75": "75056", "76": "76540", "77": "77288",
    "78": "78646", "79": "79191", "80": "80021", "81": "81004", "82": "82121", "83": "83137",
    "84": "84007", "85": "85191", "86": "86194", "87": "87085", "88": "88160", "89": "89024",
    "90": "90010", "91": "91228", "92": "92050", "93": "93008", "94": "94028", "95": "95500",
    "971": "97105", "972": "97209", "973": "97302", "974": "97411", "976": "97611",
}  # fmt: skip


def main(communes_file: str, courts_file: str) -> None:
    communes = read(communes_file)
    spelt = partial(spelling, official_names(communes))
    seats = {insee: spelt(seat) for insee, seat in judicial_seats(read(courts_file)).items()}
    for commune in communes:
        for column in ("juridiction_commerciale", "tribunal_judiciaire_candidats"):
            commune[column] = "|".join(map(spelt, commune[column].split("|")))
    postcodes: dict[tuple[str, str], set[str]] = defaultdict(set)
    tribunals: dict[tuple[str, str], str] = {}
    for commune in communes:
        court = court_of(commune)
        postcodes[court] |= set(filter(None, commune["codes_postaux"].split("|")))
        tribunals[court] = commune["tribunal_judiciaire_candidats"].replace(
            "Tribunal judiciaire ", ""
        )
    write(
        "areas.csv",
        ("kind", "seat", "judicial", "postcodes"),
        sorted(
            (kind, seat, typographic(tribunals[kind, seat]), " ".join(sorted(codes)))
            for (kind, seat), codes in postcodes.items()
            if codes
        ),
    )
    write(
        "judicial.csv",
        ("seat", "insee"),
        sorted((typographic(seat), insee) for insee, seat in seats.items()),
    )
    write(
        "towns.csv",
        ("name", "insee", "postcodes", "kind", "seat"),
        sorted(
            (
                typographic(commune["commune"]),
                commune["code_insee"],
                commune["codes_postaux"].replace("|", " "),
                *court_of(commune),
            )
            for commune in communes
            if commune["codes_postaux"] and is_town(commune, seats)
        ),
    )
    prefectures = {insee: department for department, insee in PREFECTURES.items()}
    write(
        "departments.csv",
        ("department", "name", "kind", "seat"),
        sorted(
            (
                prefectures[commune["code_insee"]],
                typographic(commune["nom_departement"]),
                *court_of(commune),
            )
            for commune in communes
            if commune["code_insee"] in prefectures
        ),
    )


def court_of(commune: dict[str, str]) -> tuple[str, str]:
    """Return the kind and the seat of a commune's commercial court; ("?", registry) if unknown."""
    name = commune["juridiction_commerciale"]
    if commune["type_juridiction_commerciale"] not in KINDS:
        return "?", REGISTRIES.get(commune["greffe_rcs"], "")
    kind, prefix = KINDS[commune["type_juridiction_commerciale"]]
    assert name.startswith(prefix), commune
    return kind, typographic(name.removeprefix(prefix))


def judicial_seats(courts: list[dict[str, str]]) -> dict[str, str]:
    """Return the seat of each tribunal judiciaire by INSEE code; detached chambers are none."""
    return {
        court["code_judilibre"].removeprefix("tj").upper(): court["nom"].removeprefix(
            "Tribunal judiciaire "
        )
        for court in courts
        if court["type"] == "TJ" and "détachée" not in court["nom"]
    }


def is_town(commune: dict[str, str], seats: dict[str, str]) -> bool:
    name = commune["commune"]
    return (
        commune["code_insee"] in seats
        or commune["code_insee"] in PREFECTURES.values()
        or name in [town.replace("+", " ") for town in LARGE_TOWNS]
        or commune["juridiction_commerciale"].endswith((f" de {name}", f" d'{name}"))
    )


def official_names(communes: list[dict[str, str]]) -> dict[str, str]:
    """Return the names of the communes by what they are without accents, where they agree."""
    names: dict[str, set[str]] = defaultdict(set)
    for commune in communes:
        names[bare(commune["commune"])].add(commune["commune"])
    return {key: found.pop() for key, found in names.items() if len(found) == 1}


def spelling(names: dict[str, str], court: str) -> str:
    """Return « Tribunal de commerce de Saint-Etienne » with its town spelt as INSEE does."""
    found = re.fullmatch(r"(.*\bde |.*\bd')(.+)", court) or re.fullmatch("()(.*)", court)
    assert found is not None
    before, town = found.groups()
    return before + names.get(bare(town), town)


def bare(name: str) -> str:
    """Return a name without accents; case and hyphens stay."""
    return "".join(
        letter for letter in unicodedata.normalize("NFD", name) if not unicodedata.combining(letter)
    )


def typographic(text: str) -> str:
    return text.replace("'", "’")


def read(path: str) -> list[dict[str, str]]:
    with Path(path).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=";"))


def write(name: str, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    with (OUT / name).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=";", lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


if __name__ == "__main__":
    main(*sys.argv[1:3])
