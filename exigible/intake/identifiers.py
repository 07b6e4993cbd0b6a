"""Identifiers of French companies, as readers of files know them; the rules are the domain's."""

from exigible.domain.identity.numbers import is_siren, is_siret

__all__ = ["is_iban", "is_siren", "is_siret"]


def is_iban(number: str) -> bool:
    """Say whether an IBAN, capitals without spaces, has its shape and its check digits (ISO 13616)."""
    if not 15 <= len(number) <= 34 or not (number.isascii() and number.isalnum()):
        return False
    if not (number[:2].isalpha() and number[2:4].isdigit() and number == number.upper()):
        return False
    turned = number[4:] + number[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % 97 == 1
