"""The data shipped with the domain: YAML files beside the code, of our own shape.

A wrong one is a mistake of ours, asserted where it is read and by the tests.
"""

from __future__ import annotations

from importlib import resources
from typing import Any

import yaml

_FOLDER = resources.files("exigible.domain")
# The C loader is several times faster, and what it lacks is not used; it is absent on some builds.
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(*path: str) -> dict[str, Any]:
    """Return a file of the domain: `read_yaml("law", "taux_bce")` reads `law/taux_bce.yaml`."""
    text = _FOLDER.joinpath(*path[:-1], f"{path[-1]}.yaml").read_text(encoding="utf-8")
    content = yaml.load(text, Loader=_Loader)  # noqa: S506 (a safe one)
    assert isinstance(content, dict), path
    return content


def yaml_names(*folder: str) -> list[str]:
    """Return the names of the files of a folder of the domain, sorted, without their ending."""
    files = _FOLDER.joinpath(*folder).iterdir()
    return sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml"))
