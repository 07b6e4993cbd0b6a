"""API Recherche d’entreprises (État, open without a key): a search by SIREN or by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from exigible.domain.identity.company import Address, Company, Officer, without_what_is_not_public
from exigible.domain.identity.numbers import is_siren
from exigible.intake.registers.fields import address, day, parsed, part, rows, siret_of, text

MOST_CANDIDATES = 10


def read_company(answer: bytes, asked: str) -> Company | None:
    """Return the unit asked for among the results, None where there is none."""
    for row in rows(parsed(answer), "results"):
        if text(row, "siren") == asked and is_siren(asked):
            return _company(row)
    return None


def read_candidates(answer: bytes) -> Sequence[Company]:
    """Return the units that a search by name gives, best first, those that are published only."""
    found = [
        _company(row)
        for row in rows(parsed(answer), "results")[:MOST_CANDIDATES]
        if is_siren(text(row, "siren"))
    ]
    return [one for one in found if one.public and one.name]


def _company(row: dict[str, Any]) -> Company:
    seat = part(row, "siege")
    state = text(row, "etat_administratif")
    return without_what_is_not_public(
        Company(
            siren=text(row, "siren"),
            name=text(row, "nom_raison_sociale", "nom_complet"),
            acronym=text(row, "sigle"),
            siret=siret_of(seat, "siret"),
            form_code=text(row, "nature_juridique"),
            address=_address(seat),
            active={"A": True, "C": False}.get(state),
            ceased_on=day(row, "date_fermeture") if state == "C" else None,
            created_on=day(row, "date_creation"),
            staff_code=text(row, "tranche_effectif_salarie"),
            staff_year=text(row, "annee_tranche_effectif_salarie"),
            activity=text(row, "activite_principale"),
            officers=tuple(filter(None, map(_officer, rows(row, "dirigeants")[:30]))),
            public=text(row, "statut_diffusion") in ("", "O"),
        )
    )


def _address(seat: dict[str, Any]) -> Address:
    postcode, city = text(seat, "code_postal"), text(seat, "libelle_commune")
    words = (
        text(seat, "numero_voie") + text(seat, "indice_repetition"),
        text(seat, "type_voie"),
        text(seat, "libelle_voie"),
    )
    street = " ".join(filter(None, words))
    if not street:
        # « 12 RUE DES SCIEURS 29000 QUIMPER »: the town is said apart.
        street = text(seat, "adresse")
        if postcode and f" {postcode} " in f" {street} ":
            street = street.rpartition(postcode)[0].strip(" ,")
    return address(street, text(seat, "complement_adresse"), postcode, city)


def _officer(row: dict[str, Any]) -> Officer | None:
    first_names, name = text(row, "prenoms"), text(row, "nom")
    name = text(row, "denomination") or " ".join(filter(None, (first_names.split(" ")[0], name)))
    return Officer(name, text(row, "qualite")) if name.strip() else None
