"""Seconds and memory of importing electronic invoices, beside the plain parse of the same files.

    .venv/bin/python -m benchmarks.einvoices [NUMBER …]

For each number, as many XML files are generated (CII and UBL by turns), then imported twice into a
database of its own each time: as a list of files, and as one zip. The floor is lxml parsing every file
and nothing else.
"""

import argparse
import os
import resource
import tempfile
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path

SIZES = (1_000, 10_000)


def parse_floor(files: list[Path]) -> float:
    """Return the seconds that lxml takes to parse the files, reading them included."""
    from lxml import etree

    start = time.perf_counter()
    for file in files:
        etree.fromstring(file.read_bytes())
    return time.perf_counter() - start


def measure(files: list[Path], archive: Path | None) -> dict[str, object]:
    """Import files together, or a zip of them, into the current, empty database."""
    from exigible.operations.acts import By
    from exigible.operations.imports import receive_einvoices, receive_file, run_import
    from exigible.store.models import Creditor

    creditor = Creditor.objects.create(name="Mesure SA", siren="123456782")
    at, by = datetime.now(UTC), By.job("bench")
    start, own = time.perf_counter(), time.process_time()
    phases: dict[str, float] = {}
    if archive is None:
        batch = receive_einvoices(files, creditor=creditor, by=by, at=at)
    else:
        with archive.open("rb") as content:
            batch = receive_file(content, name=archive.name, creditor=creditor, by=by, at=at)
    phases["reçus"] = time.perf_counter() - start

    def tell(phase: str, done: int, total: int) -> None:
        phases.setdefault(phase, time.perf_counter() - start)

    report = run_import(batch.pk, at=at, progress=tell)
    assert report.accepted, report.error
    return {
        "seconds": time.perf_counter() - start,
        "own": time.process_time() - own,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "phases": phases,
        "written": report.written,
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("sizes", nargs="*", type=int, default=SIZES)
    given = arguments.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "exigible.settings")
    import django

    django.setup()
    from benchmarks.einvoice_files import write
    from benchmarks.scratch import scratch_database

    for size in sorted(given.sizes):
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), size)
            files = sorted(Path(folder).glob("*.xml"))
            floor = parse_floor(files)
            archive = Path(folder) / "factures.zip"
            with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
                for file in files:
                    zipped.write(file, file.name)
            for name, zipped_ in (("files", None), ("zip", archive)):
                with scratch_database("exigible_bench_einvoices"):
                    took = measure(files, zipped_)
                print(
                    f"{size:>7,} {name:>5}: {took['seconds']:6.1f} s wall ({took['own']:.1f} s here), "
                    f"{took['memory_mb']:.0f} MB; lxml parses them in {floor:.2f} s"
                )
                for phase, begun in took["phases"].items():  # type: ignore[union-attr]
                    print(f"            {begun:6.1f} s  {phase}")
                print(f"            {took['written']}")


if __name__ == "__main__":
    main()
