"""pain.002: what became of direct debits and transfers that were sent, before any money moved.

An accepted group says so and holds no line. A rejected order is a line of a status report: what it
would have brought, taken back, with its reason; it moves no money. A whole group may be rejected
without its orders being listed: that is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

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
from exigible.intake.bank.xml_stream import NOTHING, Node, XmlStream
from exigible.intake.cells import Illegible
from exigible.intake.formats import Format
from exigible.intake.ledger_text import Opener, unreadable
from exigible.intake.problems import Problems

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
        self._statement: BankStatement | None = None
        self._made_on: date | None = None
        self._rejected_groups = 0
        self._ready: list[BankLine] = []

    def lines(self) -> Iterator[BankLine]:
        stream = XmlStream(
            self._opened,
            frozenset({"GrpHdr", "OrgnlGrpInfAndSts", "OrgnlPmtInfAndSts", "TxInfAndSts"}),
            on_start=lambda node: None,
            on_end=self._ended,
            on_bytes=self.on_bytes,
        )
        for _ in stream.read():
            self.encoding = stream.encoding
            yield from self._ready
            self._ready.clear()
        if self._statement is None:
            raise unreadable(
                "no_statement", "Ce compte rendu est vide : demandez-le de nouveau à la banque."
            )
        if self._rejected_groups and not self._statement.lines:
            self.note(
                "orders_not_listed",
                "La banque rejette un ensemble d’ordres sans en donner la liste : rapprochez-le du "
                "fichier envoyé.",
                self._statement,
            )
        self.end(self._statement)

    def _ended(self, node: Node) -> bool:
        """Read an element that closes; return True to release it."""
        statement = self._statement
        if node.name == "GrpHdr" and statement is None:
            try:
                self._made_on = iso_day(node.said("CreDtTm"))
            except Illegible as error:
                self.problems.add(error.code, f"{error}.", line=node.line)
            statement = self._statement = self.begin(Kind.STATUS, line=node.line)
            statement.reference = clean(node.said("MsgId"), MAX_REF)
            statement.closing_on = self._made_on
            return True
        if statement is None:
            return False
        if node.name == "OrgnlGrpInfAndSts":
            statement.number = clean(node.said("OrgnlMsgId"), MAX_REF)
            self._tell(statement, node, "L’ensemble des ordres", node.said("GrpSts"))
        elif node.name == "OrgnlPmtInfAndSts":
            lot = clean(node.said("OrgnlPmtInfId"), MAX_REF)
            self._tell(statement, node, f"Le lot {lot}".strip(), node.said("PmtInfSts"))
        elif node.name == "TxInfAndSts":
            line = self._transaction(statement, node, self._made_on)
            if line is not None:
                self._ready.append(self.counted(line))
        return True

    def _tell(self, statement: BankStatement, element: Node, what: str, status: str) -> None:
        if not status:
            return
        self._rejected_groups += status in REJECTED
        code, words = _reason(element)
        because = f" ({' : '.join(filter(None, (code, words)))})" if code or words else ""
        self.problems.add(
            "group_status",
            f"{what} est {STATUSES.get(status, status)}{because}.",
            line=element.line,
            field="status",
            blocking=False,
        )

    def _transaction(
        self, statement: BankStatement, element: Node, made_on: date | None
    ) -> BankLine | None:
        if element.said("TxSts") not in REJECTED:
            statement.pending += 1
            return None
        original = element.at("OrgnlTxRef") or NOTHING
        amount = original.at("Amt", "InstdAmt")
        if amount is None:
            amount = original.at("IntrBkSttlmAmt")
        try:
            value = cents(amount.text) if amount is not None else 0
            due_on = iso_day(
                original.said("ReqdColltnDt")
                or original.said("ReqdExctnDt")
                or original.said("ReqdExctnDt", "Dt")
            )
        except Illegible as error:
            self.problems.add(error.code, f"Ligne {element.line} : {error}.", line=element.line)
            return None
        on = due_on or made_on
        if on is None:
            self.problems.add(
                "missing_date",
                f"Ligne {element.line} : ce rejet n’a pas de date.",
                line=element.line,
                field="booked_on",
            )
            return None
        currency = currency_code(amount.attributes.get("Ccy", "")) if amount is not None else ""
        if amount is None:
            self.problems.add(
                "missing_amount",
                f"Ligne {element.line} : ce rejet ne dit pas de quel montant ; sa référence "
                "permet de le retrouver.",
                line=element.line,
                field="amount",
                blocking=False,
            )
        statement.currency = statement.currency or currency
        account = original.said("CdtrAcct", "Id", "IBAN")
        if account and not statement.account:
            statement.iban = as_iban(account)
            statement.account = statement.iban
        code, words = _reason(element)
        end_to_end = clean(element.said("OrgnlEndToEndId"), MAX_REF)
        return BankLine(
            statement=statement,
            line=element.line,
            booked_on=made_on or on,
            value_on=due_on,
            amount_cents=-value,
            currency=currency,
            label=clean(original.said("RmtInf", "Ustrd")),
            counterparty=clean(
                original.said("Dbtr", "Nm") or original.said("Dbtr", "Pty", "Nm"), MAX_NAME
            ),
            counterparty_iban=as_iban(original.said("DbtrAcct", "Id", "IBAN")),
            end_to_end="" if end_to_end.upper() in NO_REF else end_to_end,
            mandate=clean(original.said("MndtRltdInf", "MndtId"), MAX_REF),
            refs=tuple(filter(None, (clean(element.said("OrgnlInstrId"), MAX_REF),))),
            code="RJCT",
            nature=Nature.DIRECT_DEBIT,
            is_return=True,
            return_code=code,
            return_reason=words,
        )


def _reason(element: Node) -> tuple[str, str]:
    info = element.at("StsRsnInf") or NOTHING
    code = clean(info.said("Rsn", "Cd") or info.said("Rsn", "Prtry"), 35)
    return code, clean(codes.reason(code, info.said("AddtlInf")), MAX_NAME)
