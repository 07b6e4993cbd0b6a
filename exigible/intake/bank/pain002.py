"""pain.002: what became of direct debits and transfers that were sent, before any money moved.

An accepted group says so and holds no line. A rejected order is a line of a status report: what it
would have brought, taken back, with its reason; it moves no money. A whole group may be rejected
without its orders being listed: that is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from lxml import etree

from exigible.intake.bank import codes
from exigible.intake.bank.camt import NO_REF
from exigible.intake.bank.shapes import BankFile, BankLine, BankStatement, Kind, Nature
from exigible.intake.bank.texts import (
    MAX_NAME,
    MAX_REF,
    as_iban,
    cents,
    clean,
    currency_code,
    iso_day,
)
from exigible.intake.bank.xml_stream import XmlStream, element_at, local, text_at
from exigible.intake.cells import Illegible
from exigible.intake.formats import Format
from exigible.intake.ledger_text import Opener, unreadable
from exigible.intake.problems import Problems

Element = etree._Element

REJECTED = frozenset({"RJCT", "CANC"})
STATUSES = {
    "ACCP": "accepté",
    "ACTC": "accepté, contrôle technique fait",
    "ACSP": "accepté, règlement en cours",
    "ACSC": "accepté, réglé",
    "ACWC": "accepté avec une modification",
    "PART": "accepté en partie",
    "PDNG": "en attente",
    "RCVD": "reçu",
    "RJCT": "rejeté",
    "CANC": "annulé",
}


class Pain002File(BankFile):
    """A status report."""

    def __init__(self, opened: Opener, problems: Problems) -> None:
        super().__init__(Format.PAIN002, problems)
        self._opened = opened

    def lines(self) -> Iterator[BankLine]:
        stream = XmlStream(
            self._opened,
            ["GrpHdr", "OrgnlGrpInfAndSts", "OrgnlPmtInfAndSts", "TxInfAndSts"],
            on_bytes=self.on_bytes,
        )
        self.encoding = stream.encoding
        statement: BankStatement | None = None
        made_on: date | None = None
        inside = ""  # status of the payment under way
        rejected_groups = 0
        for event, element in stream.events():
            name = local(element)
            if event == "start":
                continue
            if name == "GrpHdr":
                try:
                    made_on = iso_day(text_at(element, "CreDtTm"))
                except Illegible as error:
                    self.problems.add(error.code, f"{error}.", line=element.sourceline)
                statement = self.begin(Kind.STATUS, line=element.sourceline)
                statement.reference = clean(text_at(element, "MsgId"), MAX_REF)
                statement.closing_on = made_on
            elif statement is None:
                continue
            elif name == "OrgnlGrpInfAndSts":
                status = text_at(element, "GrpSts")
                statement.number = clean(text_at(element, "OrgnlMsgId"), MAX_REF)
                if status:
                    self._tell(statement, element, "L’ensemble des ordres", status)
                    rejected_groups += status in REJECTED
            elif name == "TxInfAndSts":
                line = self._transaction(statement, element, made_on)
                stream.release(element)
                if line is not None:
                    yield self.counted(line)
            elif name == "OrgnlPmtInfAndSts":
                inside = text_at(element, "PmtInfSts")
                if inside:
                    ref = clean(text_at(element, "OrgnlPmtInfId"), MAX_REF)
                    self._tell(statement, element, f"Le lot {ref}".strip(), inside)
                    rejected_groups += inside in REJECTED
                stream.release(element)
        if statement is None:
            raise unreadable(
                "no_statement", "Ce compte rendu est vide : demandez-le de nouveau à la banque."
            )
        if rejected_groups and not statement.lines:
            self.note(
                "orders_not_listed",
                "La banque rejette un ensemble d’ordres sans en donner la liste : rapprochez-le du "
                "fichier envoyé.",
                statement,
            )
        self.end(statement)

    def _tell(self, statement: BankStatement, element: Element, what: str, status: str) -> None:
        code, words = _reason(element)
        because = f" ({' : '.join(filter(None, (code, words)))})" if code or words else ""
        self.problems.add(
            "group_status",
            f"{what} est {STATUSES.get(status, status)}{because}.",
            line=element.sourceline,
            field="status",
            blocking=False,
        )

    def _transaction(
        self, statement: BankStatement, element: Element, made_on: date | None
    ) -> BankLine | None:
        if text_at(element, "TxSts") not in REJECTED:
            statement.pending += 1
            return None
        original = element_at(element, "OrgnlTxRef")
        amount = element_at(original, "Amt", "InstdAmt")
        if amount is None:
            amount = element_at(original, "IntrBkSttlmAmt")
        try:
            value = cents(amount.text or "") if amount is not None else 0
            due_on = iso_day(
                text_at(original, "ReqdColltnDt") or text_at(original, "ReqdExctnDt")
                or text_at(original, "ReqdExctnDt", "Dt")
            )
        except Illegible as error:
            self.problems.add(
                error.code, f"Ligne {element.sourceline} : {error}.", line=element.sourceline
            )
            return None
        on = due_on or made_on
        if on is None:
            self.problems.add(
                "missing_date",
                f"Ligne {element.sourceline} : ce rejet n’a pas de date.",
                line=element.sourceline,
                field="booked_on",
            )
            return None
        currency = currency_code(amount.get("Ccy", "")) if amount is not None else ""
        if amount is None:
            self.problems.add(
                "missing_amount",
                f"Ligne {element.sourceline} : ce rejet ne dit pas de quel montant ; sa référence "
                "permet de le retrouver.",
                line=element.sourceline,
                field="amount",
                blocking=False,
            )
        statement.currency = statement.currency or currency
        account = text_at(original, "CdtrAcct", "Id", "IBAN")
        if account and not statement.account:
            statement.iban = as_iban(account)
            statement.account = statement.iban
        code, words = _reason(element)
        end_to_end = clean(text_at(element, "OrgnlEndToEndId"), MAX_REF)
        return BankLine(
            statement=statement,
            line=element.sourceline,
            booked_on=made_on or on,
            value_on=due_on,
            amount_cents=-value,
            currency=currency,
            label=clean(text_at(original, "RmtInf", "Ustrd")),
            counterparty=clean(
                text_at(original, "Dbtr", "Nm") or text_at(original, "Dbtr", "Pty", "Nm"), MAX_NAME
            ),
            counterparty_iban=as_iban(text_at(original, "DbtrAcct", "Id", "IBAN")),
            end_to_end="" if end_to_end.upper() in NO_REF else end_to_end,
            mandate=clean(text_at(original, "MndtRltdInf", "MndtId"), MAX_REF),
            refs=tuple(filter(None, (clean(text_at(element, "OrgnlInstrId"), MAX_REF),))),
            code="RJCT",
            nature=Nature.DIRECT_DEBIT,
            is_return=True,
            return_code=code,
            return_reason=words,
        )


def _reason(element: Element) -> tuple[str, str]:
    info = element_at(element, "StsRsnInf")
    code = clean(text_at(info, "Rsn", "Cd") or text_at(info, "Rsn", "Prtry"), 35)
    return code, clean(codes.reason(code, text_at(info, "AddtlInf")), MAX_NAME)
