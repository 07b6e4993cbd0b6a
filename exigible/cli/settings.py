"""`exigible settings`: every environment variable, what it is for, what it is worth now."""

import os

from exigible.cli._command import JsonOption, write, write_json
from exigible.hosting.environment import SETTINGS, read_environment

_SECRET = {
    "EXIGIBLE_SECRET_KEY",
    "EXIGIBLE_DATABASE_URL",
    "EXIGIBLE_SMTP_URL",
    "EXIGIBLE_SIRENE_KEY",
    "EXIGIBLE_RNE_PASSWORD",
}


def settings(as_json: JsonOption = False) -> None:
    """Liste les réglages (variables d’environnement), leur rôle et leur valeur."""
    rows = [
        {
            "name": setting.name,
            "purpose": setting.purpose,
            "default": setting.default,
            "value": _shown(setting.name),
        }
        for setting in SETTINGS
    ]
    if as_json:
        read_environment()  # a wrong value is refused by name
        write_json({"settings": rows})
        return
    for row in rows:
        write(str(row["name"]))
        write(f"    {row['purpose']}")
        write(f"    Défaut : {row['default']}")
        if row["value"] is not None:
            write(f"    Valeur : {row['value']}")
    read_environment()


def _shown(name: str) -> str | None:
    """The value as it may be printed: a secret never is."""
    value = os.environ.get(name)
    return "(définie, masquée)" if value and name in _SECRET else value
