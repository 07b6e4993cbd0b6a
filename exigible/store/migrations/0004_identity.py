"""Who debtors are: merges, bank accounts, duplicates, registers; and what of it the database guards."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

# Facts with an end: the end may be written, the rest stays.
FACTS = {
    "store_debtorbankaccount": "iban, origin, recorded_at",
    "store_debtormerge": "kept_id, merged_id, reasons, contacts, bank_accounts, recorded_by, recorded_at",
    "store_mergedaccount": "merge_id, account_id",
    "store_debtorsapart": "first_id, second_id, recorded_by, recorded_at",
    "store_duplicatesearch": "at, debtors, pairs, seconds",
}

GUARDS = """
-- Undone once: neither taken back nor moved to another day.
CREATE TRIGGER merge_undone_once BEFORE UPDATE ON store_debtormerge
  FOR EACH ROW WHEN (OLD.undone_at IS NOT NULL AND ROW(OLD.undone_at, OLD.undone_by)
                     IS DISTINCT FROM ROW(NEW.undone_at, NEW.undone_by))
  EXECUTE FUNCTION refuse_rewriting();

-- A debtor merged into another carries no account: whoever opens or moves one names the debtor kept.
CREATE FUNCTION refuse_merged_debtor() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE stray boolean;
BEGIN
  EXECUTE 'SELECT EXISTS (SELECT 1 FROM added a JOIN store_debtor d ON d.id = a.debtor_id
                           WHERE d.merged_into_id IS NOT NULL)' INTO stray;
  IF stray THEN
    RAISE EXCEPTION 'Refusé : ce débiteur est réuni avec un autre, qui porte ses comptes.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER account_of_a_kept_debtor AFTER INSERT ON store_account
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION refuse_merged_debtor();

CREATE FUNCTION refuse_move_to_merged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM store_debtor WHERE id = NEW.debtor_id AND merged_into_id IS NOT NULL) THEN
    RAISE EXCEPTION 'Refusé : ce débiteur est réuni avec un autre, qui porte ses comptes.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER account_moves_to_a_kept_debtor BEFORE UPDATE OF debtor_id ON store_account
  FOR EACH ROW WHEN (OLD.debtor_id <> NEW.debtor_id) EXECUTE FUNCTION refuse_move_to_merged();

-- The pointer and the accounts go together: a debtor that still has accounts is merged nowhere.
CREATE FUNCTION refuse_pointer_with_accounts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM store_account WHERE debtor_id = NEW.id) THEN
    RAISE EXCEPTION 'Refusé : un débiteur qui porte des comptes n''est pas réuni avec un autre.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER merged_debtor_has_no_account BEFORE UPDATE OF merged_into_id ON store_debtor
  FOR EACH ROW WHEN (NEW.merged_into_id IS NOT NULL
                     AND OLD.merged_into_id IS DISTINCT FROM NEW.merged_into_id)
  EXECUTE FUNCTION refuse_pointer_with_accounts();
