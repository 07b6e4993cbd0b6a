"""docs/law_coverage.md cites tests: each of them exists."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CITED = re.compile(r"`((?:test_|Test)\w+)`")
DEFINED = re.compile(r"^ *(?:def|class) ((?:test_|Test)\w+)", re.MULTILINE)


def test_every_test_cited_exists():
    cited = set(CITED.findall((ROOT / "docs" / "law_coverage.md").read_text(encoding="utf-8")))
    assert cited
    defined = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in DEFINED.findall(path.read_text(encoding="utf-8"))
    }
    assert cited <= defined, sorted(cited - defined)
