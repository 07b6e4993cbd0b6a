"""Which days were run: whether today's figures are today's."""

from datetime import date

from exigible.store.models import DailyRun


def day_was_run(on: date) -> bool:
    """Say whether the run of a day is over: every account's figures then stand for that day."""
    return DailyRun.objects.filter(on=on, proposes_only=False, finished_at__isnull=False).exists()


def last_run(on: date) -> DailyRun | None:
    """Return the latest run of a day up to `on`, finished or not."""
    return DailyRun.objects.filter(on__lte=on).order_by("-on", "-id").first()
