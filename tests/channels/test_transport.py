"""SMTP: what each failure means for the message, against servers that really misbehave."""

import datetime
import ipaddress
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from exigible.channels.delivery import Uncertain, Undelivered
from exigible.channels.email.transport import SmtpTransport
from tests.channels.smtp_script import HANG_UP, RESET, SILENT, ScriptedServer

MESSAGE = b"Subject: essai\r\n\r\nBonjour,\r\n.point en t\xc3\xaate\r\nfin"


def transport(server: ScriptedServer, **options: object) -> SmtpTransport:
    quick = {"connect_seconds": 1.0, "command_seconds": 0.5, "final_seconds": 0.5}
    return SmtpTransport(server, **(quick | options))


def send(sender: SmtpTransport) -> str:
    try:
        return hand_over(sender)
    finally:
        sender.close()


def hand_over(sender: SmtpTransport, data: bytes = MESSAGE) -> str:
    with sender.session() as session:
        return session.send(data, sender="a@example.org", recipient="b@example.org").answer


def test_an_accepted_message_keeps_the_queue_number_and_arrives_whole():
    with ScriptedServer() as server:
        assert "queued as 4T1XYZ" in send(transport(server))
    # The leading dot is doubled on the way, as RFC 5321 4.5.2 wants; lines end by CRLF.
    assert server.received == [
        b"Subject: essai\r\n\r\nBonjour,\r\n..point en t\xc3\xaate\r\nfin\r\n"
    ]


@pytest.mark.parametrize(
    ("script", "permanent", "bad_address"),
    [
        ({"connect": "554 go away"}, False, False),
        ({"connect": "421 busy"}, False, False),
        ({"connect": HANG_UP}, False, False),
        ({"connect": SILENT}, False, False),
        ({"ehlo": SILENT}, False, False),
        ({"mail": "451 4.3.0 later"}, False, False),
        ({"mail": "550 5.7.1 sender not allowed"}, True, False),
        ({"mail": RESET}, False, False),
        ({"rcpt": "450 4.2.0 greylisted"}, False, False),
        ({"rcpt": "550 5.1.1 no such user"}, True, True),
        ({"rcpt": "550 no such user"}, True, True),
        ({"rcpt": "554 5.7.1 rejected by policy"}, True, False),
        ({"rcpt": HANG_UP}, False, False),
        ({"data": "451 4.3.0 later"}, False, False),
        ({"data": "554 5.5.1 no valid recipients"}, True, False),
        ({"data": SILENT}, False, False),
        ({"data": HANG_UP}, False, False),
        ({"dot": "452 4.3.1 disk full"}, False, False),
        ({"dot": "552 5.3.4 too big"}, True, False),
    ],
)
def test_a_failure_the_server_told_or_before_the_end_is_known(script, permanent, bad_address):
    with ScriptedServer(script) as server, pytest.raises(Undelivered) as caught:
        send(transport(server))
    assert caught.value.permanent is permanent
    assert caught.value.bad_address is bad_address
    assert caught.value.reason


@pytest.mark.parametrize("after_the_dot", [SILENT, HANG_UP, RESET, "what?", "354 go on"])
def test_silence_after_the_final_dot_is_uncertain(after_the_dot):
    with ScriptedServer({"dot": after_the_dot}) as server, pytest.raises(Uncertain):
        send(transport(server))
    assert len(server.received) == 1  # it did have the message: sending again would double it


def test_a_connection_cut_in_the_middle_of_the_message_is_safe_to_retry():
    big = b"Subject: essai\r\n\r\n" + b"une ligne parmi tant d'autres\r\n" * 400_000
    with ScriptedServer({"after": "100000"}) as server:
        sender = transport(server)
        with pytest.raises(Undelivered) as caught:
            hand_over(sender, big)
    assert not caught.value.permanent
    assert server.received == []


def test_no_server_at_all_is_temporary_and_names_the_place():
    with ScriptedServer() as server:
        port = server.port
    gone = ScriptedServer()
    gone.port = port
    with pytest.raises(Undelivered) as caught:
        send(transport(gone))
    assert not caught.value.permanent
    assert f"localhost:{port}" in caught.value.reason


def test_a_connection_serves_several_messages_and_is_replaced_when_it_died():
    with ScriptedServer() as server:
        sender = transport(server)
        for _ in range(3):
            hand_over(sender)
        assert server.connections == 1
        sender._idle[0].sock.shutdown(2)  # the server's timeout, seen from here
        hand_over(sender)
        assert server.connections == 2
        sender.close()
    assert len(server.received) == 4


def test_after_a_refused_recipient_the_next_message_leaves_on_the_same_connection():
    with ScriptedServer({"rcpt": "550 5.1.1 no such user"}) as server:
        sender = transport(server)
        for _ in range(2):
            with pytest.raises(Undelivered):
                hand_over(sender)
        assert server.connections == 1
        sender.close()


def test_a_server_out_of_reach_is_left_alone_for_a_while():
    with ScriptedServer({"connect": "421 busy"}) as server:
        sender = transport(server)
        for _ in range(5):
            with pytest.raises(Undelivered):
                hand_over(sender)
        assert server.connections == 1
        sender.rest_seconds = 0.0
        sender._down = None
        with pytest.raises(Undelivered):
            hand_over(sender)
        assert server.connections == 2


def test_a_wrong_password_is_a_setting_to_correct_not_a_refused_message():
    script = {"offers": "AUTH PLAIN", "auth": "535 5.7.8 bad credentials"}
    server = ScriptedServer(script, user="exigible", password="faux")
    with server, pytest.raises(Undelivered) as caught:
        send(transport(server))
    assert not caught.value.permanent
    assert "EXIGIBLE_SMTP_URL" in caught.value.reason


def test_a_server_without_starttls_gets_no_message_in_clear():
    with ScriptedServer(security="starttls") as server, pytest.raises(Undelivered) as caught:
        send(transport(server))
    assert "chiffrée" in caught.value.reason
    assert server.received == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of our own for localhost, key included."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            ),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def test_tls_is_verified(certificate: Path):
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate)
    with ScriptedServer(tls=serving, security="tls") as server:
        with pytest.raises(Undelivered) as caught:
            send(transport(server))
        assert "certificat" in caught.value.reason
        trusting = ssl.create_default_context(cafile=str(certificate))
        assert "queued" in send(transport(server, context=trusting))
    assert len(server.received) == 1
