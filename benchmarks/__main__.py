"""Run every measurement, one after the other, in a process each: `python -m benchmarks`."""

import subprocess
import sys
from pathlib import Path

HELPERS = {"__init__", "__main__", "big_book", "einvoice_files", "fec_file", "scratch"} | {
    f"matching_{part}" for part in ("cases", "parts", "traps", "world")
}


def main() -> int:
    names = sorted(path.stem for path in Path(__file__).parent.glob("*.py"))
    failed = 0
    for name in names:
        if name not in HELPERS:
            print(f"\n== {name}", flush=True)
            failed |= subprocess.run(
                [sys.executable, "-m", f"benchmarks.{name}"], check=False
            ).returncode
    return failed


if __name__ == "__main__":
    sys.exit(main())
