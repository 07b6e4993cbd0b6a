"""Numbers that identify: SIREN, SIRET, VAT number, IBAN, read as people write them.

Each reader takes what was typed or found in a file and returns it as it is kept (no space, capitals),
or raises `WrongInput` saying in French what is wrong and where to look. An empty text gives "".

Sources: SIREN and SIRET, ISO/IEC 7812-1 (Luhn), INSEE's exception for La Poste; VAT numbers, CGI art. 286
ter and the structures of each member state (python-stdnum); IBAN, ISO 13616 with the structure and the
national key of each country (schwifty).
"""

from __future__ import annotations

import re

from exigible.domain import french
from exigible.domain.refusals import WrongInput

LA_POSTE = "356000000"
_SEPARATORS = re.compile(r"[\s.\-_/·'’]+")
_LABELS = re.compile(
    r"^\s*(?:n[°o]\s*)?(siren|siret|tva(?: intracommunautaire)?|vat|iban|rcs(?: [^\d]*)?)\s*(?:n[°o])?\s*:?\s*",
    re.IGNORECASE,
)
# Letters that are taken for digits when a number is copied by hand or read by a machine.
_LOOKALIKES = {"O": "0", "Q": "0", "I": "1", "L": "1", "Z": "2", "S": "5", "B": "8"}
_LONGEST_QUOTE = 40
# EN 16931 and VIES write Greece EL and Northern Ireland XI; Monaco's numbers are French ones.
_VAT_COUNTRIES = {"GR": "EL", "MC": "FR"}
_COUNTRIES = {
    "AT": "autrichien",
    "BE": "belge",
    "BG": "bulgare",
    "CH": "suisse",
    "CY": "chypriote",
    "CZ": "tchèque",
    "DE": "allemand",
    "DK": "danois",
    "EE": "estonien",
    "EL": "grec",
    "ES": "espagnol",
    "FI": "finlandais",
    "FR": "français",
    "GB": "britannique",
    "HR": "croate",
    "HU": "hongrois",
    "IE": "irlandais",
    "IT": "italien",
    "LT": "lituanien",
    "LU": "luxembourgeois",
    "LV": "letton",
    "MC": "monégasque",
    "MT": "maltais",
    "NL": "néerlandais",
    "NO": "norvégien",
    "PL": "polonais",
    "PT": "portugais",
    "RO": "roumain",
    "SE": "suédois",
    "SI": "slovène",
    "SK": "slovaque",
    "XI": "nord-irlandais",
}


# ---- SIREN and SIRET


def is_siren(siren: str) -> bool:
    """Say whether a SIREN has nine digits, not all the same, and its check digit (Luhn)."""
    if len(siren) != 9 or not siren.isascii() or not siren.isdigit() or len(set(siren)) == 1:
        return False
    return _luhn(siren) == 0


def is_siret(number: str) -> bool:
    """Say whether a SIRET has fourteen digits and its check digit; La Poste's add up to fives."""
    if len(number) != 14 or not number.isascii() or not number.isdigit():
        return False
    if not is_siren(number[:9]):
        return False
    if _luhn(number) == 0:
        return True
    return number.startswith(LA_POSTE) and sum(map(int, number)) % 5 == 0


def read_siren(typed: str, *, zeros_lost: bool = False) -> str:
    """Return a SIREN; a SIRET or a French VAT number gives the SIREN it holds.

    `zeros_lost`: the text comes from a spreadsheet, which eats the zeros at the head of a number.
    """
    number = _compact(typed)
    if not number:
        return ""
    if zeros_lost and number.isascii() and number.isdigit():
        number = number.zfill(9) if len(number) <= 9 else number.zfill(14)
    if is_siren(number):
        return number
    if is_siret(number):
        return number[:9]
    if number.startswith("FR") and is_siren(number[4:]) and _is_french_vat(number):
        return number[4:]
    raise _wrong("siren", "un SIREN", typed, _wrong_digits(number, 9))


def read_siret(typed: str, *, zeros_lost: bool = False) -> str:
    """Return a SIRET."""
    number = _compact(typed)
    if not number:
        return ""
    if zeros_lost and number.isascii() and number.isdigit() and len(number) > 9:
        number = number.zfill(14)
    if is_siret(number):
        return number
    if is_siren(number):
        why = "c’est un SIREN ; un SIRET y ajoute les cinq chiffres de l’établissement"
    elif len(number) == 14 and number.isdigit() and not is_siren(number[:9]):
        why = "ses neuf premiers chiffres ne sont pas un SIREN, l’un d’eux est mal recopié"
    else:
        why = _wrong_digits(number, 14)
    raise _wrong("siret", "un SIRET", typed, why)


def is_public_siren(siren: str) -> bool:
    """Say whether a SIREN is of the series kept for the State and public bodies (1 and 2)."""
    return siren[:1] in ("1", "2")


def _luhn(digits: str) -> int:
    total = 0
    for place, digit in enumerate(map(int, reversed(digits))):
        doubled = digit * (1 + place % 2)
        total += doubled - 9 * (doubled > 9)
    return total % 10


def _wrong_digits(number: str, length: int) -> str:
    """Say what keeps `number` from being a number of `length` digits with its key."""
    strangers = [one for one in number if not ("0" <= one <= "9")]
    if strangers:
        first = strangers[0]
        digit = _LOOKALIKES.get(first)
        looks = f" (pour {digit} ?)" if digit else ""
        return f"« {first} »{looks} n’y a pas sa place : il n’a que des chiffres"
    if len(number) != length:
        return f"il a {french.count(len(number), 'chiffre')}, il en faut {length}"
    if len(set(number)) == 1:
        return "ce numéro n’est celui de personne"
    return "sa clé est fausse, un de ses chiffres est mal recopié"


