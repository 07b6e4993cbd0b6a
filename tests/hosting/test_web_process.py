"""The web process: what it cleans before it answers."""

import os
from pathlib import Path

from exigible.hosting.web_process import sweep_uploads

NOW = 1_800_000_000.0
DAY = 24 * 3600


def test_only_uploads_left_since_yesterday_are_swept(tmp_path: Path):
    ages = {"left.upload": DAY + 1, "coming.upload": DAY - 1}
    for name, age in ages.items():
        (tmp_path / name).write_bytes(b"x")
        os.utime(tmp_path / name, (NOW - age, NOW - age))
    (tmp_path / "folder").mkdir()
    os.utime(tmp_path / "folder", (0, 0))
    assert sweep_uploads(tmp_path, now=NOW) == 1
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["coming.upload", "folder"]
