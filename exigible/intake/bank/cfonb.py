"""CFONB 120 (statements) and CFONB 240 (operations that come back), the French banks' fixed records.

CFONB 120: 01 old balance, 04 movement, 05 complement of the movement before it, 07 new balance; the
last character of an amount carries its last digit and its sign ({ and A to I positive, } and J to R
negative), and the number of decimals stands in the record. CFONB 240: 31 header, 34 operation, 39
total. Records may follow one another without line ends. The account's IBAN is worked out of its RIB.
"""

from __future__ import annotations

from collections.abc import Iterator

from exigible.intake.bank import codes
from exigible.intake.bank.shapes import BankFile, BankLine, BankStatement, Kind, money, named
from exigible.intake.bank.texts import (
    MAX_NAME,
    MAX_REF,
    as_iban,
    chunks,
    clean,
    currency_code,
    encoding_of,
    french_iban,
    short_day,
)
from exigible.intake.cells import MAX_CENTS, Illegible
from exigible.intake.formats import Format
from exigible.intake.ledger_text import Opener, unreadable
from exigible.intake.problems import Problems

MAX_COMPLEMENTS = 200  # records 05 of one movement
_LAST = {
    **{character: (digit, 1) for digit, character in enumerate("{ABCDEFGHI")},
    **{character: (digit, -1) for digit, character in enumerate("}JKLMNOPQR")},
    **{str(digit): (digit, 1) for digit in range(10)},
    "é": (0, 1),  # { and } as a French terminal wrote them
    "è": (0, -1),
}


def records(opened: Opener, encoding: str, width: int) -> Iterator[tuple[int, str]]:
    """Yield records with their line (or rank) in the file, blank ones left out.

    A file without line ends is cut every `width` characters. Raise Unreadable for longer lines.
    """
    number, pending, cut = 0, "", False
    for piece in chunks(opened, encoding):
        text = pending + piece
        if not cut and "\n" not in text and "\r" not in text and len(text) > width:
            cut = len(text) >= 2 * width
        if cut:
            whole = len(text) // width * width
            for start in range(0, whole, width):
                number += 1
                yield number, text[start : start + width]
            pending = text[whole:]
            continue
        held = ""
        if text.endswith("\r") and piece:
            text, held = text[:-1], "\r"
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        pending = lines.pop() + held
        for line in lines:
            number += 1
            if line.strip("\x1a \x00"):
                yield number, _record(line, number, width)
        if len(pending) > 2 * width:
            raise _too_long(number + 1, width)
    if pending.strip("\x1a \r\x00"):
        yield number + 1, _record(pending.rstrip("\r\x1a"), number + 1, width)


def _record(line: str, number: int, width: int) -> str:
    bare = line.rstrip()
    if len(bare) > width:
        raise _too_long(number, width)
    return bare.ljust(width)


def _too_long(number: int, width: int) -> Exception:
    return unreadable(
        "record_length",
        f"Ligne {number} : un enregistrement fait {width} caractères, celui-ci davantage.",
        line=number,
    )


def signed_cents(text: str, decimals: str) -> int:
    """Return an amount of CFONB 120 in cents; raise Illegible for what is none."""
    bare = text.strip()
    places = int(decimals) if decimals.isdigit() and decimals.isascii() else 2
    whole = bare[:-1] or "0"
    if not bare or bare[-1] not in _LAST or not (whole.isascii() and whole.isdigit()):
        raise Illegible("wrong_amount", f"« {clean(text, 20)} » n’est pas un montant")
    digit, sign = _LAST[bare[-1]]
    units = int(whole) * 10 + digit
    scaled, part = divmod(units * 100, 10**places)
    if part:
        raise Illegible("wrong_amount", f"« {clean(text, 20)} » a plus de deux décimales")
    if scaled > MAX_CENTS:
        raise Illegible("amount_too_large", f"« {clean(text, 20)} » dépasse ce qui est possible")
    return sign * scaled


