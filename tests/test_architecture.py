"""Imports point one way, and the rules stand without Django, database or clock."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "exigible"

ALLOWED: dict[str, set[str]] = {
    "domain": set(),
    "intake": {"domain"},
    "store": {"domain"},
    "documents": {"domain"},
    "channels": {"domain"},
    "hosting": {"domain"},
    "reports": {"domain", "store"},
    "operations": {"domain", "intake", "store", "documents", "channels", "reports"},
    "simulation": {"domain", "intake", "store", "documents", "channels", "reports", "operations"},
}
EVERYTHING = {
    "domain",
    "intake",
    "store",
    "documents",
    "channels",
    "hosting",
    "reports",
    "operations",
    "simulation",
}
# Pages, commands and jobs may call everything below them; only they look at a clock.
for room in ("web", "api", "cli", "jobs", "settings", "urls"):
    ALLOWED[room] = EVERYTHING | {"web", "api", "cli", "jobs", "settings", "urls"}
CLOCKS = {"now", "today", "utcnow", "localdate", "localtime", "time"}


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if room != "__init__":
            yield room, path


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize(
    ("room", "path"), list(modules()), ids=lambda value: getattr(value, "name", value)
)
def test_imports_point_one_way(room: str, path: Path):
    for name in imported(path):
        parts = name.split(".")
        if parts[0] == "exigible" and len(parts) > 1 and (PACKAGE / parts[1]).exists():
            assert parts[1] == room or parts[1] in ALLOWED[room], f"{path} imports {name}"
        if parts[0] == "exigible" and len(parts) > 1 and (PACKAGE / f"{parts[1]}.py").exists():
            assert parts[1] == room or parts[1] in ALLOWED[room], f"{path} imports {name}"


@pytest.mark.parametrize(
    ("room", "path"),
    [(room, path) for room, path in modules() if room in ("domain", "intake", "documents")],
    ids=lambda value: getattr(value, "name", value),
)
def test_the_rules_know_neither_django_nor_a_database(room: str, path: Path):
    for name in imported(path):
        assert name.split(".")[0] not in {"django", "psycopg", "polars", "procrastinate"}, path


@pytest.mark.parametrize(
    "path",
    [
        path
        for room, path in modules()
        if room in ("domain", "store", "operations", "reports", "intake", "documents")
    ],
    ids=lambda path: path.name,
)
def test_nothing_below_the_pages_looks_at_a_clock(path: Path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            value = node.func.value
            owner = value.id if isinstance(value, ast.Name) else ""
            assert not (owner in {"date", "datetime", "timezone"} and node.func.attr in CLOCKS), (
                f"{path}:{node.lineno} reads the clock"
            )


def test_the_domain_imports_without_django():
    code = (
        "import sys\n"
        "for name in ('django', 'psycopg', 'polars'): sys.modules[name] = None\n"
        "import pkgutil, importlib, exigible.domain\n"
        "for module in pkgutil.walk_packages(exigible.domain.__path__, 'exigible.domain.'):\n"
        "    importlib.import_module(module.name)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
