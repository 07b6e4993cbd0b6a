"""The demonstration's mail server keeps every message, byte for byte, and sends none."""

import smtplib
from pathlib import Path

import pytest

from exigible.hosting.environment import read_environment
from exigible.hosting.mail_sink import mail_sink, received, sink_folder

MESSAGE = (
    "From: a@armorial.example\r\n"
    "To: b@morvelec.example\r\n"
    "Subject: =?utf-8?q?Facture_F-1_=C3=A9chue?=\r\n"
    "Message-ID: <1@armorial.example>\r\n"
    "\r\n"
    "Bonjour,\r\n"
    "..\r\n"
    "é\r\n"
).encode()


def test_what_is_sent_is_kept_with_its_envelope(tmp_path: Path):
    with mail_sink(tmp_path) as url:
        server = read_environment({"EXIGIBLE_SMTP_URL": url}).smtp
        assert server is not None
        assert (server.host, server.security) == ("127.0.0.1", "plain")
        with smtplib.SMTP(server.host, server.port) as client:
            recipients = ["b@morvelec.example", "copie@cachee.example"]
            client.sendmail("retour@armorial.example", recipients, MESSAGE)
            client.sendmail("retour@armorial.example", ["c@x.example"], b"Subject: 2\r\n\r\n2")
    first, second = received(tmp_path)
    assert first.path.read_bytes() == MESSAGE
    assert first.sender == "retour@armorial.example"
    assert first.recipients == ("b@morvelec.example", "copie@cachee.example")
    assert first.message_id == "<1@armorial.example>"
    assert first.subject == "Facture F-1 échue"
    assert second.recipients == ("c@x.example",)
    assert first.received_at < second.received_at
    assert not list(sink_folder(tmp_path).glob(".*"))


def test_a_message_that_cannot_be_kept_is_refused_for_now(tmp_path: Path):
    """The sender then tries again later: an accepted message is on the disk."""
    with mail_sink(tmp_path) as url:
        folder = sink_folder(tmp_path)
        folder.rename(tmp_path / "elsewhere")
        port = int(url.rpartition(":")[2])
        with (
            smtplib.SMTP("127.0.0.1", port) as client,
            pytest.raises(smtplib.SMTPDataError) as refusal,
        ):
            client.sendmail("a@x.example", ["b@x.example"], MESSAGE)
    assert refusal.value.smtp_code == 452


def test_a_sink_that_received_nothing(tmp_path: Path):
    assert received(tmp_path) == []
