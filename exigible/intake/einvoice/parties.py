"""Who the parties of an invoice are: SIREN, SIRET and VAT number, from wherever they are written."""

from __future__ import annotations

import re
from dataclasses import dataclass

from exigible.intake.einvoice.model import Identifier, Party
from exigible.intake.identifiers import is_siren, is_siret

SIREN_SCHEME, SIRET_SCHEME, FRENCH_ADDRESS = "0002", "0009", "0225"
_NOT_ALNUM = re.compile(r"[^0-9A-Z]")
_VAT = re.compile(r"[A-Z]{2}[A-Z0-9]{2,13}")


@dataclass(frozen=True, slots=True)
class Identity:
    """Identifiers of a party, normalised; "" where it has none."""

    siren: str = ""
    siret: str = ""
    vat_number: str = ""
    customer_number: str = ""  # what the seller calls it: an identifier without scheme


def identity_of(party: Party) -> Identity:
    """Return the identifiers of a party: legal identifier first, then the others, then the VAT number."""
    every = [one for one in (party.legal_id, *party.ids) if one is not None and one.value]
    vat = normal_vat(party.vat_number)
    siret = next(
        (
            digits
            for one in every
            if one.scheme in (SIRET_SCHEME, "") and is_siret(digits := bare(one.value))
        ),
        "",
    )
    siren = siret[:9] or next(
        (
            digits
            for one in every
            if one.scheme in (SIREN_SCHEME, "") and is_siren(digits := bare(one.value))
        ),
        "",
    )
    if not siren and vat.startswith("FR") and is_siren(vat[4:]):
        siren = vat[4:]
    if not siren and party.endpoint is not None:
        siren = siren_of_identifier(party.endpoint)
    plain = [one.value for one in party.ids if one.value and not one.scheme]
    number = plain[0] if len(plain) == 1 and bare(plain[0]) not in (siren, siret) else ""
    return Identity(siren, siret, vat, number[:100])


def siren_of_identifier(identifier: Identifier) -> str:
    """Return the SIREN that an identifier is or begins with, "" if it is something else."""
    digits = bare(identifier.value)
    if identifier.scheme in (SIRET_SCHEME, "") and is_siret(digits):
        return digits[:9]
    if identifier.scheme in (SIREN_SCHEME, "") and is_siren(digits):
        return digits
    if identifier.scheme == FRENCH_ADDRESS and is_siren(digits[:9]):
        return digits[:9]
    return ""


def normal_vat(number: str) -> str:
    """Return a VAT number without spaces nor punctuation, "" if it has not the shape of one."""
    compact = bare(number)
    return compact if _VAT.fullmatch(compact) else ""


def bare(text: str) -> str:
    """Return the letters and digits of an identifier, in capitals."""
    return _NOT_ALNUM.sub("", text.upper())
