"""The web process: Django behind waitress, on as many threads as EXIGIBLE_WEB_THREADS says."""

import errno
import gc
import ipaddress
import os
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from exigible.domain.refusals import Refused
from exigible.hosting.child import (
    REFUSED_FOR_GOOD,
    SUPERVISED,
    leave,
    wait_for_database,
    when_asked_to_stop,
)
from exigible.hosting.embedded import Say, say_on_stderr
from exigible.hosting.environment import Environment, WrongSetting, read_environment

HEALTH_PATH = "/sante"
_LARGEST_REQUEST = 4 * 1024**3  # an accounting export of several million lines
_REQUESTS_END_IN = 5.0  # seconds
_GRACE_SECONDS = 8.0
_ABANDONED_SECONDS = 24 * 3600.0


def run_web(
    environment: Environment, *, supervised: bool = False, say: Say = say_on_stderr
) -> None:
    """Serve pages until asked to stop. Raise Refused where the address cannot be listened to."""
    ending = _Ending()
    when_asked_to_stop(ending.begin, grace_seconds=_GRACE_SECONDS, supervised=supervised)
    sockets = open_sockets(environment)
    os.environ["DJANGO_SETTINGS_MODULE"] = "exigible.settings"
    import django

    django.setup()
    wait_for_database(say=say)
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.urls import get_resolver
    from django.utils.module_loading import import_string

    from exigible.hosting import schema

    schema.bring_up_to_date(say=say)
    application = get_wsgi_application()
    for sentence in settings.SAID_AT_START:
        if said := import_string(sentence)():
            say(said)
    _ = get_resolver().url_patterns  # loaded now rather than during the first request
    _close_connection()

    tempfile.tempdir = str(settings.FILE_UPLOAD_TEMP_DIR)  # where waitress keeps long requests
    sweep_uploads(Path(settings.FILE_UPLOAD_TEMP_DIR), now=time.time())
    from waitress.server import create_server

    server = create_server(
        application,
        sockets=sockets,
        threads=environment.web_threads,
        ident=None,
        connection_limit=1000,
        channel_timeout=120,
        max_request_body_size=_LARGEST_REQUEST,
        **_proxy_options(environment),
    )
    gc.collect()
    gc.freeze()
    ending.server = server
    server.run()


class _Ending:
    """How the process ends: at once while it starts, after the requests under way once it serves."""

    def __init__(self) -> None:
        self.server: Any = None

    def begin(self) -> None:
        if self.server is None:
            leave()
        threading.Thread(target=self._finish, daemon=True).start()

    def _finish(self) -> None:
        self.server.task_dispatcher.shutdown(timeout=_REQUESTS_END_IN)
        time.sleep(0.2)  # the main thread sends what remains of the last answers
        leave()


def open_sockets(environment: Environment) -> list[socket.socket]:
    """Bind EXIGIBLE_HOST:EXIGIBLE_PORT; nothing is accepted before the server listens.

    Raise Refused when the port is taken or not allowed, WrongSetting for an unknown address.
    """
    try:
        addresses = socket.getaddrinfo(
            environment.host, environment.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError) as error:
        raise WrongSetting(
            "EXIGIBLE_HOST", f"« {environment.host} » n’est pas une adresse connue ({error})."
        ) from None
    bound: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in addresses:
            listening = socket.socket(family, kind, protocol)
            bound.append(listening)
            if os.name != "nt":  # there, the option lets two programs share a port
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listening.bind(address)
            if os.name != "nt":
                listening.listen(1024)  # with SO_REUSEADDR, only listening shows that it is taken
    except OSError as error:
        for listening in bound:
            listening.close()
        raise _not_listening(environment, error) from None
    return bound


def _not_listening(environment: Environment, error: OSError) -> Refused:
    port = environment.port
    if error.errno == errno.EADDRINUSE:
        return Refused(
            "port_taken",
            f"Le port {port} est déjà pris, peut-être par un autre Exigible. Arrêtez le programme "
            f"qui l’occupe, ou choisissez-en un autre : EXIGIBLE_PORT={port + 1 if port < 65535 else 8410}.",
            field="EXIGIBLE_PORT",
        )
    if error.errno == errno.EACCES:
        return Refused(
            "port_not_allowed",
            f"Le système réserve le port {port} à l’administrateur. Choisissez-en un au-dessus de "
            "1023 par EXIGIBLE_PORT.",
            field="EXIGIBLE_PORT",
        )
    return Refused(
        "address_not_usable",
        f"Impossible d’écouter à l’adresse {environment.host}, port {port} : {error.strerror}. "
        "Corrigez EXIGIBLE_HOST.",
        field="EXIGIBLE_HOST",
    )


def _proxy_options(environment: Environment) -> dict[str, Any]:
    """Which X-Forwarded-… headers to believe: those of a proxy that ends https for us, no others.

    Listening on this machine alone, only a local proxy can write them. Listening to everyone, the
    client's address may be forged: only the scheme is read.
    """
    if not environment.base_url.startswith("https://"):
        return {}
    if _is_loopback(environment.host):
        return {
            "trusted_proxy": "*",
            "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"},
            "clear_untrusted_proxy_headers": True,
        }
    return {
        "trusted_proxy": "*",
        "trusted_proxy_headers": {"x-forwarded-proto"},
        "clear_untrusted_proxy_headers": True,
    }


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def sweep_uploads(folder: Path, *, now: float) -> int:
    """Delete the files on their way in that a stopped process left a day ago; say how many."""
    swept = 0
    for file in folder.iterdir():
        try:
            if file.is_file() and file.stat().st_mtime < now - _ABANDONED_SECONDS:
                file.unlink()
                swept += 1
        except FileNotFoundError:
            continue  # another process swept it
    return swept


def _close_connection() -> None:
    """The main thread serves no request: it needs no connection any more."""
    from django.db import connections

    connections.close_all()


def main() -> int:
    try:
        run_web(read_environment(), supervised=SUPERVISED in sys.argv)
    except (Refused, WrongSetting) as refusal:
        say_on_stderr(str(refusal))
        return REFUSED_FOR_GOOD
    return 0


if __name__ == "__main__":
    sys.exit(main())
