"""E-mails: the text and the HTML say the same, and nothing in them can be forged."""

from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from exigible.channels.email.formatting import Attachment, eml, html, plain_text
from exigible.domain.correspondence import Deduction, Recipient
from exigible.domain.refusals import Refused
from tests.correspondence import ACCESSORIES, claim_line, written

AT = datetime(2026, 11, 23, 9, 0, 30, 250_125, tzinfo=UTC)


def mail(**fields: object) -> object:
    letter = written("relance_2", "email", accessories=ACCESSORIES, **fields)
    data = eml(letter, message_id="<1@x.example>", at=AT)
    assert max(len(line) for line in data.split(b"\r\n")) <= 998
    assert data.isascii()
    return message_from_bytes(data, policy=policy.default)


def test_text_and_html_hold_every_sum_apart_and_the_way_to_pay():
    read = mail(deductions=(Deduction("Crédit non affecté, déduit", 23_000),))
    for kind in ("plain", "html"):
        text = read.get_body((kind,)).get_content()
        # 4 123,50 × 2 = 8 247,00 − 230,00 = 8 017,00; + 612,34 + 80,00 = 8 709,34.
        for sum_ in (
            "8\u202f247,00",
            "−230,00",
            "8\u202f017,00",
            "612,34",
            "80,00",
            "8\u202f709,34",
        ):
            assert sum_ in text, (kind, sum_)
        assert "FR76\u00a03000\u00a06000" in text
        assert "FA-2026-0411" in text
        assert "RCS Chalon" in text


def test_a_hostile_debtor_writes_neither_header_nor_tag():
    name = 'X\r\nBcc: tous@x.example\r\n\r\n<img src=x onerror=alert(1)>"'
    read = mail(
        recipient=Recipient(name=name, attention=name, email="b@x.example"),
        claims=(claim_line(1, ref="<b>F</b>"),),
        account_number="</td><script>",
    )
    assert read["Bcc"] is None
    assert [one.addr_spec for one in read["To"].addresses] == ["b@x.example"]
    body = read.get_body(("html",)).get_content()
    assert "<script" not in body
    assert "<b>" not in body
    assert "&lt;b&gt;F" in body


@pytest.mark.parametrize(
    "wrong",
    ["", "sans-arobase", "a@b", "a b@x.example", "a@x.example\nBcc: c@x.example", "é@x.example"],
)
def test_an_address_that_is_none_is_refused(wrong: str):
    with pytest.raises(Refused) as caught:
        mail(recipient=Recipient(name="X", email=wrong))
    assert caught.value.field == "email"


def test_an_accented_domain_is_written_for_servers():
    read = mail(recipient=Recipient(name="X", email="compta@élan.example"))
    assert read["To"].addresses[0].domain == "xn--lan-9la.example"


def test_an_attachment_keeps_its_bytes():
    letter = written("copie_mise_en_demeure", "email")
    pdf = bytes(range(256)) * 40
    data = eml(
        letter,
        message_id="<1@x.example>",
        at=AT,
        attachments=[Attachment("mise en demeure.pdf", "application/pdf", pdf)],
    )
    [file] = message_from_bytes(data, policy=policy.default).iter_attachments()
    assert file.get_content() == pdf
    assert file.get_filename() == "mise en demeure.pdf"


def test_the_html_is_a_whole_page_in_french_without_outside_resource():
    page = html(written("relance_2", "email"))
    assert '<html lang="fr">' in page
    assert "http" not in page
    assert '<th scope="col"' in page


def test_the_text_tells_what_was_paid_and_what_is_left_out():
    claims = (claim_line(1, balance_cents=300_000, set_aside_cents=100_000),)
    text = plain_text(written("relance_1", "email", claims=claims))
    assert "réglé 1\u202f123,50\u00a0€" in text
    assert "non réclamé ici 1\u202f000,00\u00a0€" in text
    assert "reste dû 2\u202f000,00\u00a0€" in text
