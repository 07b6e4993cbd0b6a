"""What the database refuses, whatever the application does.

Facts (entries, allocations, settlements, payments, journal, messages that left, and what was said
and promised but for its end) are added, never changed, deleted or truncated. Copies (claim balance, allocated part of a payment) are written by these triggers alone;
the check constraint of `Payment` then refuses an allocation beyond it. Messages are in French:
they may reach a log a user reads.
"""

from django.db import migrations

FACTS = ("store_entry", "store_allocation", "store_settlement", "store_journalentry", "store_journalseal")

REFUSE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'Refusé : une ligne de % ne se modifie ni ne se supprime ; contrepassez-la.', TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation';
END $$;
"""

BALANCES = """
-- Their queries are executed as text, to be planned for the size of each statement: a plan kept from
-- a row typed by hand would never end on a million.
CREATE FUNCTION add_to_claim_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE stray boolean;
BEGIN
  EXECUTE 'SELECT EXISTS (SELECT 1 FROM added a LEFT JOIN store_claim c ON c.id = a.claim_id
                           WHERE c.account_id IS DISTINCT FROM a.account_id)
               OR EXISTS (SELECT 1 FROM added a LEFT JOIN store_settlement s ON s.id = a.settlement_id
                           WHERE a.settlement_id IS NOT NULL
                             AND s.account_id IS DISTINCT FROM a.account_id)' INTO stray;
  IF stray THEN
    RAISE EXCEPTION 'Refusé : une écriture porte le compte d''une autre créance, ou d''aucune.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  EXECUTE 'UPDATE store_claim c SET balance_cents = c.balance_cents + s.amount
             FROM (SELECT claim_id, sum(amount_cents) AS amount FROM added GROUP BY claim_id) s
            WHERE c.id = s.claim_id AND s.amount <> 0';
  RETURN NULL;
END $$;
CREATE TRIGGER entry_balance AFTER INSERT ON store_entry
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION add_to_claim_balance();

CREATE FUNCTION add_to_payment_allocated() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE stray boolean;
BEGIN
  EXECUTE 'SELECT EXISTS (SELECT 1 FROM added a JOIN store_payment p ON p.id = a.payment_id
                           WHERE p.account_id <> a.account_id)
               OR EXISTS (SELECT 1 FROM added a LEFT JOIN store_settlement s ON s.id = a.settlement_id
                           WHERE s.account_id IS DISTINCT FROM a.account_id)
               OR EXISTS (SELECT 1 FROM added a LEFT JOIN store_claim c ON c.id = a.claim_id
                           WHERE a.claim_id IS NOT NULL
                             AND c.account_id IS DISTINCT FROM a.account_id)' INTO stray;
  IF stray THEN
    RAISE EXCEPTION 'Refusé : une affectation porte le compte d''un autre règlement, ou d''aucun.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  EXECUTE 'UPDATE store_payment p SET allocated_cents = p.allocated_cents + s.amount
             FROM (SELECT payment_id, sum(amount_cents) AS amount FROM added GROUP BY payment_id) s
            WHERE p.id = s.payment_id AND s.amount <> 0';
  RETURN NULL;
END $$;
CREATE TRIGGER allocation_total AFTER INSERT ON store_allocation
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION add_to_payment_allocated();

-- Copies move with their facts only.
CREATE FUNCTION refuse_copy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'Refusé : % est un total, seules ses écritures le changent.', TG_ARGV[0]
    USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER claim_balance_is_a_copy BEFORE UPDATE OF balance_cents ON store_claim
  FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND OLD.balance_cents IS DISTINCT FROM NEW.balance_cents)
  EXECUTE FUNCTION refuse_copy('le solde d''une créance');
CREATE TRIGGER claim_born_at_zero BEFORE INSERT ON store_claim
  FOR EACH ROW WHEN (NEW.balance_cents <> 0) EXECUTE FUNCTION refuse_copy('le solde d''une créance');
-- Allocations may be written before their payment, in one transaction (that foreign key is checked at
-- its end): the row is then born with its total and is not written twice. A claim comes before its
-- entries: those of a ledger, written together, leave most claims at zero, and those rows alone.
-- Never by reading the whole table, whatever its size was when the plan was made.
CREATE FUNCTION payment_born() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE other boolean;
BEGIN
  SELECT coalesce(sum(amount_cents), 0), bool_or(account_id <> NEW.account_id)
    INTO NEW.allocated_cents, other FROM store_allocation WHERE payment_id = NEW.id;
  IF other THEN
    RAISE EXCEPTION 'Refusé : une affectation porte le compte d''un autre règlement.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payment_born_with_its_allocations BEFORE INSERT ON store_payment
  FOR EACH ROW EXECUTE FUNCTION payment_born();
