"""Taking a drop of documents back: the exhibits it brought are withdrawn, with a reason; none is deleted.

What somebody since linked to a claim by hand stands in the way; what came again in another drop stays.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from exigible.domain.french import count
from exigible.domain.refusals import Refused
from exigible.operations import exhibits
from exigible.operations.acts import By
from exigible.operations.undoing import UndoPlan
from exigible.store.models import Exhibit, ExhibitArrival, ExhibitClaim

Status = ExhibitArrival.Status
SHOWN = 5


def undo_drop_plan(drop: UUID) -> UndoPlan:
    """Return what taking a drop back would do, and what stands in its way."""
    return _plan(drop)[0]


def undo_drop(drop: UUID, *, by: By, at: datetime, reason: str) -> UndoPlan:
    """Withdraw the exhibits that a drop brought; refuse where something depends on them."""
    with transaction.atomic():
        list(
            ExhibitArrival.objects.select_for_update(of=("self",)).filter(drop=drop).order_by("pk")
        )
        plan, brought = _plan(drop)
        if plan.blockers:
            raise Refused("depended_on", " ".join(plan.blockers))
        exhibits.withdraw([one.pk for one in brought], reason=reason, by=by, at=at)
    return plan


def _plan(drop: UUID) -> tuple[UndoPlan, list[Exhibit]]:
    plan = UndoPlan()
    arrivals = ExhibitArrival.objects.filter(drop=drop)
    if arrivals.filter(status=Status.WAITING).exists():
        plan.blockers.append(
            "Ces documents sont encore en cours de lecture : attendez qu’elle finisse."
        )
        return plan, []
    kept = arrivals.filter(status=Status.KEPT).values("exhibit")
    standing = Exhibit.objects.defer("text").filter(withdrawn_at__isnull=True)
    brought = list(
        (standing.filter(pk__in=kept) | standing.filter(enclosing__in=kept)).order_by("pk")
    )
    again = set(
        ExhibitArrival.objects.filter(exhibit__in=brought, status=Status.KNOWN)
        .exclude(drop=drop)
        .values_list("exhibit_id", flat=True)
    )
    if again:
        words = count(len(again), "pièce a été déposée", "pièces ont été déposées")
        plan.kept.append(
            f"{words} de nouveau depuis : elle reste."
            if len(again) == 1
            else f"{words} de nouveau depuis : elles restent."
        )
    brought = [one for one in brought if one.pk not in again]
    by_hand = ExhibitClaim.objects.filter(
        exhibit__in=brought, ended_at__isnull=True, reference=""
    ).values("exhibit")
    linked = [str(one) for one in standing.filter(pk__in=by_hand).order_by("pk")]
    if linked:
        words = count(len(linked), "pièce a été rattachée", "pièces ont été rattachées")
        names = ", ".join(f"« {one} »" for one in linked[:SHOWN])
        plan.blockers.append(
            f"{words} par quelqu’un à une créance : {names}. Détachez-la, ou retirez les autres une à une."
        )
    elif not brought:
        plan.blockers.append("Ce dépôt n’a apporté aucune pièce, ou elles sont déjà retirées.")
    plan.counts["exhibits"] = len(brought)
    return plan, brought
