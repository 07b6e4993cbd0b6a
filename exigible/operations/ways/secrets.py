"""Passwords that must be given back to a server: encrypted in the database, never shown.

The key is drawn from EXIGIBLE_SECRET_KEY, which lives outside the database: a copy of the database
alone opens no mailbox.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class SecretLost(Exception):
    """A secret was encrypted under another key: it must be typed again; the message says so."""

    def __init__(self) -> None:
        super().__init__(
            "La clé du service a changé : saisissez de nouveau le mot de passe de la boîte."
        )


def encrypted(secret: str) -> bytes:
    return _fernet().encrypt(secret.encode())


def decrypted(kept: bytes | memoryview[int]) -> str:
    """Return a secret; raise SecretLost if the key has changed since it was kept."""
    try:
        return _fernet().decrypt(bytes(kept)).decode()
    except InvalidToken:
        raise SecretLost from None


def _fernet() -> Fernet:
    key = HKDF(SHA256(), 32, salt=None, info=b"exigible: boites e-mail").derive(
        settings.SECRET_KEY.encode()
    )
    return Fernet(urlsafe_b64encode(key))
