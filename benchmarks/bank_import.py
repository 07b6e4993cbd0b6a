"""Seconds and memory of importing bank statements, beside a plain parse of the same file.

    .venv/bin/python -m benchmarks.bank_import [LINES …]

For each size and format a statement is generated, read alone (every line and balance understood), then
imported into a database of its own, then imported again under another name. The plain parse is lxml's
iterparse for CAMT, the lines of the file for the fixed and tagged formats.
"""

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

SIZES = (10_000, 100_000)
IBAN = "FR7630006000011234567890189"
PLAIN_XML = """
import sys, time
from lxml import etree
start = time.perf_counter()
count = 0
for _, element in etree.iterparse(sys.argv[1], tag="{*}Ntry"):
    count += 1
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]
print(time.perf_counter() - start, count)
"""
PLAIN_TEXT = """
import sys, time
start = time.perf_counter()
with open(sys.argv[1], encoding="utf-8") as stream:
    count = sum(1 for _ in stream)
print(time.perf_counter() - start, count)
"""
ALONE = """
import re, sys, time
from pathlib import Path
from exigible.intake.importing import dry_run
start = time.perf_counter()
report = dry_run(Path(sys.argv[1]))
assert report.accepted, report.error
peak = re.search(r"VmHWM:\\s+([0-9]+)", Path("/proc/self/status").read_text())
print(time.perf_counter() - start, int(peak[1]) / 1024 if peak else 0)
"""


