"""How each source's tables are read, kept so that the same export is taken again by itself.

A source is a creditor and the headings its export always has (`intake.mapping.fingerprint`).
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.db import transaction

from exigible.domain.refusals import Refused, WrongInput
from exigible.intake.mapping.grids import Grid, open_grid
from exigible.intake.mapping.guessing import Guess, guess
from exigible.intake.mapping.kinds import TargetKind
from exigible.intake.mapping.model import Mapping
from exigible.intake.problems import Unreadable
from exigible.operations.acts import By, act_on_house
from exigible.operations.table_imports.taking import Mode
from exigible.store.models import Creditor, ImportMapping

NAME_LENGTH = 80


def understand(
    path: Path, *, name: str = "", format_: str = "", grid: Grid | None = None
) -> Guess | None:
    """Return what a file seems to be as a table of a kind (or of any); None if it is no table."""
    try:
        kind = TargetKind(format_) if format_ else None
        return guess(grid or open_grid(path), name=name, kind=kind)
    except Unreadable:
        return None


def mapping_of_source(creditor: Creditor, found: Guess) -> ImportMapping | None:
    """Return the mapping kept for the headings of a file, if somebody kept one."""
    return ImportMapping.objects.filter(
        creditor=creditor, fingerprint__in=[found.fingerprint, *found.others]
    ).first()


def mapping_named(creditor: Creditor, name: str) -> ImportMapping:
    """Return the mapping kept under a name; refuse a name that none has, giving those there are."""
    found = ImportMapping.objects.filter(creditor=creditor, name=name).first()
    if found is None:
        names = ", ".join(
            f"« {one} »"
            for one in ImportMapping.objects.filter(creditor=creditor)
            .order_by("name")
            .values_list("name", flat=True)
        )
        raise Refused(
            "mapping_unknown",
            f"Aucune correspondance de {creditor.name} ne se nomme « {name[:80]} »"
            + (f". Il y a : {names}." if names else " : aucune n’est enregistrée."),
            field="--mapping",
        )
    return found


def keep_mapping(
    creditor: Creditor,
    mapping: Mapping,
    *,
    fingerprint: str,
    name: str,
    mode: str = "",
    by: By,
    at: datetime,
) -> ImportMapping:
    """Keep how a source is read, in the place of what was kept for it; refuse another's name."""
    name = " ".join(name.split())[:NAME_LENGTH]
    if not name:
        raise WrongInput(
            "mapping_name", "Nommez cette source : « Sage, balance âgée ».", field="source_name"
        )
    if mode and mode not in Mode:
        raise WrongInput("mode", "Ce mode n’est pas connu.", field="mode")
    with transaction.atomic(), act_on_house(by=by, at=at) as act:
        others = ImportMapping.objects.filter(creditor=creditor, name=name)
        if others.exclude(fingerprint=fingerprint).exists():
            raise Refused(
                "mapping_name_taken",
                f"« {name} » est déjà le nom d’une autre source de {creditor.name}. Changez-le.",
                field="source_name",
            )
        kept, _ = ImportMapping.objects.update_or_create(
            creditor=creditor,
            fingerprint=fingerprint,
            defaults={
                "name": name,
                "kind": mapping.kind.value,
                "mapping": mapping.as_json(),
                "mode": mode,
                "saved_by": by.uuid,
                "saved_at": at,
                "used_at": at,  # by the very file that it was kept with
            },
        )
        act.journal("mapping_kept", f"mapping:{kept.pk}", name=name, kind=mapping.kind.value)
    return kept


def change_mode(mapping_id: int, mode: str, *, by: By, at: datetime) -> ImportMapping:
    """Change what the files of a source are: what is new, or the whole of what is open."""
    if mode not in Mode:
        raise WrongInput("mode", "Ce mode n’est pas connu.", field="mode")
    with transaction.atomic(), act_on_house(by=by, at=at) as act:
        kept = ImportMapping.objects.select_for_update().get(pk=mapping_id)
        before, kept.mode = kept.mode, mode
        if before != mode:
            kept.save(update_fields=["mode"])
            act.journal(
                "mapping_changed", f"mapping:{kept.pk}", name=kept.name, mode=[before, mode]
            )
    return kept


def forget_mapping(mapping_id: int, *, by: By, at: datetime) -> None:
    """Forget how a source is read; what it brought stays."""
    with transaction.atomic(), act_on_house(by=by, at=at) as act:
        kept = ImportMapping.objects.select_for_update().get(pk=mapping_id)
        act.journal("mapping_forgotten", f"mapping:{kept.pk}", name=kept.name)
        kept.delete()
