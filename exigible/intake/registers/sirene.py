"""Sirene (INSEE, API 3.11): an establishment by its SIRET, or a search that gives establishments.

The registered office is wanted; without it, the first establishment tells of the unit only.
"""

from __future__ import annotations

from datetime import date

from exigible.domain.identity.company import Address, Company, without_what_is_not_public
from exigible.intake.registers.fields import (
    address,
    day,
    parsed,
    part,
    rows,
    siren_of,
    siret_of,
    text,
)


def read_company(answer: bytes, asked: str) -> Company | None:
    """Return the unit that an answer tells of, None where INSEE knows none."""
    read = parsed(answer)
    places = rows(read, "etablissements") or [one for one in [part(read, "etablissement")] if one]
    if not places:
        return None
    seats = [place for place in places if place.get("etablissementSiege") is True]
    place = (seats or places)[0]
    unit = part(place, "uniteLegale")
    state = text(unit, "etatAdministratifUniteLegale")
    diffusion = text(unit, "statutDiffusionUniteLegale") or text(
        place, "statutDiffusionEtablissement"
    )
    person = " ".join(
        filter(
            None,
            (
                text(unit, "prenomUsuelUniteLegale", "prenom1UniteLegale"),
                text(unit, "nomUsageUniteLegale", "nomUniteLegale"),
            ),
        )
    )
    return without_what_is_not_public(
        Company(
            siren=siren_of(place, asked),
            name=text(unit, "denominationUniteLegale") or person,
            acronym=text(unit, "sigleUniteLegale"),
            siret=siret_of(place, "siret") if seats else "",
            form_code=text(unit, "categorieJuridiqueUniteLegale"),
            address=_address(part(place, "adresseEtablissement")) if seats else Address(),
            active={"A": True, "C": False}.get(state),
            ceased_on=_ceased_on(unit) if state == "C" else None,
            created_on=day(unit, "dateCreationUniteLegale"),
            staff_code=text(unit, "trancheEffectifsUniteLegale"),
            staff_year=text(unit, "anneeEffectifsUniteLegale"),
            activity=text(unit, "activitePrincipaleUniteLegale"),
            public=diffusion in ("", "O"),
        )
    )


def _ceased_on(unit: dict[str, object]) -> date | None:
    """Return the day of the period in which the unit has ceased, where periods are given."""
    for period in rows(unit, "periodesUniteLegale"):
        if text(period, "etatAdministratifUniteLegale") == "C" and not text(period, "dateFin"):
            return day(period, "dateDebut")
    return None


def _address(row: dict[str, object]) -> Address:
    number = text(row, "numeroVoieEtablissement") + text(row, "indiceRepetitionEtablissement")
    words = (number, text(row, "typeVoieEtablissement"), text(row, "libelleVoieEtablissement"))
    abroad = text(row, "codePaysEtrangerEtablissement")
    return address(
        " ".join(filter(None, words)),
        text(row, "complementAdresseEtablissement")
        or text(row, "distributionSpecialeEtablissement"),
        text(row, "codePostalEtablissement", "codeCedexEtablissement"),
        text(
            row,
            "libelleCommuneEtablissement",
            "libelleCedexEtablissement",
            "libelleCommuneEtrangerEtablissement",
        ),
        "" if abroad else "FR",
    )
