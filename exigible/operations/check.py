"""Reading everything again: copies against facts, chains, seals, documents, ledger totals.

What the database refuses is not enough: a disk lies, a restored table misses a row, someone with a
superuser's password edits one. Each rule below is a query that returns what breaks it, run over
whole tables at once; the journal and the documents are streamed. Nothing is repaired: a finding
says what is wrong and where, a person decides.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import connections, transaction

from exigible.domain.french import day as french_day
from exigible.domain.french import euros, grouped
from exigible.domain.law import Law
from exigible.domain.law.status import missing_on
from exigible.operations.check_bank import BANK_RULES, missing_statements
from exigible.operations.documents import documents_folder
from exigible.operations.journal import GENESIS, HEADS, heads_digest, line_hash, seal_hash
from exigible.operations.law import current_law
from exigible.store.queries.ledger_totals import DIFFERENCES as LEDGER_DIFFERENCES

Progress = Callable[[str, int, int], None]  # phase in French, done, total (0 when unknown)

SHOWN = 50  # findings kept for each rule; the others are counted
_JUST_WRITTEN = timedelta(hours=1)  # a file whose transaction may still be open is no orphan
_BLOCK = 5_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong. `rule` is stable, for programs; `subject` is "claim:12", "document:ab…"."""

    rule: str
    message: str
    subject: str


@dataclass(slots=True)
class Report:
    """What was read again and what was found. `counts` are lines read, by rule."""

    findings: list[Finding] = field(default_factory=list)
    found: dict[str, int] = field(default_factory=dict)  # by rule, beyond those kept
    counts: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    orphans: list[Path] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(self.found.values())

    def add(self, rule: str, message: str, subject: str, *, count: int = 1) -> None:
        self.found[rule] = self.found.get(rule, 0) + count
        if self.found[rule] <= SHOWN or not any(one.rule == rule for one in self.findings):
            self.findings.append(Finding(rule, message, subject))


def check_everything(
    *,
    at: datetime,
    on: date,
    folder: Path | None = None,
    using: str = "default",
    law: Law | None = None,
    progress: Progress | None = None,
) -> Report:
    """Check the whole database `using` and the documents in `folder` (the product's own if None).

    Reads one consistent state of the database, without blocking anyone. A parameter of the law
    that is not known on `on` is a warning, not a finding.
    """
    tell = progress or (lambda phase, done, total: None)
    report = Report()
    with _one_state(using):
        for number, rule in enumerate(RULES):
            tell("Comptes, créances et règlements", number, len(RULES))
            _apply(rule, report, using)
        report.warnings += missing_statements(using)
        _check_journal(report, using, tell)
        _check_seals(report, using)
        _check_documents(report, using, folder or documents_folder(), at, tell)
    report.warnings += law_warnings(law or current_law(using), on)
    return report


def law_warnings(law: Law, on: date) -> list[str]:
    """Return a sentence for each parameter of the law in force that is not known on a day."""
    return missing_on(law, on)


def set_orphans_aside(orphans: list[Path], *, folder: Path, at: datetime) -> Path | None:
    """Move files that no row names out of the documents, into a dated folder beside them."""
    if not orphans:
        return None
    aside = folder.with_name(f"{folder.name}-orphelins-{at:%Y%m%dT%H%M%S}")
    aside.mkdir(mode=0o700)
    for path in orphans:
        shutil.move(path, aside / "".join(path.relative_to(folder).parts))
    return aside


@contextmanager
def _one_state(using: str) -> Iterator[None]:
    """Every query sees the same moment, however long the check lasts."""
    outermost = not connections[using].in_atomic_block
    with transaction.atomic(using=using):
        if outermost:
            with connections[using].cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


# Rules in SQL.


@dataclass(frozen=True, slots=True)
class Rule:
    """A query that returns the rows breaking a rule: (id, what is written, what should be, …)."""

    name: str
    counted: str  # the table whose rows are covered
    broken: str
    words: Callable[[tuple[Any, ...]], tuple[str, str]]  # message, subject


