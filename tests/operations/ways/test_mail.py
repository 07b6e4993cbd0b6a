"""Mailboxes, on a real IMAP conversation: what is taken, what is refused, nothing taken twice."""

import random
import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from exigible.channels.incoming import imap
from exigible.operations.ways import mail
from exigible.operations.ways.secrets import encrypted
from exigible.store.models import Creditor, Exhibit, ExhibitArrival, Incoming, MailBox
from tests.channels.imap_server import ImapServer
from tests.exhibit_files import pdf
from tests.operations.ways.steps import AT, BY, STATEMENT, after, banked_creditor, counts, read_all

pytestmark = pytest.mark.django_db
BANK = "releves@banque.example"
Status = Incoming.Status


@pytest.fixture
def server() -> Iterator[ImapServer]:
    with ImapServer() as running:
        yield running


def box_on(server: ImapServer, creditor: Creditor, **fields: object) -> MailBox:
    values = {
        "host": "127.0.0.1",
        "port": server.port,
        "security": "plain",
        "user": server.user,
        "secret": encrypted(server.password),
        "done_folder": "Traités",
        "refused_folder": "Refusés",
        "senders": ["@banque.example"],
    }
    return MailBox.objects.create(
        creditor=creditor, created_by=BY.uuid, created_at=AT, **(values | fields)
    )


def message(
    *files: tuple[str, bytes], subject: str = "Relevé", sender: str = BANK, number: int = 1
) -> bytes:
    made = EmailMessage()
    made["From"] = f"Banque <{sender}>"
    made["Subject"] = subject
    made["Message-ID"] = f"<m{number}@banque.example>"
    made["Date"] = "Sun, 22 Nov 2026 08:00:00 +0100"
    made.set_content("Bonjour, ci-joint.")
    for name, content in files:
        made.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return made.as_bytes()


def look(box: MailBox, seconds: float = 0) -> int:
    return mail.look(box.pk, at=after(seconds))


def test_what_messages_carry_is_taken_and_each_is_put_away(server: ImapServer):
    creditor = banked_creditor()
    box = box_on(server, creditor)
    server.inbox.add(message(("releve.xml", STATEMENT), subject="Un"))
    server.inbox.add(
        message(("bl.pdf", pdf("Bon BL-1")), subject="Deux", sender="client@x.example", number=2)
    )
    server.inbox.add(message(subject="Trois", sender="client@x.example", number=3))
    server.inbox.add(
        message(("faux.xml", STATEMENT), subject="Quatre", sender="pirate@x.example", number=4)
    )
    assert look(box) == 4
    assert server.subjects("INBOX") == ["Un", "Deux", "Trois"]  # to be read yet
    assert server.subjects("Refusés") == ["Quatre"]
    read_all(creditor)
    look(box, 60)
    assert server.subjects("INBOX") == []
    assert server.subjects("Traités") == ["Un", "Deux", "Trois"]

    assert counts(creditor) == (1, 2)
    batch = creditor.imports.get()
    assert (batch.filename, batch.status) == ("releve.xml", "done")
    assert batch.incoming.mailbox == box
    assert batch.incoming.sender == BANK
    kept = set(Exhibit.objects.filter(creditor=creditor).values_list("filename", flat=True))
    assert kept == {"Deux.eml", "bl.pdf", "Trois.eml"}
    refused = Incoming.objects.get(name="Quatre")
    assert "pirate@x.example n’est pas de ceux" in refused.note
    assert "STORE" not in " ".join(server.heard)  # moved, never marked
    box.refresh_from_db()
    assert (box.last_uid, box.uid_validity, box.error) == (4, 1, "")
    assert box.next_look_at == after(120)


def test_nothing_is_taken_twice_whatever_the_numbers_say(server: ImapServer):
    creditor = banked_creditor()
    box = box_on(server, creditor, done_folder="", refused_folder="")
    same = message(("releve.xml", STATEMENT))
    server.inbox.add(same)
    server.inbox.add(same)  # copied in the folder
    server.inbox.add(message(("releve.xml", STATEMENT), number=2))  # sent again by its author
    look(box)
    read_all(creditor)
    look(box, 60)
    assert counts(creditor) == (1, 0)
    assert all("\\Seen" in one.flags for one in server.inbox.messages)  # stays, and is marked
    server.inbox.validity = 7  # rebuilt: all numbers are new
    for one in server.inbox.messages:
        one.uid += 100
    assert look(box, 120) == 3
    assert counts(creditor) == (1, 0)
    box.refresh_from_db()
    assert (box.uid_validity, box.last_uid) == (7, 103)
    # The same Message-ID on another content is another message: nothing is lost.
    other = STATEMENT.replace(b"120.00", b"50.00").replace(b"S1<", b"S2<")
    server.inbox.next_uid = 200
    server.inbox.add(message(("suite.xml", other)))
    look(box, 240)
    assert counts(creditor) == (2, 0)


