"""What the API receives: a file of any kind, or data as JSON; kept at once, read by the workers."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.http import JsonResponse
from django.urls import reverse

from exigible.api.frame import ApiError, Call, answer
from exigible.api.pushing import Push
from exigible.api.reading import import_json
from exigible.intake.formats import Format
from exigible.operations.ways import receiving, requests
from exigible.store.models import Creditor
from exigible.web import clock

MOST_KEY = 200


def deposit_file(call: Call) -> JsonResponse:
    """Receive one file: what it holds decides where it goes, unless `format` says it."""
    if call.request.content_type != "multipart/form-data":
        raise ApiError(
            415, "media_type", "Le fichier est attendu en multipart/form-data, dans « file »."
        )
    key = _key(call)
    fields, files = call.request.POST, call.request.FILES.getlist("file")
    if len(files) != 1 or files[0] is None:
        raise _wrong("file", "un fichier est attendu, et un seul par dépôt")
    format_ = fields.get("format", "")
    if format_ and format_ not in Format:
        raise _wrong("format", f"valeurs possibles : {', '.join(Format)}")
    creditor = call.creditor(fields.get("creditor"))
    [file] = files
    if not file.size:
        raise _wrong("file", "ce fichier est vide")
    with TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR, prefix="exigible-") as temporary:
        arrived = receiving.copied(
            file,  # type: ignore[arg-type]
            Path(temporary) / "received",
            name=file.name or "fichier",
            format_=format_,
        )
        return _answered(call, creditor, arrived, key)


def pushed(push: Push) -> Callable[[Call], JsonResponse]:
    """Return what an address of data as JSON does: check the whole document, then keep it."""

    def deposit_data(call: Call) -> JsonResponse:
        key = _key(call)
        said, mode, table = push.read(call.json())
        creditor = call.creditor(said)
        with TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR, prefix="exigible-") as temporary:
            arrived = receiving.copied(
                BytesIO(table),
                Path(temporary) / "received",
                name=f"{push.name}-{clock.now():%Y-%m-%d-%H%M%S}.csv",
                format_=push.kind.value,
                mapping=push.mapping,
                mode=mode,
                pushed=push.name,
            )
            return _answered(call, creditor, arrived, key)

    deposit_data.__doc__ = push.says
    return deposit_data


def _answered(call: Call, creditor: Creditor, arrived: receiving.Arrived, key: str) -> JsonResponse:
    made = requests.deposit(call.signed, creditor, arrived, key=key, at=clock.now())
    incoming = made.incoming
    outcome = receiving.outcome(incoming)
    said = incoming.note or (outcome.note if outcome else "Reçu. La lecture est en cours.")
    return answer(
        {
            "deposit": incoming.pk,
            "new": made.new,
            "message": said or "Reçu.",
            "import": import_json(made.batch) if made.batch else None,
            "documents": reverse("api_documents", args=[incoming.drop]) if incoming.drop else None,
        },
        status=202 if made.new else 200,
    )


def _key(call: Call) -> str:
    key = call.request.headers.get("Idempotency-Key", "").strip()
    if len(key) > MOST_KEY or not key.isprintable():
        raise _wrong("Idempotency-Key", f"{MOST_KEY} signes imprimables au plus")
    return key


def _wrong(name: str, why: str) -> ApiError:
    return ApiError(
        422, "invalid", f"Le champ « {name} » ne convient pas : {why}.",
        details=[{"path": name, "message": why}],
    )  # fmt: skip
