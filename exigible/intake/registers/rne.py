"""RNE (INPI): the national register of companies, a company by its SIREN.

Officers are those of `composition.pouvoirs` still in office; mentions are the registrar's. Dates of
birth and home addresses are never read.
"""

from __future__ import annotations

from typing import Any

from exigible.domain.identity.company import (
    Address,
    Company,
    Mention,
    Officer,
    insolvency_mentions,
    without_what_is_not_public,
)
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

# INPI's codes of `roleEntreprise`, those whose words are certain; another role is left unsaid.
_ROLES = {
    "28": "gérant et associé",
    "29": "gérant et associé",
    "30": "gérant",
    "40": "liquidateur",
    "51": "président du conseil d’administration",
    "52": "président du directoire",
    "53": "directeur général",
    "61": "président du conseil de surveillance",
    "63": "membre du directoire",
    "64": "membre du conseil de surveillance",
    "65": "administrateur",
    "70": "directeur général délégué",
    "73": "président",
}
_NOT_OFFICERS = {"71", "72"}  # auditors


def read_company(answer: bytes, asked: str) -> Company | None:
    """Return the company that an answer tells of, None where INPI knows none."""
    read = parsed(answer)
    formality = part(read, "formality")
    if not formality:
        return None
    content = part(formality, "content")
    body = next(
        (
            part(content, name)
            for name in ("personneMorale", "personnePhysique", "exploitation")
            if part(content, name)
        ),
        {},
    )
    nature = part(content, "natureCreation")
    identity = part(body, "identite", "entreprise")
    seat = part(body, "etablissementPrincipal", "descriptionEtablissement")
    ending = _ending(content, body)
    siren = siren_of(read if text(read, "siren") else formality, asked)
    mentions = [
        Mention(day(one, "dateAjout", "dateGreffe"), text(one, "texte"))
        for one in rows(body, "observations", "rcs")
    ]
    return without_what_is_not_public(
        Company(
            siren=siren,
            name=text(identity, "denomination") or _person(part(body, "identite", "entrepreneur")),
            siret=_seat_siret(siren, identity, seat),
            form_code=text(formality, "formeJuridique")
            or text(nature, "formeJuridiqueInsee", "formeJuridique"),
            address=_address(part(body, "adresseEntreprise", "adresse")),
            active=not ending if identity or ending else None,
            ceased_on=day(ending, "dateRadiation", "dateEffet", "dateCessationTotaleActivite"),
            created_on=day(nature, "dateCreation") or day(identity, "dateImmat"),
            activity=text(identity, "codeApe"),
            officers=tuple(_officers(body)),
            mentions=insolvency_mentions(mentions),
            public=text(formality, "diffusionINSEE") in ("", "O"),
        )
    )


def _ending(content: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """Return the part that says a company was struck off, empty for one that goes on."""
    for holder in (body, content):
        for name in ("detailCessationEntreprise", "natureCessation"):
            found = part(holder, name)
            if day(found, "dateRadiation", "dateEffet", "dateCessationTotaleActivite"):
                return found
    return {}


def _seat_siret(siren: str, identity: dict[str, Any], seat: dict[str, Any]) -> str:
    nic = text(identity, "nicSiege")
    return siret_of({"siret": siren + nic}, "siret") or siret_of(seat, "siret")


def _address(row: dict[str, Any]) -> Address:
    number = text(row, "numVoie") + text(row, "indiceRepetition")
    words = (number, text(row, "typeVoie"), text(row, "voie"))
    return address(
        " ".join(filter(None, words)),
        text(row, "distributionSpeciale", "complementLocalisation"),
        text(row, "codePostal"),
        text(row, "commune"),
        "FR" if text(row, "codePays") in ("", "FRA") else "",
    )


def _officers(body: dict[str, Any]) -> list[Officer]:
    found = []
    for power in rows(body, "composition", "pouvoirs")[:40]:
        role = text(power, "roleEntreprise")
        if power.get("actif") is False or role in _NOT_OFFICERS:
            continue
        name = _person(part(power, "individu")) or text(part(power, "entreprise"), "denomination")
        if name:
            found.append(Officer(name, _ROLES.get(role, "")))
    return found


def _person(row: dict[str, Any]) -> str:
    about = part(row, "descriptionPersonne")
    names = about.get("prenoms")
    first = text({"name": names[0]}, "name") if isinstance(names, list) and names else ""
    return " ".join(filter(None, (first, text(about, "nomUsage", "nom"))))