def movements(size: int) -> Iterator[tuple[date, int, str, str]]:
    """Yield day, cents, label and reference of a year's movements; the same size gives the same ones."""
    rng = random.Random(size)
    for number in range(size):
        day = date(2026, 1, 2) + timedelta(days=number * 330 // size)
        cents = rng.randint(500, 900_000) * (1 if rng.random() < 0.8 else -1)
        yield day, cents, f"VIR CLIENT {rng.randint(1, 5000)} FACT {number:07d}", f"B{number:09d}"


def camt053(path: Path, size: int) -> None:
    total = sum(cents for _, cents, _, _ in movements(size))

    def balance(code: str, cents: int) -> str:
        side = "CRDT" if cents >= 0 else "DBIT"
        return (
            f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
            f'<Amt Ccy="EUR">{_euros(abs(cents))}</Amt><CdtDbtInd>{side}</CdtDbtInd>'
            "<Dt><Dt>2026-12-01</Dt></Dt></Bal>\n"
        )

    with path.open("w", encoding="utf-8") as out:
        out.write(
            '<?xml version="1.0" encoding="UTF-8"?>\n<Document '
            'xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr>'
            f"<MsgId>M</MsgId></GrpHdr><Stmt><Id>S</Id><Acct><Id><IBAN>{IBAN}</IBAN></Id></Acct>\n"
            + balance("OPBD", 0)
            + balance("CLBD", total)
        )
        for day, cents, label, ref in movements(size):
            side, party = ("CRDT", "Dbtr") if cents >= 0 else ("DBIT", "Cdtr")
            out.write(
                f'<Ntry><Amt Ccy="EUR">{_euros(abs(cents))}</Amt><CdtDbtInd>{side}</CdtDbtInd>'
                f"<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt>"
                f"</ValDt><AcctSvcrRef>{ref}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly>"
                "<Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls>"
                f"<Refs><EndToEndId>E{ref}</EndToEndId></Refs><RltdPties><{party}><Pty><Nm>Client "
                f"{cents % 5000}</Nm></Pty></{party}><{party}Acct><Id><IBAN>DE89370400440532013000"
                f"</IBAN></Id></{party}Acct></RltdPties><RmtInf><Ustrd>{label}</Ustrd></RmtInf>"
                "</TxDtls></NtryDtls></Ntry>\n"
            )
        out.write("</Stmt></BkToCstmrStmt></Document>\n")


def cfonb120(path: Path, size: int) -> None:
    account = "30006    00001EUR2 12345678901"

    def signed(cents: int) -> str:
        last = ("{ABCDEFGHI" if cents >= 0 else "}JKLMNOPQR")[abs(cents) % 10]
        return f"{abs(cents) // 10:013d}{last}"

    total = 0
    with path.open("w", encoding="utf-8") as out:
        out.write(f"01{account}  311225{'':50}{signed(0)}".ljust(120) + "\n")
        for day, cents, label, ref in movements(size):
            total += cents
            on = f"{day:%d%m%y}"
            out.write(
                f"04{account}05{on}  {on}{label[:31]:31}  {ref[-7:]}  {signed(cents)}{ref:16}\n"
                f"05{account}05{on}     NPYCLIENT {cents % 5000}\n"
            )
        out.write(f"07{account}  011226{'':50}{signed(total)}".ljust(120) + "\n")


def mt940(path: Path, size: int) -> None:
    total = sum(cents for _, cents, _, _ in movements(size))
    with path.open("w", encoding="utf-8") as out:
        out.write(f":20:T\n:25:{IBAN}\n:28C:1/1\n:60F:C251231EUR0,00\n")
        for day, cents, label, ref in movements(size):
            side = "C" if cents >= 0 else "D"
            amount = _euros(abs(cents)).replace(".", ",")
            out.write(
                f":61:{day:%y%m%d%m%d}{side}{amount}NTRFNONREF//{ref}\n"
                f":86:166?00VIREMENT?20EREF+E{ref}?21SVWZ+{label}?32CLIENT {cents % 5000}\n"
            )
        side = "C" if total >= 0 else "D"
        out.write(f":62F:{side}261201EUR{_euros(abs(total)).replace('.', ',')}\n-\n")


FORMATS: dict[str, tuple[Callable[[Path, int], None], str]] = {
    "camt053": (camt053, PLAIN_XML),
    "cfonb120": (cfonb120, PLAIN_TEXT),
    "mt940": (mt940, PLAIN_TEXT),
}


def _euros(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def bring(path: Path, name: str) -> tuple[float, float, float, dict[str, int]]:
    """Import a file into the current database.

    Return seconds, those of this process's processor, those of its database session, what was written.
    """
    from django.db import connection

    from benchmarks.fec_import import processor_seconds
    from exigible.operations.acts import By
    from exigible.operations.imports import receive_file, run_import
    from exigible.store.models import Creditor

    creditor = Creditor.objects.get()
    at = datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = int(cursor.fetchone()[0])
    start, own, theirs = time.perf_counter(), time.process_time(), processor_seconds(backend)
    with path.open("rb") as content:
        batch = receive_file(content, name=name, creditor=creditor, by=By.job("bench"), at=at)
    report = run_import(batch.pk, at=at, progress=lambda phase, done, total: None)
    assert report.accepted, report.error
    return (
        time.perf_counter() - start,
        time.process_time() - own,
        processor_seconds(backend) - theirs,
        report.written,
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("sizes", nargs="*", type=int, default=SIZES)
    arguments.add_argument("--formats", nargs="*", default=list(FORMATS), choices=list(FORMATS))
    given = arguments.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "exigible.settings")
    import django

    django.setup()
    from benchmarks.scratch import scratch_database
    from exigible.store.models import Creditor, CreditorBankAccount

    for size in sorted(given.sizes):
        for format_ in given.formats:
            write, plain = FORMATS[format_]
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / f"releve.{format_}"
                write(path, size)
                parse, _ = _run(plain, path)
                alone, memory = _run(ALONE, path)
                with scratch_database("exigible_bench_bank"):
                    creditor = Creditor.objects.create(name="Mesure SA", siren="123456782")
                    CreditorBankAccount.objects.create(creditor=creditor, iban=IBAN)
                    first, own, theirs, written = bring(path, path.name)
                    with path.open("a", encoding="utf-8") as out:
                        out.write("\n")  # another file, of the same content
                    again, _, _, known = bring(path, f"copie.{format_}")
                assert written["bank_lines"] == size, written
                assert known["bank_lines"] == 0, known
                weight = path.stat().st_size / 1e6
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(
                f"{format_:9} {size:>8,} lines, {weight:5.0f} MB: {first:5.1f} s end to end "
                f"({own:.1f} s of processor here, {theirs:.1f} s in the database), "
                f"{again:5.1f} s again; read alone {alone:5.1f} s in {memory:.0f} MB; plain parse "
                f"{parse:.2f} s; importer at {peak:.0f} MB"
            )


def _run(code: str, path: Path) -> tuple[float, float]:
    said = subprocess.run(
        [sys.executable, "-c", code, str(path)], check=True, capture_output=True, text=True
    ).stdout.split()
    return float(said[0]), float(said[1])


if __name__ == "__main__":
    main()
