"""Life-cycle messages of the French reform (CDAR): what became of an invoice on the platforms.

A message holds one status or several, each on one invoice: who says it, when, why, which amounts. The
codes and their words are those of AFNOR XP Z12-012; a status tells, it never pays nor cancels.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from lxml import etree

from exigible.intake.einvoice.fields import Reader, read_day, text_of
from exigible.intake.einvoice.parties import siren_of_identifier
from exigible.intake.problems import Problems

E = etree._Element
PARIS = ZoneInfo("Europe/Paris")
MAX_REASONS = 50

# Codes of the statuses, their words, and what they ask of the creditor.
STATUSES = {
    "200": "déposée",
    "201": "émise par la plateforme",
    "202": "reçue par la plateforme de l’acheteur",
    "203": "mise à disposition de l’acheteur",
    "204": "prise en charge",
    "205": "approuvée",
    "206": "approuvée partiellement",
    "207": "en litige",
    "208": "suspendue",
    "209": "complétée",
    "210": "refusée",
    "211": "paiement transmis",
    "212": "encaissée",
    "213": "rejetée",
    "214": "visée",
    "220": "annulée",
    "221": "erreur de routage",
    "224": "demande de paiement direct",
    "225": "affacturée",
    "226": "affacturée confidentiellement",
    "227": "compte de paiement modifié",
    "228": "non affacturée",
    "501": "irrecevable",
}
# Amounts that a status carries: approved net of tax…, paid, received.
AMOUNTS = {
    "MPA": "payé",
    "MEN": "encaissé",
    "MAP": "approuvé",
    "MNA": "non approuvé",
    "RAP": "reste à payer",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a status was given, and what is asked for."""

    code: str
    text: str
    action_code: str = ""
    action: str = ""
    details: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class StatusMessage:
    """One status on one invoice."""

    message_id: str
    number: str
    issued_on: date | None
    type_code: str
    code: str
    label: str
    at: datetime | None  # when the status was given
    seller_siren: str
    seller_id: str
    issuer_role: str = ""  # SE the seller, BY the buyer, WK a platform
    issuer_name: str = ""
    reasons: list[Reason] = field(default_factory=list)
    amounts: list[tuple[str, Decimal, str]] = field(default_factory=list)  # kind, sum, currency
    paid_on: date | None = None
    line: int | None = None

    def amount(self, kind: str) -> Decimal | None:
        """Return the sum of the amounts of a kind (by VAT rate, in the reform); None if none."""
        found = [amount for name, amount, _ in self.amounts if name == kind]
        return sum(found, Decimal(0)) if found else None


def read(root: E, problems: Problems) -> list[StatusMessage]:
    """Return the statuses of a CDAR message; tell those that name no invoice or no status."""
    return _Cdar(problems).read(root)


class _Cdar(Reader):
    def read(self, root: E) -> list[StatusMessage]:
        document, answer = root.find("ExchangedDocument"), root.find("AcknowledgementDocument")
        message_id = self.text(document, "ID")
        issuer = None if document is None else document.find("IssuerTradeParty")
        given_at = self._moment(answer) or self._moment(document)
        statuses = []
        for reference in () if answer is None else answer.iterfind("ReferenceReferencedDocument"):
            number = self.text(reference, "IssuerAssignedID")
            code = self.text(reference, "ProcessConditionCode")
            if not number or not code:
                self.problems.add(
                    "status_of_nothing",
                    f"Ligne {reference.sourceline} : ce statut ne dit pas "
                    f"{'quelle facture il vise (MDT-87)' if not number else 'ce qu’elle devient (MDT-105)'}.",
                    line=reference.sourceline,
                )
                continue
            if code not in STATUSES:
                self.problems.add(
                    "unknown_status",
                    f"Ligne {reference.sourceline} : le statut « {code[:20]} » de la facture "
                    f"{number[:40]} n’est pas connu ; il est gardé tel quel.",
                    line=reference.sourceline,
                    blocking=False,
                )
            seller = self.identifier(reference, "IssuerTradeParty/GlobalID") or self.identifier(
                reference, "IssuerTradeParty/ID"
            )
            status = StatusMessage(
                message_id=message_id,
                number=number,
                issued_on=self.day(reference, "FormattedIssueDateTime/DateTimeString"),
                type_code=self.text(reference, "TypeCode"),
                code=code[:20],
                label=self.text(reference, "ProcessCondition").replace("_", " "),
                at=given_at,
                seller_siren=siren_of_identifier(seller) if seller else "",
                seller_id=seller.value if seller else "",
                issuer_role=self.text(issuer, "RoleCode"),
                issuer_name=self.text(issuer, "Name"),
                line=reference.sourceline,
            )
            for given in reference.iterfind("SpecifiedDocumentStatus"):
                self._details(status, given)
            statuses.append(status)
        if not statuses and not self.problems.blocking:
            self.problems.add(
                "status_of_nothing",
                "Ce message de cycle de vie ne vise aucune facture.",
                fatal=True,
            )
        return statuses

    def _moment(self, element: E | None) -> datetime | None:
        text = self.text(element, "IssueDateTime/DateTimeString")
        if (day := read_day(text)) is None:
            return None
        clock = text[8:].ljust(6, "0")[:6] if text[:8].isdigit() else "000000"
        try:
            moment = datetime(
                day.year, day.month, day.day, int(clock[:2]), int(clock[2:4]), int(clock[4:]),
                tzinfo=PARIS,
            )  # fmt: skip
        except ValueError:
            moment = datetime(day.year, day.month, day.day, tzinfo=PARIS)
        return moment.astimezone(UTC)

    def _details(self, status: StatusMessage, given: E) -> None:
        details = []
        for one in given.iterfind("SpecifiedDocumentCharacteristic"):
            kind, name = self.text(one, "TypeCode"), self.text(one, "Name")
            amount = one.find("ValueAmount")
            percent = self.text(one, "ValuePercent")
            if amount is not None and (sum_ := self.amount_of(amount)) is not None:
                status.amounts.append((kind, sum_, amount.get("currencyID", "EUR")[:3]))
            if paid_on := self.day(one, "ValueDateTime/DateTimeString"):
                status.paid_on = paid_on
            if name:
                was = {"DIV": "lu", "DVA": "attendu"}.get(kind, "")
                value = f"{percent} %" if percent else self.text(one, "ValueCode")
                details.append(" ".join(part for part in (name, was, value) if part)[:200])
        code, text = self.text(given, "ReasonCode"), self.text(given, "Reason")
        action_code = self.text(given, "RequestedActionCode")
        action = self.text(given, "RequestedAction")
        notes = [text_of(note) for note in given.iterfind("IncludedNote/Content")]
        text = text or " ".join(note for note in notes if note)
        if (code or text or action) and len(status.reasons) < MAX_REASONS:
            status.reasons.append(
                Reason(code[:40], text[:500], action_code[:20], action[:300], tuple(details[:10]))
            )
