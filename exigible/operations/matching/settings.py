"""What a creditor allows matching to do alone, and how much evidence it asks: within safe bounds.

The gate may be made stricter than the engine's own, never lower: two kinds of evidence at least, and
no more coincidence than was measured (`benchmarks/matching.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from exigible.domain.matching import Rules
from exigible.domain.refusals import Stale, WrongInput
from exigible.operations.acts import By, act_on_house
from exigible.store.models import DiscountBooking, MatchingSettings

MILLION = 1_000_000
# What may be written: field, least, most, words.
BOUNDS: dict[str, tuple[int, int, str]] = {
    "least_evidence": (2, 4, "de 2 à 4 indices"),
    "most_coincidence": (0, 2_000, "de 0 à 2 000 millionièmes"),
    "bank_fees_cents": (0, 20_000, "de 0 à 200 €"),
    "fees_rate": (10_000, 600_000, "de 1 % à 60 %"),
    "early_days": (0, 30, "de 0 à 30 jours"),
    "return_days": (30, 450, "de 30 à 450 jours"),
    "automatic_up_to_cents": (1, 10**12, "un montant supérieur à zéro"),
    "discount_rate": (1, 100_000, "de 0,01 % à 10 %"),
    "discount_days": (1, 90, "de 1 à 90 jours"),
    "discount_vat_rate": (1, 500_000, "de 0,01 % à 50 %"),
}
MAY_BE_EMPTY = frozenset(
    {"automatic_up_to_cents", "discount_rate", "discount_days", "discount_vat_rate"}
)


def settings_of(creditor_id: int) -> MatchingSettings:
    """Return what a creditor set, else the defaults (not saved)."""
    found = MatchingSettings.objects.filter(pk=creditor_id).first()
    return found or MatchingSettings(creditor_id=creditor_id)


def rules_of(settings: MatchingSettings) -> Rules:
    """Return the engine's rules with what a creditor set."""
    return Rules(
        least_evidence=settings.least_evidence,
        most_coincidence=settings.most_coincidence / MILLION,
        bank_fees_cents=settings.bank_fees_cents,
        early_days=settings.early_days,
        return_days=settings.return_days,
    )


def save_settings(
    creditor_id: int,
    values: Mapping[str, Any],
    *,
    by: By,
    at: datetime,
    expected_version: int | None = None,
) -> MatchingSettings:
    """Change what a creditor allows; refuse what lies out of bounds, journal what changed."""
    _check(values)
    with act_on_house(by=by, at=at) as act:
        MatchingSettings.objects.get_or_create(creditor_id=creditor_id)
        settings = MatchingSettings.objects.select_for_update().get(pk=creditor_id)
        if expected_version is not None and settings.version != expected_version:
            raise Stale(
                "stale", "Ces règles ont changé entre-temps. Relisez-les, puis recommencez."
            )
        changed = {
            name: [getattr(settings, name), value]
            for name, value in values.items()
            if getattr(settings, name) != value
        }
        if changed:
            for name, (_, value) in changed.items():
                setattr(settings, name, value)
            settings.version += 1
            settings.save()
            act.journal("matching_rules_changed", f"creditor:{creditor_id}", changes=changed)
    return settings


def _check(values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if name not in BOUNDS or (value is None and name in MAY_BE_EMPTY):
            continue
        least, most, words = BOUNDS[name]
        if value is None or not least <= value <= most:
            raise WrongInput("out_of_bounds", f"Valeur admise : {words}.", field=name)
    if (values.get("discount_rate") is None) != (values.get("discount_days") is None):
        raise WrongInput(
            "discount",
            "Un escompte a un taux et un délai : indiquez les deux, ou aucun.",
            field="discount_rate",
        )
    booking = values.get("discount_booking")
    if booking is not None and booking not in DiscountBooking.values:
        raise WrongInput("booking", "Ce mode n’est pas connu.", field="discount_booking")
