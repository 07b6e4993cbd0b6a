"""How long it takes to start: the embedded server, a command, `exigible serve` until its first page.

On an empty home first, then on an existing one. Medians of five, but for what happens once.
"""

import http.client
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from exigible.hosting import embedded
from exigible.hosting.cluster import Cluster
from exigible.hosting.environment import read_environment

EXIGIBLE = Path(sys.executable).with_name("exigible")
TIMES = 5


def main() -> None:
    home = Path(tempfile.mkdtemp(prefix="exigible-bench-"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    variables = {"EXIGIBLE_HOME": str(home), "EXIGIBLE_PORT": str(port)}
    environment = read_environment(variables)
    shell = {**os.environ, **variables}
    base = Cluster(environment).base

    def quiet(_sentence: str) -> None:
        pass

    def start() -> None:
        embedded.ensure_running(environment, say=quiet)

    def stop() -> None:
        embedded.stop(environment, say=quiet)

    def command(*arguments: str) -> Callable[[], None]:
        line = [str(EXIGIBLE), *arguments]
        return lambda: void(subprocess.run(line, env=shell, check=True, stdout=subprocess.DEVNULL))

    try:
        report("première création de la base", [seconds(start)])
        report("base en marche, reconnue", [seconds(start) for _ in range(TIMES)])
        stops, starts = [], []
        for _ in range(TIMES):
            stops.append(seconds(stop))
            starts.append(seconds(start))
        report("arrêt de la base", stops)
        report("démarrage de la base", starts)
        report("première migration", [seconds(command("migrate"))])
        report("exigible migrate, à jour", [seconds(command("migrate")) for _ in range(TIMES)])
        report("exigible db status", [seconds(command("db", "status")) for _ in range(TIMES)])
        stop()
        report(
            "exigible serve, jusqu’à la première page",
            [until_first_page(shell, port) for _ in range(TIMES)],
        )
    finally:
        stop()
        shutil.rmtree(base, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)


def until_first_page(shell: dict[str, str], port: int) -> float:
    """Seconds from the command to the first answer 200, the database included."""
    began = time.perf_counter()
    process = subprocess.Popen([str(EXIGIBLE), "serve"], env=shell, stderr=subprocess.DEVNULL)
    try:
        while not answers(port):
            assert process.poll() is None
            time.sleep(0.01)
        return time.perf_counter() - began
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/sante", headers={"Host": "localhost"})
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def seconds(act: Callable[[], None]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def void(_: object) -> None:
    pass


def report(what: str, measured: list[float]) -> None:
    print(f"{what:<44} {statistics.median(measured):7.3f} s")


if __name__ == "__main__":
    main()
