"""The strategies a new house starts with, one YAML file each; then the house writes its own."""

from __future__ import annotations

from importlib import resources
from typing import Any

import yaml


def default_strategies() -> list[dict[str, Any]]:
    """Return the shipped strategies, steps in order, as their files have them."""
    files = sorted(resources.files(__name__).iterdir(), key=lambda entry: entry.name)
    return [
        yaml.safe_load(file.read_text(encoding="utf-8"))
        for file in files
        if file.name.endswith(".yaml")
    ]
