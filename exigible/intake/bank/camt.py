"""CAMT.052, 053 and 054 in every version, read entry by entry.

A message is a report (052), a statement (053) or a notification (054) of one or several accounts.
Versions differ by where a few things stand (a status in text or in a code, a party under `Pty`, BIC
or BICFI): names are read wherever they are, without their namespace. An entry may hold several
transactions: one is the line itself, several are its details. Entries not booked are counted only.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from lxml import etree

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
from exigible.intake.bank.xml_stream import (
    XmlStream,
    children,
    element_at,
    local,
    text_at,
)
from exigible.intake.cells import Illegible
from exigible.intake.formats import Format
from exigible.intake.ledger_text import Opener, unreadable
from exigible.intake.problems import Problems

Element = etree._Element

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
        self._details: list[Detail] = []
        self._details_return = False

    def lines(self) -> Iterator[BankLine]:
        stream = XmlStream(
            self._opened,
            [*KINDS, "Ntry", "TxDtls", "TxsSummry"],
            on_bytes=self.on_bytes,
        )
        self.encoding = stream.encoding
        statement: BankStatement | None = None
        for event, element in stream.events():
            name = local(element)
            if name in KINDS:
                if event == "start" and statement is None:
                    if len(self.statements) >= MAX_STATEMENTS:
                        raise unreadable("too_large", "Ce fichier porte trop de relevés.")
                    statement = self.begin(KINDS[name], line=element.sourceline)
                elif event == "end" and statement is not None and not element_inside(element):
                    sound = self._header(statement, element)
                    if not sound:
                        self._two_currencies(statement)
                    self.end(statement, balances_told=not sound)
                    statement = None
                    stream.release(element)
            elif event == "start" or statement is None:
                continue
            elif name == "TxDtls":
                if len(self._details) >= MAX_DETAILS:
                    raise unreadable(
                        "too_large",
                        f"Une opération détaille plus de {MAX_DETAILS} transactions.",
                        line=element.sourceline,
                    )
                self._details.append(self._detail(element))
                stream.release(element)
            elif name == "Ntry" and local(element.getparent()) in KINDS:
                if not statement.lines and not statement.pending:
                    self._header(statement, element.getparent())
                line = self._entry(statement, element)
                self._details = []
                self._details_return = False
                stream.release(element)
                if line is not None:
                    yield self.counted(line)
        if not self.statements:
            raise unreadable(
                "no_statement",
                "Ce message ne contient ni relevé ni avis : demandez-le de nouveau à la banque.",
            )

    # ---- the statement

    def _header(self, statement: BankStatement, element: Element) -> bool:
        """Read what stands before the entries, and the balances wherever they are.

        Return False where the balances cannot be those of one statement.
        """
        parts = children(element)
        statement.reference = clean(text_at(element, "Id"), MAX_REF)
        statement.number = clean(
            text_at(element, "LglSeqNb") or text_at(element, "ElctrncSeqNb"), MAX_REF
        )
        account = parts.get("Acct")
        iban = text_at(account, "Id", "IBAN")
        other = text_at(account, "Id", "Othr", "Id") or text_at(account, "Id", "PrtryAcct", "Id")
        statement.iban = as_iban(iban or other)
        statement.account = statement.iban or clean(iban or other, MAX_REF)
        statement.currency = statement.currency or currency_code(text_at(account, "Ccy"))
        return self._balances(statement, element)

    def _balances(self, statement: BankStatement, element: Element) -> bool:
        found: dict[str, tuple[int, str, date | None]] = {}
        last_interim: tuple[int, str, date | None] | None = None
        for child in element:
            if local(child) != "Bal":
                continue
            code = text_at(child, "Tp", "CdOrPrtry", "Cd") or text_at(child, "Tp", "Cd")
            if code not in OPENING and code not in CLOSING:
                continue
            amount = element_at(child, "Amt")
            try:
                value = cents(text_at(child, "Amt"))
                on = iso_day(text_at(child, "Dt", "Dt") or text_at(child, "Dt", "DtTm"))
            except Illegible as error:
                self._wrong(child, "balance", error)
                continue
            if text_at(child, "CdtDbtInd") == "DBIT":
                value = -value
            currency = currency_code(amount.get("Ccy", "") if amount is not None else "")
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

    def _entry(self, statement: BankStatement, entry: Element) -> BankLine | None:
        parts = children(entry)
        status = text_at(parts.get("Sts"), "Cd") or text_at(entry, "Sts")
        if status in NOT_BOOKED:
            statement.pending += 1
            return None
        try:
            amount, currency = self._amount(entry)
            booked = _day(parts.get("BookgDt"))
            value = _day(parts.get("ValDt"))
        except Illegible as error:
            self._wrong(entry, error.code, error)
            return None
        booked_on = booked or value or statement.closing_on
        if booked_on is None:
            self.problems.add(
                "missing_date",
                f"Ligne {entry.sourceline} : l’opération n’a ni date comptable ni date de valeur.",
                line=entry.sourceline,
                field="booked_on",
            )
            return None
        if not statement.currency:
            statement.currency = currency
        elif currency and currency != statement.currency:
            self.problems.add(
                "entry_currency",
                f"Ligne {entry.sourceline} : l’opération est en {currency}, le compte en "
                f"{statement.currency}.",
                line=entry.sourceline,
                field="currency",
            )
            return None
        details = self._details
        sole = details[0] if len(details) == 1 else Detail()
        code, nature, comes_back = _transaction_code(parts.get("BkTxCd"))
        comes_back = (
            comes_back
            or self._details_return
            or text_at(entry, "RvslInd").lower() in ("true", "1")
        )
        batch = element_at(entry, "NtryDtls", "Btch")
        line = BankLine(
            statement=statement,
            line=entry.sourceline,
            booked_on=booked_on,
            value_on=value,
            amount_cents=amount,
            currency=currency or statement.currency,
            label=clean(
                " ".join(filter(None, (sole.label, text_at(entry, "AddtlNtryInf"))))
            ),
            counterparty=sole.counterparty,
            counterparty_iban=sole.counterparty_iban,
            on_behalf_of=sole.on_behalf_of,
            end_to_end=sole.end_to_end,
            mandate=sole.mandate,
            bank_ref=clean(text_at(entry, "AcctSvcrRef"), MAX_REF) or sole.bank_ref,
            refs=sole.refs,
            code=code,
            nature=nature,
            is_return=comes_back,
            return_code=sole.return_code,
            return_reason=sole.return_reason,
            batch_ref=clean(text_at(batch, "PmtInfId") or text_at(batch, "MsgId"), MAX_REF),
            batch_count=_count(text_at(batch, "NbOfTxs")),
            details=tuple(details) if len(details) > 1 else (),
        )
        self._check_details(line)
        return line

    def _amount(self, entry: Element) -> tuple[int, str]:
        amount = element_at(entry, "Amt")
        if amount is None:
            raise Illegible("missing_amount", "le montant manque")
        value = cents(amount.text or "")
        if value < 0:
            raise Illegible("wrong_amount", "le montant porte un signe")
        side = text_at(entry, "CdtDbtInd")
        if side not in ("CRDT", "DBIT"):
            raise Illegible("missing_side", "ni crédit ni débit n’est indiqué")
        return (value if side == "CRDT" else -value), currency_code(amount.get("Ccy", ""))

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

    def _detail(self, tx: Element) -> Detail:
        parts = children(tx)
        refs = children(parts.get("Refs"))
        parties = children(parts.get("RltdPties"))
        code, _, comes_back = _transaction_code(parts.get("BkTxCd"))
        back = parts.get("RtrInf")
        return_code = text_at(back, "Rsn", "Cd") or text_at(back, "Rsn", "Prtry")
        words = " ".join(
            clean(child.text) for child in (back if back is not None else ())
            if local(child) == "AddtlInf"
        )
        if back is not None or comes_back:
            self._details_return = True
        entry = next(tx.iterancestors(), None)
        while entry is not None and local(entry) != "Ntry":
            entry = entry.getparent()
        credit = text_at(entry, "CdtDbtInd") == "CRDT"
        sides = ("Dbtr", "Cdtr") if back is not None else ("Dbtr",) if credit else ("Cdtr", "Dbtr")
        payer = next(filter(None, (_party(parties, side) for side in sides)), "")
        iban = next(filter(None, (_iban(parties.get(f"{side}Acct")) for side in sides)), "")
        ultimate = _party(parties, f"Ultmt{sides[0]}")
        amount, currency = self._detail_amount(tx, parts)
        label, structured = _remittance(parts.get("RmtInf"))
        return Detail(
            amount_cents=amount,
            currency=currency,
            label=clean(" ".join(filter(None, (label, text_at(tx, "AddtlTxInf")))) or words),
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

    def _detail_amount(
        self, tx: Element, parts: dict[str, Element]
    ) -> tuple[int | None, str]:
        amount = parts.get("Amt")
        if amount is None:
            amount = element_at(parts.get("AmtDtls"), "TxAmt", "Amt")
        if amount is None:
            return None, ""
        try:
            return cents(amount.text or ""), currency_code(amount.get("Ccy", ""))
        except Illegible as error:
            self._wrong(tx, error.code, error, blocking=False)
            return None, ""

    def _wrong(
        self, element: Element, code: str, error: Illegible, *, blocking: bool = True
    ) -> None:
        self.problems.add(
            code,
            f"Ligne {element.sourceline} : {error}.",
            line=element.sourceline,
            blocking=blocking,
        )


def element_inside(element: Element) -> bool:
    """Say whether an element named as a statement stands inside another one."""
    return any(local(above) in KINDS for above in element.iterancestors())


def _day(element: Element | None) -> date | None:
    if element is None:
        return None
    return iso_day(text_at(element, "Dt") or text_at(element, "DtTm"))


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _transaction_code(element: Element | None) -> tuple[str, codes.Nature, bool]:
    """Return a bank transaction code as written, its nature, and whether something comes back."""
    if element is None:
        return "", codes.Nature.OTHER, False
    domain = text_at(element, "Domn", "Cd")
    family = text_at(element, "Domn", "Fmly", "Cd")
    sub_family = text_at(element, "Domn", "Fmly", "SubFmlyCd")
    nature, comes_back = codes.iso(domain, family, sub_family)
    written = "/".join(filter(None, (domain, family, sub_family)))
    return clean(written or text_at(element, "Prtry", "Cd"), 60), nature, comes_back


def _party(parties: dict[str, Element], name: str) -> str:
    party = parties.get(name)
    return clean(text_at(party, "Nm") or text_at(party, "Pty", "Nm"), MAX_NAME)


def _iban(account: Element | None) -> str:
    written = text_at(account, "Id", "IBAN") or text_at(account, "Id", "Othr", "Id")
    return as_iban(written) or clean(written, 34)


def _ref(refs: dict[str, Element], name: str) -> str:
    element = refs.get(name)
    text = clean(element.text, MAX_REF) if element is not None else ""
    return "" if text.replace(" ", "").upper() in NO_REF else text


def _remittance(element: Element | None) -> tuple[str, list[str]]:
    """Return the free text of a remittance, and its structured references."""
    texts: list[str] = []
    refs: list[str] = []
    for child in element if element is not None else ():
        name = local(child)
        if name == "Ustrd":
            texts.append(clean(child.text))
        elif name == "Strd":
            for part in child:
                kind = local(part)
                if kind == "CdtrRefInf":
                    refs.append(clean(text_at(part, "Ref"), MAX_REF))
                elif kind == "RfrdDocInf":
                    refs.append(clean(text_at(part, "Nb"), MAX_REF))
                elif kind == "AddtlRmtInf":
                    texts.append(clean(part.text))
    return " ".join(filter(None, texts)), [ref for ref in refs if ref]