CREATE TRIGGER payment_is_a_fact BEFORE UPDATE ON store_payment
  FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_stays BEFORE DELETE ON store_payment
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER claim_stays BEFORE DELETE ON store_claim
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
-- A claim's amount, currency, account and origin never change; the rest may be completed.
CREATE TRIGGER claim_amount_is_a_fact BEFORE UPDATE ON store_claim
  FOR EACH ROW WHEN (ROW(OLD.id, OLD.account_id, OLD.amount_cents, OLD.currency, OLD.origin)
                     IS DISTINCT FROM ROW(NEW.id, NEW.account_id, NEW.amount_cents, NEW.currency, NEW.origin))
  EXECUTE FUNCTION refuse_change();
"""

ACCOUNT = """
CREATE FUNCTION check_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.creditor_id <> OLD.creditor_id THEN
    RAISE EXCEPTION 'Refusé : un compte ne change pas de créancier.' USING ERRCODE = 'restrict_violation';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM store_portfolio WHERE id = NEW.portfolio_id AND creditor_id = NEW.creditor_id) THEN
    RAISE EXCEPTION 'Refusé : le portefeuille d''un compte est celui de son créancier.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER account_of_its_creditor BEFORE INSERT OR UPDATE OF creditor_id, portfolio_id ON store_account
  FOR EACH ROW EXECUTE FUNCTION check_account();
"""

LEDGER_LINES = """
CREATE FUNCTION check_ledger_lines() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE stray boolean;
BEGIN
  EXECUTE 'SELECT EXISTS (SELECT 1 FROM added l LEFT JOIN store_account a ON a.id = l.account_id
                           WHERE a.creditor_id IS DISTINCT FROM l.creditor_id)
               OR EXISTS (SELECT 1 FROM (SELECT DISTINCT batch_id FROM added) l
                            LEFT JOIN store_importbatch b ON b.id = l.batch_id WHERE b.id IS NULL)
               OR EXISTS (SELECT 1 FROM added l LEFT JOIN store_claim c ON c.id = l.claim_id
                           WHERE l.claim_id IS NOT NULL
                             AND c.account_id IS DISTINCT FROM l.account_id)
               OR EXISTS (SELECT 1 FROM added l LEFT JOIN store_payment p ON p.id = l.payment_id
                           WHERE l.payment_id IS NOT NULL
                             AND p.account_id IS DISTINCT FROM l.account_id)' INTO stray;
  IF stray THEN
    RAISE EXCEPTION 'Refusé : une ligne comptable porte le compte d''un autre créancier, d''une autre créance ou d''aucun.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_lines_added AFTER INSERT ON store_ledgerline
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION check_ledger_lines();
CREATE TRIGGER ledger_lines_changed AFTER UPDATE ON store_ledgerline
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION check_ledger_lines();

CREATE FUNCTION refuse_while_ledger_lines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM store_ledgerline WHERE account_id = OLD.id AND TG_TABLE_NAME = 'store_account')
     OR EXISTS (SELECT 1 FROM store_ledgerline WHERE batch_id = OLD.id AND TG_TABLE_NAME = 'store_importbatch') THEN
    RAISE EXCEPTION 'Refusé : des lignes comptables viennent de cette ligne de %.', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER account_of_ledger_lines_stays BEFORE DELETE ON store_account
  FOR EACH ROW EXECUTE FUNCTION refuse_while_ledger_lines();
CREATE TRIGGER batch_of_ledger_lines_stays BEFORE DELETE ON store_importbatch
  FOR EACH ROW EXECUTE FUNCTION refuse_while_ledger_lines();
"""

JOURNAL = """
CREATE FUNCTION check_journal_chain() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT 1 FROM added a
     WHERE CASE WHEN a.seq = 1 THEN a.previous_hash <> '\\x0000000000000000000000000000000000000000000000000000000000000000'::bytea
                -- The house's chain apart: a condition that covers null too would use no index.
                WHEN a.account_id IS NULL
                THEN NOT EXISTS (SELECT 1 FROM store_journalentry p
                                  WHERE p.account_id IS NULL
                                    AND p.seq = a.seq - 1 AND p.hash = a.previous_hash)
                ELSE NOT EXISTS (SELECT 1 FROM store_journalentry p
                                  WHERE p.account_id = a.account_id
                                    AND p.seq = a.seq - 1 AND p.hash = a.previous_hash) END) THEN
    RAISE EXCEPTION 'Refusé : une ligne du journal ne suit pas la précédente.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER journal_chain AFTER INSERT ON store_journalentry
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION check_journal_chain();
"""

MESSAGES = """
-- What left is proof: its bytes, address, sums, claims and Message-ID no longer change, it is not deleted.
CREATE TRIGGER message_left_is_fixed BEFORE UPDATE ON store_message
  FOR EACH ROW WHEN (OLD.status IN ('sending', 'sent', 'uncertain')
    AND ROW(OLD.account_id, OLD.channel, OLD.to_name, OLD.to_address, OLD.subject, OLD.body, OLD.document_id,
            OLD.message_id, OLD.template, OLD.template_version, OLD.is_formal_notice, OLD.amount_cents,
            OLD.total_cents, OLD.sending_at)
        IS DISTINCT FROM
        ROW(NEW.account_id, NEW.channel, NEW.to_name, NEW.to_address, NEW.subject, NEW.body, NEW.document_id,
            NEW.message_id, NEW.template, NEW.template_version, NEW.is_formal_notice, NEW.amount_cents,
            NEW.total_cents, NEW.sending_at))
  EXECUTE FUNCTION refuse_change();
