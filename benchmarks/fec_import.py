"""Seconds and memory of importing a FEC, beside two floors measured in the same run.

    .venv/bin/python -m benchmarks.fec_import [LINES …] [--keep]

For each size a file is generated, then imported into a database of its own: wall seconds by phase,
processor seconds of the importing process and of its database session, peak memory of the importing
process. The floors are a plain read of the same file by Polars, and COPY of its customer lines into
a table without index.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

SIZES = (10_000, 100_000, 1_000_000)
POLARS = """
import sys, time, polars
start = time.perf_counter()
frame = polars.read_csv(sys.argv[1], separator="|", infer_schema=False, quote_char=None)
print(time.perf_counter() - start, frame.height)
"""


def measure(path: Path) -> dict[str, object]:
    """Import a file into the current, empty database; return what it took."""
    from django.db import connection

    from exigible.operations.acts import By
    from exigible.operations.imports import receive_file, run_import
    from exigible.store.models import Creditor

    creditor = Creditor.objects.create(name="Mesure SA", siren="123456782")
    at = datetime.now(UTC)
    with path.open("rb") as content:
        batch = receive_file(content, name=path.name, creditor=creditor, by=By.job("bench"), at=at)
    phases: dict[str, float] = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = int(cursor.fetchone()[0])
    start, own, theirs = time.perf_counter(), time.process_time(), processor_seconds(backend)

    def tell(phase: str, done: int, total: int) -> None:
        phases.setdefault(phase, time.perf_counter() - start)

    report = run_import(batch.pk, at=at, progress=tell)
    assert report.accepted, report.error
    seconds = time.perf_counter() - start
    return {
        "seconds": seconds,
        "own": time.process_time() - own,
        "database": processor_seconds(backend) - theirs,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "phases": phases,
        "lines": report.counts["entries"],
        "customers": report.counts["followed_lines"],
        "written": report.written,
    }


def copy_floor(path: Path) -> tuple[float, int]:
    """Return the seconds to COPY the file's customer lines into a bare table, and how many."""
    from django.db import connection

    rows = [
        line.split(b"|")[:18]
        for line in path.read_bytes().split(b"\r\n")
        if b"|411000|" in line or b"|416000|" in line
    ]
    columns = ", ".join(f"c{place} text" for place in range(18))
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE copy_floor ({columns})")
        start = time.perf_counter()
        with cursor.copy("COPY copy_floor FROM STDIN") as copy:
            for row in rows:
                copy.write(b"\t".join(row) + b"\n")
        seconds = time.perf_counter() - start
        cursor.execute("DROP TABLE copy_floor")
    return seconds, len(rows)


def processor_seconds(pid: int) -> float:
    """Return the processor time of a process of this machine, 0 where it cannot be read."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("sizes", nargs="*", type=int, default=SIZES)
    given = arguments.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "exigible.settings")
    import django

    django.setup()
    from benchmarks.scratch import scratch_database

    for size in sorted(given.sizes):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "123456782FEC20251231.txt"
            subprocess.run(
                [sys.executable, "-m", "benchmarks.fec_file", str(path), str(size)], check=True
            )
            polars = subprocess.run(
                [sys.executable, "-c", POLARS, str(path)], check=True, capture_output=True
            ).stdout.split()
            with scratch_database("exigible_bench_fec"):
                took = measure(path)
                floor, rows = copy_floor(path)
            print(
                f"{took['lines']:>9,} lines, {took['customers']:>7,} of customers: "
                f"{took['seconds']:6.1f} s wall ({took['own']:.1f} s here, "
                f"{took['database']:.1f} s in the database), {took['memory_mb']:.0f} MB; "
                f"Polars reads in {float(polars[0]):.2f} s; COPY alone {floor:.2f} s "
                f"({rows / floor:,.0f} rows/s)"
            )
            for phase, begun in took["phases"].items():
                print(f"            {begun:6.1f} s  {phase}")
            print(f"            {took['written']}")


if __name__ == "__main__":
    main()
