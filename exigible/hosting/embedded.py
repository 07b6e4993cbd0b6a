"""The embedded PostgreSQL: where it lives, starting it, stopping it."""

import hashlib
import os
import tempfile
from pathlib import Path

from exigible.hosting.environment import Environment


def socket_folder(environment: Environment) -> Path:
    """Return the folder of the server's socket: short (107 bytes at most), one for each home."""
    digest = hashlib.sha256(str(environment.home).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"exigible-{os.getuid()}-{digest}"


def connection_settings(environment: Environment) -> dict[str, object]:
    """Return Django's connection keys for the embedded server of this home."""
    return {
        "NAME": "exigible",
        "USER": "exigible",
        "PASSWORD": "",
        "HOST": str(socket_folder(environment)),
        "PORT": "5432",
        "OPTIONS": {},
    }