class Cfonb120File(BankFile):
    """Statements of 120-character records."""

    def __init__(self, opened: Opener, problems: Problems) -> None:
        super().__init__(Format.CFONB120, problems)
        self._opened = opened
        self._statement: BankStatement | None = None
        self._account = ""  # bank, branch and account of the statement under way

    def lines(self) -> Iterator[BankLine]:
        python_name, self.encoding = encoding_of(self._opened, self.on_bytes)
        line: BankLine | None = None
        complements: list[tuple[str, str]] = []
        for number, record in records(self._opened, python_name, 120):
            code = record[:2]
            if code == "05":
                if line is None:
                    self._out_of_place(
                        "detail_without_movement",
                        number,
                        "un complément (05) ne suit aucun mouvement (04)",
                    )
                elif len(complements) < MAX_COMPLEMENTS:
                    complements.append((record[45:48], record[48:118]))
                continue
            if line is not None:
                yield self.counted(_completed(line, complements))
            line, complements = None, []
            if code == "01":
                if self._statement is not None:
                    self._out_of_place(
                        "missing_closing",
                        number,
                        "un relevé s’ouvre (01) avant que le précédent soit clos (07)",
                        fatal=True,
                    )
                    self.end(self._statement)
                self._open(number, record)
            elif code == "04":
                if self._statement is None:
                    self._out_of_place(
                        "movement_outside",
                        number,
                        "un mouvement (04) est hors de tout relevé : l’ancien solde (01) manque",
                    )
                else:
                    line = self._movement(number, record)
            elif code == "07":
                self._close(number, record)
            else:
                self._out_of_place(
                    "unknown_record", number, f"le code « {clean(code, 2)} » n’est pas connu"
                )
        if line is not None:
            yield self.counted(_completed(line, complements))
        if self._statement is not None:
            self._out_of_place(
                "missing_closing",
                self._statement.line or 1,
                "le relevé n’a pas de nouveau solde (07) : le fichier est coupé",
                fatal=True,
            )
            self.end(self._statement)
        if not self.statements:
            raise unreadable(
                "no_statement",
                "Ce fichier ne contient aucun relevé : l’enregistrement 01 (ancien solde) manque.",
                line=1,
            )

    def _out_of_place(self, code: str, number: int, words: str, *, fatal: bool = False) -> None:
        self.problems.add(code, f"Ligne {number} : {words}.", line=number, fatal=fatal)

    def _open(self, number: int, record: str) -> None:
        statement = self.begin(Kind.STATEMENT, line=number)
        self._statement = statement
        self._account = record[11:16] + record[21:32]
        statement.iban = french_iban(record[2:7], record[11:16], record[21:32])
        statement.account = statement.iban or clean(
            f"{record[2:7]} {record[11:16]} {record[21:32]}", MAX_REF
        )
        statement.currency = currency_code(record[16:19])
        self._balance(statement, number, record, opening=True)

    def _close(self, number: int, record: str) -> None:
        statement = self._statement
        if statement is None:
            self._out_of_place(
                "closing_outside", number, "un nouveau solde (07) ne clôt aucun relevé", fatal=True
            )
            return
        if record[11:16] + record[21:32] != self._account:
            self._out_of_place(
                "other_account",
                number,
                "le nouveau solde (07) est celui d’un autre compte",
                fatal=True,
            )
        elif french_iban(record[2:7], record[11:16], record[21:32]) != statement.iban:
            self.problems.add(
                "other_bank",
                f"Ligne {number} : le code banque du nouveau solde n’est pas celui de l’ancien ; le "
                "guichet et le compte sont les mêmes, c’est l’ancien qui compte.",
                line=number,
                field="account",
                blocking=False,
            )
        self._balance(statement, number, record, opening=False)
        self.end(statement)
        self._statement = None

    def _balance(
        self, statement: BankStatement, number: int, record: str, *, opening: bool
    ) -> None:
        try:
            amount = signed_cents(record[90:104], record[19])
            on = short_day(record[34:40], "dmy")
        except Illegible as error:
            self.problems.add(
                error.code, f"Ligne {number} : {error}.", line=number, field="balance", fatal=True
            )
            return
        if opening:
            statement.opening_cents, statement.opening_on = amount, on
        else:
            statement.closing_cents, statement.closing_on = amount, on

    def _movement(self, number: int, record: str) -> BankLine | None:
        statement = self._statement
        assert statement is not None
        try:
            booked_on = short_day(record[34:40], "dmy")
            value_on = short_day(record[42:48], "dmy")
            amount = signed_cents(record[90:104], record[19])
            if booked_on is None:
                raise Illegible("missing_date", "la date du mouvement manque")
        except Illegible as error:
            self.problems.add(error.code, f"Ligne {number} : {error}.", line=number, excerpt=record)
            return None
        currency = currency_code(record[16:19])
        if currency and statement.currency and currency != statement.currency:
            self.problems.add(
                "entry_currency",
                f"Ligne {number} : le mouvement est en {currency}, le compte en {statement.currency}.",
                line=number,
                field="currency",
            )
            return None
        code = record[32:34].strip()
        nature, comes_back, _ = codes.cfonb(code)
        motive = record[40:42].strip() if comes_back else ""
        entry, reference = record[81:88].strip(" 0"), clean(record[104:120], MAX_REF)
        return BankLine(
            statement=statement,
            line=number,
            booked_on=booked_on,
            value_on=value_on,
            amount_cents=amount,
            currency=currency or statement.currency,
            label=clean(record[48:79]),
            refs=tuple(filter(None, (reference, entry))),
            code=code,
            nature=nature,
            is_return=comes_back,
            return_code=motive,
            return_reason=f"motif interbancaire {motive}" if motive else "",
        )


