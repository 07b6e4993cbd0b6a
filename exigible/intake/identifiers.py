"""Identifiers told from their check digits: SIREN, SIRET, IBAN."""

from __future__ import annotations


def is_siren(siren: str) -> bool:
    """Say whether a SIREN has nine digits, not all the same, and its check digit (Luhn)."""
    if len(siren) != 9 or not siren.isascii() or not siren.isdigit() or len(set(siren)) == 1:
        return False
    total = 0
    for place, digit in enumerate(map(int, reversed(siren))):
        doubled = digit * (1 + place % 2)
        total += doubled - 9 * (doubled > 9)
    return total % 10 == 0


def is_siret(number: str) -> bool:
    """Say whether a SIRET has fourteen digits and its check digit; La Poste's add up to fives."""
    if len(number) != 14 or not number.isascii() or not number.isdigit():
        return False
    if not is_siren(number[:9]):
        return False
    if number.startswith("356000000"):
        return sum(map(int, number)) % 5 == 0
    total = 0
    for place, digit in enumerate(map(int, reversed(number))):
        doubled = digit * (1 + place % 2)
        total += doubled - 9 * (doubled > 9)
    return total % 10 == 0


def is_iban(number: str) -> bool:
    """Say whether an IBAN, capitals without spaces, has its shape and its check digits (ISO 13616)."""
    if not 15 <= len(number) <= 34 or not (number.isascii() and number.isalnum()):
        return False
    if not (number[:2].isalpha() and number[2:4].isdigit() and number == number.upper()):
        return False
    turned = number[4:] + number[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % 97 == 1
