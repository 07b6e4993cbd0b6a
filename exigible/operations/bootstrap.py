"""What a new house starts with: the shipped strategies."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction

from exigible.domain.strategies import default_strategies
from exigible.store.models import Strategy, StrategyStep


@transaction.atomic
def ensure_strategies() -> None:
    """Create the shipped strategies that no version of exists yet; repeatable."""
    for source in default_strategies():
        if Strategy.objects.filter(key=source["key"], creditor__isnull=True).exists():
            continue
        strategy = Strategy.objects.create(
            key=source["key"],
            name=source["name"],
            audience=source["audience"],
            spacing_days=source["spacing_days"],
            minimum_cents=_cents(source["minimum"]),
            promise_grace_days=source["promise_grace_days"],
        )
        StrategyStep.objects.bulk_create(
            StrategyStep(
                strategy=strategy,
                key=step["key"],
                position=position,
                label=step["label"],
                offset_days=step["offset_days"],
                channel=step["channel"],
                fallback_channel=step.get("fallback_channel", ""),
                template=step.get("template", ""),
                automatic=step.get("automatic", False),
                is_formal_notice=step.get("is_formal_notice", False),
                minimum_cents=_cents(step.get("minimum", "0")),
                minutes=step["minutes"],
            )
            for position, step in enumerate(source["steps"])
        )


def _cents(euros: str) -> int:
    return int(Decimal(euros) * 100)