def _completed(line: BankLine, complements: list[tuple[str, str]]) -> BankLine:
    """Add to a movement what its records 05 say: qualifier, then 70 characters."""
    labels, refs = [line.label], list(line.refs)
    said = {"LIB", "LCC", "LC2", "LCS"}
    for qualifier, text in complements:
        whole = clean(text)
        if not whole:
            continue
        if qualifier in said:
            labels.append(whole)
        elif qualifier in ("NPY", "NBE"):  # who pays, who receives
            line.counterparty = line.counterparty or clean(whole, MAX_NAME)
        elif qualifier in ("NPO", "NBU"):
            line.on_behalf_of = line.on_behalf_of or clean(whole, MAX_NAME)
        elif qualifier in ("CPY", "CBE"):
            line.counterparty_iban = line.counterparty_iban or as_iban(whole)
        elif qualifier == "RCN":  # the client's reference in 35 characters, then its purpose
            line.end_to_end = line.end_to_end or clean(text[:35], MAX_REF)
        elif qualifier == "RUM":
            line.mandate = line.mandate or clean(text[:35], MAX_REF)
        elif qualifier in ("REF", "RET"):
            refs.append(clean(whole, MAX_REF))
        else:
            labels.append(whole)
    line.label = clean(" ".join(filter(None, labels)))
    line.refs = tuple(dict.fromkeys(refs))
    return line