"""


def guards() -> str:
    made = []
    for table, columns in FACTS.items():
        old, new = (
            ", ".join(f"{row}.{name}" for name in columns.split(", ")) for row in ("OLD", "NEW")
        )
        made.append(
            f"CREATE TRIGGER never_rewritten BEFORE UPDATE ON {table} FOR EACH ROW"
            f" WHEN (ROW({old}) IS DISTINCT FROM ROW({new})) EXECUTE FUNCTION refuse_rewriting();\n"
            f"CREATE TRIGGER never_deleted BEFORE DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();\n"
            f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();\n"
        )
    return "".join(made) + GUARDS


class Migration(migrations.Migration):

    dependencies = [
        ('store', '0003_law_values'),
    ]

    operations = [
        migrations.CreateModel(
            name='DebtorBankAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('iban', models.CharField(max_length=34)),
                ('holder', models.TextField(blank=True)),
                ('origin', models.TextField()),
                ('recorded_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('ended_by', models.UUIDField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='DebtorMerge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reasons', models.JSONField(default=list)),
                ('changes', models.JSONField(default=dict)),
                ('contacts', models.JSONField(default=list)),
                ('bank_accounts', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list)),
                ('recorded_by', models.UUIDField()),
                ('recorded_at', models.DateTimeField()),
                ('undone_by', models.UUIDField(blank=True, null=True)),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='DebtorsApart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recorded_by', models.UUIDField()),
                ('recorded_at', models.DateTimeField()),
                ('withdrawn_by', models.UUIDField(blank=True, null=True)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='DuplicatePair',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name_key', models.TextField()),
                ('score', models.PositiveSmallIntegerField()),
                ('reasons', models.JSONField(default=list)),
                ('found_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='DuplicateSearch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('debtors', models.IntegerField()),
                ('pairs', models.IntegerField()),
                ('seconds', models.FloatField()),
            ],
        ),
        migrations.CreateModel(
            name='MergedAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ],
        ),
        migrations.CreateModel(
            name='RegisterAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('siren', models.CharField(max_length=9)),
                ('register', models.CharField(max_length=20)),
                ('found', models.BooleanField()),
                ('company', models.JSONField(default=dict)),
                ('struck_off', models.BooleanField(default=False)),
                ('insolvent', models.BooleanField(default=False)),
                ('postcode', models.CharField(blank=True, max_length=12)),
                ('asked_on', models.DateField()),
                ('asked_at', models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name='accountfigures',
            name='lacks',
            field=models.IntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name='accountfigures',
            name='reliability',
            field=models.PositiveSmallIntegerField(db_default=100),
        ),
        migrations.AddField(
            model_name='debtor',
            name='merged_into',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='store.debtor'),
        ),
        migrations.AddIndex(
            model_name='accountfigures',
            index=models.Index(condition=models.Q(('lacks', 0), _negated=True), fields=['portfolio_id', 'reliability'], name='figures_reliability'),
        ),
        migrations.AddField(
            model_name='debtorbankaccount',
            name='debtor',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='bank_accounts', to='store.debtor'),
        ),
        migrations.AddField(
            model_name='debtormerge',
            name='kept',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='merges', to='store.debtor'),
        ),
        migrations.AddField(
            model_name='debtormerge',
            name='merged',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='merged_by', to='store.debtor'),
        ),
        migrations.AddField(
            model_name='debtorsapart',
            name='first',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='store.debtor'),
        ),
        migrations.AddField(
            model_name='debtorsapart',
            name='second',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='store.debtor'),
        ),
        migrations.AddField(
            model_name='duplicatepair',
            name='first',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='store.debtor'),
        ),
        migrations.AddField(
            model_name='duplicatepair',
            name='second',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='store.debtor'),
        ),
        migrations.AddIndex(
            model_name='duplicatesearch',
            index=models.Index(fields=['-at'], name='duplicate_search_at'),
        ),
        migrations.AddField(
            model_name='mergedaccount',
            name='account',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='merges', to='store.account'),
        ),
        migrations.AddField(
            model_name='mergedaccount',
            name='merge',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='accounts', to='store.debtormerge'),
        ),
        migrations.AddConstraint(
            model_name='registeranswer',
            constraint=models.UniqueConstraint(fields=('siren', 'register'), name='register_answer_once'),
        ),
        migrations.AddIndex(
            model_name='debtorbankaccount',
            index=models.Index(fields=['iban'], name='debtor_iban'),
        ),
        migrations.AddConstraint(
            model_name='debtorbankaccount',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('debtor', 'iban'), name='debtor_iban_once'),
        ),
        migrations.AddConstraint(
            model_name='debtormerge',
            constraint=models.UniqueConstraint(condition=models.Q(('undone_at__isnull', True)), fields=('merged',), name='merged_once'),
        ),
        migrations.AddConstraint(
            model_name='debtormerge',
            constraint=models.CheckConstraint(condition=models.Q(('kept', models.F('merged')), _negated=True), name='merge_of_two'),
        ),
        migrations.AddConstraint(
            model_name='debtormerge',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('undone_at__isnull', True), ('undone_by__isnull', True)), models.Q(('undone_at__isnull', False), ('undone_by__isnull', False)), _connector='OR'), name='merge_undone_by_someone'),
        ),
        migrations.AddConstraint(
            model_name='debtorsapart',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at__isnull', True)), fields=('first', 'second'), name='debtors_apart_once'),
        ),
        migrations.AddConstraint(
            model_name='debtorsapart',
            constraint=models.CheckConstraint(condition=models.Q(('first__lt', models.F('second'))), name='apart_in_order'),
        ),
        migrations.AddIndex(
            model_name='duplicatepair',
            index=models.Index(fields=['-score', 'id'], name='duplicate_score'),
        ),
        migrations.AddConstraint(
            model_name='duplicatepair',
            constraint=models.UniqueConstraint(fields=('first', 'second'), name='duplicate_pair_once'),
        ),
        migrations.AddConstraint(
            model_name='duplicatepair',
            constraint=models.CheckConstraint(condition=models.Q(('first__lt', models.F('second'))), name='pair_in_order'),
        ),
        migrations.AddConstraint(
            model_name='mergedaccount',
            constraint=models.UniqueConstraint(fields=('account', 'merge'), name='merged_account_once'),
        ),
        migrations.RunSQL(guards(), migrations.RunSQL.noop),
    ]