@pytest.mark.parametrize("can", [("MOVE", "UIDPLUS"), ("UIDPLUS",), ()])
def test_messages_are_moved_by_what_the_server_can(can: tuple[str, ...]):
    with ImapServer(can=can, password="clé à é ", user="dépôt") as server:
        box = box_on(server, banked_creditor())
        server.inbox.add(message(subject="Autre"), {"\\Deleted"})
        server.inbox.add(message(("x.xml", b"<x/>"), subject="Un", number=2))
        look(box)
        read_all(box.creditor)
        look(box, 60)
        assert server.subjects("Refusés") == ["Un"]
        assert server.subjects("Traités") == ["Autre"]
        left = [] if "UIDPLUS" in can else ["Autre", "Un"]
        assert server.subjects("INBOX") == left
        assert look(box, 120) == 0


def test_a_death_at_any_word_of_the_conversation_loses_and_doubles_nothing(server: ImapServer):
    """The connection is cut at each command in turn; the next look takes up where it was."""
    creditor = banked_creditor()
    box = box_on(server, creditor)
    server.inbox.add(message(("releve.xml", STATEMENT), subject="Un"))
    server.inbox.add(message(("bl.pdf", pdf("Bon BL-9")), subject="Deux", number=2))
    moment = 0.0
    for cut_at in range(1, 40):
        seen = 0

        def cut(verb: str, at: int = cut_at) -> bool:
            nonlocal seen
            seen += 1
            return seen == at

        server.hang_up_at = cut
        moment += 4000
        look(box, moment)
        read_all(creditor)
        box.refresh_from_db()
        if seen < cut_at and not server.inbox.messages:
            break
    assert box.error == ""
    assert sorted(server.subjects("Traités")) == ["Deux", "Un"]
    assert counts(creditor) == (1, 1)
    assert set(Incoming.objects.values_list("status", flat=True)) == {Status.TAKEN}


def test_failures_are_told_and_tried_again_less_and_less_often(
    server: ImapServer, settings: object, monkeypatch: pytest.MonkeyPatch
):
    box = box_on(server, banked_creditor(), secret=encrypted("fausse"))
    look(box)
    box.refresh_from_db()
    assert "refuse l’identifiant ou le mot de passe" in box.error
    assert "fausse" not in box.error
    assert (box.failures, box.next_look_at) == (1, after(30))
    assert mail.due(after(29)) == []
    assert mail.due(after(30)) == [box.pk]
    for failures, pause in ((2, 60), (3, 120), (4, 240)):
        look(box, 1000)
        box.refresh_from_db()
        assert (box.failures, box.next_look_at) == (failures, after(1000 + pause))
    assert box.failing_since == after(0)
    for _ in range(8):
        look(box, 2000)
    box.refresh_from_db()
    assert box.next_look_at == after(2000 + 3600)

    def error_of(**fields: object) -> str:
        MailBox.objects.filter(pk=box.pk).update(**fields)
        look(box, 3000)
        box.refresh_from_db()
        return box.error

    good = encrypted(server.password)
    assert "Le dossier « Absent » n’existe pas" in error_of(secret=good, folder="Absent")
    assert "a échoué" in error_of(folder="INBOX", port=1)
    assert "a échoué" in error_of(port=server.port, security="tls")
    assert "a échoué" in error_of(security="starttls")
    server.answer_to["SELECT"] = b"* \xff\xfe nonsense\r\n* 1 EXISTS {999999999}\r\n"
    assert "a échoué" in error_of(security="plain")
    server.answer_to.clear()
    server.inbox.add(message())
    server.answer_to["UID FETCH"] = b"* 1 FETCH (UID 1 BODY[] {99999999999}\r\n" + b"x" * 100
    assert "a échoué" in error_of()
    server.answer_to.clear()
    with monkeypatch.context() as bounded:
        bounded.setattr(imap, "MOST_BYTES", 10_000)  # no line is long, the whole is
        server.answer_to["UID SEARCH"] = b"* OK still looking\r\n" * 1_000
        assert "too long" in error_of()
    server.answer_to.clear()
    assert error_of() == ""
    settings.SECRET_KEY = "une autre clé, qui n’ouvre plus ce que la première a fermé"
    assert "saisissez de nouveau le mot de passe" in error_of()


