"""Exhibits: what a document is never changes; it is withdrawn, never deleted."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

GUARDS = """
CREATE TRIGGER never_rewritten BEFORE UPDATE ON store_exhibit FOR EACH ROW
  WHEN (ROW(OLD.creditor_id, OLD.document_id, OLD.preview_id, OLD.enclosing_id, OLD.sha256, OLD.filename, OLD.media_type,
            OLD.size_bytes, OLD.pages, OLD.title, OLD.text, OLD.sender, OLD.recorded_by, OLD.recorded_at)
    IS DISTINCT FROM
        ROW(NEW.creditor_id, NEW.document_id, NEW.preview_id, NEW.enclosing_id, NEW.sha256, NEW.filename, NEW.media_type,
            NEW.size_bytes, NEW.pages, NEW.title, NEW.text, NEW.sender, NEW.recorded_by, NEW.recorded_at)
    OR (OLD.withdrawn_at IS NOT NULL AND ROW(OLD.*) IS DISTINCT FROM ROW(NEW.*)))
  EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER never_deleted BEFORE DELETE ON store_exhibit
  FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON store_exhibit
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_rewritten BEFORE UPDATE ON store_exhibitclaim FOR EACH ROW
  WHEN (ROW(OLD.exhibit_id, OLD.claim_id, OLD.reference, OLD.recorded_by, OLD.recorded_at)
    IS DISTINCT FROM ROW(NEW.exhibit_id, NEW.claim_id, NEW.reference, NEW.recorded_by, NEW.recorded_at)
    OR OLD.ended_at IS NOT NULL)
  EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER never_deleted BEFORE DELETE ON store_exhibitclaim
  FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON store_exhibitclaim
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- What became of a file is written once.
CREATE TRIGGER never_rewritten BEFORE UPDATE ON store_exhibitarrival FOR EACH ROW
  WHEN (ROW(OLD."drop", OLD.creditor_id, OLD.account_id, OLD.document_id, OLD.filename, OLD.recorded_by, OLD.recorded_at)
    IS DISTINCT FROM
        ROW(NEW."drop", NEW.creditor_id, NEW.account_id, NEW.document_id, NEW.filename, NEW.recorded_by, NEW.recorded_at)
    OR OLD.settled_at IS NOT NULL)
  EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER never_deleted BEFORE DELETE ON store_exhibitarrival
  FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON store_exhibitarrival
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- An exhibit is filed on an account of its creditor, and proves claims of that account.
CREATE FUNCTION exhibit_in_its_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.account_id IS NOT NULL AND NEW.creditor_id IS DISTINCT FROM
     (SELECT creditor_id FROM store_account WHERE id = NEW.account_id) THEN
    RAISE EXCEPTION 'Refusé : cette pièce est d’un autre créancier que le compte.'
      USING ERRCODE = 'restrict_violation';
  END IF;
  IF TG_OP = 'UPDATE' AND NEW.account_id IS DISTINCT FROM OLD.account_id AND EXISTS
     (SELECT FROM store_exhibitclaim WHERE exhibit_id = NEW.id AND ended_at IS NULL) THEN
    RAISE EXCEPTION 'Refusé : cette pièce prouve encore des créances de l’autre compte.'
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER in_its_place BEFORE INSERT OR UPDATE OF account_id ON store_exhibit
  FOR EACH ROW EXECUTE FUNCTION exhibit_in_its_place();
