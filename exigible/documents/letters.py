"""Letters on A4, ready for a DL envelope with its window at right.

The address stands where every French DL window (35 or 45 mm high, 100 mm wide, 20 mm from the
right and bottom edges of a 110 × 220 mm envelope) shows it, however the folded sheet slides inside:
the sheet is 99 × 210 mm, so the part always seen is x from 100 to 190 mm and y from 55 to 79 mm.
The block starts at 110 mm and 55 mm: six lines of 4 mm. Nothing else enters what a window can show
(x from 90 to 200, y from 44 to 90). Postal lines: NF Z 10-011, six lines of 38 characters at most,
the town in capitals.

`letter_pdf` sets one letter; `joined` puts many in one file for the printer, each starting on a new
sheet, behind a slip that lists them.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pikepdf

from exigible.documents.typesetting import page_count, typeset
from exigible.domain.correspondence import (
    Block,
    ClaimLine,
    ClaimsTable,
    Correspondence,
    Demand,
    LawText,
    Paragraph,
    PaymentBox,
    TotalsTable,
)
from exigible.domain.french import NO_BREAK, count, day, euros, grouped, long_day

ADDRESS_LINES = 6
REGISTERED = "Lettre recommandée avec avis de réception"


@dataclass(frozen=True, slots=True)
class Pdf:
    """A document and its number of pages."""

    data: bytes
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SlipLine:
    """One letter of a batch, as the slip lists it."""

    reference: str
    recipient: str
    town: str
    subject: str
    pages: int


def letter_pdf(letter: Correspondence, *, registered: bool = False, at: datetime) -> Pdf:
    """Set one letter; `registered` says so above its references."""
    data = letter_data(letter, registered=registered)
    pdf = typeset("letter", data | {"numbered": False}, at=at)
    if page_count(pdf) > 1:  # page numbers cost a fifth of the time: only letters that need them
        pdf = typeset("letter", data | {"numbered": True}, at=at)
    return Pdf(pdf, page_count(pdf))


def letter_data(letter: Correspondence, *, registered: bool = False) -> dict[str, object]:
    """Return what the template prints: strings already in French, nothing left to compute."""
    demand = letter.demand
    return {
        "title": f"{letter.subject} – {demand.recipient.name}",
        "subject": letter.subject,
        "writer": demand.writer,
        "logo": list(demand.sender.logo) if not demand.agency else [],
        "letterhead": letterhead(demand),
        "footer": f"Pour le compte de : {demand.sender.legal_line}"
        if demand.agency
        else demand.sender.legal_line,
        "recipient": postal_lines(demand),
        "service": REGISTERED if registered else "",
        "references": [
            ["Votre compte", demand.account_number],
            ["Notre référence", demand.reference],
        ],
        "date": f"Le {long_day(demand.on)}",
        "claims": claims_table(demand),
        "totals": demand.totals,
        "payment": demand.payment_lines,
        "blocks": list(_blocks(letter.blocks)),
    }


def letterhead(demand: Demand) -> list[str]:
    """Return the lines under the writer's name."""
    if demand.agency:
        return [
            *demand.agency.address,
            f"Recouvrement amiable pour le compte de {demand.sender.name}",
        ]
    sender = demand.sender
    reach = [part for part in (sender.phone, sender.email, sender.website) if part]
    return [*sender.address, *([" · ".join(reach)] if reach else [])]


def postal_lines(demand: Demand) -> list[str]:
    """Return at most six lines for the window; the name keeps the first, the town the last."""
    recipient = demand.recipient
    lines = [recipient.name, *([recipient.attention] if recipient.attention else [])]
    lines += recipient.address
    if len(lines) > ADDRESS_LINES and recipient.attention:
        lines.remove(recipient.attention)
    return lines[: ADDRESS_LINES - 1] + lines[-1:] if len(lines) > ADDRESS_LINES else lines


def claims_table(demand: Demand) -> dict[str, object]:
    """Return the claims as a table; « non réclamé » only where some part is set aside."""
    aside = any(line.set_aside_cents for line in demand.claims)
    sums = ["Montant", "Réglé", *(["Non réclamé"] if aside else []), "Reste dû"]

    def row(line: ClaimLine) -> list[str]:
        cells = [
            line.ref or "sans numéro",
            day(line.issued_on) if line.issued_on else "",
            day(line.due_on),
            euros(line.amount_cents),
            euros(line.paid_cents),
        ]
        cells += [euros(line.set_aside_cents)] if aside else []
        return [*cells, euros(line.claimed_cents)]

    return {
        "head": ["Référence", "Date", "Échéance", *sums],
        "rows": [row(line) for line in demand.claims],
        "widths": [21, 21] + [25 if aside else 28] * len(sums),
        "aligns": ["left"] * 3 + ["right"] * len(sums),
    }


def _blocks(blocks: Sequence[Block]) -> Iterator[dict[str, object]]:
    """Yield the blocks for the template; the last two paragraphs are the closing and signature."""
    texts = [i for i, block in enumerate(blocks) if isinstance(block, Paragraph)]
    kinds = dict(zip(reversed(texts), ("signature", "closing"), strict=False))
    for i, block in enumerate(blocks):
        match block:
            case Paragraph(text):
                yield {"kind": kinds.get(i, "paragraph"), "text": text}
            case ClaimsTable():
                yield {"kind": "claims"}
            case TotalsTable():
                yield {"kind": "totals"}
            case PaymentBox():
                yield {"kind": "payment"}
            case LawText(title, paragraphs):
                yield {"kind": "law", "title": title, "paragraphs": list(paragraphs)}


def slip_pdf(
    *, creditor: str, service: str, number: int, on: date, lines: Sequence[SlipLine], at: datetime
) -> bytes:
    """Set the slip (*bordereau*) that goes to the post with a batch."""
    return typeset(
        "slip",
        {
            "title": f"Bordereau n°{NO_BREAK}{number}",
            "creditor": creditor,
            "service": service,
            "date": long_day(on),
            "summary": f"{count(len(lines), 'lettre')}, "
            f"{count(sum(line.pages for line in lines), 'page')}",
            "rows": [
                [
                    grouped(i),
                    line.reference,
                    line.recipient,
                    line.town,
                    line.subject,
                    str(line.pages),
                ]
                for i, line in enumerate(lines, start=1)
            ],
        },
        at=at,
    )


def joined(slip: bytes, letters: Sequence[bytes]) -> Pdf:
    """Put a slip and letters in one file for a two-sided printer: each starts on a new sheet.

    The pages are the letters' own; a blank one follows an odd number of pages, so that no letter
    is printed on the back of another.
    """
    book = pikepdf.new()
    kept = []  # pikepdf copies lazily: the sources live until the file is written
    for data in (slip, *letters):
        source = pikepdf.open(io.BytesIO(data))
        kept.append(source)
        book.pages.extend(source.pages)
        if len(source.pages) % 2:
            book.add_blank_page(page_size=A4_POINTS)
    for page in book.pages:
        if "/StructParents" in page:  # the tags stay in each letter's own file
            del page["/StructParents"]
    out = io.BytesIO()
    book.save(out, deterministic_id=True)
    return Pdf(out.getvalue(), len(book.pages))


A4_POINTS = (595.276, 841.89)
