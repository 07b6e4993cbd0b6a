"""OFX and QFX, SGML (1.x) or XML (2.x), as banks truly write them.

Written here rather than with `ofxtools`, whose strict model refuses six of the fifteen real files:
a charset named `8859-1`, an empty tag, a date of zeros, an account list in several blocks, a bank
number longer than the specification's, a file without header. Both syntaxes are one stream of tags:
a tag with text is a value, a tag present but empty is absent, an unknown one is passed over. Nothing
is expanded but the five entities of XML and characters by number; a document type refuses the file.
OFX states a closing balance at most, never the opening one.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import date

from exigible.intake.bank import codes
from exigible.intake.bank.shapes import (
    UNKNOWN_CURRENCY,
    BankFile,
    BankLine,
    BankStatement,
    Kind,
    Nature,
    named,
)
from exigible.intake.bank.texts import (
    MAX_NAME,
    MAX_REF,
    as_iban,
    cents,
    chunks,
    clean,
    currency_code,
    encoding_of,
    french_iban,
    iso_day,
)
from exigible.intake.cells import Illegible
from exigible.intake.formats import Format
from exigible.intake.ledger_text import Opener, unreadable
from exigible.intake.problems import Problems

TAG = re.compile(r"<\s*(/?)\s*([A-Za-z][A-Za-z0-9_.]{0,40})\s*(/?)>([^<]*)")
MAX_VALUE = 1 << 16
_STATEMENTS = frozenset({"STMTRS", "CCSTMTRS", "INVSTMTRS"})
_NESTED = frozenset({"CURRENCY", "ORIGCURRENCY", "BANKACCTTO", "CCACCTTO", "PAYEE", "IMAGEDATA"})
_BLOCKS = frozenset(
    {"BANKACCTFROM", "CCACCTFROM", "LEDGERBAL", "AVAILBAL", "BANKTRANLIST", "STMTTRN"}
)


class OfxFile(BankFile):
    """An OFX file: bank and card statements."""

    def __init__(self, opened: Opener, problems: Problems) -> None:
        super().__init__(Format.OFX, problems)
        self._opened = opened
        self._line = 1

    def lines(self) -> Iterator[BankLine]:
        python_name, self.encoding = encoding_of(self._opened, self.on_bytes)
        statement: BankStatement | None = None
        facts: dict[str, str] = {}  # of the statement: CURDEF, BANKID, ACCTID…
        block = nested = ""
        found: dict[str, str] = {}  # of the transaction or the balance under way
        for line, closes, tag, value in self._tags(python_name):
            if tag in _STATEMENTS:
                if statement is not None:
                    yield from self._transaction(statement, facts, found, block)
                    self._close(statement, facts)
                    statement = None
                if not closes:
                    statement, facts = self.begin(Kind.STATEMENT, line=line), {}
                block = nested = ""
                found = {}
            elif statement is None:
                continue
            elif tag in _NESTED:
                nested = "" if closes else tag
            elif tag in _BLOCKS:
                yield from self._transaction(statement, facts, found, block)
                if block == "LEDGERBAL" and found:
                    facts.update({f"LEDGERBAL.{name}": text for name, text in found.items()})
                found, nested = {}, ""
                if tag == "BANKTRANLIST" or closes:
                    block = ""
                else:
                    block = tag
                    found = {"": str(line)}
            elif closes or not value:
                continue
            elif block in ("BANKACCTFROM", "CCACCTFROM") or not block:
                facts.setdefault(tag, value)
            elif nested:
                found.setdefault(f"{nested}.{tag}", value)
            else:
                found.setdefault(tag, value)
        if statement is not None:
            yield from self._transaction(statement, facts, found, block)
            self.problems.add(
                "truncated",
                "Ce fichier s’arrête au milieu d’un relevé : demandez-le de nouveau à la banque.",
                line=self._line,
                fatal=True,
            )
            self._close(statement, facts)
        if not self.statements:
            raise unreadable(
                "no_statement", "Ce fichier OFX ne contient aucun relevé de compte.", line=1
            )

    def _tags(self, encoding: str) -> Iterator[tuple[int, bool, str, str]]:
        """Yield (line, closes, tag in capitals, its text)."""
        pending, begun = "", False
        for piece in chunks(self._opened, encoding):
            text = pending + piece
            if not begun:
                start = text.find("<")
                if start < 0:
                    if len(text) > MAX_VALUE:
                        break
                    pending = text
                    continue
                begun = True
            if piece:
                keep = text.rfind("<")
                text, pending = (text[:keep], text[keep:]) if keep > 0 else ("", text)
            else:
                pending = ""
            if len(pending) > MAX_VALUE:
                raise unreadable(
                    "line_too_long",
                    "Une valeur de ce fichier OFX dépasse 65 536 caractères : il est abîmé.",
                    line=self._line,
                )
            if "<!" in text and re.search(r"<!\s*(DOCTYPE|ENTITY)", text, re.IGNORECASE):
                raise unreadable(
                    "unsafe_xml",
                    "Ce fichier déclare un type de document (DOCTYPE) : aucune banque n’en écrit. Il "
                    "est refusé sans être lu.",
                    line=self._line,
                )
            place, line = 0, self._line
            for match in TAG.finditer(text):
                line += text.count("\n", place, match.start())
                place = match.start()
                value = "" if match[3] else _value(match[4])
                yield line, bool(match[1]), match[2].upper(), value
            self._line += text.count("\n")

    def _transaction(
        self, statement: BankStatement, facts: dict[str, str], found: dict[str, str], block: str
    ) -> Iterator[BankLine]:
        if block != "STMTTRN" or len(found) <= 1:
            return
        number = int(found[""])
        self._identify(statement, facts)
        try:
            if "TRNAMT" not in found:
                raise Illegible("missing_amount", "le montant manque")
            amount = cents(found["TRNAMT"])
            booked_on = ofx_day(found.get("DTPOSTED", ""))
            value_on = ofx_day(found.get("DTAVAIL", ""))
            if booked_on is None:
                booked_on = ofx_day(found.get("DTUSER", ""))
            if booked_on is None:
                raise Illegible("missing_date", "la date manque")
        except Illegible as error:
            self.problems.add(error.code, f"Ligne {number} : {error}.", line=number)
            return
        currency = currency_code(found.get("CURRENCY.CURSYM", ""))
        if not statement.currency:
            statement.currency = currency or UNKNOWN_CURRENCY
            if not currency:
                self.problems.add(
                    "currency_unknown",
                    f"{named(statement)} ne dit pas sa devise : ses sommes ne sont prises pour des "
                    "euros nulle part.",
                    line=statement.line,
                    field="currency",
                    blocking=False,
                )
        elif currency and currency != statement.currency:
            self.problems.add(
                "entry_currency",
                f"Ligne {number} : l’opération est en {currency}, le compte en {statement.currency}.",
                line=number,
                field="currency",
            )
            return
        kind = found.get("TRNTYPE", "").upper()
        nature, comes_back = codes.OFX.get(kind, (Nature.OTHER, False))
        name = clean(found.get("NAME") or found.get("PAYEE.NAME"), MAX_NAME)
        memo = clean(found.get("MEMO"))
        cheque = clean(found.get("CHECKNUM"), MAX_REF)
        reference = clean(found.get("REFNUM"), MAX_REF)
        yield self.counted(
            BankLine(
                statement=statement,
                line=number,
                booked_on=booked_on,
                value_on=value_on,
                amount_cents=amount,
                currency=statement.currency,
                label=memo or name,
                counterparty=name,
                counterparty_iban=as_iban(found.get("BANKACCTTO.ACCTID", "")),
                bank_ref=clean(found.get("FITID"), MAX_REF),
                refs=tuple(filter(None, (cheque, reference))),
                code=clean(kind, 20),
                nature=nature,
                is_return=comes_back,
            )
        )

    def _identify(self, statement: BankStatement, facts: dict[str, str]) -> None:
        if not statement.account:
            bank, branch = facts.get("BANKID", ""), facts.get("BRANCHID", "")
            account = facts.get("ACCTID", "")
            statement.iban = as_iban(account) or (
                french_iban(bank, branch, account) if branch else ""
            )
            statement.account = statement.iban or clean(
                "/".join(filter(None, (bank, branch, account))), MAX_REF
            )
        statement.currency = statement.currency or currency_code(facts.get("CURDEF", ""))

    def _close(self, statement: BankStatement, facts: dict[str, str]) -> None:
        self._identify(statement, facts)
        for name, field in (
            ("LEDGERBAL.BALAMT", "closing_cents"),
            ("LEDGERBAL.DTASOF", "closing_on"),
        ):
            text = facts.get(name, "")
            try:
                if field == "closing_cents":
                    statement.closing_cents = cents(text) if text.strip() else None
                else:
                    statement.closing_on = ofx_day(text)
                    if text and statement.closing_on is None:
                        raise Illegible("wrong_date", f"« {clean(text, 20)} » n’est pas une date")
            except Illegible as error:
                self.problems.add(
                    error.code,
                    f"{named(statement)}, solde : {error} ; il est laissé.",
                    line=statement.line,
                    field="closing",
                    blocking=False,
                )
        self.end(statement)


def _value(text: str) -> str:
    text = text.strip()
    return html.unescape(text)[:MAX_VALUE] if "&" in text else text


def ofx_day(text: str) -> date | None:
    """Return the day of « 20130831165153.000[-8:PST] », as the bank dates it; None for zeros."""
    bare = text.strip()[:8]
    if not bare.strip("0"):
        return None
    if len(bare) != 8 or not (bare.isascii() and bare.isdigit()):
        raise Illegible("wrong_date", f"« {clean(text, 40)} » n’est pas une date qui existe")
    return iso_day(f"{bare[:4]}-{bare[4:6]}-{bare[6:]}")
