"""The built wheel, alone in an empty environment: what a person without git or make installs."""

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.database import remove_home

ROOT = Path(__file__).resolve().parents[2]
UV = ROOT / ".uv" / "bin" / "uv"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not UV.exists(), reason="demande uv, que « make setup » installe"),
]


def run(*command: object, **options: object) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        **options,  # type: ignore[call-overload]
    )
    assert done.returncode == 0, done.stderr
    return str(done.stdout)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(UV, "build", "--quiet", "--wheel", "--out-dir", folder, cwd=ROOT)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment that holds the wheel and what it depends on."""
    place = tmp_path_factory.mktemp("environment")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    run(UV, "venv", "--quiet", "--python", version, place)
    python = place / ("Scripts" if os.name == "nt" else "bin") / "python"
    constraints = ROOT / "requirements" / "runtime.txt"
    run(UV, "pip", "install", "--quiet", "--python", python, "--constraints", constraints, wheel)
    return python.parent


@pytest.fixture
def outside() -> Iterator[dict[str, str]]:
    """A home, and variables that lead to no source tree."""
    home = Path(tempfile.mkdtemp(prefix="exw-"))
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("EXIGIBLE_", "PYTHON", "DJANGO_", "VIRTUAL_ENV", "PYTEST"))
    }
    yield {**kept, "EXIGIBLE_HOME": str(home)}
    remove_home(home)


def test_the_wheel_holds_what_is_not_python(wheel: Path):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "exigible/web/templates/errors/database_away.html" in names
    assert any(name.startswith("exigible/domain/law/") and name.endswith(".yaml") for name in names)
    assert not any(name.startswith(("tests/", "benchmarks/", "tools/")) for name in names)


def test_installed_alone_it_runs(programs: Path, outside: dict[str, str], tmp_path: Path):
    options: dict[str, object] = {"env": outside, "cwd": tmp_path}
    exigible = programs / f"exigible{sysconfig.get_config_var('EXE') or ''}"
    shown = run(exigible, "--help", **options)
    for command in ("db", "serve", "demo", "backup", "restore", "check", "settings", "statement"):
        assert command in shown
    code = "import exigible.settings, sys; print(sys.modules['exigible'].__file__)"
    assert str(programs.parent) in run(programs / "python", "-c", code, **options)
    assert json.loads(run(exigible, "db", "start", "--json", **options))["state"] == "running"
    assert "à jour" not in run(exigible, "migrate", **options)
    assert "tout concorde" in run(exigible, "check", **options)
    assert run(exigible, "backup", tmp_path / "s.zip", **options).startswith("Sauvegarde écrite")
    assert json.loads(run(exigible, "db", "stop", "--json", **options))["state"] == "stopped"
