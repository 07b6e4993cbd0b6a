"""Reading a FEC (*fichier des écritures comptables*): bytes in, lines of third-party accounts out.

Article A47 A-1 of the *Livre des procédures fiscales* names eighteen columns; the wild adds and
drops some, changes separator, encoding, line ends and the writing of amounts. Everything here is a
stream: a file of any size is read in the same memory but for the entries still open and one total
for each customer account.

An entry is JournalCode and EcritureNum, without the date, and must balance. Software that numbers
nothing (EcritureNum 0 everywhere) makes one entry of a whole journal: it balances too, and each
return to zero on the way closes what is called here a *unit*: the smallest balanced run of lines,
which says what stood against each customer line (sales, bank, something else).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date

from exigible.domain.french import euros
from exigible.domain.text_keys import name_key, ref_key
from exigible.intake.cells import Illegible, read_cents, read_day
from exigible.intake.fec_columns import (
    COLUMNS,
    FIELD_NAMES,
    INFORMATIVE,
    MAX_FIELD,
    REQUIRED,
    guilty_field,
    repaired,
    too_long,
    understand_header,
    unquoted,
)
from exigible.intake.fec_report import (
    AccountTotals,
    FecReport,
    Opening,
    Posting,
    check_name,
    read_name,
)
from exigible.intake.ledger_text import Opener, TextShape, look_at, numbered_lines, unreadable
from exigible.intake.problems import Problems

FORMAT = "fec"
SENSES = {
    **dict.fromkeys(("d", "+1", "+", "1", "debit", "debiteur"), 1),
    **dict.fromkeys(("c", "-1", "-", "credit", "crediteur"), -1),
}
MAX_TOTAL = 10**17  # cents: a quadrillion euros, and every sum stays within 64 bits
STOP_AFTER = 200  # unreadable lines after which a file is not worth reading on
CACHED = 100_000
# Customers (retenues de garantie, 4117, among them), bills, doubtful ones, advances received; 417 is
# work that cannot be invoiced yet.
DEFAULT_PREFIXES = ("411", "413", "416", "4191")
NOT_INVOICED = "418"  # factures à établir: no claim yet, whatever the prefixes followed

# What an account is, for telling sales from receipts: one bit each.
MONEY, SALE, THIRD_PARTY, OTHER = 1, 2, 4, 8
SALES = ("70", "71", "72", "73", "74", "751", "752", "753", "754", "756")  # rents, dues included

_OPENING_CODES = frozenset({"an", "ran", "ano", "anv", "anx", "aan", "anc", "rn", "raz", "nouv"})
_MAYBE_OPENING_CODES = frozenset({"ad", "ao", "ou", "ouv", "rep"})
_OPENING_WORDS = re.compile(
    r"\ba[ -]?nouveaux?\b|\breports?\b|\bouverture\b|\bran\b|\bsoldes? d ?ouverture\b"
)
_OPENING_LABEL = re.compile(
    r"(?:(?:soldes?|reports?) )?[aà][ -]?nouveaux?\b|solde d.?ouverture|r\.?a\.?n\.?(?:\s|$)",
    re.IGNORECASE,
).match


class FecFile:
    """A FEC ready to be read: its encoding, separator and columns are known.

    `opened` opens the bytes anew each time; `name` is the file's name as it came. Raise Unreadable
    for a file that has no lines to read: empty, binary, without the columns.
    """

    def __init__(
        self,
        opened: Opener,
        name: str,
        *,
        prefixes: Sequence[str] = DEFAULT_PREFIXES,
        partial: bool = False,
        on_bytes: Callable[[int], None] | None = None,
    ) -> None:
        self._opened = opened
        self._followed = tuple(prefixes)
        self._on_bytes = on_bytes
        shape = look_at(opened)
        problems = Problems(partial=partial)
        siren, closing = read_name(name)
        self._header_line, header = self._first_line(shape)
        self._delimiter, self._places = understand_header(header)
        self._width = len(header.rstrip("\r\n").split(self._delimiter))
        self.report = FecReport(
            name=name,
            shape=shape,
            delimiter=self._delimiter,
            columns=tuple(self._places),
            problems=problems,
            name_siren=siren,
            name_closing=closing,
        )
        if shape.broken:
            problems.add(
                "broken_characters",
                f"{shape.broken} octets ne sont pas de l’encodage {shape.label} ; ils sont "
                "remplacés par « \ufffd » dans les libellés.",
                blocking=False,
            )
        for absent in ("CompAuxNum", "PieceRef", "EcritureLib", "EcritureLet"):
            if absent not in self._places:
                problems.add(
                    "missing_column",
                    f"La colonne {absent} manque : ce qu’elle dit d’habitude restera inconnu.",
                    line=self._header_line,
                    field=absent,
                    blocking=False,
                )

    def _first_line(self, shape: TextShape) -> tuple[int, str]:
        for number, lines in numbered_lines(self._opened, shape.encoding):
            for offset, line in enumerate(lines):
                if line.strip():
                    return number + offset, line
        raise unreadable("empty_file", "Ce fichier est vide.")

    def postings(self) -> Iterator[Posting]:
        """Yield the lines of followed accounts; afterwards `report` is complete.

        Every line of the file is checked (columns, dates, amounts, balance of its entry). Reading
        stops early when most of it makes no sense. Raise Unreadable for an endless line.
        """
        report, problems = self.report, self.report.problems
        yield from self._read()
        if not report.entries:
            raise unreadable(
                "no_lines", "Ce fichier n’a que sa ligne d’en-tête : aucune écriture à lire."
            )
        if report.debit_cents > MAX_TOTAL or report.credit_cents > MAX_TOTAL:
            problems.add(
                "amount_too_large", "Le total du fichier dépasse ce qui est possible.", fatal=True
            )
        check_name(report)

    def _read(self) -> Iterator[Posting]:
        report, problems = self.report, self.report.problems
        places, width, delimiter = self._places, self._width, self._delimiter
        at = places.__getitem__
        i_journal, i_num, i_date, i_account = (at(name) for name in REQUIRED)
        optional = {name: places.get(name, -1) for name in COLUMNS}
        i_label = optional["EcritureLib"]
        i_aux, i_aux_label = optional["CompAuxNum"], optional["CompAuxLib"]
        i_letter = optional["EcritureLet"]
        i_other_dates = [
            places[name] for name in ("PieceDate", "DateLet", "ValidDate") if name in places
        ]
        split = "Montant" in places
        i_debit, i_credit = (at("Montant"), at("Sens")) if split else (at("Debit"), at("Credit"))
        shortest = 1 + max(place for name, place in places.items() if name not in INFORMATIVE)
        masks, journal_masks = report.unit_masks, report.journal_masks
        units: dict[tuple[str, str], list[int]] = {}  # balance, debit, line, unit
        days: dict[str, date | None] = {}
        cents: dict[str, int] = {}
        kinds: dict[str, tuple[str, int, bool]] = {}
        journals: dict[str, tuple[str, bool]] = {}
        opening_days: set[date] = set()
        ordinary_days: set[date] = set()
        debits = credits = 0
        totals = report.accounts
        unreadable_lines = 0
        bytes_told = 0

        def text(fields: Sequence[str], name: str) -> str:
            place = optional[name]
            return fields[place].strip() if place >= 0 else ""

        for first, lines in numbered_lines(self._opened, report.shape.encoding):
            if self._on_bytes:
                bytes_told += sum(map(len, lines)) + len(lines)
                self._on_bytes(bytes_told)
            number = first - 1
            for line in lines:
                number += 1
                if number <= self._header_line:
                    continue
                fields: Sequence[str] = line.split(delimiter)
                if len(fields) != width:
                    if not line.strip():
                        continue
                    fields = repaired(line, fields, delimiter, shortest, width, problems, number)
                    if not fields:
                        unreadable_lines += 1
                        report.entries += 1
                        if unreadable_lines >= STOP_AFTER:
                            _stop(problems, number)
                            return
                        continue
                elif '"' in line:
                    fields = unquoted(fields)
                report.entries += 1
                try:
                    raw = fields[i_date]
                    try:
                        on = days[raw]
                    except KeyError:
                        on = _remember(days, raw, read_day(raw))
                    if on is None:
                        raise Illegible("wrong_date", "la date manque")
                    raw_account = fields[i_account]
                    try:
                        account, mask, followed = kinds[raw_account]
                    except KeyError:
                        account, mask, followed = self._kind(raw_account)
                        if len(kinds) < CACHED:
                            kinds[raw_account] = account, mask, followed
                    if not account:
                        raise Illegible("missing_account", "le numéro manque")
                    if len(line) > MAX_FIELD and too_long(fields, places):
                        raise Illegible("field_too_long", "ce texte est trop long")
                    raw = fields[i_debit]
                    try:
                        debit = cents[raw]
                    except KeyError:
                        debit = _remember(cents, raw, read_cents(raw))
                    raw = fields[i_credit]
                    if split:
                        sense = SENSES.get(ref_sense(raw))
                        if sense is None:
                            raise Illegible(
                                "wrong_sense", f"« {raw.strip()[:20]} » n’est ni D ni C"
                            )
                        debit, credit = (debit, 0) if sense > 0 else (0, debit)
                    else:
                        try:
                            credit = cents[raw]
                        except KeyError:
                            credit = _remember(cents, raw, read_cents(raw))
                    for place in i_other_dates:
                        raw = fields[place]
                        if raw not in days:
                            _remember(days, raw, read_day(raw))
                except Illegible as error:
                    unreadable_lines += 1
                    self._note(error, fields, number, line)
                    if unreadable_lines >= STOP_AFTER:
                        _stop(problems, number)
                        return
                    continue

                debits += debit
                credits += credit
                raw = fields[i_journal]
                try:
                    journal, opening = journals[raw]
                except KeyError:
                    journal, opening = journals[raw] = self._journal(
                        raw, text(fields, "JournalLib")
                    )
                (opening_days if opening else ordinary_days).add(on)
                key = (journal, fields[i_num].strip())
                unit = units.get(key)
                if unit is None:
                    unit = units[key] = [0, 0, number, len(masks)]
                    masks.append(0)
                unit[0] += debit - credit
                unit[1] += debit
                if mask:
                    masks[unit[3]] |= mask
                if not unit[0]:
                    del units[key]
                    journal_masks[journal, masks[unit[3]]] += 1
                if not followed:
                    continue

                auxiliary = fields[i_aux].strip() if i_aux >= 0 else ""
                label = fields[i_label].strip() if i_label >= 0 else ""
                letter = fields[i_letter].strip() if i_letter >= 0 else ""
                total = totals.get((account, auxiliary))
                if total is None:
                    shown = fields[i_aux_label].strip() if i_aux_label >= 0 else ""
                    total = totals[account, auxiliary] = AccountTotals(
                        shown if auxiliary else text(fields, "CompteLib")
                    )
                total.debit_cents += debit
                total.credit_cents += credit
                report.followed_lines += 1
                if letter:
                    report.lettered_lines += 1
                    if account.startswith("411"):
                        report.lettered_groups.add((account, auxiliary, letter))
                net_debit, net_credit = net(debit, credit)
                yield Posting(
                    number,
                    unit[3],
                    journal,
                    key[1],
                    on,
                    account,
                    auxiliary,
                    text(fields, "PieceRef"),
                    days.get(fields[optional["PieceDate"]]) if "PieceDate" in places else None,
                    label,
                    net_debit,
                    net_credit,
                    letter,
                    days.get(fields[optional["DateLet"]]) if "DateLet" in places else None,
                    Opening.BY_JOURNAL
                    if opening
                    else Opening.BY_LABEL
                    if _OPENING_LABEL(label)
                    else Opening.NO,
                    text(fields, "Montantdevise"),
                    text(fields, "Idevise"),
                )
            report.debit_cents, report.credit_cents = debits, credits
        report.opening_days = opening_days
        if ordinary_days:
            report.first_on, report.last_on = min(ordinary_days), max(ordinary_days)
        _check_balance(units, problems)

    def _journal(self, raw: str, label: str) -> tuple[str, bool]:
        """Return the code of a journal and whether it holds *à-nouveaux*, at its first line."""
        code = raw.strip()
        self.report.journal_labels.setdefault(code, label)
        return code, is_opening_journal(code, label)

    def _kind(self, raw: str) -> tuple[str, int, bool]:
        """Return an account number, what it is, and whether it is followed."""
        account = raw.strip().strip('"').strip()
        if account.startswith("5"):
            mask = MONEY
        elif account.startswith(SALES):
            mask = SALE
        elif account.startswith("41"):
            mask = THIRD_PARTY
        elif account.startswith("445"):
            mask = 0  # VAT goes with anything
        else:
            mask = OTHER
        followed = account.startswith(self._followed) and not account.startswith(NOT_INVOICED)
        return account, mask, followed

    def _note(self, error: Illegible, fields: Sequence[str], number: int, line: str) -> None:
        """Note what cannot be read, at the field it stands in."""
        name = guilty_field(error, fields, self._places)
        self.report.problems.add(
            error.code,
            f"Ligne {number}, {FIELD_NAMES.get(name, name)} : {error}.",
            line=number,
            field=name,
            excerpt=line,
        )


def net(debit: int, credit: int) -> tuple[int, int]:
    """Return debit and credit without signs: a negative debit is a credit, and the reverse."""
    if debit >= 0 and credit >= 0:
        return debit, credit
    return (max(debit, 0) + max(-credit, 0), max(credit, 0) + max(-debit, 0))


def ref_sense(raw: str) -> str:
    return raw.strip().lower().replace("é", "e")


def is_opening_journal(code: str, label: str) -> bool:
    """Say whether a journal holds *à-nouveaux*: by its code, or by its label."""
    code, words = ref_key(code), name_key(label)
    if _OPENING_WORDS.search(words):
        return True
    if code in _OPENING_CODES:
        return not re.search(r"annul|achat|vente|banque|caisse", words)
    return code in _MAYBE_OPENING_CODES and (not words or ref_key(words) == code)


def _remember[T](cache: dict[str, T], raw: str, value: T) -> T:
    if len(cache) < CACHED:
        cache[raw] = value
    return value


def _stop(problems: Problems, number: int) -> None:
    problems.add(
        "too_many_problems",
        f"Lecture arrêtée à la ligne {number} : {STOP_AFTER} lignes illisibles.",
        line=number,
        fatal=True,
    )


def _check_balance(units: Mapping[tuple[str, str], Sequence[int]], problems: Problems) -> None:
    for (journal, entry_num), (gap, debit, line, _) in units.items():
        credit = debit - gap
        problems.add(
            "unbalanced_entry",
            f"Ligne {line} : l’écriture {entry_num or '(sans numéro)'} du journal "
            f"{journal or '(sans code)'} n’est pas équilibrée : débit {euros(debit)}, crédit "
            f"{euros(credit)}. Le fichier est peut-être coupé ; refaites l’export.",
            line=line,
            field="EcritureNum",
        )