RULES: tuple[Rule, ...] = (
    Rule(
        "merged_debtor",
        "store_debtor",
        """
        SELECT d.id, d.name, EXISTS (SELECT 1 FROM store_account a WHERE a.debtor_id = d.id)
          FROM store_debtor d
          LEFT JOIN store_debtormerge m ON m.merged_id = d.id AND m.undone_at IS NULL
         WHERE d.merged_into_id IS DISTINCT FROM m.kept_id
            OR (m.id IS NOT NULL
                AND EXISTS (SELECT 1 FROM store_account a WHERE a.debtor_id = d.id))
        """,
        lambda row: (
            f"Débiteur {row[0]} ({row[1]}) : "
            + (
                "réuni avec un autre, il porte encore des comptes."
                if row[2]
                else "il ne désigne pas celui avec lequel il est réuni."
            ),
            f"debtor:{row[0]}",
        ),
    ),
    Rule(
        "claim_balance",
        "store_claim",
        """
        SELECT c.id, c.ref, c.balance_cents, coalesce(e.total, 0)
          FROM store_claim c
          LEFT JOIN (SELECT claim_id, sum(amount_cents) AS total FROM store_entry GROUP BY claim_id) e
            ON e.claim_id = c.id
         WHERE c.balance_cents <> coalesce(e.total, 0)
        """,
        lambda row: (
            f"Créance {row[0]} ({row[1] or 'sans numéro'}) : solde {euros(row[2])}, alors que ses "
            f"écritures font {euros(row[3])}.",
            f"claim:{row[0]}",
        ),
    ),
    Rule(
        "payment_allocated",
        "store_payment",
        """
        SELECT p.id, p.allocated_cents, coalesce(a.total, 0)
          FROM store_payment p
          LEFT JOIN (SELECT payment_id, sum(amount_cents) AS total
                       FROM store_allocation GROUP BY payment_id) a ON a.payment_id = p.id
         WHERE p.allocated_cents <> coalesce(a.total, 0)
        """,
        lambda row: (
            f"Règlement {row[0]} : part affectée {euros(row[1])}, alors que ses affectations font "
            f"{euros(row[2])}.",
            f"payment:{row[0]}",
        ),
    ),
    Rule(
        "payment_exceeded",
        "store_payment",
        """
        SELECT p.id, p.amount_cents, a.total
          FROM store_payment p
          JOIN (SELECT payment_id, sum(amount_cents) AS total
                  FROM store_allocation GROUP BY payment_id) a ON a.payment_id = p.id
         WHERE a.total <> 0 AND (a.total < 0 OR a.total > p.amount_cents)
        """,
        lambda row: (
            f"Règlement {row[0]} de {euros(row[1])} : {euros(row[2])} en sont affectés.",
            f"payment:{row[0]}",
        ),
    ),
    Rule(
        "settlement_balance",
        "store_settlement",
        """
        SELECT s.id, coalesce(e.total, 0), coalesce(a.total, 0)
          FROM store_settlement s
          LEFT JOIN (SELECT settlement_id, sum(amount_cents) AS total
                       FROM store_entry
                      WHERE settlement_id IS NOT NULL
                        AND NOT (component <> 'principal'
                                 AND (kind = 'accessory' OR (kind = 'reversal' AND amount_cents < 0)))
                      GROUP BY settlement_id) e
            ON e.settlement_id = s.id
          LEFT JOIN (SELECT settlement_id, sum(amount_cents) AS total
                       FROM store_allocation GROUP BY settlement_id) a ON a.settlement_id = s.id
         WHERE coalesce(e.total, 0) <> -coalesce(a.total, 0)
        """,
        lambda row: (
            f"Affectation {row[0]} : les créances bougent de {euros(row[1])} et les règlements de "
            f"{euros(row[2])} ; les deux doivent s’annuler.",
            f"settlement:{row[0]}",
        ),
    ),
    Rule(
        "accessories_on_top",
        "store_settlement",
        """
        SELECT e.settlement_id, c.ref, sum(e.amount_cents)
          FROM store_entry e JOIN store_claim c ON c.id = e.claim_id
         WHERE e.component <> 'principal'
         GROUP BY e.settlement_id, e.claim_id, e.component, c.ref HAVING sum(e.amount_cents) <> 0
        """,
        lambda row: (
            f"Affectation {row[0]} ({row[1] or 'sans numéro'}) : des accessoires payés changent le reste "
            f"dû de {euros(row[2])} ; ils ne doivent rien y changer.",
            f"settlement:{row[0]}",
        ),
    ),
    Rule(
        "entry_links",
        "store_entry",
        """
        SELECT e.id, e.account_id
          FROM store_entry e
          LEFT JOIN store_claim c ON c.id = e.claim_id
          LEFT JOIN store_settlement s ON s.id = e.settlement_id
         WHERE c.account_id IS DISTINCT FROM e.account_id
            OR (e.settlement_id IS NOT NULL AND s.account_id IS DISTINCT FROM e.account_id)
        """,
        lambda row: (
            f"Écriture {row[0]} du compte {row[1]} : sa créance ou son affectation manque, ou est "
            "d’un autre compte.",
            f"entry:{row[0]}",
        ),
    ),
    Rule(
        "allocation_links",
        "store_allocation",
        """
        SELECT a.id, a.account_id
          FROM store_allocation a
          LEFT JOIN store_payment p ON p.id = a.payment_id
          LEFT JOIN store_settlement s ON s.id = a.settlement_id
          LEFT JOIN store_claim c ON c.id = a.claim_id
         WHERE p.account_id IS DISTINCT FROM a.account_id
            OR s.account_id IS DISTINCT FROM a.account_id
            OR (a.claim_id IS NOT NULL AND c.account_id IS DISTINCT FROM a.account_id)
        """,
        lambda row: (
            f"Affectation de règlement {row[0]} du compte {row[1]} : son règlement, son lettrage ou "
            "sa créance manque, ou est d’un autre compte.",
            f"allocation:{row[0]}",
        ),
    ),
    Rule(
        "entry_reversal",
        "store_entry",
        """
        SELECT r.id, o.id, o.amount_cents, r.amount_cents
          FROM store_entry r LEFT JOIN store_entry o ON o.id = r.reverses_id
         WHERE r.reverses_id IS NOT NULL
           AND (o.id IS NULL OR r.amount_cents <> -o.amount_cents OR r.claim_id <> o.claim_id
                OR r.component <> o.component)
        """,
        lambda row: (
            f"Écriture {row[0]} : elle ne contrepasse pas exactement l’écriture {row[1]}.",
            f"entry:{row[0]}",
        ),
    ),
    Rule(
        "payment_reversal",
        "store_payment",
        """
        SELECT r.id, o.id
          FROM store_payment r LEFT JOIN store_payment o ON o.id = r.reverses_id
         WHERE r.reverses_id IS NOT NULL
           AND (o.id IS NULL OR r.amount_cents <> -o.amount_cents OR r.account_id <> o.account_id)
        """,
        lambda row: (
            f"Règlement {row[0]} : il ne contrepasse pas exactement le règlement {row[1]}.",
            f"payment:{row[0]}",
        ),
    ),
    Rule(
        "account_portfolio",
        "store_account",
        """
        SELECT a.id, a.number
          FROM store_account a LEFT JOIN store_portfolio p ON p.id = a.portfolio_id
         WHERE p.creditor_id IS DISTINCT FROM a.creditor_id
        """,
        lambda row: (
            f"Compte {row[1]} : son portefeuille est celui d’un autre créancier.",
            f"account:{row[0]}",
        ),
    ),
    Rule(
        "ledger_line_links",
        "store_ledgerline",
        """
        SELECT l.id, l.line, l.batch_id
          FROM store_ledgerline l
          LEFT JOIN store_account a ON a.id = l.account_id
          LEFT JOIN store_importbatch b ON b.id = l.batch_id
          LEFT JOIN store_claim c ON c.id = l.claim_id
          LEFT JOIN store_payment p ON p.id = l.payment_id
         WHERE a.creditor_id IS DISTINCT FROM l.creditor_id OR b.id IS NULL
            OR (l.claim_id IS NOT NULL AND c.account_id IS DISTINCT FROM l.account_id)
            OR (l.payment_id IS NOT NULL AND p.account_id IS DISTINCT FROM l.account_id)
        """,
        lambda row: (
            f"Ligne {row[1]} de l’import {row[2]} : son compte, sa créance ou son règlement manque, "
            "ou est d’un autre créancier.",
            f"ledger_line:{row[0]}",
        ),
    ),
    # What the ledger says of a customer equals what imports made of it.
    Rule(
        "ledger_total",
        "store_account",
        f"""
        SELECT a.id, a.number, d.place, d.ledger, d.facts
          FROM ({LEDGER_DIFFERENCES.format(scope="true")}) d
          JOIN store_account a ON a.id = d.account_id
        """,
        lambda row: (
            f"Compte {row[1]}, {row[2]} : la comptabilité importée fait {euros(row[3])}, les "
            f"créances et règlements qui en viennent {euros(row[4])}.",
            f"account:{row[0]}",
        ),
    ),
    *(Rule(*rule) for rule in BANK_RULES),
)


