"""CAMT.052, 053 and 054 in every version, read entry by entry.

A message is a report (052), a statement (053) or a notification (054) of one or several accounts.
Versions differ by where a few things stand (a status in text or in a code, a party under `Pty`, BIC
or BICFI): names are read wherever they are, without their namespace. An entry may hold several
transactions: one is the line itself, several are its details. Entries not booked are counted only.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from exigible.intake.bank import codes
from exigible.intake.bank.shapes import (
    MAX_DETAILS,
    MAX_STATEMENTS,
    BankFile,
    BankLine,
    BankStatement,
    Detail,
    Kind,
    named,
)
from exigible.intake.bank.texts import (
    MAX_NAME,
    MAX_REF,
    as_iban,
    cents,
    clean,
    currency_code,
    iso_day,
)
from exigible.intake.bank.xml_stream import NOTHING, Node, XmlStream
from exigible.intake.cells import Illegible
from exigible.intake.formats import Format
from exigible.intake.ledger_text import Opener, unreadable
from exigible.intake.problems import Problems

MESSAGES = {
    "BkToCstmrAcctRpt": (Format.CAMT052, "Rpt", Kind.INTERIM),
    "BkToCstmrStmt": (Format.CAMT053, "Stmt", Kind.STATEMENT),
    "BkToCstmrDbtCdtNtfctn": (Format.CAMT054, "Ntfctn", Kind.NOTICE),
}
KINDS = {name: kind for _, name, kind in MESSAGES.values()}
# Balances that open or close, best first: booked, then the previous day's close, then a page's.
OPENING, CLOSING = ("OPBD", "PRCD", "ITBD"), ("CLBD", "ITBD")
NOT_BOOKED = frozenset({"PDNG", "INFO", "FUTR"})
NO_REF = frozenset({"NOTPROVIDED", "NOTAVAIL", "NONREF", "NOTPROV"})


class CamtFile(BankFile):
    """A CAMT message; what it is exactly is known once its first element is read."""

    def __init__(self, opened: Opener, format_: Format, problems: Problems) -> None:
        super().__init__(format_, problems)
        self._opened = opened
        self._statement: BankStatement | None = None
        self._block: Node | None = None  # the element of the statement under way
        self._details: list[Detail] = []
        self._details_return = False
        self._ready: list[BankLine] = []

    def lines(self) -> Iterator[BankLine]:
        self._stream = stream = XmlStream(
            self._opened,
            frozenset([*KINDS, "Ntry", "TxDtls"]),
            on_start=self._begun,
            on_end=self._ended,
            on_bytes=self.on_bytes,
        )
        for _ in stream.read():
            self.encoding = stream.encoding
            yield from self._ready
            self._ready.clear()
        if not self.statements:
            raise unreadable(
                "no_statement",
                "Ce message ne contient ni relevé ni avis : demandez-le de nouveau à la banque.",
            )

    def _begun(self, node: Node) -> None:
        if node.name in KINDS and self._statement is None:
            if len(self.statements) >= MAX_STATEMENTS:
                raise unreadable("too_large", "Ce fichier porte trop de relevés.")
            self._statement, self._block = self.begin(KINDS[node.name], line=node.line), node

    def _ended(self, node: Node) -> bool:
        """Read an element that closes; return True to release it."""
        statement = self._statement
        if statement is None:
            return False
        if node is self._block:
            sound = self._header(statement, node, closes=True)
            if not sound:
                self._two_currencies(statement)
            self.end(statement, balances_told=not sound)
            self._statement = self._block = None
            return True
        if node.name == "TxDtls":
            if len(self._details) >= MAX_DETAILS:
                raise unreadable(
                    "too_large",
                    f"Une opération détaille plus de {MAX_DETAILS} transactions.",
                    line=node.line,
                )
            self._details.append(self._detail(node))
            return True
        if node.name == "Ntry" and self._stream.above[-1] is self._block:
            if not statement.lines and not statement.pending:
                self._header(statement, self._stream.above[-1], closes=False)
            line = self._entry(statement, node)
            self._details, self._details_return = [], False
            if line is not None:
                self._ready.append(self.counted(line))
            return True
        return False

    # ---- the statement

    def _header(self, statement: BankStatement, element: Node, *, closes: bool) -> bool:
        """Read what stands before the entries, and the balances wherever they are.

        Return False where the balances cannot be those of one statement.
        """
        parts = element.named()
        statement.reference = clean(element.said("Id"), MAX_REF)
        statement.number = clean(element.said("LglSeqNb") or element.said("ElctrncSeqNb"), MAX_REF)
        account = parts.get("Acct", NOTHING)
        iban = account.said("Id", "IBAN")
        other = account.said("Id", "Othr", "Id") or account.said("Id", "PrtryAcct", "Id")
        statement.iban = as_iban(iban or other)
        statement.account = statement.iban or clean(iban or other, MAX_REF)
        statement.currency = statement.currency or currency_code(account.said("Ccy"))
        return self._balances(statement, element, closes=closes)

    def _balances(self, statement: BankStatement, element: Node, *, closes: bool) -> bool:
        found: dict[str, tuple[int, str, date | None]] = {}
        last_interim: tuple[int, str, date | None] | None = None
        for child in element.children:
            if child.name != "Bal":
                continue
            code = child.said("Tp", "CdOrPrtry", "Cd") or child.said("Tp", "Cd")
            if code not in OPENING and code not in CLOSING:
                continue
            amount = child.at("Amt")
            try:
                value = cents(child.said("Amt"))
                on = iso_day(child.said("Dt", "Dt") or child.said("Dt", "DtTm"))
            except Illegible as error:
                if closes:
                    self._wrong(statement.line, "balance", error)
                continue
            if child.said("CdtDbtInd") == "DBIT":
                value = -value
            currency = currency_code(amount.attributes.get("Ccy", "") if amount is not None else "")
            if code == "ITBD" and code in found:
                last_interim = (value, currency, on)
            found.setdefault(code, (value, currency, on))
        opening = next((found[code] for code in OPENING if code in found), None)
        closing = found.get("CLBD") or last_interim
        if closing is None and "ITBD" in found and opening is not found["ITBD"]:
            closing = found["ITBD"]
        one_currency = opening is None or closing is None or opening[1] == closing[1]
        if opening is not None:
            statement.opening_cents, _, statement.opening_on = opening
        if closing is not None:
            statement.closing_cents, _, statement.closing_on = closing
        known = opening or closing
        if known is not None and not statement.currency:
            statement.currency = known[1]
        return one_currency

    def _two_currencies(self, statement: BankStatement) -> None:
        self.problems.add(
            "balance_currency",
            f"{named(statement)} : ses soldes initial et final ne sont pas dans la même devise. "
            "Demandez-le de nouveau à la banque.",
            line=statement.line,
            field="currency",
            fatal=True,
        )

    # ---- entries

    def _entry(self, statement: BankStatement, entry: Node) -> BankLine | None:
        parts = entry.named()
        status = parts.get("Sts", NOTHING).said("Cd") or entry.said("Sts")
        if status in NOT_BOOKED:
            statement.pending += 1
            return None
        try:
            amount, currency = self._amount(entry)
            booked = _day(parts.get("BookgDt"))
            value = _day(parts.get("ValDt"))
        except Illegible as error:
            self._wrong(entry.line, error.code, error)
            return None
        booked_on = booked or value or statement.closing_on
        if booked_on is None:
            self.problems.add(
                "missing_date",
                f"Ligne {entry.line} : l’opération n’a ni date comptable ni date de valeur.",
                line=entry.line,
                field="booked_on",
            )
            return None
        if not statement.currency:
            statement.currency = currency
        elif currency and currency != statement.currency:
            self.problems.add(
                "entry_currency",
                f"Ligne {entry.line} : l’opération est en {currency}, le compte en "
                f"{statement.currency}.",
                line=entry.line,
                field="currency",
            )
            return None
        details = self._details
        sole = details[0] if len(details) == 1 else Detail()
        code, nature, comes_back = _transaction_code(parts.get("BkTxCd"))
        comes_back = (
            comes_back or self._details_return or entry.said("RvslInd").lower() in ("true", "1")
        )
        batch = entry.at("NtryDtls", "Btch") or NOTHING
        line = BankLine(
            statement=statement,
            line=entry.line,
            booked_on=booked_on,
            value_on=value,
            amount_cents=amount,
            currency=currency or statement.currency,
            label=clean(" ".join(filter(None, (sole.label, entry.said("AddtlNtryInf"))))),
            counterparty=sole.counterparty,
            counterparty_iban=sole.counterparty_iban,
            on_behalf_of=sole.on_behalf_of,
            end_to_end=sole.end_to_end,
            mandate=sole.mandate,
            bank_ref=clean(entry.said("AcctSvcrRef"), MAX_REF) or sole.bank_ref,
            refs=sole.refs,
            code=code,
            nature=nature,
            is_return=comes_back,
            return_code=sole.return_code,
            return_reason=sole.return_reason,
            batch_ref=clean(batch.said("PmtInfId") or batch.said("MsgId"), MAX_REF),
            batch_count=_count(batch.said("NbOfTxs")),
            details=tuple(details) if len(details) > 1 else (),
        )
        self._check_details(line)
        return line

    def _amount(self, entry: Node) -> tuple[int, str]:
        amount = entry.at("Amt")
        if amount is None:
            raise Illegible("missing_amount", "le montant manque")
        value = cents(amount.text)
        if value < 0:
            raise Illegible("wrong_amount", "le montant porte un signe")
        side = entry.said("CdtDbtInd")
        if side not in ("CRDT", "DBIT"):
            raise Illegible("missing_side", "ni crédit ni débit n’est indiqué")
        return (value if side == "CRDT" else -value), currency_code(
            amount.attributes.get("Ccy", "")
        )

    def _check_details(self, line: BankLine) -> None:
        """Say where the transactions of a line do not add up to it."""
        if not line.details:
            return
        known = [detail for detail in line.details if detail.amount_cents is not None]
        told = sum(abs(detail.amount_cents or 0) for detail in known)
        if line.batch_count not in (None, len(line.details)):
            self.problems.add(
                "details_count",
                f"Ligne {line.line} : le lot annonce {line.batch_count} transactions, il en détaille "
                f"{len(line.details)}.",
                line=line.line,
                field="details",
                blocking=False,
            )
        if len(known) == len(line.details) and (
            told != abs(line.amount_cents)
            or any(detail.currency != line.currency for detail in known)
        ):
            self.problems.add(
                "details_amount",
                f"Ligne {line.line} : les transactions détaillées ne font pas le montant de "
                "l’opération ; c’est ce dernier qui compte.",
                line=line.line,
                field="details",
                blocking=False,
            )

    def _detail(self, tx: Node) -> Detail:
        parts = tx.named()
        refs = parts.get("Refs", NOTHING).named()
        parties = parts.get("RltdPties", NOTHING).named()
        comes_back = _transaction_code(parts.get("BkTxCd"))[2]
        back = parts.get("RtrInf")
        told = back or NOTHING
        return_code = told.said("Rsn", "Cd") or told.said("Rsn", "Prtry")
        words = " ".join(clean(child.text) for child in told.children if child.name == "AddtlInf")
        if back is not None or comes_back:
            self._details_return = True
        entry = next((one for one in reversed(self._stream.above) if one.name == "Ntry"), NOTHING)
        credit = entry.said("CdtDbtInd") == "CRDT"
        sides = ("Dbtr", "Cdtr") if back is not None else ("Dbtr",) if credit else ("Cdtr", "Dbtr")
        payer = next(filter(None, (_party(parties, side) for side in sides)), "")
        iban = next(
            filter(None, (_iban(parties.get(f"{side}Acct", NOTHING)) for side in sides)), ""
        )
        ultimate = _party(parties, f"Ultmt{sides[0]}")
        amount, currency = self._detail_amount(tx, parts)
        label, structured = _remittance(parts.get("RmtInf", NOTHING))
        return Detail(
            amount_cents=amount,
            currency=currency,
            label=clean(" ".join(filter(None, (label, tx.said("AddtlTxInf")))) or words),
            counterparty=payer,
            counterparty_iban=iban,
            on_behalf_of="" if ultimate == payer else ultimate,
            end_to_end=_ref(refs, "EndToEndId"),
            mandate=_ref(refs, "MndtId"),
            bank_ref=_ref(refs, "AcctSvcrRef"),
            refs=tuple(
                dict.fromkeys(
                    filter(None, (*structured, _ref(refs, "ChqNb"), _ref(refs, "InstrId")))
                )
            ),
            return_code=clean(return_code, 35),
            return_reason=clean(codes.reason(return_code, words), MAX_NAME),
        )

    def _detail_amount(self, tx: Node, parts: dict[str, Node]) -> tuple[int | None, str]:
        amount = parts.get("Amt")
        if amount is None:
            amount = parts.get("AmtDtls", NOTHING).at("TxAmt", "Amt")
        if amount is None:
            return None, ""
        try:
            return cents(amount.text), currency_code(amount.attributes.get("Ccy", ""))
        except Illegible as error:
            self._wrong(tx.line, error.code, error, blocking=False)
            return None, ""

    def _wrong(
        self, line: int | None, code: str, error: Illegible, *, blocking: bool = True
    ) -> None:
        self.problems.add(code, f"Ligne {line} : {error}.", line=line, blocking=blocking)


def _day(element: Node | None) -> date | None:
    if element is None:
        return None
    return iso_day(element.said("Dt") or element.said("DtTm"))


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _transaction_code(element: Node | None) -> tuple[str, codes.Nature, bool]:
    """Return a bank transaction code as written, its nature, and whether something comes back."""
    if element is None:
        return "", codes.Nature.OTHER, False
    domain = element.said("Domn", "Cd")
    family = element.said("Domn", "Fmly", "Cd")
    sub_family = element.said("Domn", "Fmly", "SubFmlyCd")
    nature, comes_back = codes.iso(domain, family, sub_family)
    written = "/".join(filter(None, (domain, family, sub_family)))
    return clean(written or element.said("Prtry", "Cd"), 60), nature, comes_back


def _party(parties: dict[str, Node], name: str) -> str:
    party = parties.get(name, NOTHING)
    return clean(party.said("Nm") or party.said("Pty", "Nm"), MAX_NAME)


def _iban(account: Node) -> str:
    written = account.said("Id", "IBAN") or account.said("Id", "Othr", "Id")
    return as_iban(written) or clean(written, 34)


def _ref(refs: dict[str, Node], name: str) -> str:
    element = refs.get(name)
    text = clean(element.text, MAX_REF) if element is not None else ""
    return "" if text.replace(" ", "").upper() in NO_REF else text


def _remittance(element: Node) -> tuple[str, list[str]]:
    """Return the free text of a remittance, and its structured references."""
    texts: list[str] = []
    refs: list[str] = []
    for child in element.children:
        name = child.name
        if name == "Ustrd":
            texts.append(clean(child.text))
        elif name == "Strd":
            for part in child.children:
                kind = part.name
                if kind == "CdtrRefInf":
                    refs.append(clean(part.said("Ref"), MAX_REF))
                elif kind == "RfrdDocInf":
                    refs.append(clean(part.said("Nb"), MAX_REF))
                elif kind == "AddtlRmtInf":
                    texts.append(clean(part.text))
    return " ".join(filter(None, texts)), [ref for ref in refs if ref]
