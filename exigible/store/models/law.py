"""Values of the law that people entered, where the product ships none. Added, confirmed, withdrawn."""

from django.db import models
from django.db.models import Q


class LawValue(models.Model):
    """A newly published value, with its text. Never changed: withdrawn, then entered again.

    `value` is as files write it: {"number": "3.75"} in the parameter's unit, or a scale's bands.
    A second person's confirmation is what makes it verified.
    """

    parameter = models.CharField(max_length=80)
    starts_on = models.DateField()
    value = models.JSONField()
    known_until = models.DateField(null=True, blank=True)
    source = models.TextField()
    recorded_by = models.UUIDField()
    recorded_at = models.DateTimeField()
    confirmed_by = models.UUIDField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.UUIDField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["parameter", "starts_on"],
                condition=Q(withdrawn_at__isnull=True),
                name="law_value_once",
            ),
            models.CheckConstraint(condition=~Q(source=""), name="law_value_has_source"),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | ~Q(withdrawn_reason=""),
                name="law_withdrawal_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=models.F("recorded_by")),
                name="law_value_confirmed_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.parameter} ({self.starts_on})"
