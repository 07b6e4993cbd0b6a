"""The strategies a new house starts with, one YAML file each; then the house writes its own."""

from __future__ import annotations

from typing import Any

from exigible.domain.data_files import read_yaml, yaml_names


def default_strategies() -> list[dict[str, Any]]:
    """Return the shipped strategies, steps in order, as their files have them."""
    return [read_yaml("strategies", name) for name in yaml_names("strategies")]