def _apply(rule: Rule, report: Report, using: str) -> None:
    with connections[using].cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {rule.counted}")
        report.counts[rule.name] = int(cursor.fetchone()[0])
        cursor.execute(
            f"SELECT *, count(*) OVER () FROM ({rule.broken}) AS broken ORDER BY 1 LIMIT %s",
            [SHOWN],
        )
        # sum() of whole cents comes back as a Decimal without decimals.
        rows = [
            tuple(int(value) if isinstance(value, Decimal) else value for value in row)
            for row in cursor.fetchall()
        ]
    for row in rows:
        message, subject = rule.words(row)
        report.add(rule.name, message, subject)
    if rows:
        report.found[rule.name] = int(rows[0][-1])


# The journal.


def _check_journal(report: Report, using: str, tell: Progress) -> None:
    """Walk every chain in order, recomputing each hash from the content and the hash before."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM store_journalentry")
        total = int(cursor.fetchone()[0])
    report.counts["journal"] = total
    chain, seq, previous = -1, 0, GENESIS
    rows = _stream(
        using,
        """SELECT coalesce(account_id, 0), seq, at, actor, action, subject, facts::text,
                  previous_hash, hash
             FROM store_journalentry ORDER BY account_id NULLS FIRST, seq""",
    )
    for number, row in enumerate(rows):
        if number % _BLOCK == 0:
            tell("Journal", number, total)
        if row[0] != chain:
            chain, seq, previous = row[0], 0, GENESIS
        where = f"Journal du compte {chain}" if chain else "Journal de la maison"
        subject = f"journal:{chain}:{row[1]}"
        if row[1] != seq + 1:
            report.add(
                "journal_missing",
                f"{where} : il manque ce qui précède la ligne {row[1]} (après la ligne {seq}).",
                subject,
            )
        elif row[7] != previous:
            report.add(
                "journal_chain",
                f"{where}, ligne {row[1]} : elle ne suit pas la précédente.",
                subject,
            )
        expected = line_hash(
            row[7],
            account_id=chain or None,
            seq=row[1],
            at=row[2],
            actor=row[3],
            action=row[4],
            subject=row[5],
            facts=json.loads(row[6]),
        )
        if expected != row[8]:
            report.add(
                "journal_altered", f"{where}, ligne {row[1]} : son contenu a été modifié.", subject
            )
        seq, previous = row[1], row[8]


def _check_seals(report: Report, using: str) -> None:
    """Recompute each day's seal from the heads it covers and the seal before."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            'SELECT "on", last_entry_id, chains, previous_hash, hash FROM store_journalseal'
            ' ORDER BY "on"'
        )
        seals = cursor.fetchall()
        report.counts["journal_seal"] = len(seals)
        after, previous = 0, GENESIS
        for on, last, chains, before, found in seals:
            cursor.execute(HEADS, [after, last])
            count, heads = heads_digest(cursor)
            expected = seal_hash(previous, on=on, last_entry_id=last, chains=count, heads=heads)
            if bytes(before) != previous or bytes(found) != expected or count != chains:
                report.add(
                    "journal_seal",
                    f"Scellé du {french_day(on)} : le journal de ce jour n’est plus celui qui a été "
                    "scellé.",
                    f"seal:{on.isoformat()}",
                )
            after, previous = last, bytes(found)