class Cfonb240File(BankFile):
    """Operations that come back or are remitted one by one, with their total; they move no money.

    The account's own statement books them, alone or in total.
    """

    def __init__(self, opened: Opener, problems: Problems) -> None:
        super().__init__(Format.CFONB240, problems)
        self._opened = opened

    def lines(self) -> Iterator[BankLine]:
        python_name, self.encoding = encoding_of(self._opened, self.on_bytes)
        statement: BankStatement | None = None
        total = 0
        for number, record in records(self._opened, python_name, 240):
            code = record[:2]
            if code == "31":
                if statement is not None:
                    self._missing_total(statement, number)
                statement, total = self._open(number, record), 0
            elif statement is None:
                self.problems.add(
                    "movement_outside",
                    f"Ligne {number} : l’enregistrement « {clean(code, 2)} » est hors de toute remise.",
                    line=number,
                )
            elif code == "34":
                line = self._operation(statement, number, record)
                if line is not None:
                    total += abs(line.amount_cents)
                    yield self.counted(line)
            elif code == "39":
                self._total(statement, number, record, total)
                statement = None
            else:
                self.problems.add(
                    "unknown_record",
                    f"Ligne {number} : le code « {clean(code, 2)} » n’est pas connu.",
                    line=number,
                )
        if statement is not None:
            self._missing_total(statement, statement.line or 1)
        if not self.statements:
            raise unreadable(
                "no_statement",
                "Ce fichier ne contient aucune remise : l’enregistrement 31 manque.",
                line=1,
            )

    def _open(self, number: int, record: str) -> BankStatement:
        statement = self.begin(Kind.STATUS, line=number)
        statement.iban = french_iban(record[21:26], record[26:31], record[31:42])
        statement.account = statement.iban or clean(record[21:42], MAX_REF)
        statement.currency = "EUR" if record[16] in "E " else ""
        if not statement.currency:
            self.problems.add(
                "currency",
                f"Ligne {number} : l’indice de monnaie « {clean(record[16], 1)} » n’est pas l’euro.",
                line=number,
                field="currency",
            )
        try:
            statement.closing_on = short_day(record[10:16], "dmy")
        except Illegible as error:
            self.problems.add(error.code, f"Ligne {number} : {error}.", line=number)
        return statement

    def _operation(self, statement: BankStatement, number: int, record: str) -> BankLine | None:
        try:
            amount = _unsigned(record[228:240])
            settled_on = short_day(record[10:16], "dmy")
            first_on = short_day(record[216:222], "dmy")
            if settled_on is None:
                raise Illegible("missing_date", "la date de règlement manque")
        except Illegible as error:
            self.problems.add(error.code, f"Ligne {number} : {error}.", line=number, excerpt=record)
            return None
        code = record[8:10].strip()
        nature, comes_back, sign = codes.cfonb(code)
        refs = (clean(record[122:128]), clean(record[222:228]), clean(record[66:72]))
        return BankLine(
            statement=statement,
            line=number,
            booked_on=settled_on,
            value_on=first_on,
            amount_cents=-amount if comes_back or sign < 0 else amount,
            currency=statement.currency,
            label=clean(record[128:216]),
            counterparty=clean(record[42:66], MAX_NAME),
            counterparty_iban=french_iban(record[21:26], record[26:31], record[31:42]),
            refs=tuple(filter(None, refs)),
            code=code,
            nature=nature,
            is_return=comes_back,
        )

    def _total(self, statement: BankStatement, number: int, record: str, total: int) -> None:
        try:
            told = _unsigned(record[228:240])
        except Illegible as error:
            self.problems.add(
                error.code, f"Ligne {number} : {error}.", line=number, field="total", fatal=True
            )
        else:
            if told != total:
                self.problems.add(
                    "total",
                    f"{named(statement)} : ses opérations font {money(total, statement)}, son total "
                    f"annonce {money(told, statement)}. Demandez-le de nouveau à la banque.",
                    line=number,
                    field="total",
                    fatal=True,
                )
        self.end(statement)

    def _missing_total(self, statement: BankStatement, number: int) -> None:
        self.problems.add(
            "missing_closing",
            f"Ligne {number} : la remise n’a pas de total (39) : le fichier est coupé.",
            line=number,
            fatal=True,
        )
        self.end(statement)


def _unsigned(text: str) -> int:
    bare = text.strip()
    if not (bare.isascii() and bare.isdigit()):
        raise Illegible("wrong_amount", f"« {clean(text, 20)} » n’est pas un montant")
    return int(bare)
