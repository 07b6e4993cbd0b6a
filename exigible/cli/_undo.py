"""`exigible import --undo`: take an import back, or say what stands in the way."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from exigible.cli._command import DONE, REFUSED, open_database, write, write_json
from exigible.domain.refusals import Refused, WrongInput

FIELD = "--undo"
NO_REASON = "annulé par la ligne de commande"


def undo(text: str, *, reason: str, dry_run: bool, as_json: bool) -> int:
    """Take back the import of a number, or the drop of documents of an identifier (its address's)."""
    number, drop = _which(text)
    open_database()
    from exigible.operations.acts import By
    from exigible.operations.exhibit_undoing import undo_drop, undo_drop_plan
    from exigible.operations.undoing import undo_import, undo_plan
    from exigible.store.models import ExhibitArrival, ImportBatch

    by, at, reason = By.job("import"), datetime.now(UTC), reason.strip() or NO_REASON
    if drop is not None:
        if not ExhibitArrival.objects.filter(drop=drop).exists():
            raise _unknown(f"Aucun dépôt de pièces n’a l’identifiant {drop}.")
        name = f"Dépôt {drop}"
        plan = undo_drop_plan(drop) if dry_run else undo_drop(drop, by=by, at=at, reason=reason)
    else:
        batch = ImportBatch.objects.filter(pk=number).first()
        if batch is None:
            raise _unknown(f"Aucun import n’a le numéro {number}.")
        name = f"Import n° {number} — {batch.filename}"
        plan = undo_plan(batch) if dry_run else undo_import(batch.pk, by=by, at=at, reason=reason)
    done = not dry_run
    if as_json:
        write_json(
            {
                "import": number,
                "drop": str(drop) if drop else None,
                "undone": done,
                "possible": not plan.blockers,
                "counts": {str(what): count for what, count in plan.counts.items() if count},
                "kept": plan.kept,
                "blockers": plan.blockers,
            }
        )
    else:
        write(name)
        for words in plan.words:
            write(f"  {words}")
        for words in (*plan.kept, *plan.blockers):
            write(f"  ! {words}")
        write("  Annulé." if done else "  Rien n’a été écrit.")
    return REFUSED if plan.blockers else DONE


def _which(text: str) -> tuple[int | None, UUID | None]:
    if text.isascii() and text.isdigit() and len(text) < 19:
        return int(text), None
    try:
        return None, UUID(text)
    except ValueError:
        raise WrongInput(
            "undo",
            f"« {text[:60]} » n’est ni le numéro d’un import (celui de sa page), ni l’identifiant d’un "
            "dépôt de pièces.",
            field=FIELD,
        ) from None


def _unknown(message: str) -> Refused:
    return Refused("import_unknown", message, field=FIELD)
