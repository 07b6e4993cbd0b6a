"""Values of the law entered by people: said once, ended once, never rewritten."""

from django.db import migrations, models
from django.db.models import F, Q

GUARDS = """
CREATE TRIGGER never_rewritten BEFORE UPDATE ON store_lawvalue FOR EACH ROW
  WHEN (ROW(OLD.parameter, OLD.starts_on, OLD.value, OLD.known_until, OLD.source, OLD.recorded_by, OLD.recorded_at)
    IS DISTINCT FROM
    ROW(NEW.parameter, NEW.starts_on, NEW.value, NEW.known_until, NEW.source, NEW.recorded_by, NEW.recorded_at))
  EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER never_deleted BEFORE DELETE ON store_lawvalue
  FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON store_lawvalue
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- Confirmed once, withdrawn once: neither is taken back.
CREATE TRIGGER law_value_ends_once BEFORE UPDATE ON store_lawvalue
  FOR EACH ROW WHEN (OLD.withdrawn_at IS NOT NULL
    OR (OLD.confirmed_at IS NOT NULL AND ROW(OLD.confirmed_at, OLD.confirmed_by)
                                         IS DISTINCT FROM ROW(NEW.confirmed_at, NEW.confirmed_by)))
  EXECUTE FUNCTION refuse_rewriting();
"""


class Migration(migrations.Migration):
    dependencies = [("store", "0002_guards")]

    operations = [
        migrations.CreateModel(
            name="LawValue",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("parameter", models.CharField(max_length=80)),
                ("starts_on", models.DateField()),
                ("value", models.JSONField()),
                ("known_until", models.DateField(blank=True, null=True)),
                ("source", models.TextField()),
                ("recorded_by", models.UUIDField()),
                ("recorded_at", models.DateTimeField()),
                ("confirmed_by", models.UUIDField(blank=True, null=True)),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                ("withdrawn_by", models.UUIDField(blank=True, null=True)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                ("withdrawn_reason", models.TextField(blank=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=Q(withdrawn_at__isnull=True),
                        fields=("parameter", "starts_on"),
                        name="law_value_once",
                    ),
                    models.CheckConstraint(condition=~Q(source=""), name="law_value_has_source"),
                    models.CheckConstraint(
                        condition=Q(withdrawn_at__isnull=True) | ~Q(withdrawn_reason=""),
                        name="law_withdrawal_has_reason",
                    ),
                    models.CheckConstraint(
                        condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("recorded_by")),
                        name="law_value_confirmed_by_another",
                    ),
                ],
            },
        ),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
    ]