def test_the_password_goes_only_to_a_server_with_a_valid_certificate(tmp_path: Path):
    context = own_certificate(tmp_path)
    with ImapServer(tls=context) as server:
        box = box_on(server, banked_creditor(), security="tls", host="localhost")
        look(box)
        box.refresh_from_db()
        assert "certificat de localhost" in box.error
        assert "LOGIN" not in server.heard
        trusting = ssl.create_default_context(cafile=tmp_path / "certificate.pem")
        with imap.Mailbox(box, server.password, context=trusting) as open_:
            assert open_.uid_validity == 1
    with ImapServer(starttls=context) as server:
        box = box_on(server, banked_creditor(), security="starttls", host="localhost")
        with imap.Mailbox(box, server.password, context=trusting) as open_:
            assert open_.after(0) == []
        assert server.heard.index("STARTTLS") < server.heard.index("LOGIN")


def own_certificate(folder: Path) -> ssl.SSLContext:
    """Make a certificate that only who is told of it trusts."""
    from datetime import timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = __import__("datetime").datetime.now(__import__("datetime").UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context


def hostile_messages() -> dict[str, tuple[bytes, int | None]]:
    """Messages made to harm: (bytes, the size that the server says)."""
    head = b"From: a@banque.example\r\nMessage-ID: <%s@x>\r\nMIME-Version: 1.0\r\n"
    nested = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n)
        for n in range(1000)
    )
    wide = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"".join(
        b"--b\r\nContent-Type: application/x\r\n\r\nx\r\n" for _ in range(1000)
    )
    liar = (
        b"Subject: =?utf-99?b?////?= \xff\xfe =?utf-8?q?=C3?=\r\n"
        b"Content-Type: text/plain; charset=martien\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        b"*** pas du base64 ***"
    )
    climbing = message(("../../etc/cron.d/x", pdf("Un")), ("..\\..\\a\x00b.pdf", pdf("Deux")))
    bomb = message(("bombe.zip", zip_of_death()), subject="Bombe", number=5)
    return {
        "nested": (head % b"1" + nested, None),
        "wide": (head % b"2" + wide, None),
        "liar": (head % b"3" + liar, None),
        "climbing": (climbing, None),
        "bomb": (bomb, None),
        "huge": (b"From: a@banque.example\r\n\r\nx", 10**9),
        "empty": (b"", None),
        "headless": (b"\r\n\r\n" + b"\x00" * 50, None),
        "endless header": (b"Subject: " + b"a" * 400_000, None),
    }


def zip_of_death() -> bytes:
    import io
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("facture.xml", b"<" + b"a" * 300_000_000)
    return out.getvalue()


def test_hostile_messages_are_refused_and_the_box_goes_on(server: ImapServer):
    creditor = banked_creditor()
    box = box_on(server, creditor)
    hostile = hostile_messages()
    for content, size in hostile.values():
        server.inbox.add(content, size=size)
    server.inbox.add(message(("releve.xml", STATEMENT), subject="Bon", number=99))
    assert look(box) == len(hostile) + 1
    read_all(creditor)
    look(box, 60)
    box.refresh_from_db()
    assert box.error == ""
    assert server.inbox.messages == []
    rows = list(Incoming.objects.order_by("uid"))
    status = dict(zip([*hostile, "good"], (one.status for one in rows), strict=True))
    notes = dict(zip([*hostile, "good"], (one.note for one in rows), strict=True))
    assert status["good"] == Status.TAKEN
    for name in ("nested", "wide", "bomb", "huge", "empty", "headless"):
        assert status[name] == Status.REFUSED, name
        assert notes[name], name
        assert "erreur du programme" not in notes[name], name
    assert "trop de pièces jointes" in notes["wide"]
    assert "dépasse 50 Mo" in notes["huge"]
    assert status["climbing"] == Status.TAKEN
    names = set(Exhibit.objects.filter(creditor=creditor).values_list("filename", flat=True))
    assert {"x", "ab.pdf"} <= names or {"x", "b.pdf"} <= names
    assert not any("/" in name or "\\" in name for name in names)
    assert status["liar"] in (Status.TAKEN, Status.REFUSED)


def test_mutated_messages_never_break_the_look(server: ImapServer):
    creditor = banked_creditor()
    box = box_on(server, creditor, senders=["*"])
    chance = random.Random(20261122)
    whole = message(("releve.xml", STATEMENT), ("bl.pdf", pdf("Bon")), subject="É à ï")
    count = 12
    for _ in range(count):
        spoilt = bytearray(whole)
        for _ in range(chance.randint(1, 12)):
            place = chance.randrange(len(spoilt))
            if chance.random() < 0.5:
                spoilt[place] = chance.randrange(256)
            else:
                del spoilt[place : place + chance.randint(1, 80)]
        server.inbox.add(bytes(spoilt))
    assert look(box) == count
    read_all(creditor)
    look(box, 60)
    assert server.inbox.messages == []
    assert not Incoming.objects.filter(filed_at__isnull=True).exists()
    assert not Incoming.objects.filter(note__contains="erreur du programme").exists()
    assert not ExhibitArrival.objects.filter(status="waiting").exists()
