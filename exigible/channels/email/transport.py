"""SMTP, step by step, so that what became of a message is known exactly (RFC 5321, 4.2 and 4.5.3).

Until the line that ends the message (a dot alone) is sent, the server has nothing to deliver: any
failure is safe to retry, and a 5xx answer says that retrying is useless. Once that line has gone,
only the server's answer tells: 2xx it has it, 4xx or 5xx it has not, and silence means that nobody
knows. `smtplib.sendmail` does not keep these cases apart, hence this conversation.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from exigible.channels.delivery import Delivered, Uncertain, Undelivered

# RFC 5321, 4.5.3.2: five minutes for a command, ten for the answer to the final dot. A worker
# cannot wait so long for a step that a retry would repeat; for the dot, patience avoids doubts.
CONNECT_SECONDS = 20.0
COMMAND_SECONDS = 60.0
FINAL_SECONDS = 600.0
REST_SECONDS = 60.0  # how long a server out of reach is left alone
IDLE_CONNECTIONS = 4
_EOL = re.compile(rb"\r\n|\r|\n")
_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")


class Server(Protocol):
    """What is needed of `hosting.environment.SmtpServer`."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def user(self) -> str: ...
    @property
    def password(self) -> str: ...
    @property
    def security(self) -> str: ...  # "plain", "starttls" or "tls"


@dataclass(slots=True)
class SmtpTransport:
    """Hands e-mails to one SMTP server, keeping connections open between messages.

    Several threads may use it at once: each message has a connection of its own while it is sent.
    """

    server: Server
    connect_seconds: float = CONNECT_SECONDS
    command_seconds: float = COMMAND_SECONDS
    final_seconds: float = FINAL_SECONDS
    rest_seconds: float = REST_SECONDS
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    _idle: list[smtplib.SMTP] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _down: tuple[float, Undelivered] | None = None

    @contextlib.contextmanager
    def session(self) -> Iterator[SmtpSession]:
        """Give a connection ready for one message: one kept open that still answers, or a new one.

        A server found out of reach is left alone for a minute: thousands of messages waiting do not
        each wait for it.
        """
        session = SmtpSession(self, self._connection())
        try:
            yield session
        finally:
            if session.usable:
                self._keep(session.smtp)
            else:
                session.smtp.close()

    def close(self) -> None:
        """Say goodbye on the connections kept open."""
        with self._lock:
            idle, self._idle = self._idle, []
        for smtp in idle:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                smtp.quit()

    def _connection(self) -> smtplib.SMTP:
        """Return a connection ready for a message: a kept one that still answers, or a new one."""
        while True:
            with self._lock:
                smtp = self._idle.pop() if self._idle else None
            if smtp is None:
                return self._new_connection()
            try:
                _timeout(smtp, self.connect_seconds)
                if smtp.rset()[0] == 250:
                    return smtp
            except (OSError, smtplib.SMTPException):
                pass
            smtp.close()

    def _new_connection(self) -> smtplib.SMTP:
        if self._down is not None and time.monotonic() < self._down[0]:
            raise self._down[1]
        try:
            smtp = self._connect()
        except Undelivered as failure:
            self._down = (time.monotonic() + self.rest_seconds, failure)
            raise
        self._down = None
        return smtp

    def _keep(self, smtp: smtplib.SMTP) -> None:
        with self._lock:
            if smtp.sock is not None and len(self._idle) < IDLE_CONNECTIONS:
                self._idle.append(smtp)
                return
        smtp.close()

    def _connect(self) -> smtplib.SMTP:
        server = self.server
        with _safe_to_retry(server):
            smtp: smtplib.SMTP
            if server.security == "tls":
                smtp = smtplib.SMTP_SSL(
                    server.host, server.port, timeout=self.connect_seconds, context=self.context
                )
            else:
                smtp = smtplib.SMTP(server.host, server.port, timeout=self.connect_seconds)
            try:
                _timeout(smtp, self.command_seconds)
                smtp.ehlo_or_helo_if_needed()
                if server.security == "starttls":
                    smtp.starttls(context=self.context)
                    smtp.ehlo()
                if server.user:
                    smtp.login(server.user, server.password)
            except BaseException:
                smtp.close()
                raise
            return smtp