# ---- VAT numbers


def read_vat_number(typed: str, *, country: str = "FR") -> str:
    """Return a VAT number with its country's letters; `country` is the debtor's, where they lack.

    A number of the European Union is checked by the rules of its state, French ones down to the
    SIREN they hold; another country's is kept as it is written, since nothing tells its rules.
    """
    number = _compact(typed)
    if not number:
        return ""
    prefix = _VAT_COUNTRIES.get(country, country)
    if not number[:2].isalpha():
        number = prefix + number
    if number.startswith("GR"):
        number = "EL" + number[2:]
    state = number[:2]
    if state == "FR":
        return _french_vat(number, typed)
    from stdnum.eu import vat  # a third of a second, for those who need it

    if state.lower() in vat.MEMBER_STATES or state == "EL":
        if not vat.is_valid(number):
            raise _wrong(
                "vat_number",
                f"un numéro de TVA {_COUNTRIES.get(state, '')}".rstrip(),
                typed,
                "sa longueur, ses lettres ou sa clé ne suivent pas la règle de ce pays",
            )
        return str(vat.compact(number))
    if not re.fullmatch(r"[A-Z]{2}[A-Z0-9+*]{2,13}", number):
        raise _wrong(
            "vat_number",
            "un numéro de TVA",
            typed,
            "il commence par les deux lettres du pays, suivies de 2 à 13 lettres ou chiffres",
        )
    return number


def vat_number_of(siren: str) -> str:
    """Return the French VAT number that a SIREN gives; a company not liable for VAT uses none."""
    return f"FR{_french_vat_key(siren):02d}{siren}"


def siren_of_vat(number: str) -> str:
    """Return the SIREN that a French VAT number holds, or ""."""
    return number[4:] if number.startswith("FR") and is_siren(number[4:]) else ""


def _french_vat(number: str, typed: str) -> str:
    kind = "un numéro de TVA français"
    if is_siren(number[2:]):
        why = f"c’est un SIREN ; le numéro de TVA qui en vient est {vat_number_of(number[2:])}"
        raise _wrong("vat_number", kind, typed, why)
    if len(number) != 13:
        why = f"il a {len(number)} signes ; il en faut 13 : FR, deux de clé, neuf de SIREN"
        raise _wrong("vat_number", kind, typed, why)
    if _is_french_vat(number):
        return number
    siren = number[4:]
    if not is_siren(siren):
        why = f"ses neuf derniers signes, {siren}, ne sont pas un SIREN ({_wrong_digits(siren, 9)})"
    else:
        why = f"la clé du SIREN {siren} est {_french_vat_key(siren):02d}, pas {number[2:4]}"
    raise _wrong("vat_number", kind, typed, why)


def _french_vat_key(siren: str) -> int:
    return (12 + 3 * (int(siren) % 97)) % 97


def _is_french_vat(number: str) -> bool:
    if is_siren(number[4:]) and number[2:4].isdigit():
        return int(number[2:4]) == _french_vat_key(number[4:])
    from stdnum.fr import tva  # keys with letters, and Monaco's numbers

    return bool(tva.is_valid(number))


# ---- IBAN


def read_iban(typed: str) -> str:
    """Return an IBAN whose length, structure and keys (international and national) are right."""
    number = _compact(typed)
    if not number:
        return ""
    if problem := _iban_problem(number):
        raise _wrong("iban", "un IBAN", typed, f"{problem}. Vérifiez-le sur le RIB")
    return number


def _iban_problem(number: str) -> str:
    # A quarter of a second to load: the registry of every country's banks.
    from schwifty import IBAN
    from schwifty import exceptions as refusals

    if not (number.isascii() and number.isalnum()):
        return "il contient d’autres signes que des lettres et des chiffres"
    if not number[:2].isalpha():
        return "il commence par les deux lettres du pays : FR, BE ou DE"
    if not number[2:4].isdigit():
        return "les deux lettres du pays sont suivies de deux chiffres"
    try:
        iban = IBAN(number, allow_invalid=True)
        iban.validate(validate_bban=True)
    except refusals.InvalidCountryCode:
        return f"aucun pays n’émet d’IBAN en « {number[:2]} »"
    except refusals.InvalidLength:
        country = _COUNTRIES.get(number[:2], "de ce pays")
        return f"il a {len(number)} signes, un IBAN {country} en a {iban.spec.iban_length}"
    except refusals.InvalidStructure:
        wrong = [one for one in number[4:] if one in _LOOKALIKES]
        hint = f" (« {wrong[0]} » pour « {_LOOKALIKES[wrong[0]]} » ?)" if wrong else ""
        return f"une lettre est à la place d’un chiffre, ou l’inverse{hint}"
    except refusals.InvalidChecksumDigits:
        return "sa clé est fausse, un signe est mal recopié"
    except refusals.InvalidBBANChecksum:
        return "la clé du compte (clé RIB) est fausse, un signe est mal recopié"
    except refusals.SchwiftyException:
        return "sa banque ou son compte n’est pas celui que ce pays écrit"
    return ""


# ---- shared


def _compact(typed: str) -> str:
    """Return a number without spaces, punctuation nor the words people put before it."""
    return _SEPARATORS.sub("", _LABELS.sub("", typed.replace("\x00", ""))).upper()


def _wrong(field: str, what: str, typed: str, why: str) -> WrongInput:
    quoted = " ".join(typed.split())[:_LONGEST_QUOTE]
    return WrongInput(
        field, f"« {quoted} » n’est pas {what} : {why}.", field=field, facts={"why": why}
    )
