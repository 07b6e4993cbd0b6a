"""The papers of the demonstration world: orders, delivery notes, messages, made as plainly as can be."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.message import EmailMessage
from email.utils import format_datetime

import pikepdf
from PIL import Image, ImageDraw, ImageFont

from exigible.domain import french
from exigible.domain.text_keys import name_key
from exigible.simulation import doing
from exigible.simulation.play import Play, moment
from exigible.simulation.world import House
from exigible.store.models import Claim

A4 = (595, 842)


@dataclass(frozen=True, slots=True)
class Paper:
    """A file as it is dropped: on an account, or in the general inbox of the house."""

    name: str
    content: bytes
    account_id: int | None = None


def drop_papers(play: Play, house: House, today: date) -> None:
    """Drop a few documents on the house's oldest debts, some where they go, some to be filed."""
    claims = doing.oldest_claims(house, 3)
    if len(claims) < 3:
        return
    at = moment(today, 6, 40)
    by = play.colleagues["chargee"]
    for paper in _papers(house, claims, at):
        doing.drop_paper(
            house, paper.name, paper.content, account_id=paper.account_id, by=by, at=at
        )


def _papers(house: House, claims: Sequence[Claim], at: datetime) -> list[Paper]:
    first, second, third = claims
    seller = str(house.creditor["name"])
    order = _pdf(
        "Bon de commande BC-40718",
        [
            f"Acheteur : {first.account.debtor.name}",
            f"Fournisseur : {seller}",
            f"Montant : {french.euros(first.amount_cents)} TTC",
            "Bon pour accord, le gérant",
        ],
    )
    note = _picture(
        "BON DE LIVRAISON",
        [
            first.account.debtor.name,
            f"Facture {first.ref}",
            "12 palettes reçues sans réserve",
            "Signature et cachet du client",
        ],
    )
    signed = _pdf(
        "Bon de livraison BL-77120",
        [
            f"Livré à {second.account.debtor.name}",
            f"Facture {second.ref}",
            "3 colis ouverts, contenu mouillé",
        ],
    )
    letter = _mail(
        f"Litige sur {second.ref}",
        f"Bonjour,\n\nTrois colis de la facture {second.ref} sont arrivés mouillés ; le bon de livraison "
        "signé avec réserves est joint. Nous attendons votre avoir avant de régler le reste.\n\n"
        "Cordialement,\nLe service comptable",
        at,
        ("BL-77120 signé.pdf", signed),
    )
    contract = _pdf(
        "Contrat de fourniture",
        [
            f"Entre {seller} et {third.account.debtor.name}",
            f"SIREN {third.account.debtor.siren or 'non communiqué'}",
            "Pénalités de retard : taux de la BCE majoré de dix points",
        ],
    )
    return [
        Paper("BC-40718 signé.pdf", order, first.account_id),
        Paper(f"BL {first.ref}.png", note, first.account_id),
        Paper("Litige livraison.eml", letter),
        Paper("scan_0042.pdf", contract),
    ]


def _pdf(title: str, lines: Sequence[str]) -> bytes:
    document = pikepdf.new()
    font = document.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Font,
            Subtype=pikepdf.Name.Type1,
            BaseFont=pikepdf.Name.Helvetica,
            Encoding=pikepdf.Name.WinAnsiEncoding,
        )
    )
    page = document.add_blank_page(page_size=A4)
    page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
    drawn = [_text(20, 760, title), *(_text(12, 700 - 24 * n, one) for n, one in enumerate(lines))]
    page.Contents = document.make_stream(b"\n".join(drawn))
    out = io.BytesIO()
    document.save(out, deterministic_id=True)
    return out.getvalue()


def _text(size: int, height: int, words: str) -> bytes:
    plain = words.replace(french.NO_BREAK, " ").replace("\u202f", " ")
    escaped = plain.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    return b"BT /F1 %d Tf 60 %d Td (%s) Tj ET" % (size, height, escaped.encode("cp1252", "replace"))


def _picture(title: str, lines: Sequence[str]) -> bytes:
    """A delivery note as a telephone photographs it: no text to search."""
    image = Image.new("RGB", (900, 1200), (247, 244, 236))
    pen = ImageDraw.Draw(image)
    pen.rectangle((60, 60, 840, 1140), outline=(90, 90, 90), width=3)
    pen.text((110, 120), title, fill=(30, 30, 30), font=ImageFont.load_default(44))
    for number, words in enumerate(lines):
        stamped = name_key(words).upper()  # the font at hand has no accents
        pen.text(
            (110, 240 + 70 * number), stamped, fill=(40, 40, 60), font=ImageFont.load_default(30)
        )
    pen.line(
        [(480, 900), (560, 840), (600, 930), (660, 850), (740, 900)], fill=(20, 40, 120), width=5
    )
    out = io.BytesIO()
    image.rotate(1.5, fillcolor=(120, 118, 112), expand=True).save(out, "PNG")
    return out.getvalue()


def _mail(subject: str, body: str, at: datetime, enclosed: tuple[str, bytes]) -> bytes:
    message = EmailMessage()
    message["From"] = "Service comptable <comptabilite@client.example>"
    message["To"] = "recouvrement@demo.example"
    message["Subject"] = subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = "<litige-77120@client.example>"
    message.set_content(body)
    name, content = enclosed
    message.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    message.set_boundary("==de-la-demonstration==")
    return message.as_bytes()
