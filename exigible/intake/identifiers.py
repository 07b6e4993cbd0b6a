"""Identifiers of French companies: SIREN and SIRET, told from their check digits."""

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
