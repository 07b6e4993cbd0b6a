"""Workers killed at random points a hundred times: nothing leaves twice, nothing is lost.

A real SMTP server, real workers in processes of their own, SIGKILL. Half the blows fall at a step of
the SMTP conversation, half at any time.
"""

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from django.db import connection

from exigible.hosting.environment import SmtpServer
from exigible.operations import messages, sending
from exigible.operations.acts import By
from exigible.store.models import Creditor, Message
from tests.campaign import rounds
from tests.operations.letters_world import Sink, approved_step, late_account, letter_creditor

KILLS = rounds(30, 100)
SEED = 20261122
WAITING = 6  # messages kept ready for the next worker
STEPS = ("MAIL", "RCPT", "DATA", "answered", None)
BY = By.job("test")


class SlowSink(Sink):
    """Takes its time at each step, and says which one it reached."""

    def __init__(self) -> None:
        super().__init__()
        self.random = random.Random(SEED)
        self.reached: Counter[str] = Counter()

    async def _pause(self, step: str) -> None:
        self.reached[step] += 1
        await asyncio.sleep(self.random.uniform(0, 0.02))

    async def handle_MAIL(self, server, session, envelope, address, options):
        envelope.mail_from = address
        await self._pause("MAIL")
        return "250 ok"

    async def handle_RCPT(self, server, session, envelope, address, options):
        envelope.rcpt_tos.append(address)
        await self._pause("RCPT")
        return "250 ok"

    async def handle_DATA(self, server, session, envelope):
        self.received.append(bytes(envelope.content))
        await self._pause("DATA")
        self.reached["answered"] += 1
        return f"250 2.0.0 queued as S{len(self.received)}"

    def wait_for(self, step: str | None, seconds: float) -> None:
        """Wait until a step is reached once more, or give up."""
        before, end = self.reached[step or ""], time.monotonic() + seconds
        while step and self.reached[step] == before and time.monotonic() < end:
            time.sleep(0.002)


@pytest.fixture
def slow_sink(settings: object) -> Iterator[SlowSink]:
    sink = SlowSink()
    with contextlib.closing(__import__("socket").socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        sink.port = probe.getsockname()[1]
    controller = Controller(sink, hostname="127.0.0.1", port=sink.port)
    controller.start()
    settings.SMTP = SmtpServer(
        host="127.0.0.1", port=sink.port, user="", password="", security="plain"
    )
    try:
        yield sink
    finally:
        sink.transport.close()
        controller.stop()


class Workers:
    """Starts workers on the test's database and mail server, and kills them."""

    def __init__(self, home: Path, smtp_port: int) -> None:
        database = connection.settings_dict
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("EXIGIBLE_")
        } | {
            "DJANGO_SETTINGS_MODULE": "exigible.settings",
            "EXIGIBLE_HOME": str(home),
            "EXIGIBLE_DATABASE_URL": f"postgresql://{database['USER']}:{database['PASSWORD']}@/"
            f"{database['NAME']}?host={database['HOST']}&port={database['PORT'] or 5432}",
            "EXIGIBLE_SMTP_URL": f"smtp://127.0.0.1:{smtp_port}",
        }
        self.maker = subprocess.Popen(
            [sys.executable, "-m", "tests.operations.doomed_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=Path(__file__).parents[2],
        )

    def start(self) -> int:
        self.maker.stdin.write("one\n")
        self.maker.stdin.flush()
        return int(self.maker.stdout.readline())

    def kill(self, worker: int) -> None:
        os.kill(worker, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            for _ in range(2000):
                os.kill(worker, 0)
                time.sleep(0.005)
            pytest.fail(f"worker {worker} outlived SIGKILL")

    def close(self) -> None:
        self.maker.stdin.close()
        self.maker.wait(20)
        self.maker.stdout.close()


def now() -> datetime:
    return datetime.now(UTC)


def prepare_some(creditor: Creditor) -> None:
    """Keep messages ready, each with its job."""
    today = messages.paris_day(now())
    ready = sum(1 for _ in Message.objects.filter(status="ready"))
    for _ in range(WAITING - ready):
        account = late_account(120_000, creditor=creditor, due_on=today - timedelta(days=40))
        step = approved_step(account)
        messages.prepare(proposal_id=step.pk, by=BY, at=now(), on=today)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="SIGKILL et fork n’existent pas ici")
@pytest.mark.django_db(transaction=True)
def test_kills_lose_nothing_and_double_nothing(slow_sink: SlowSink, tmp_path: Path):
    chance = random.Random(SEED)
    creditor = letter_creditor()
    workers = Workers(tmp_path, slow_sink.port)
    found_dead = 0
    try:
        for _ in range(KILLS):
            prepare_some(creditor)
            alive = [workers.start() for _ in range(chance.choice((1, 1, 2)))]
            step = chance.choice(STEPS)
            slow_sink.wait_for(step, seconds=4)
            time.sleep(chance.uniform(0, 0.4) if step is None else chance.uniform(0, 0.02))
            if chance.random() < 0.3:
                found_dead += sending.sweep_sending(at=now())  # beside workers at their work
            for worker in alive:
                workers.kill(worker)
            if chance.random() < 0.5:
                found_dead += sending.sweep_sending(at=now())
    finally:
        workers.close()

    # What was left: the sweep finds the interrupted ones, the rest is sent without any job.
    found_dead += sending.sweep_sending(at=now())
    while Message.objects.filter(status="ready").exists():
        sending.send_due(
            at=now() + timedelta(days=1),
            on=messages.paris_day(now()),
            transport=slow_sink.transport,
        )

    copies = Counter(mail["Message-ID"] for mail in slow_sink.mails)
    outcome = {message.message_id: message.status for message in Message.objects.all()}
    statuses = Counter(outcome.values())
    assert max(copies.values()) == 1
    assert set(statuses) <= {"sent", "uncertain"}
    sent = {name for name, status in outcome.items() if status == "sent"}
    uncertain = {name for name, status in outcome.items() if status == "uncertain"}
    assert sent <= set(copies) <= sent | uncertain
    assert found_dead <= statuses["uncertain"]  # a worker's own sweep found the others
    # The blows did fall where they hurt: some of the uncertain had left, some had not.
    assert uncertain & set(copies)
    assert uncertain - set(copies)
    assert statuses["uncertain"] >= KILLS // 5
    assert statuses["sent"] >= WAITING - 2  # the last round may leave two workers' in doubt