# Documents.


def _check_documents(
    report: Report, using: str, folder: Path, at: datetime, tell: Progress
) -> None:
    """Merge rows and files, both in the order of their hashes; read every file again."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT sha256) FROM store_storeddocument")
        total = int(cursor.fetchone()[0])
    report.counts["documents"] = total
    rows = _stream(
        using,
        """SELECT sha256, min(name), min(size_bytes), max(size_bytes) FROM store_storeddocument
            GROUP BY sha256 ORDER BY sha256 COLLATE "C" """,
    )
    recent = (at - _JUST_WRITTEN).timestamp()
    files = _files(folder, report, recent)
    known = next(files, None)
    for number, (sha256, name, smallest, largest) in enumerate(rows):
        if number % 100 == 0:
            tell("Documents", number, total)
        while known is not None and known[0] < sha256:
            _orphan(report, known[1], folder, recent)
            known = next(files, None)
        if known is None or known[0] != sha256:
            report.add(
                "document_missing",
                f"Document « {name} » : son fichier {sha256[:2]}/{sha256[2:]} manque.",
                f"document:{sha256}",
            )
            continue
        path, known = known[1], next(files, None)
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            report.add(
                "document_unreadable",
                f"Document « {name} » : son fichier {path} ne se lit pas ({error.strerror}).",
                f"document:{sha256}",
            )
            continue
        size = path.stat().st_size
        if found != sha256 or not smallest == largest == size:
            report.add(
                "document_altered",
                f"Document « {name} » : le contenu de {path} n’est plus celui qui a été gardé.",
                f"document:{sha256}",
            )
    while known is not None:
        _orphan(report, known[1], folder, recent)
        known = next(files, None)


def _files(folder: Path, report: Report, recent: float) -> Iterator[tuple[str, Path]]:
    """Yield (hash, path) in order; what does not bear the name of a document is an orphan."""
    if not folder.is_dir():
        return
    for entry in sorted(os.scandir(folder), key=lambda found: found.name):
        if not entry.is_dir() or len(entry.name) != 2:
            _orphan(report, Path(entry.path), folder, recent)
            continue
        for file in sorted(os.scandir(entry.path), key=lambda found: found.name):
            yield entry.name + file.name, Path(file.path)


def _orphan(report: Report, path: Path, folder: Path, recent: float) -> None:
    try:
        if path.stat().st_mtime > recent:
            return
    except FileNotFoundError:  # a draft, given its name meanwhile
        return
    report.orphans.append(path)
    report.add(
        "document_orphan",
        f"Fichier {path} : aucun document ne le connaît.",
        f"file:{path.relative_to(folder)}",
    )


def _stream(using: str, query: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a query without holding them all (a server-side cursor)."""
    with connections[using].chunked_cursor() as cursor:
        cursor.execute(query)
        while rows := cursor.fetchmany(_BLOCK):
            yield from rows


def summary(report: Report) -> list[str]:
    """Word what was read again, for a person."""
    read = sum(report.counts.values())
    if not report.total:
        return [f"{grouped(read)} lignes et fichiers relus : tout concorde."]
    return [f"{grouped(read)} lignes et fichiers relus, {grouped(report.total)} anomalies."]
