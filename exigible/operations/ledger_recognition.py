"""Which lines of a file are known: linked with those of earlier imports, told where they differ.

Nothing known is ever taken away: a line that a file no longer holds is told, to be confirmed.
docs/decisions/0007-ledger-lines.md gives the reasons.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import connection

from exigible.domain.french import count, euros
from exigible.intake.fec_report import FecReport, opening_day
from exigible.store.models import Creditor, ImportBatch

MISSING_LISTED = 100
RENUMBERED_AT_LEAST = 20


class Recognition:
    """The staged lines of a file, compared with those of its creditor."""

    def __init__(self, batch: ImportBatch, creditor: Creditor, read: FecReport) -> None:
        self.batch = batch
        self.creditor = creditor
        self.read = read
        self.changed: set[int] = set()  # accounts whose known lines changed
        self.has_history = False
        self.new_lines = 0
        # What the file covers: its creditor, its year.
        self.coverage: dict[str, Any] = {"creditor": creditor.pk, "closing": read.closing_on}

    def run(self) -> None:
        """Link staged lines with those already there; take what changed in their lettering."""
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT EXISTS (SELECT 1 FROM store_ledgerline
                                   WHERE creditor_id = %s AND withdrawn_at IS NULL)""",
                [self.creditor.pk],
            )
            self.has_history = bool(cursor.fetchone()[0])
            if self.has_history:
                cursor.execute(
                    """UPDATE ledger_stage s SET known = k.id FROM store_ledgerline k
                        WHERE k.creditor_id = %s AND k.identity = s.identity AND k.rank = s.rank
                          AND k.withdrawn_at IS NULL""",
                    [self.creditor.pk],
                )
                self._recognise_rewritten(cursor)
                self._warn_missing(cursor)
                self._take_lettering(cursor)
                self._settle_years(cursor)
                self._replace_openings(cursor)
            cursor.execute("SELECT count(*) FROM ledger_stage WHERE known IS NULL")
            self.new_lines = int(cursor.fetchone()[0])

    def _recognise_rewritten(self, cursor: Any) -> None:
        """Recognise lines that an export renumbered: the same but for EcritureNum and the texts.

        Only where nearly all the lines that the file lacks have such a twin in it: a whole export
        was renumbered. A few twins may be different operations, and stay different lines.
        """
        cursor.execute(
            f"""CREATE TEMP TABLE ledger_twin ON COMMIT DROP AS
                WITH gone AS (SELECT k.id, {_TWIN_FIELDS}, row_number() OVER (
                                PARTITION BY {_TWIN_FIELDS} ORDER BY k.id) AS twin
                                FROM ({_MISSING}) k),
                     come AS (SELECT line, {_TWIN_FIELDS}, row_number() OVER (
                                PARTITION BY {_TWIN_FIELDS} ORDER BY line) AS twin
                                FROM ledger_stage WHERE known IS NULL)
                SELECT gone.id, come.line FROM gone JOIN come
                 USING (journal, entry_date, ledger_account, auxiliary, piece_ref, debit_cents,
                        credit_cents, twin)""",
            self.coverage,
        )
        cursor.execute(f"SELECT count(*) FROM ({_MISSING}) k", self.coverage)
        [missing] = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM ledger_twin")
        [twins] = cursor.fetchone()
        if twins >= RENUMBERED_AT_LEAST and twins * 10 >= missing * 9:
            self._note(
                cursor,
                "ledger_twin t JOIN store_ledgerline k ON k.id = t.id"
                " JOIN ledger_stage s ON s.line = t.line",
                identity=("encode(k.identity, 'hex')", "encode(s.identity, 'hex')"),
                rank=("k.rank", "s.rank"),
                entry_num=("k.entry_num", "s.entry_num"),
                label=("k.label", "s.label"),
            )
            cursor.execute(
                """UPDATE store_ledgerline k SET identity = s.identity, rank = s.rank,
                          entry_num = s.entry_num, label = s.label
                     FROM ledger_twin t JOIN ledger_stage s ON s.line = t.line
                    WHERE k.id = t.id"""
            )
            cursor.execute(
                """UPDATE ledger_stage s SET known = t.id FROM ledger_twin t
                    WHERE s.line = t.line"""
            )
            self.read.problems.add(
                "renumbered",
                f"{count(twins, 'ligne déjà importée', 'lignes déjà importées')} : le logiciel les a "
                "renumérotées. Elles sont reconnues à leur journal, leur date, leur pièce et leur "
                "montant, et ne comptent pas deux fois.",
                blocking=False,
            )
        cursor.execute("DROP TABLE ledger_twin")

    def _warn_missing(self, cursor: Any) -> None:
        """Tell which known lines of the period the file no longer holds; nothing is taken away."""
        cursor.execute(
            f"""SELECT k.journal, k.entry_num, k.entry_date, k.number, k.label,
                       k.debit_cents - k.credit_cents, count(*) OVER ()
                  FROM ({_MISSING}) k WHERE NOT k.is_opening ORDER BY k.entry_date, k.id LIMIT %(listed)s""",
            {**self.coverage, "listed": MISSING_LISTED},
        )
        for journal_code, entry_num, day, number, label, cents, total in cursor.fetchall():
            self.read.problems.add(
                "missing_line",
                f"Compte {number} : la ligne « {label} » du {day:%d/%m/%Y} ({euros(cents)}, journal "
                f"{journal_code}, écriture {entry_num or 'sans numéro'}), importée auparavant, n’est "
                f"plus dans ce fichier. Elle reste en compte, à confirmer "
                f"({count(total, 'ligne', 'lignes')} dans ce cas).",
                blocking=False,
            )

    def _take_lettering(self, cursor: Any) -> None:
        """Bring the lettering of known lines up to date, unless the file is older than they are."""
        cursor.execute(
            """SELECT max(summary->'period'->>'to') FROM store_importbatch
                WHERE creditor_id = %s AND financial_year_end = %s AND format = 'fec'
                  AND status IN ('done', 'unchanged') AND id <> %s""",
            [self.creditor.pk, self.read.closing_on, self.batch.pk],
        )
        [latest] = cursor.fetchone()
        older = bool(
            latest and self.read.last_on and self.read.last_on < date.fromisoformat(latest)
        )
        changed = f"""k.id = s.known
                  AND (k.lettering, k.lettered_on) IS DISTINCT FROM (s.lettering, s.lettered_on)
                  AND (NOT {older} OR (k.lettering = '' AND s.lettering <> ''))"""
        self._note(
            cursor,
            f"store_ledgerline k JOIN ledger_stage s ON {changed}",
            lettering=("k.lettering", "s.lettering"),
            lettered_on=("k.lettered_on", "s.lettered_on"),
        )
        cursor.execute(
            f"""UPDATE store_ledgerline k SET lettering = s.lettering, lettered_on = s.lettered_on
                  FROM ledger_stage s WHERE {changed}
             RETURNING k.account_id"""
        )
        self.changed.update(row[0] for row in cursor.fetchall())

    def _settle_years(self, cursor: Any) -> None:
        """Give their true year to lines that an export made during the year had misplaced."""
        opened = opening_day(self.read)
        if opened is None:
            return
        misplaced = """k.creditor_id = %(creditor)s
                  AND k.entry_date BETWEEN %(opened)s AND %(closing)s
                  AND k.financial_year_end <> %(closing)s AND k.financial_year_end > %(opened)s
                  AND NOT k.is_opening AND k.withdrawn_at IS NULL"""
        self._note(
            cursor,
            f"store_ledgerline k WHERE {misplaced}",
            {"opened": opened},
            financial_year_end=("k.financial_year_end", "%(closing)s::date"),
        )
        cursor.execute(
            f"""UPDATE store_ledgerline k SET financial_year_end = %(closing)s
                 WHERE {misplaced} RETURNING k.account_id""",
            {**self.coverage, "opened": opened},
        )
        self.changed.update(row[0] for row in cursor.fetchall())

    def _replace_openings(self, cursor: Any) -> None:
        """Let newer *à-nouveaux* of an account take the place of provisional ones.

        An account's *à-nouveaux* of a year are those of the last batch that brought a new one: the
        known ones that the file still holds are carried to its batch.
        """
        carried = """k.id = s.known AND k.is_opening AND k.financial_year_end = %(closing)s
                  AND EXISTS (SELECT 1 FROM ledger_stage n
                               WHERE n.known IS NULL AND n.opening > 0 AND n.number = s.number
                                 AND n.ledger_account = s.ledger_account)"""
        self._note(
            cursor,
            f"store_ledgerline k JOIN ledger_stage s ON {carried}",
            batch_id=("k.batch_id", "%(batch)s::bigint"),
        )
        cursor.execute(
            f"UPDATE store_ledgerline k SET batch_id = %(batch)s FROM ledger_stage s WHERE {carried}",
            {**self.coverage, "batch": self.batch.pk},
        )

    def _note(
        self,
        cursor: Any,
        lines: str,
        parameters: Mapping[str, Any] | None = None,
        **fields: tuple[str, str],
    ) -> None:
        """Note what known lines are about to become, so that the import can be taken back.

        `lines` says which (their alias is k); `fields` gives each column as it is and as it will be.
        """
        before, after = (
            ", ".join(f"'{name}', {sides[side]}" for name, sides in fields.items())
            for side in (0, 1)
        )
        cursor.execute(
            f"""INSERT INTO store_importedfact (batch_id, account_id, what, object_id, before, after)
                SELECT %(batch)s, k.account_id, 'ledger_line', k.id,
                       jsonb_build_object({before}), jsonb_build_object({after})
                  FROM {lines}""",
            {**self.coverage, "batch": self.batch.pk, **(parameters or {})},
        )


# Known lines that a file should hold, were it to hold all its journals' lines of its days.
_MISSING = """
    SELECT k.*, a.number FROM store_ledgerline k
      JOIN store_account a ON a.id = k.account_id
      JOIN (SELECT journal, min(entry_date) AS first, max(entry_date) AS last
              FROM ledger_stage GROUP BY journal) j
        ON j.journal = k.journal AND k.entry_date BETWEEN j.first AND j.last
     WHERE k.creditor_id = %(creditor)s AND k.financial_year_end = %(closing)s
       AND k.withdrawn_at IS NULL
       AND NOT EXISTS (SELECT 1 FROM ledger_stage s WHERE s.known = k.id)
"""
_TWIN_FIELDS = (
    "journal, entry_date, ledger_account, auxiliary, piece_ref, debit_cents, credit_cents"
)
