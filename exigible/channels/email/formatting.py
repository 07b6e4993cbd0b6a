"""An e-mail's bytes: plain text for everyone, simple HTML beside it, attachments.

The text is what is kept as the message's body; the HTML says the same with tables. Every value is
escaped, and no header can hold a line break, so that a debtor's name cannot write one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape

from exigible.domain.correspondence import (
    ClaimLine,
    ClaimsTable,
    Correspondence,
    Demand,
    LawText,
    Paragraph,
    PaymentBox,
    TotalsTable,
)
from exigible.domain.french import NO_BREAK, day, euros
from exigible.domain.refusals import Refused

# 7-bit, quoted-printable: whatever the server on the way accepts, the bytes stay the same.
POLICY = SMTP.clone(cte_type="7bit", max_line_length=76)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"]+@[^\s@<>()\[\],;:\\\"]+\.[^\s@<>()\[\],;:\\\"]+")
CELL = 'style="padding:3px 10px 3px 0;border-bottom:1px solid #d5d9df"'
SUM = (
    'style="padding:3px 0 3px 10px;border-bottom:1px solid #d5d9df;text-align:right;'
    'white-space:nowrap"'
)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file joined to an e-mail."""

    name: str
    media_type: str
    data: bytes


def plain_text(message: Correspondence) -> str:
    """Return the message as text, its tables in words: what is read aloud, searched and kept."""
    parts = []
    for block in message.blocks:
        match block:
            case Paragraph(text):
                parts.append(text)
            case ClaimsTable():
                parts.append("\n".join(_claim_in_words(line) for line in message.demand.claims))
            case TotalsTable():
                parts.append("\n".join(f"{name} : {sum_}" for name, sum_ in message.demand.totals))
            case PaymentBox():
                lines = message.demand.payment_lines
                parts.append("\n".join(f"{name} : {value}" for name, value in lines))
            case LawText(title, paragraphs):
                parts.append("\n".join((title, *paragraphs)))
    return "\n\n".join(part for part in parts if part) + "\n"


def html(message: Correspondence) -> str:
    """Return the message as HTML that any mail reader shows: tables, inline style, no image."""
    parts = []
    for block in message.blocks:
        match block:
            case Paragraph(text):
                parts.append(f"<p>{_lines(text)}</p>")
            case ClaimsTable():
                parts.append(_claims_html(message.demand))
            case TotalsTable():
                parts.append(_rows_html(message.demand.totals, last_is_total=True))
            case PaymentBox():
                parts.append(_rows_html(message.demand.payment_lines))
            case LawText(title, paragraphs):
                words = "".join(f"<p>{_lines(one)}</p>" for one in paragraphs)
                parts.append(
                    f'<div style="color:#5b636d;font-size:13px"><p>{_lines(title)}</p>{words}</div>'
                )
    footer = message.demand.sender.legal_line
    if footer:
        parts.append(f'<p style="color:#5b636d;font-size:12px">{_lines(footer)}</p>')
    return (
        '<!DOCTYPE html>\n<html lang="fr"><head><meta charset="utf-8">'
        f"<title>{_lines(message.subject)}</title></head>\n"
        '<body style="font-family:sans-serif;font-size:15px;line-height:1.45;color:#1f2328;'
        f'max-width:42em">\n{"\n".join(parts)}\n</body></html>\n'
    )


def eml(
    message: Correspondence,
    *,
    message_id: str,
    at: datetime,
    attachments: Sequence[Attachment] = (),
) -> bytes:
    """Return the bytes that will be handed over, fixed for good; raise Refused on a bad address."""
    demand = message.demand
    mail = EmailMessage(policy=POLICY)
    sender = address(demand.sender.email, demand.writer, "L’adresse d’expédition du créancier")
    mail["Message-ID"] = message_id
    mail["Date"] = format_datetime(at)
    mail["From"] = sender
    mail["To"] = address(
        demand.recipient.email,
        demand.recipient.attention or demand.recipient.name,
        "L’adresse du destinataire",
    )
    mail["Subject"] = one_line(message.subject)
    mail["Content-Language"] = "fr"
    text = plain_text(message)
    if demand.sender.legal_line:
        text += f"\n-- \n{demand.sender.legal_line}\n"
    mail.set_content(text, charset="utf-8", cte="quoted-printable")
    mail.add_alternative(html(message), subtype="html", charset="utf-8", cte="quoted-printable")
    for file in attachments:
        kind, _, subtype = file.media_type.partition("/")
        mail.add_attachment(file.data, maintype=kind, subtype=subtype, filename=one_line(file.name))
    return mail.as_bytes()