@dataclass(slots=True)
class SmtpSession:
    """One connection, for one message."""

    transport: SmtpTransport
    smtp: smtplib.SMTP
    usable: bool = False  # the connection can serve another message

    def send(self, data: bytes, *, sender: str, recipient: str) -> Delivered:
        """Hand `data` (a whole message) over for one recipient; raise Undelivered or Uncertain."""
        self.usable = False
        try:
            delivered = self._converse(data, sender, recipient)
        except Undelivered as failure:
            self.usable = bool(failure.answer)  # it answered: the conversation can go on
            raise
        self.usable = True
        return delivered

    def _converse(self, data: bytes, sender: str, recipient: str) -> Delivered:
        server, smtp = self.transport.server, self.smtp
        with _safe_to_retry(server):
            _timeout(smtp, self.transport.command_seconds)
            code, answer = smtp.mail(sender)
            _expect(250, code, answer, "L’adresse d’expédition a été refusée")
            code, answer = smtp.rcpt(recipient)
            if code not in {250, 251}:
                _refuse(code, answer, "Le destinataire a été refusé", recipient=True)
            code, answer = smtp.docmd("DATA")
            _expect(354, code, answer, "Le serveur n’a pas voulu du message")
            smtp.send(_dotted(data))
        # From here the server may have the whole message.
        try:
            _timeout(smtp, self.transport.final_seconds)
            smtp.send(b".\r\n")
            code, answer = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            raise Uncertain(
                f"{server.host} a reçu le message entier mais n’a pas répondu : il est peut-être "
                "parti.",
                answer=_words(error),
            ) from error
        if 400 <= code < 600:
            _refuse(code, answer, "Le message a été refusé")
        if not 200 <= code < 300:
            raise Uncertain(
                f"{server.host} a reçu le message entier et répondu sans qu’on le comprenne : il "
                "est peut-être parti.",
                answer=_text(code, answer),
            )
        return Delivered(_text(code, answer))


def _timeout(smtp: smtplib.SMTP, seconds: float) -> None:
    if smtp.sock is not None:
        smtp.sock.settimeout(seconds)


@contextlib.contextmanager
def _safe_to_retry(server: Server) -> Iterator[None]:
    """Name what went wrong before the message was complete: nothing can have left."""
    where = f"{server.host}:{server.port}"
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise Undelivered(
            f"Le certificat de {where} n’est pas valable ({error.verify_message}).",
            permanent=False,
        ) from error
    except smtplib.SMTPAuthenticationError as error:
        # The message itself is not at fault: it leaves once the settings are right.
        raise Undelivered(
            f"{where} refuse l’identifiant ou le mot de passe. Corrigez EXIGIBLE_SMTP_URL.",
            permanent=False,
        ) from error
    except smtplib.SMTPNotSupportedError as error:
        raise Undelivered(
            f"{where} n’offre pas la connexion chiffrée ou identifiée que demandent les réglages.",
            permanent=False,
        ) from error
    except smtplib.SMTPResponseException as error:
        raise Undelivered(
            f"{where} n’a pas accepté la connexion : {_text(error.smtp_code, error.smtp_error)}.",
            permanent=False,
        ) from error
    except (OSError, smtplib.SMTPException) as error:
        if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
            raise Undelivered(f"{where} n’a pas répondu à temps.", permanent=False) from error
        raise Undelivered(
            f"La connexion à {where} a échoué ({_words(error)}).", permanent=False
        ) from error


def _expect(wanted: int, code: int, answer: bytes, reason: str) -> None:
    if code != wanted:
        _refuse(code, answer, reason)


def _refuse(code: int, answer: bytes, reason: str, *, recipient: bool = False) -> None:
    """Raise Undelivered from an answer: 5xx for good, anything else may be tried again.

    A 5xx on the recipient means a bad address unless its enhanced code (RFC 3463) says it is
    policy (5.7), system (5.3) or protocol (5.5).
    """
    text = _text(code, answer)
    permanent = 500 <= code < 600
    enhanced = _ENHANCED.search(text)
    subject = enhanced[2] if enhanced else ""
    bad_address = recipient and permanent and subject in {"", "1", "2"}
    raise Undelivered(
        f"{reason} : {text}.", permanent=permanent, answer=text, bad_address=bad_address
    )


def _dotted(data: bytes) -> bytes:
    """Return the message with CRLF ends, its leading dots doubled, ended by CRLF."""
    lines = _EOL.sub(b"\r\n", data)
    if lines.startswith(b"."):
        lines = b"." + lines
    lines = lines.replace(b"\r\n.", b"\r\n..")
    return lines if lines.endswith(b"\r\n") else lines + b"\r\n"


def _text(code: int, answer: bytes | str) -> str:
    words = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"{code} {' '.join(words.split())}".strip()[:500]


def _words(error: BaseException) -> str:
    strerror = getattr(error, "strerror", None)
    return str(strerror or error or type(error).__name__)[:200]