CREATE FUNCTION exhibit_proves_its_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.ended_at IS NULL AND (SELECT account_id FROM store_exhibit WHERE id = NEW.exhibit_id) IS DISTINCT FROM
     (SELECT account_id FROM store_claim WHERE id = NEW.claim_id) THEN
    RAISE EXCEPTION 'Refusé : cette pièce n’est pas sur le compte de la créance.'
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER proves_its_account BEFORE INSERT ON store_exhibitclaim
  FOR EACH ROW EXECUTE FUNCTION exhibit_proves_its_account();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('store', '0006_einvoices'),
    ]

    operations = [
        migrations.CreateModel(
            name='Exhibit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sha256', models.CharField(max_length=64)),
                ('filename', models.TextField()),
                ('media_type', models.TextField()),
                ('size_bytes', models.BigIntegerField()),
                ('pages', models.PositiveIntegerField(default=0)),
                ('title', models.TextField(blank=True)),
                ('text', models.TextField(blank=True)),
                ('sender', models.TextField(blank=True)),
                ('dated_on', models.DateField(blank=True, null=True)),
                ('kind', models.CharField(choices=[('contract', 'contrat'), ('order', 'bon de commande'), ('quote', 'devis'), ('delivery', 'preuve de livraison ou d’exécution'), ('invoice', 'facture'), ('credit_note', 'avoir'), ('terms', 'conditions générales'), ('formal_notice', 'mise en demeure'), ('receipt', 'avis de réception'), ('acknowledgement', 'reconnaissance de dette'), ('guarantee', 'garantie ou caution'), ('unpaid', 'impayé bancaire'), ('decision', 'décision de justice'), ('register', 'extrait de registre'), ('letter', 'courrier ou courriel'), ('other', 'autre pièce')], default='other', max_length=20)),
                ('guessed_from', models.TextField(blank=True)),
                ('recorded_by', models.UUIDField()),
                ('recorded_at', models.DateTimeField()),
                ('withdrawn_by', models.UUIDField(blank=True, null=True)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('withdrawn_reason', models.TextField(blank=True)),
                ('account', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='exhibits', to='store.account')),
                ('creditor', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='exhibits', to='store.creditor')),
                ('document', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='store.storeddocument')),
                ('enclosing', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='enclosed', to='store.exhibit')),
                ('preview', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='store.storeddocument')),
            ],
        ),
        migrations.CreateModel(
            name='ExhibitArrival',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('drop', models.UUIDField(db_index=True)),
                ('filename', models.TextField()),
                ('status', models.CharField(choices=[('waiting', 'à lire'), ('kept', 'gardée'), ('known', 'déjà connue'), ('refused', 'refusée')], default='waiting', max_length=10)),
                ('note', models.TextField(blank=True)),
                ('recorded_by', models.UUIDField()),
                ('recorded_at', models.DateTimeField()),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('account', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='store.account')),
                ('creditor', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='store.creditor')),
                ('document', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='store.storeddocument')),
                ('exhibit', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='arrivals', to='store.exhibit')),
            ],
        ),
        migrations.CreateModel(
            name='ExhibitClaim',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.TextField(blank=True)),
                ('recorded_by', models.UUIDField()),
                ('recorded_at', models.DateTimeField()),
                ('ended_by', models.UUIDField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('claim', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='exhibits', to='store.claim')),
                ('exhibit', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='links', to='store.exhibit')),
            ],
        ),
        migrations.AddIndex(
            model_name='exhibit',
            index=models.Index(fields=['account', '-recorded_at'], name='exhibit_account'),
        ),
        migrations.AddIndex(
            model_name='exhibit',
            index=models.Index(condition=models.Q(('account__isnull', True), ('withdrawn_at__isnull', True)), fields=['creditor', '-recorded_at'], name='exhibit_inbox'),
        ),
        migrations.AddIndex(
            model_name='exhibit',
            index=models.Index(fields=['-recorded_at'], name='exhibit_recent'),
        ),
        migrations.AddIndex(
            model_name='exhibit',
            index=django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.search.SearchVector('title', 'filename', 'text', config='french'), name='exhibit_words'),
        ),
        migrations.AddConstraint(
            model_name='exhibit',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at__isnull', True)), fields=('creditor', 'sha256'), name='exhibit_once'),
        ),
        migrations.AddConstraint(
            model_name='exhibit',
            constraint=models.CheckConstraint(condition=models.Q(('withdrawn_at__isnull', True), models.Q(('withdrawn_reason', ''), _negated=True), _connector='OR'), name='exhibit_withdrawal_has_reason'),
        ),
        migrations.AddIndex(
            model_name='exhibitarrival',
            index=models.Index(condition=models.Q(('status', 'waiting')), fields=['creditor', 'recorded_at'], name='arrival_waiting'),
        ),
        migrations.AddConstraint(
            model_name='exhibitarrival',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('settled_at__isnull', True), ('status', 'waiting')), models.Q(('exhibit__isnull', False), ('settled_at__isnull', False), ('status__in', ['kept', 'known'])), models.Q(('settled_at__isnull', False), ('status', 'refused'), models.Q(('note', ''), _negated=True)), _connector='OR'), name='arrival_settled_whole'),
        ),
        migrations.AddConstraint(
            model_name='exhibitclaim',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('exhibit', 'claim'), name='exhibit_claim_once'),
        ),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
    ]