-- The day it left starts interest and spaces the next one.
CREATE TRIGGER message_sent_is_sent BEFORE UPDATE ON store_message
  FOR EACH ROW WHEN (OLD.status = 'sent' AND ROW(OLD.status, OLD.sent_at, OLD.sent_on)
                     IS DISTINCT FROM ROW(NEW.status, NEW.sent_at, NEW.sent_on))
  EXECUTE FUNCTION refuse_change();
CREATE TRIGGER message_stays BEFORE DELETE ON store_message
  FOR EACH ROW WHEN (OLD.status IN ('sending', 'sent', 'uncertain', 'refused')) EXECUTE FUNCTION refuse_change();

CREATE FUNCTION check_message_part() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM store_message WHERE status IN ('sending', 'sent', 'uncertain')
              AND id IN (OLD.message_id, NEW.message_id)) THEN
    RAISE EXCEPTION 'Refusé : les créances et les pièces d''un message parti ne changent plus.'
      USING ERRCODE = 'restrict_violation';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RETURN OLD;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER message_claims_are_fixed BEFORE INSERT OR UPDATE OR DELETE ON store_message_claims
  FOR EACH ROW EXECUTE FUNCTION check_message_part();
CREATE TRIGGER message_attachments_are_fixed BEFORE INSERT OR UPDATE OR DELETE ON store_message_attachments
  FOR EACH ROW EXECUTE FUNCTION check_message_part();
CREATE TRIGGER document_never_changes BEFORE UPDATE ON store_storeddocument
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""

# What was said and done: its end may be written (cancelled, lifted, closed, done), the rest stays.
WORK = {
    "store_promise": "account_id, amount_cents, made_on, due_on, recorded_by, recorded_at",
    "store_hold": "account_id, claim_id, amount_cents, reason, starts_on, ends_on, recorded_by, recorded_at",
    "store_dispute": "account_id, claim_id, amount_cents, reason, opened_on, answer_due_on, recorded_by, recorded_at",
    "store_call": 'account_id, "on", incoming, outcome, recorded_by, recorded_at',
    "store_note": 'account_id, "on", recorded_by, recorded_at',
    "store_task": "account_id, label, recorded_by, recorded_at",
}
REFUSE_REWRITING = """
CREATE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'Refusé : ce qui est noté dans % ne se réécrit ni ne se supprime ; mettez-y fin.', TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation';
END $$;
"""


def work_guards() -> str:
    triggers = []
    for table, columns in WORK.items():
        names = columns.split(", ")
        old, new = (", ".join(f"{row}.{name}" for name in names) for row in ("OLD", "NEW"))
        triggers.append(
            f"CREATE TRIGGER never_rewritten BEFORE UPDATE ON {table} FOR EACH ROW"
            f" WHEN (ROW({old}) IS DISTINCT FROM ROW({new})) EXECUTE FUNCTION refuse_rewriting();\n"
            f"CREATE TRIGGER never_deleted BEFORE DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();\n"
        )
    return REFUSE_REWRITING + "".join(triggers)


def guards() -> str:
    per_table = "".join(
        f"CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION refuse_change();\n"
        for table in FACTS
    )
    truncation = "".join(
        f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();\n"
        for table in (*FACTS, *WORK, "store_payment", "store_claim", "store_message", "store_message_claims")
    )
    return (
        REFUSE
        + per_table
        + truncation
        + BALANCES
        + ACCOUNT
        + LEDGER_LINES
        + JOURNAL
        + MESSAGES
        + work_guards()
    )


class Migration(migrations.Migration):
    dependencies = [("store", "0001_initial")]
    operations = [migrations.RunSQL(guards(), migrations.RunSQL.noop)]
