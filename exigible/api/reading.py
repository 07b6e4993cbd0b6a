"""What the API reads: imports and their problems, documents deposited, accounts, claims.

Lists come by keyset: `next` gives the cursor of the next page, null on the last. Amounts are euros as
text ("1234.56"), days ISO, moments ISO in UTC.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.http import JsonResponse

from exigible.api.frame import MOST_ROWS, NOT_FOUND, ROWS, ApiError, Call, answer
from exigible.api.pushing import PUSHES
from exigible.domain.contract_text import day_text, euros_text
from exigible.domain.refusals import WrongInput
from exigible.domain.text_keys import ref_key
from exigible.intake.json_fields import read_day
from exigible.operations.acts import By
from exigible.operations.undoing import may_be_undone, undo_import
from exigible.store.keyset import Order, read_page
from exigible.store.models import (
    Account,
    Claim,
    Creditor,
    ExhibitArrival,
    ImportBatch,
    ImportProblem,
    Phase,
)
from exigible.store.queries import ways
from exigible.store.queries.accounts import named
from exigible.web import clock, wording


def creditors(call: Call) -> JsonResponse:
    """The creditors the token is for."""
    return answer({"creditors": [_creditor(one) for one in call.creditors()]})


def imports(call: Call) -> JsonResponse:
    """The imports of the token's creditors, the latest first."""
    found = ways.with_way(_batches(call))
    if state := _choice(call, "state", ImportBatch.Status.values):
        found = found.filter(status=state)
    if way := _choice(call, "way", [one.value for one in ways.Way]):
        found = ways.by_way(found, way)
    return _page(call, "imports", found, Order("id", descending=True), import_json)


def one_import(call: Call) -> JsonResponse:
    """One import: its state, what it counted, what it wrote."""
    return answer(import_json(_batch(call)))


def problems(call: Call) -> JsonResponse:
    """What is wrong in an import, by line, and by JSON path where it was pushed as JSON."""
    batch = _batch(call)
    found = ImportProblem.objects.filter(batch=batch)
    push = next((one for one in PUSHES if one.name == batch.options.get("pushed")), None)

    def problem_json(one: ImportProblem) -> dict[str, object]:
        return {
            "line": one.line,
            "path": push.path_of(one.line, one.field) if push else None,
            "field": one.field or None,
            "code": one.code,
            "message": one.message,
            "blocking": one.blocking,
        }

    return _page(call, "problems", found, Order("line"), problem_json)


def undo(call: Call) -> JsonResponse:
    """Take an import back whole, where nothing depends on it."""
    batch = _batch(call)
    undo_import(batch.pk, by=By(f"token:{call.signed.pk}"), at=clock.now())
    return answer(import_json(_batch(call)))


def documents(call: Call) -> JsonResponse:
    """What became of documents deposited."""
    rows = ExhibitArrival.objects.filter(
        drop=call.arguments["drop_id"], creditor__in=call.creditors()
    ).order_by("pk")
    if not rows:
        raise NOT_FOUND
    return answer(
        {
            "documents": [
                {
                    "filename": one.filename,
                    "state": one.status,
                    "note": one.note,
                    "exhibit": one.exhibit_id,
                    "account": one.exhibit.account_id if one.exhibit else None,
                }
                for one in rows.select_related("exhibit")
            ]
        }
    )


def accounts(call: Call) -> JsonResponse:
    """The accounts of the token's creditors."""
    found = _accounts(call)
    if search := call.query("search"):
        found = found.filter(
            Q(pk__in=named(search)) | Q(number_key__startswith=ref_key(search) or "\0")
        )
    if number := call.query("number"):
        found = found.filter(number=number)
    if phase := _choice(call, "phase", Phase.values):
        found = found.filter(phase=phase)
    return _page(call, "accounts", found, Order("id"), account_json)


def account(call: Call) -> JsonResponse:
    """One account: who the debtor is, what he owes."""
    found = _accounts(call).filter(pk=call.arguments["account_id"]).first()
    if found is None:
        raise NOT_FOUND
    return answer(account_json(found))


def claims(call: Call) -> JsonResponse:
    """The claims of the token's creditors; open ones only unless `open=false`."""
    found = Claim.objects.filter(account__creditor__in=_chosen(call)).select_related("account")
    if _flag(call, "open", default=True):
        found = found.exclude(balance_cents=0)
    if number := call.query("account"):
        found = found.filter(account_id=_whole(call, "account", number))
    if reference := call.query("reference"):
        found = found.filter(ref_key=ref_key(reference))
    for name, lookup in (("due_from", "due_on__gte"), ("due_to", "due_on__lte")):
        if day := _day(call, name):
            found = found.filter(**{lookup: day})
    return _page(call, "claims", found, Order("id"), claim_json)


# ---- one of each, as JSON


