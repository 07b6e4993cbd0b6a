"""Keeping the law up to date: entering a newly published value, confirming it, withdrawing it.

Nothing is changed nor deleted: a wrong value is withdrawn with the reason, then entered again. The
next computation uses the change, in every process; the copies that lists show follow at the next run.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from exigible.domain.french import day as french_day
from exigible.domain.law import Law, Parameter, shipped_law
from exigible.domain.law.dated import DatedFact
from exigible.domain.law.entered import Entered, fact_from, layered, typed_fact
from exigible.domain.law.scales import Scale
from exigible.domain.law.status import written_value
from exigible.domain.refusals import Refused, WrongInput
from exigible.operations.acts import By, act_on_house
from exigible.store.models import LawValue
from exigible.store.queries.law import entered_values

SHORTEST_SOURCE, LONGEST_SOURCE, LONGEST_REASON = 8, 500, 500
EXPORT_KIND = "exigible_law"


def current_law(using: str = "default") -> Law:
    """Return the law that computations use: the one shipped, with what people entered."""
    entries = entered_values(using)
    return layered(shipped_law(), entries).law if entries else shipped_law()


def left_out() -> tuple[tuple[Entered, Refused], ...]:
    """Return the values entered that are not used, each with why: the product ships them since."""
    entries = entered_values()
    return layered(shipped_law(), entries).left_out if entries else ()


def enter_value(
    parameter_id: str,
    *,
    value: str,
    starts_on: date,
    source: str,
    known_until: date | None = None,
    by: By,
    at: datetime,
) -> LawValue:
    """Enter a value as typed (« 3,75 % », or a scale line by line), from its day, with its text.

    Refused where the shipped value is known and verified, where one is entered already, and where
    the value, the days or the source make no sense. Until somebody else confirms it, it is shown
    « à confirmer » wherever it is used.
    """
    dated = shipped_law().find(parameter_id)
    if dated is None:
        raise WrongInput("unknown_parameter", "Ce paramètre n’existe pas.", field="parameter")
    words = _text(source, LONGEST_SOURCE, field="source")
    if len(words) < SHORTEST_SOURCE:
        raise WrongInput(
            "source",
            "Indiquez le texte : nature, date et, s’il en a, numéro (« arrêté du 24 juin 2026, JO du "
            "27 »).",
            field="source",
        )
    fact = typed_fact(dated, value, start=starts_on, source=words)
    entry = Entered(parameter=parameter_id, fact=fact, known_until=known_until)
    try:
        with act_on_house(by=by, at=at) as act:
            _require_room(dated, entry)
            with transaction.atomic():
                row = LawValue.objects.create(
                    parameter=parameter_id,
                    starts_on=starts_on,
                    value=written_value(dated, fact),
                    known_until=known_until,
                    source=words,
                    recorded_by=by.uuid,
                    recorded_at=at,
                )
            act.journal(
                "law_value_entered",
                f"law:{parameter_id}",
                starts_on=starts_on,
                value=row.value,
                known_until=known_until,
                source=words,
            )
    except IntegrityError as error:
        if "law_value_once" not in str(error):
            raise
        raise _entered_already(dated, starts_on) from None
    return row


def confirm_value(value_id: int, *, by: By, at: datetime) -> LawValue:
    """Confirm a value that somebody else entered: it is then used without a warning."""
    with act_on_house(by=by, at=at) as act:
        row = _live(value_id)
        if row.confirmed_at is not None:
            return row
        if row.recorded_by == by.uuid:
            raise Refused(
                "same_person",
                "Vous avez saisi cette valeur : une autre personne doit la relire sur le texte et la "
                "confirmer.",
            )
        row.confirmed_by, row.confirmed_at = by.uuid, at
        row.save(update_fields=["confirmed_by", "confirmed_at"])
        act.journal("law_value_confirmed", f"law:{row.parameter}", starts_on=row.starts_on)
    return row


def withdraw_value(value_id: int, reason: str, *, by: By, at: datetime) -> LawValue:
    """Withdraw a value, with the reason: what is computed next does without it."""
    words = _text(reason, LONGEST_REASON, field="reason")
    if not words:
        raise WrongInput("reason", "Dites pourquoi cette valeur est retirée.", field="reason")
    with act_on_house(by=by, at=at) as act:
        row = _live(value_id)
        row.withdrawn_by, row.withdrawn_at, row.withdrawn_reason = by.uuid, at, words
        row.save(update_fields=["withdrawn_by", "withdrawn_at", "withdrawn_reason"])
        act.journal(
            "law_value_withdrawn", f"law:{row.parameter}", starts_on=row.starts_on, reason=words
        )
    return row


def fact_of(dated: Parameter | Scale, row: LawValue) -> DatedFact:
    """Return what a row says, withdrawn or not; raise WrongInput if it is of another shape."""
    return fact_from(
        dated,
        row.value,
        start=row.starts_on,
        source=row.source,
        verified=row.confirmed_at is not None,
    )


def export_document(*, at: datetime) -> dict[str, Any]:
    """Return the values in use as the file that `--law` reads."""
    return {
        "kind": EXPORT_KIND,
        "exported_at": at.isoformat(),
        "values": [_exported(entry) for entry in entered_values()],
    }


def _exported(entry: Entered) -> Mapping[str, object]:
    dated = shipped_law().find(entry.parameter)
    assert dated is not None  # `entered_values` leaves the others out
    return {
        "parameter": entry.parameter,
        "name": dated.name,
        "unit": dated.unit,
        "from": entry.start.isoformat(),
        "value": written_value(dated, entry.fact),
        "known_until": entry.known_until.isoformat() if entry.known_until else None,
        "source": entry.fact.source,
        "verified": entry.fact.verified,
    }


def _require_room(dated: Parameter | Scale, entry: Entered) -> None:
    """Refuse a value that would not be used, or that would put another out of use."""
    live = entered_values()
    if any((one.parameter, one.start) == (entry.parameter, entry.start) for one in live):
        raise _entered_already(dated, entry.start)
    before = {one for one, _ in layered(shipped_law(), live).left_out}
    for one, refusal in layered(shipped_law(), (*live, entry)).left_out:
        if one == entry:
            raise refusal
        if one not in before:
            raise Refused(
                "crosses",
                f"{dated.name} : cette valeur contredit celle saisie pour le "
                f"{french_day(one.start)}. Retirez d’abord celle-ci.",
                field="start",
            )


def _live(value_id: int) -> LawValue:
    row = LawValue.objects.select_for_update().get(pk=value_id)
    if row.withdrawn_at is not None:
        raise Refused("withdrawn", "Cette valeur est déjà retirée.")
    return row


def _entered_already(dated: Parameter | Scale, start: date) -> Refused:
    return Refused(
        "entered_already",
        f"{dated.name} : une valeur est déjà saisie pour le {french_day(start)}. Retirez-la d’abord.",
        field="start",
    )


def _text(typed: str, longest: int, *, field: str) -> str:
    """Return a text on one line, without control characters; refuse one too long at its field."""
    words = " ".join("".join(c if c.isprintable() else " " for c in typed).split())
    if len(words) > longest:
        raise WrongInput(
            "too_long", f"Le texte est trop long : {longest} caractères au plus.", field=field
        )
    return words
