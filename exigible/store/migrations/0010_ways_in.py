"""Ways in: folders watched, mailboxes read, tokens of other software, and what each brought."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

# What a way brought is settled once; a way closed and a token revoked stay so; a token's right never grows.
GUARDS = """
CREATE TRIGGER never_rewritten BEFORE UPDATE ON store_incoming FOR EACH ROW
  WHEN (ROW(OLD.creditor_id, OLD.folder_id, OLD.mailbox_id, OLD.token_id, OLD.name, OLD.sender, OLD.sha256, OLD.size_bytes,
            OLD.place, OLD.message_id, OLD.uid_validity, OLD.uid, OLD.key, OLD.received_at)
    IS DISTINCT FROM
        ROW(NEW.creditor_id, NEW.folder_id, NEW.mailbox_id, NEW.token_id, NEW.name, NEW.sender, NEW.sha256, NEW.size_bytes,
            NEW.place, NEW.message_id, NEW.uid_validity, NEW.uid, NEW.key, NEW.received_at)
    OR (OLD."drop" IS NOT NULL AND NEW."drop" IS DISTINCT FROM OLD."drop")
    OR (OLD.settled_at IS NOT NULL AND ROW(OLD.status, OLD.note, OLD.filed_as, OLD.settled_at)
                          IS DISTINCT FROM ROW(NEW.status, NEW.note, NEW.filed_as, NEW.settled_at))
    OR (OLD.filed_at IS NOT NULL AND NEW.filed_at IS DISTINCT FROM OLD.filed_at))
  EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER never_deleted BEFORE DELETE ON store_incoming
  FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON store_incoming
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER closed_for_good BEFORE UPDATE ON store_watchedfolder FOR EACH ROW
  WHEN (OLD.closed_at IS NOT NULL OR NEW.creditor_id <> OLD.creditor_id)
  EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER closed_for_good BEFORE UPDATE ON store_mailbox FOR EACH ROW
  WHEN (OLD.closed_at IS NOT NULL OR NEW.creditor_id <> OLD.creditor_id)
  EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER never_rewritten BEFORE UPDATE ON store_apitoken FOR EACH ROW
  WHEN (ROW(OLD.name, OLD.prefix, OLD.digest, OLD.scopes, OLD.created_by, OLD.created_at, OLD.expires_at)
    IS DISTINCT FROM ROW(NEW.name, NEW.prefix, NEW.digest, NEW.scopes, NEW.created_by, NEW.created_at, NEW.expires_at)
    OR (OLD.revoked_at IS NOT NULL
        AND ROW(OLD.revoked_by, OLD.revoked_at) IS DISTINCT FROM ROW(NEW.revoked_by, NEW.revoked_at)))
  EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER never_deleted BEFORE DELETE ON store_apitoken
  FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('store', '0009_matching'),
    ]

    operations = [
        migrations.CreateModel(
            name='ApiToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.TextField()),
                ('prefix', models.CharField(max_length=12)),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('import', 'déposer des fichiers et des données'), ('follow', 'suivre les imports'), ('undo', 'annuler un import'), ('read', 'lire les comptes et les créances')], max_length=10))),
                ('created_by', models.UUIDField()),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('revoked_by', models.UUIDField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('window_started_at', models.DateTimeField(blank=True, null=True)),
                ('window_count', models.PositiveIntegerField(default=0)),
                ('creditors', models.ManyToManyField(related_name='api_tokens', to='store.creditor')),
            ],
        ),
        migrations.CreateModel(
            name='Incoming',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.TextField()),
                ('sender', models.TextField(blank=True)),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('size_bytes', models.BigIntegerField(default=0)),
                ('place', models.TextField(blank=True)),
                ('message_id', models.TextField(blank=True)),
                ('uid_validity', models.BigIntegerField(blank=True, null=True)),
                ('uid', models.BigIntegerField(blank=True, null=True)),
                ('key', models.TextField(blank=True)),
                ('drop', models.UUIDField(blank=True, null=True)),
                ('status', models.CharField(choices=[('received', 'en cours'), ('taken', 'pris'), ('known', 'déjà connu'), ('asks', 'attend une réponse'), ('refused', 'refusé')], default='received', max_length=10)),
                ('note', models.TextField(blank=True)),
                ('filed_as', models.TextField(blank=True)),
                ('received_at', models.DateTimeField()),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('filed_at', models.DateTimeField(blank=True, null=True)),
                ('creditor', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='incoming', to='store.creditor')),
                ('token', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='incoming', to='store.apitoken')),
            ],
        ),
        migrations.AddField(
            model_name='importbatch',
            name='incoming',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='batches', to='store.incoming'),
        ),
        migrations.CreateModel(
            name='MailBox',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('paused', models.BooleanField(default=False)),
                ('created_by', models.UUIDField()),
                ('created_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('looked_at', models.DateTimeField(blank=True, null=True)),
                ('next_look_at', models.DateTimeField(blank=True, null=True)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('failing_since', models.DateTimeField(blank=True, null=True)),
                ('error', models.TextField(blank=True)),
                ('host', models.TextField()),
                ('port', models.PositiveIntegerField(default=993)),
                ('security', models.CharField(choices=[('tls', 'TLS (port 993)'), ('starttls', 'STARTTLS (port 143)'), ('plain', 'aucune (sur cette machine seulement)')], default='tls', max_length=10)),
                ('user', models.TextField()),
                ('secret', models.BinaryField()),
                ('folder', models.TextField(default='INBOX')),
                ('done_folder', models.TextField(blank=True)),
                ('refused_folder', models.TextField(blank=True)),
                ('senders', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list)),
                ('uid_validity', models.BigIntegerField(blank=True, null=True)),
                ('last_uid', models.BigIntegerField(default=0)),
                ('creditor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='mailboxes', to='store.creditor')),
            ],
        ),
        migrations.AddField(
            model_name='incoming',
            name='mailbox',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='incoming', to='store.mailbox'),
        ),
        migrations.CreateModel(
            name='WatchedFolder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('paused', models.BooleanField(default=False)),
                ('created_by', models.UUIDField()),
                ('created_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('looked_at', models.DateTimeField(blank=True, null=True)),
                ('next_look_at', models.DateTimeField(blank=True, null=True)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('failing_since', models.DateTimeField(blank=True, null=True)),
                ('error', models.TextField(blank=True)),
                ('path', models.TextField()),
                ('still_seconds', models.PositiveIntegerField(default=10)),
                ('seen', models.JSONField(default=dict)),
                ('creditor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='watched_folders', to='store.creditor')),
            ],
        ),
        migrations.AddField(
            model_name='incoming',
            name='folder',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='incoming', to='store.watchedfolder'),
        ),
        migrations.AddConstraint(
            model_name='apitoken',
            constraint=models.CheckConstraint(condition=models.Q(('scopes', []), _negated=True), name='api_token_has_scope'),
        ),
        migrations.AddConstraint(
            model_name='apitoken',
            constraint=models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('created_at'))), name='api_token_expires'),
        ),
        migrations.AddConstraint(
            model_name='mailbox',
            constraint=models.UniqueConstraint(condition=models.Q(('closed_at__isnull', True)), fields=('host', 'port', 'user', 'folder'), name='mailbox_once'),
        ),
        migrations.AddConstraint(
            model_name='watchedfolder',
            constraint=models.UniqueConstraint(condition=models.Q(('closed_at__isnull', True)), fields=('path',), name='watched_folder_once'),
        ),
        migrations.AddIndex(
            model_name='incoming',
            index=models.Index(fields=['creditor', 'sha256'], name='incoming_content'),
        ),
        migrations.AddIndex(
            model_name='incoming',
            index=models.Index(condition=models.Q(('filed_at__isnull', True), ('token__isnull', True)), fields=['folder', 'mailbox'], name='incoming_under_way'),
        ),
        migrations.AddConstraint(
            model_name='incoming',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('folder__isnull', False), ('mailbox__isnull', True), ('token__isnull', True)), models.Q(('folder__isnull', True), ('mailbox__isnull', False), ('token__isnull', True)), models.Q(('folder__isnull', True), ('mailbox__isnull', True), ('token__isnull', False)), _connector='OR'), name='incoming_by_one_way'),
        ),
        migrations.AddConstraint(
            model_name='incoming',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('settled_at__isnull', True), ('status', 'received')), models.Q(models.Q(('status', 'received'), _negated=True), ('settled_at__isnull', False)), _connector='OR'), name='incoming_settled_whole'),
        ),
        migrations.AddConstraint(
            model_name='incoming',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'refused'), _negated=True), models.Q(('note', ''), _negated=True), _connector='OR'), name='incoming_refusal_has_reason'),
        ),
        migrations.AddConstraint(
            model_name='incoming',
            constraint=models.UniqueConstraint(condition=models.Q(('place', ''), _negated=True), fields=('folder', 'place'), name='incoming_place_once'),
        ),
        migrations.AddConstraint(
            model_name='incoming',
            constraint=models.UniqueConstraint(fields=('mailbox', 'uid_validity', 'uid'), name='incoming_message_once'),
        ),
        migrations.AddConstraint(
            model_name='incoming',
            constraint=models.UniqueConstraint(condition=models.Q(('key', ''), _negated=True), fields=('token', 'key'), name='incoming_key_once'),
        ),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
    ]
