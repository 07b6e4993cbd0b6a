"""The daily run over N open claims: seconds by phase, a claim, and memory.

python -m benchmarks.daily_run 10000 100000 1000000
"""

import json
import os
import resource
import sys
import time
from datetime import UTC, date, datetime

import django

ON = date(2026, 11, 23)


def main(sizes: list[int]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "exigible.settings")
    django.setup()
    from django.db import connection

    from benchmarks import big_book
    from benchmarks.scratch import scratch_database
    from exigible.operations import daily_run
    from exigible.operations.acts import By

    for size in sizes:
        with scratch_database():
            started = time.perf_counter()
            big_book.fill(size, ON)
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")
            filled = time.perf_counter() - started
            at = datetime(2026, 11, 23, 5, tzinfo=UTC)
            for label in ("premier", "second"):
                started = time.perf_counter()
                run = daily_run.run_in_line(ON, today=ON, by=By.job("bench"), at=at)
                seconds = time.perf_counter() - started
                print(
                    json.dumps(
                        {
                            "open_claims": size,
                            "run": label,
                            "seconds": round(seconds, 2),
                            "microseconds_a_claim": round(seconds / size * 1e6, 1),
                            "phases": run.counts["seconds"],
                            "proposals": sum(run.counts["proposals"].values()),
                            "fill_seconds": round(filled, 1),
                            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                        }
                    ),
                    flush=True,
                )


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or [10_000, 100_000, 1_000_000])
