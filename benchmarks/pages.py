"""How long a page takes with N open claims in the database: the worklist, lists, search, an account.

python -m benchmarks.pages 10000 100000 1000000

The whole of the application answers in this process (middleware, permissions, queries, templates);
only the network and the browser are left out. The reader is a credit manager, who sees everything:
the worst case. Each page is asked `TIMES` times, for other accounts, names or filters each time.
"""

import json
import math
import os
import random
import statistics
import sys
import time
from collections.abc import Mapping
from datetime import date, timedelta

import django
from django.test import Client

TIMES = 60
SLOW = 8 + 3  # asked fewer times: it counts a quarter's entries backwards
WARMING = 3  # the first answers, which load templates, are not counted


def main(sizes: list[int]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "exigible.settings")
    django.setup()
    from django.db import connection

    from benchmarks import big_book
    from benchmarks.scratch import scratch_database
    from exigible.operations import daily_run
    from exigible.operations.acts import By
    from exigible.web import clock

    on = clock.today()  # the pages' own day: once it is run, they read its figures
    for size in sizes:
        with scratch_database():
            big_book.fill(size, on)
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")
                run = daily_run.run_in_line(on, today=on, by=By.job("bench"), at=clock.now())
                cursor.execute("VACUUM ANALYZE")
            print(
                json.dumps({"open_claims": size, "daily_run_seconds": run.counts["seconds"]}),
                flush=True,
            )
            client = reader()
            for name, asked in pages(size, on).items():
                report(size, name, [timed(client, *one) for one in asked][WARMING:])


def pages(size: int, on: date) -> dict[str, list[tuple[str, dict[str, str]]]]:
    """Return, by name, what to ask for: paths and queries."""
    from exigible.store.models import Account, Claim

    chance = random.Random(1)
    first = Account.objects.order_by("pk").values_list("pk", flat=True)[0]
    first_claim = Claim.objects.order_by("pk").values_list("pk", flat=True)[0]
    turns = range(TIMES + WARMING)
    accounts = [first + chance.randrange(size // 4) for _ in turns]
    refs = [Claim.objects.get(pk=first_claim + chance.randrange(size)).ref for _ in turns]
    names = [f"Société {chance.randrange(1, size // 4)}" for _ in turns]
    states = ["overdue", "reminded", "not_due", "disputed"]
    return {
        "Ma journée": [("/", {}) for _ in turns],
        "Ma journée, à appeler": [("/", {"vue": "appeler"}) for _ in turns],
        "Comptes": [("/comptes/", {}) for _ in turns],
        "Comptes, un nom": [("/comptes/", {"q": name}) for name in names],
        "Comptes, une facture": [("/comptes/", {"q": ref}) for ref in refs],
        "Comptes, un état": [("/comptes/", {"etat": states[turn % 4]}) for turn in turns],
        "Compte": [(f"/comptes/{account}/", {}) for account in accounts],
        "Compte, pourquoi": [
            (f"/comptes/{account}/pourquoi/accessoires/", {}) for account in accounts
        ],
        "Recherche": [("/chercher/", {"q": name}) for name in names],
        "Balance âgée": [("/balance-agee/", {}) for _ in turns],
        "Balance âgée, il y a un trimestre": [
            ("/balance-agee/", {"au": (on - timedelta(days=91)).isoformat()}) for _ in turns[:SLOW]
        ],
    }


def reader() -> Client:
    """Return the client of a credit manager who sees every portfolio."""
    from exigible.domain.roles import Role
    from exigible.store.models import User

    user = User.objects.create_user(
        "mesure@exemple.example",
        name="Mesure",
        role=Role.CREDIT_MANAGER,
        all_portfolios=True,
    )
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    return client


def timed(client: Client, path: str, query: Mapping[str, str]) -> float:
    """Ask for a page and return its milliseconds."""
    began = time.perf_counter()
    answer = client.get(path, query)
    spent = (time.perf_counter() - began) * 1000
    assert answer.status_code == 200, (path, query, answer.status_code)
    return spent


def report(size: int, name: str, spent: list[float]) -> None:
    spent.sort()
    print(
        json.dumps(
            {
                "open_claims": size,
                "page": name,
                "median_ms": round(statistics.median(spent)),
                "p95_ms": round(spent[math.ceil(0.95 * len(spent)) - 1]),
            },
            ensure_ascii=False,
        ),
        flush=True,
    )


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or [10_000, 100_000, 1_000_000])