def import_json(batch: ImportBatch) -> dict[str, object]:
    way, brought_by = ways.way_of(batch)
    kept: dict[str, Any] = batch.summary
    return {
        "id": batch.pk,
        "creditor": batch.creditor_id,
        "format": batch.format,
        "content": wording.content_of(batch),
        "filename": batch.filename,
        "sha256": batch.sha256,
        "size_bytes": batch.size_bytes,
        "state": batch.status,
        "message": batch.error or batch.get_status_display(),
        "way": way.value,
        "brought_by": brought_by,
        "received_at": _moment(batch.created_at),
        "finished_at": _moment(batch.finished_at),
        "counts": kept.get("counts", {}),
        "written": kept.get("written", {}),
        "problems": batch.problem_count,
        "may_be_undone": may_be_undone(batch),
    }


def account_json(one: Account) -> dict[str, object]:
    debtor, figures = one.debtor, getattr(one, "figures", None)
    return {
        "id": one.pk,
        "creditor": one.creditor_id,
        "number": one.number,
        "phase": one.phase,
        "debtor": {
            "name": debtor.name,
            "kind": debtor.kind,
            "siren": debtor.siren or None,
            "postcode": debtor.postcode,
            "city": debtor.city,
            "country": debtor.country,
        },
        "as_of": day_text(figures.as_of) if figures else None,
        "balance": euros_text(figures.balance_cents) if figures else None,
        "overdue": euros_text(figures.overdue_cents) if figures else None,
        "disputed": euros_text(figures.disputed_cents) if figures else None,
        "not_due": euros_text(figures.not_due_cents) if figures else None,
        "credit": euros_text(figures.credit_cents) if figures else None,
    }


def claim_json(one: Claim) -> dict[str, object]:
    return {
        "id": one.pk,
        "creditor": one.account.creditor_id,
        "account": one.account_id,
        "account_number": one.account.number,
        "reference": one.ref,
        "kind": one.kind,
        "label": one.label,
        "issued_on": day_text(one.issued_on),
        "due_on": day_text(one.due_on),
        "due_on_source": one.due_on_source,
        "currency": one.currency,
        "amount": euros_text(one.amount_cents),
        "balance": euros_text(one.balance_cents),
    }


def _creditor(one: Creditor) -> dict[str, object]:
    return {"id": one.pk, "name": one.name, "siren": one.siren or None}


# ---- what the query says


def _page[M: Model](
    call: Call,
    name: str,
    found: QuerySet[M],
    order: Order,
    shown: Callable[[M], dict[str, object]],
) -> JsonResponse:
    size = _whole(call, "limit", call.query("limit") or str(ROWS))
    if not 1 <= size <= MOST_ROWS:
        raise _wrong("limit", f"un nombre de 1 à {MOST_ROWS} est attendu")
    try:
        slice_ = read_page(found, order, size=size, cursor=call.request.GET.get("cursor", ""))
    except ValueError:
        raise _wrong("cursor", "ce curseur n’est pas de ceux que cette liste donne") from None
    return answer({name: [shown(one) for one in slice_.rows], "next": slice_.next_cursor or None})


def _chosen(call: Call) -> list[Creditor]:
    said = call.query("creditor")
    return [call.creditor(said)] if said else call.creditors()


def _batches(call: Call) -> QuerySet[ImportBatch]:
    return ImportBatch.objects.filter(creditor__in=_chosen(call))


def _batch(call: Call) -> ImportBatch:
    found = (
        ways.with_way(ImportBatch.objects.filter(creditor__in=call.creditors()))
        .filter(pk=call.arguments["import_id"])
        .first()
    )
    if found is None:
        raise NOT_FOUND
    return found


def _accounts(call: Call) -> QuerySet[Account]:
    return Account.objects.filter(creditor__in=_chosen(call)).select_related("debtor", "figures")


def _choice(call: Call, name: str, known: list[str]) -> str:
    said = call.query(name)
    if said and said not in known:
        raise _wrong(name, f"valeurs possibles : {', '.join(known)}")
    return said


def _flag(call: Call, name: str, *, default: bool) -> bool:
    said = _choice(call, name, ["true", "false"])
    return said == "true" if said else default


def _whole(call: Call, name: str, said: str) -> int:
    if not (said.isascii() and said.isdigit() and len(said) < 19):
        raise _wrong(name, "un nombre entier est attendu")
    return int(said)


def _day(call: Call, name: str) -> date | None:
    said = call.query(name)
    if not said:
        return None
    try:
        return read_day(said, name)
    except WrongInput as wrong:
        raise _wrong(name, wrong.message.removeprefix(f"{name} : ")) from None


def _moment(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None


def _wrong(name: str, why: str) -> ApiError:
    return ApiError(
        422,
        "query",
        f"Le paramètre « {name} » ne convient pas : {why}.",
        details=[{"path": name, "message": why}],
    )
