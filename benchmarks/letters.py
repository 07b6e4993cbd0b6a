"""Letters, batches and e-mails: how many a second on one core, and through the whole protocol.

python -m benchmarks.letters [number of letters]

Without a database it measures typesetting, joining and formatting alone, in CPU seconds of one core.
With `--database` it also builds a batch and sends e-mails through the operations, into a local sink.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime

import django

ON = date(2026, 11, 23)
AT = datetime(2026, 11, 23, 9, tzinfo=UTC)


def measured(name: str, number: int, work: Callable[[], object], **facts: object) -> object:
    """Run some work on `number` things and print how many a second it does."""
    cpu, wall = time.process_time(), time.perf_counter()
    result = work()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(
        json.dumps(
            {
                "measure": name,
                "number": number,
                "a_cpu_second": round(number / cpu, 1),
                "a_second": round(number / wall, 1),
                **facts,
            }
        ),
        flush=True,
    )
    return result


def typesetting(number: int) -> None:
    from exigible.channels.email.formatting import eml
    from exigible.channels.templates import render, template_for
    from exigible.documents.letters import joined, letter_pdf, slip_pdf
    from tests.correspondence import ACCESSORIES, claim_line, demand

    def letters(template: str, channel: str, claims: int) -> list[object]:
        text = template_for(template, channel, "professional")
        return [
            render(
                text,
                demand(
                    reference=f"411/{claims}-{n}",
                    accessories=ACCESSORIES,
                    claims=tuple(claim_line(1, ref=f"FA-{n}-{i}") for i in range(claims)),
                ),
            )
            for n in range(number)
        ]

    pdfs: list[bytes] = []
    for template, claims in (("relance_1", 1), ("relance_2", 3), ("mise_en_demeure", 5)):
        written = letters(template, "letter", claims)
        letter_pdf(written[0], at=AT)  # fonts, templates
        made = measured(
            f"{template}, {claims} claims: own PDF/A",
            number,
            lambda written=written: [letter_pdf(one, at=AT) for one in written],
        )
        pdfs = [one.data for one in made]
    slip = slip_pdf(creditor="C", service="S", number=1, on=ON, lines=[], at=AT)
    book = measured("joined for the printer", number, lambda: joined(slip, pdfs))
    print(
        json.dumps(
            {"measure": "bytes a letter", "own": len(pdfs[0]), "joined": len(book.data) // number}
        )
    )
    mails = letters("relance_2", "email", 3)
    measured(
        "e-mail written",
        number,
        lambda: [eml(one, message_id=f"<{i}@x.example>", at=AT) for i, one in enumerate(mails)],
    )


def protocol(number: int) -> None:
    import tempfile

    from django.conf import settings

    from benchmarks.scratch import scratch_database
    from exigible.hosting.environment import SmtpServer
    from exigible.operations import letter_batches, messages, sending
    from exigible.operations.acts import By
    from exigible.store.models import Message
    from tests.operations.letters_world import (
        approved_step,
        late_account,
        letter_creditor,
        running_sink,
    )

    by = By.job("bench")
    with scratch_database(), tempfile.TemporaryDirectory() as folder, running_sink() as sink:
        settings.DOCUMENTS_FOLDER = folder
        settings.SMTP = SmtpServer(
            host="127.0.0.1", port=sink.port, user="", password="", security="plain"
        )
        creditor = letter_creditor()
        for template, channel in (("relance_2", "letter"), ("relance_1", "email")):
            for _ in range(number):
                approved_step(late_account(120_000, 80_000, creditor=creditor), template, channel)
            measured(
                f"{channel}: prepared",
                number,
                lambda: messages.prepare_approved(on=ON, by=by, at=AT, limit=number),
            )
        measured(
            "letters: batch built, proofs kept",
            number,
            lambda: letter_batches.build_batches(on=ON, at=AT, by=by),
        )
        measured(
            "letters: built again, nothing changed",
            number,
            lambda: letter_batches.build_batches(on=ON, at=AT, by=by),
        )
        due = list(Message.objects.filter(channel="email").values_list("pk", flat=True))
        measured(
            "e-mails: sent, the whole protocol",
            number,
            lambda: [sending.send(one, at=AT, on=ON, transport=sink.transport) for one in due],
            sink="same process",
        )
        assert len(sink.received) == number


def main(arguments: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "exigible.settings")
    django.setup()
    numbers = [int(text) for text in arguments if text.isdigit()] or [200]
    typesetting(numbers[0])
    if "--database" in arguments:
        protocol(numbers[0])


if __name__ == "__main__":
    main(sys.argv[1:])