def address(text: str, name: str, what: str) -> Address:
    """Return a header address; its domain in the form that every server reads."""
    if not _ADDRESS.fullmatch(text):
        raise Refused(
            "bad_address",
            f"{what} « {one_line(text)} » n’est pas une adresse e-mail. Corrigez-la.",
            field="email",
        )
    local, _, domain = text.rpartition("@")
    try:
        local.encode("ascii")
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        raise Refused(
            "bad_address",
            f"{what} « {text} » contient des lettres que le courrier électronique n’accepte pas "
            "toujours. Demandez une adresse sans accent.",
            field="email",
        ) from None
    return Address(one_line(name), local, domain)


def one_line(text: str) -> str:
    """Return a text without line breaks nor control characters, for a header."""
    return _CONTROL.sub(" ", text).strip()


def _claim_in_words(line: ClaimLine) -> str:
    """« – FA-12 du 02/07/2026, échue le 02/08/2026 : 4 134,61 €, dont 1 000,00 € réglés… »."""
    issued = f" du {day(line.issued_on)}" if line.issued_on else ""
    words = f"- {line.ref or 'sans numéro'}{issued}, échéance du {day(line.due_on)}"
    words += f"{NO_BREAK}: {euros(line.amount_cents)}"
    if line.paid_cents:
        words += f", réglé {euros(line.paid_cents)}"
    if line.set_aside_cents:
        words += f", non réclamé ici {euros(line.set_aside_cents)}"
    if line.claimed_cents != line.amount_cents:
        words += f", reste dû {euros(line.claimed_cents)}"
    return words


def _claims_html(demand: Demand) -> str:
    aside = any(line.set_aside_cents for line in demand.claims)
    head = ["Référence", "Date", "Échéance", "Montant", "Réglé"]
    head += [*(["Non réclamé"] if aside else []), "Reste dû"]
    rows = []
    for line in demand.claims:
        cells = [
            line.ref or "sans numéro",
            day(line.issued_on) if line.issued_on else "",
            day(line.due_on),
        ]
        sums = [line.amount_cents, line.paid_cents, *([line.set_aside_cents] if aside else [])]
        sums.append(line.claimed_cents)
        rows.append(
            "".join(f"<td {CELL}>{escape(cell)}</td>" for cell in cells)
            + "".join(f"<td {SUM}>{euros(cents)}</td>" for cents in sums)
        )
    heads = "".join(
        f'<th scope="col" {CELL if i < 3 else SUM}>{name}</th>' for i, name in enumerate(head)
    )
    body = "\n".join(f"<tr>{row}</tr>" for row in rows)
    return (
        '<table style="border-collapse:collapse;font-size:14px;text-align:left">'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>{body}</tbody></table>"
    )


def _rows_html(rows: Sequence[tuple[str, str]], *, last_is_total: bool = False) -> str:
    if not rows:
        return ""
    lines = []
    for i, (name, value) in enumerate(rows):
        weight = ";font-weight:bold" if last_is_total and i == len(rows) - 1 else ""
        lines.append(
            f'<tr><th scope="row" style="padding:3px 16px 3px 0;text-align:left;'
            f'font-weight:normal{weight}">{escape(name)}</th>'
            f'<td style="padding:3px 0;text-align:right{weight}">{escape(value)}</td></tr>'
        )
    return (
        '<table style="border-collapse:collapse;font-size:14px;margin:12px 0">'
        f"{''.join(lines)}</table>"
    )


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")
