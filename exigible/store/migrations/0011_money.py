"""Penalties and 40 € paid on top of invoices; what stands for a receipt of accounting taken back by mistake;
what may be kept of a sum."""

from django.db import migrations, models

# A claim's balance is its principal: what makes an accessory due stands beside what pays it.
GUARD = """
CREATE FUNCTION accessories_leave_the_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.settlement_id IS NULL OR (
       SELECT sum(amount_cents) FROM store_entry
        WHERE settlement_id = NEW.settlement_id AND claim_id = NEW.claim_id AND component = NEW.component) <> 0
  THEN
    RAISE EXCEPTION 'Refusé : un accessoire payé ne change pas le reste dû de la créance.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER accessories_leave_the_balance AFTER INSERT ON store_entry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.component <> 'principal')
  EXECUTE FUNCTION accessories_leave_the_balance();
"""
UNGUARD = """
DROP TRIGGER accessories_leave_the_balance ON store_entry;
DROP FUNCTION accessories_leave_the_balance();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('store', '0010_ways_in'),
    ]

    operations = [
        migrations.AlterField(
            model_name='entry',
            name='kind',
            field=models.CharField(choices=[('opening', 'créance'), ('settlement', 'règlement'), ('credit_note', 'avoir'), ('transfer', 'virement de compte à compte'), ('adjustment', 'régularisation'), ('accessory', 'accessoire dû'), ('reversal', 'contrepassation')], max_length=20),
        ),
        migrations.AlterField(
            model_name='settlement',
            name='kind',
            field=models.CharField(choices=[('lettering', 'lettrage comptable'), ('named', 'factures désignées par le débiteur'), ('accessories', 'pénalités et indemnité payées en plus'), ('manual', 'affectation manuelle'), ('reversal', 'contrepassation')], max_length=20),
        ),
        migrations.AddIndex(
            model_name='settlement',
            index=models.Index(condition=models.Q(('kind', 'accessories')), fields=['account'], name='settlement_accessories'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('component', 'principal'), models.Q(('kind', 'accessory'), _negated=True)), models.Q(models.Q(('component', 'principal'), _negated=True), models.Q(models.Q(('amount_cents__gt', 0), ('kind', 'accessory')), models.Q(('amount_cents__lt', 0), ('kind', 'settlement')), ('kind', 'reversal'), _connector='OR')), _connector='OR'), name='accessory_entry_is_due_or_paid'),
        ),
        migrations.AddField(
            model_name='payment',
            name='stands_for',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=models.PROTECT, related_name='stand_ins', to='store.payment'),
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(condition=models.Q(('stands_for__isnull', False)), fields=['stands_for'], name='payment_stands_for'),
        ),
        migrations.AddField(
            model_name='matchingsettings',
            name='fees_rate',
            field=models.PositiveIntegerField(default=300000),
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
