"""Each advisory lock has its own number, and no other module names one."""

import re
from pathlib import Path

import exigible
from exigible.store import locks

NUMBER = re.compile(r"advisory[a-z_]*lock\(\s*[0-9]|(?<!B)LOCK(_SPACE)?\s*=\s*[0-9]")


def test_no_two_locks_are_one():
    assert len(set(locks.CLASSES)) == len(locks.CLASSES)
    named = {value for name, value in vars(locks).items() if name.isupper() and name != "CLASSES"}
    assert named == {*locks.CLASSES, locks.MESSAGE_SPACE}
    assert all(0 < one < 2**31 for one in locks.CLASSES)


def test_operations_name_their_locks_there():
    package = Path(exigible.__file__).parent
    rooms = (package / "operations", package / "store", package / "channels", package / "web")
    assert [
        str(path)
        for room in rooms
        for path in room.rglob("*.py")
        if path.name != "locks.py" and NUMBER.search(path.read_text())
    ] == []
