"""SWIFT MT940 statements and MT942 interim reports, message by message.

Written here rather than with the `mt-940` library, which loads a whole file, joins the statements of
a file into one and takes a file whose fields are out of place (`:25:` for `:86:`) without a word.
Field 61 gives date, amount and references; field 86 the text, whose shape is each bank's: `?20`
subfields (Germany, Poland), `/NAME/` words (Netherlands, SWIFT), or plain lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from exigible.intake.bank import codes
from exigible.intake.bank.shapes import BankFile, BankLine, BankStatement, Kind, Nature, named
from exigible.intake.bank.texts import (
    MAX_NAME,
    MAX_REF,
    as_iban,
    cents,
    clean,
    currency_code,
    encoding_of,
    short_day,
)
from exigible.intake.cells import Illegible
from exigible.intake.formats import Format
from exigible.intake.ledger_text import Opener, numbered_lines, unreadable
from exigible.intake.problems import Problems

TAG = re.compile(r":([0-9]{2}[A-Z]?):")
MOVEMENT = re.compile(
    r"(?P<value>[0-9]{6})(?P<entry>[0-9]{4})?(?P<side>R?[CD]|E[CD])(?P<funds>[A-Z])?"
    r"(?P<amount>[0-9]+,[0-9]*)(?P<type>[NSF][A-Z0-9]{3})(?P<refs>.*)",
    re.DOTALL,
)
BALANCE = re.compile(r"([CD])([0-9]{6})([A-Z]{3})([0-9]+,[0-9]*)")
FULL_LINE = 62  # a line this long was cut by the format, inside a word or a number
MAX_FIELD = 20_000
IGNORED = frozenset({"21", "64", "65", "90C", "90D", "13", "13C", "13D", "34F"})

# Words that begin a part of the text, in the two structured habits.
SEPA_WORD = re.compile(r"(EREF|KREF|MREF|CRED|DEBT|SVWZ|ABWA|ABWE|IBAN|BIC|COAM|OAMT|MTLG)\+")
SLASH_WORD = re.compile(
    r"/(EREF|KREF|MARF|MREF|PREF|TRCD|BENM|ORDP|NAME|ID|ADDR|REMI|CSID|ISDT|IBAN|BIC|RTRN|PURP|ULTD|"
    r"ULTB|CNTP|TRTP|USTD|STRD)/"
)
SUBFIELD = re.compile(r"\?([0-9]{2})")


class Mt940File(BankFile):
    """Messages one after the other; the interim report (942) differs by its kind only."""

    def __init__(self, opened: Opener, format_: Format, problems: Problems) -> None:
        super().__init__(format_, problems)
        self._opened = opened

    def lines(self) -> Iterator[BankLine]:
        python_name, self.encoding = encoding_of(self._opened, self.on_bytes)
        statement: BankStatement | None = None
        movement: tuple[int, str, str] | None = None  # line, field 61, its supplement
        for number, tag, value in self._fields(python_name):
            if movement is not None and tag != "86":
                assert statement is not None
                yield from self._movement(statement, movement, "")
                movement = None
            if tag == "20":
                if statement is not None:
                    self.end(statement)
                kind = Kind.INTERIM if self.format == Format.MT942 else Kind.STATEMENT
                statement = self.begin(kind, line=number)
                statement.reference = clean(value, MAX_REF)
            elif statement is None:
                continue
            elif tag == "":
                self.end(statement)
                statement = None
            elif tag == "25" and not statement.account:
                statement.iban = as_iban(value.split("/")[-1]) or as_iban(value)
                statement.account = statement.iban or clean(value, MAX_REF)
            elif tag in ("28", "28C"):
                statement.number = clean(value, MAX_REF)
            elif tag in ("60F", "60M", "62F", "62M"):
                self._balance(statement, number, tag, value)
            elif tag == "61":
                first, _, supplement = value.partition("\n")
                movement = (number, first, supplement)
            elif tag == "86":
                if movement is not None:
                    yield from self._movement(statement, movement, value)
                    movement = None
            elif tag == "34F" and not statement.currency:
                statement.currency = currency_code(value[:3])
            elif tag not in IGNORED:
                self.problems.add(
                    "unexpected_field",
                    f"Ligne {number} : le champ « :{tag}: » n’a pas sa place ici ; une ligne a été "
                    "abîmée.",
                    line=number,
                    field=tag,
                    excerpt=value,
                )
        if movement is not None and statement is not None:
            yield from self._movement(statement, movement, "")
        if statement is not None:
            self.end(statement)
        if not self.statements:
            raise unreadable(
                "no_statement",
                "Ce fichier ne contient aucun relevé SWIFT : le champ « :20: » qui en ouvre un manque.",
                line=1,
            )

    def _fields(self, encoding: str) -> Iterator[tuple[int, str, str]]:
        """Yield (line, tag, value with its line ends), and ("", "") at the end of a message."""
        begun, tag, held, size = 0, "", [], 0
        for first, run in numbered_lines(self._opened, encoding):
            for number, raw in enumerate(run, first):
                line = raw.strip("\x00\x01\x02\x03\x04\x1a ").removesuffix("\x03")
                if line.startswith("{"):  # block headers; the text begins after {4:
                    line = line.rpartition("{4:")[2] if "{4:" in line else ""
                found = TAG.match(line)
                is_end = line in ("-", "-}") or line.startswith("-}")
                if found or is_end:
                    if tag:
                        yield begun, tag, "\n".join(held)
                    if is_end:
                        if tag:
                            yield number, "", ""
                        tag = ""
                        continue
                    assert found is not None
                    begun, tag, held, size = number, found[1], [line[found.end() :]], len(line)
                elif tag and line:
                    size += len(line)
                    if size <= MAX_FIELD:
                        held.append(raw.strip("\x00\x01\x02\x03\x04\x1a\r\n").rstrip() or "")
        if tag:
            yield begun, tag, "\n".join(held)

    def _balance(self, statement: BankStatement, number: int, tag: str, value: str) -> None:
        found = BALANCE.match(value.replace(" ", ""))
        try:
            if not found:
                raise Illegible("wrong_amount", f"« {clean(value, 40)} » n’est pas un solde")
            on = short_day(found[2], "ymd")
            amount = cents(found[4]) * (1 if found[1] == "C" else -1)
        except Illegible as error:
            self.problems.add(
                error.code, f"Ligne {number} : {error}.", line=number, field="balance", fatal=True
            )
            return
        if statement.currency and statement.currency != found[3]:
            self.problems.add(
                "balance_currency",
                f"{named(statement)} a des soldes en {statement.currency} et en {found[3]}.",
                line=number,
                field="currency",
                fatal=True,
            )
            return
        statement.currency = found[3]
        if tag.startswith("60"):
            statement.opening_cents, statement.opening_on = amount, on
        else:
            statement.closing_cents, statement.closing_on = amount, on

    def _movement(
        self, statement: BankStatement, movement: tuple[int, str, str], text: str
    ) -> Iterator[BankLine]:
        number, field, supplement = movement
        found = MOVEMENT.match(field.strip())
        try:
            if not found:
                raise Illegible("wrong_movement", f"« {clean(field, 40)} » n’est pas un mouvement")
            value_on = short_day(found["value"], "ymd")
            if value_on is None:
                raise Illegible("wrong_date", "la date de valeur manque")
            booked_on = _booked(value_on, found["entry"]) if found["entry"] else value_on
            amount = cents(found["amount"])
        except Illegible as error:
            self.problems.add(
                error.code, f"Ligne {number} : {error}.", line=number, field="61", excerpt=field
            )
            return
        side = found["side"]
        if side in ("D", "RC", "ED"):
            amount = -amount
        own, _, bank = found["refs"].partition("//")
        told = read_text(text)
        nature, comes_back = codes.SWIFT.get(found["type"][1:], (Nature.OTHER, False))
        comes_back = comes_back or side.startswith("R") or told.gvc in codes.GVC_RETURNS
        own = clean(own, MAX_REF)
        line = BankLine(
            statement=statement,
            line=number,
            booked_on=booked_on,
            value_on=value_on,
            amount_cents=amount,
            currency=statement.currency,
            label=told.label or clean(supplement),
            counterparty=told.name,
            counterparty_iban=told.account
            or next(filter(None, (as_iban(part) for part in supplement.split())), ""),
            on_behalf_of=told.on_behalf_of,
            end_to_end=told.end_to_end,
            mandate=told.mandate,
            bank_ref=clean(bank, MAX_REF),
            refs=(own,) if own and own not in ("NONREF", "KREF+", "EREF", "N") else (),
            code=found["type"] + (f"/{told.gvc}" if told.gvc else ""),
            nature=nature,
            is_return=comes_back,
            return_code=told.return_code if comes_back else "",
            return_reason=codes.reason(told.return_code) if comes_back else "",
        )
        yield self.counted(line)


def _booked(value_on: date, entry: str) -> date:
    """Return the booking day from its month and day, in the year that brings it nearest."""
    candidates = []
    for year in (value_on.year - 1, value_on.year, value_on.year + 1):
        try:
            candidates.append(date(year, int(entry[:2]), int(entry[2:])))
        except ValueError:
            continue
    if not candidates:
        raise Illegible("wrong_date", f"« {entry} » n’est pas une date qui existe")
    return min(candidates, key=lambda day: abs((day - value_on).days))


class Told:
    """What field 86 says."""

    __slots__ = (
        "account",
        "end_to_end",
        "gvc",
        "label",
        "mandate",
        "name",
        "on_behalf_of",
        "return_code",
    )

    def __init__(self) -> None:
        self.gvc = self.label = self.name = self.account = self.end_to_end = ""
        self.mandate = self.on_behalf_of = self.return_code = ""


def read_text(field: str) -> Told:
    """Read field 86, whatever its habit."""
    told = Told()
    german = re.match(r"\s*([0-9]{3})\s*(?=\?[0-9]{2})", field)
    if german or SUBFIELD.match(field.strip()):
        told.gvc = german[1] if german else ""
        _subfields(field.replace("\n", ""), told)
        return told
    text = _joined(field)
    if SLASH_WORD.match(text):
        _slashes(text, told)
    else:
        told.label = clean(text)
    return told


def _joined(field: str) -> str:
    """Join the lines of a text: as they are where the format cut a full one, else by a space."""
    text = ""
    for line in field.split("\n"):
        text += line if len(line) >= FULL_LINE else line + " "
    return text.strip()


def _subfields(text: str, told: Told) -> None:
    pieces = SUBFIELD.split(text)
    purpose, booking, name = "", "", ""
    for code, value in zip(pieces[1::2], pieces[2::2], strict=True):
        number = int(code)
        if number == 0:
            booking = value
        elif 20 <= number <= 29 or 60 <= number <= 63:
            purpose += value
        elif number == 31 or (number == 38 and value.strip()):
            told.account = as_iban(value) or told.account or clean(value, 34)
        elif number in (32, 33):
            name += value
        elif number == 34:
            told.return_code = clean(value, 35)
    told.name = clean(name, MAX_NAME)
    parts = SEPA_WORD.split(purpose)
    free = [parts[0]]
    for word, value in zip(parts[1::2], parts[2::2], strict=True):
        if word == "EREF":
            told.end_to_end = _given(value)
        elif word == "MREF":
            told.mandate = _given(value)
        elif word in ("SVWZ", "MTLG"):
            free.append(value)
        elif word in ("ABWA", "ABWE"):
            told.on_behalf_of = clean(value, MAX_NAME)
        elif word == "IBAN":
            told.account = as_iban(value) or told.account
    told.label = clean(" ".join(filter(None, map(str.strip, free)))) or clean(booking)


def _slashes(text: str, told: Told) -> None:
    pieces = SLASH_WORD.split(text)
    free, side = [pieces[0]], ""
    for word, value in zip(pieces[1::2], pieces[2::2], strict=True):
        bare = value.strip("/ ")
        if word == "EREF":
            told.end_to_end = _given(bare)
        elif word in ("MARF", "MREF"):
            told.mandate = _given(bare)
        elif word in ("ORDP", "BENM", "ULTD", "ULTB", "CNTP"):
            side = word
        elif word == "NAME":
            if side in ("ULTD", "ULTB"):
                told.on_behalf_of = clean(bare, MAX_NAME)
            else:
                told.name = clean(bare, MAX_NAME)
        elif word == "IBAN":
            told.account = as_iban(bare) or told.account
        elif word in ("REMI", "USTD", "STRD", "PURP"):
            free.append(bare)
        elif word == "RTRN":
            told.return_code = clean(bare, 35)
    told.label = clean(" ".join(filter(None, map(str.strip, free))))


def _given(text: str) -> str:
    text = clean(text, MAX_REF)
    return "" if text.upper() in ("NOTPROVIDED", "NONREF", "") else text
