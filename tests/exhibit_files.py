"""Documents made for the tests: PDF, pictures, messages."""

import io
from email.message import EmailMessage

import pikepdf
from PIL import Image


def pdf(*lines: str, **save: object) -> bytes:
    """Return a PDF of one page that says `lines`, the same bytes for the same words."""
    document = pikepdf.new()
    font = document.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Font,
            Subtype=pikepdf.Name.Type1,
            BaseFont=pikepdf.Name.Helvetica,
            Encoding=pikepdf.Name.WinAnsiEncoding,
        )
    )
    page = document.add_blank_page(page_size=(595, 842))
    page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
    drawn = [
        f"BT /F1 18 Tf 60 {760 - 30 * number} Td ({line}) Tj ET"
        for number, line in enumerate(lines or ("Bon de livraison BL-77120",))
    ]
    page.Contents = document.make_stream("\n".join(drawn).encode("cp1252"))
    out = io.BytesIO()
    options = save or {"deterministic_id": True}
    document.save(out, **options)  # type: ignore[arg-type]
    return out.getvalue()


def picture(colour: str = "white", kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (400, 200), colour).save(out, kind)
    return out.getvalue()


def mail(
    *enclosed: tuple[str, bytes],
    subject: str = "Litige sur FA-26-0412",
    body: str = "Bonjour, la marchandise était abîmée.",
    html: bool = False,
) -> bytes:
    message = EmailMessage()
    message["From"] = "Compta Morvélec <compta@morvelec.example>"
    message["To"] = "relance@armorial.example"
    message["Subject"] = subject
    message["Date"] = "Mon, 23 Nov 2026 09:12:00 +0100"
    if html:
        body = "<style>p{}</style><p>Bonjour,</p><p>marchandise <b>abîmée</b></p>"
    message.set_content(body, subtype="html" if html else "plain")
    for name, content in enclosed:
        message.add_attachment(
            content, maintype="application", subtype="octet-stream", filename=name
        )
    return message.as_bytes()
