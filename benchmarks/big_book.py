"""A database of N open claims, written straight in SQL: the size the measurements need.

One account for four open claims; ages spread over a year, a tenth not due; a fifth partly paid; one
in fifty disputed; two paid claims for each open one, as a ledger of a year would hold.
"""

from datetime import date

from django.db import connection, transaction

from exigible.operations.bootstrap import ensure_strategies
from exigible.store.models import Creditor, Portfolio

CLAIMS_AN_ACCOUNT = 4


@transaction.atomic
def fill(open_claims: int, on: date, *, paid_for_each: int = 2) -> None:
    """Write creditor, debtors, contacts, accounts, claims, entries, payments, disputes."""
    ensure_strategies()
    creditor = Creditor.objects.create(
        name="Mesure SA", address="1 rue de la Mesure\n75001 Paris", email="mesure@exemple.example"
    )
    portfolio = Portfolio.objects.create(creditor=creditor, name="Portefeuille principal")
    accounts = open_claims // CLAIMS_AN_ACCOUNT
    values = {
        "creditor": creditor.pk,
        "portfolio": portfolio.pk,
        "accounts": accounts,
        "claims": open_claims * (1 + paid_for_each),
        "open": open_claims,
        "on": on,
    }
    with connection.cursor() as cursor:
        for statement in _STATEMENTS:
            cursor.execute(statement, values)


_STATEMENTS = (
    """INSERT INTO store_debtor (name, name_key, kind, siren, siret, vat_number, legal_form, language,
         address_line1, address_line2, address_line3, postcode, city, country, address_ok, email_ok,
         insolvency_kind, created_at)
       SELECT 'Société ' || g, 'societe ' || lpad(g::text, 8, '0'), 'professional',
              '9' || lpad(g::text, 8, '0'), '', '', 'SARL', 'fr', g || ' rue du Port', '', '',
              lpad((g %% 95 + 1)::text, 2, '0') || '000', 'Villebourg', 'FR', true, true, '', now()
         FROM generate_series(1, %(accounts)s) g""",
    """INSERT INTO store_contact (debtor_id, name, role, title, email, phone, hours, is_main, active)
       SELECT id, 'Comptabilité', 'accounting', '', 'compta' || id || '@exemple.example',
              '01 00 00 00 00', '', true, true FROM store_debtor WHERE name LIKE 'Société %%'""",
    """INSERT INTO store_account (creditor_id, debtor_id, portfolio_id, number, number_key, phase,
         term_method, never_chased, never_chased_reason, waives_accessories, version, created_at)
       SELECT %(creditor)s, id, %(portfolio)s, 'C' || lpad(id::text, 8, '0'),
              'c' || lpad(id::text, 8, '0'), 'amiable', '', false, '', false, 0, now()
         FROM store_debtor WHERE name LIKE 'Société %%'""",
    """CREATE TEMP TABLE plan ON COMMIT DROP AS
       SELECT g AS n, g <= %(open)s AS open,
              (SELECT min(id) FROM store_account WHERE creditor_id = %(creditor)s)
                + (g %% %(accounts)s) AS account,
              CASE WHEN g %% 10 = 0 THEN %(on)s::date + (g %% 45)
                   ELSE %(on)s::date - 1 - ((g::bigint * 7919) %% 365)::int END AS due,
              10000 + ((g::bigint * 104729) %% 900000) AS cents
         FROM generate_series(1, %(claims)s) g""",
    # Claims, then all their entries at once; allocations, then payments born with their totals.
    """CREATE TEMP TABLE made ON COMMIT DROP AS
       SELECT p.*, nextval('store_claim_id_seq') AS id,
              CASE WHEN NOT open OR n %% 5 = 0 THEN nextval('store_payment_id_seq') END AS payment,
              CASE WHEN NOT open OR n %% 5 = 0 THEN nextval('store_settlement_id_seq') END AS settlement,
              CASE WHEN open THEN cents / 2 ELSE cents END AS part,
              least(due + 5, %(on)s::date) AS paid_on
         FROM plan p""",
    """INSERT INTO store_settlement (id, account_id, kind, code, scope, recorded_at, origin)
       SELECT settlement, account, 'lettering', '', '', now(), 'bench'
         FROM made WHERE settlement IS NOT NULL""",
    """INSERT INTO store_claim (id, account_id, ref, ref_key, kind, label, issued_on, due_on,
         due_on_source, currency, amount_cents, balance_cents, ledger_account, detail_unknown,
         retention, origin, created_at)
       SELECT id, account, 'FA-' || lpad(n::text, 9, '0'), 'fa' || lpad(n::text, 9, '0'), 'invoice',
              '', due - 45, due, 'stated', 'EUR', cents, 0, '411000', false, false, 'bench', now()
         FROM made""",
    """INSERT INTO store_entry (account_id, claim_id, settlement_id, kind, component, amount_cents,
         value_date, recorded_at, ledger_account, origin)
       SELECT account, id, null, 'opening', 'principal', cents, due - 45, now(), '411000', 'bench'
         FROM made
       UNION ALL
       SELECT account, id, settlement, 'settlement', 'principal', -part, paid_on, now(), '411000',
              'bench' FROM made WHERE settlement IS NOT NULL""",
    """INSERT INTO store_allocation (account_id, payment_id, settlement_id, claim_id, amount_cents,
         value_date, recorded_at, origin)
       SELECT account, payment, settlement, id, part, paid_on, now(), 'bench'
         FROM made WHERE settlement IS NOT NULL""",
    """INSERT INTO store_payment (id, account_id, kind, amount_cents, allocated_cents, currency,
         value_date, recorded_at, label, reference, ledger_account, origin)
       SELECT payment, account, 'transfer', part, 0, 'EUR', paid_on, now(), '', '', '411000', 'bench'
         FROM made WHERE settlement IS NOT NULL""",
    """INSERT INTO store_dispute (account_id, claim_id, amount_cents, reason, opened_on,
         answer_due_on, holder, recorded_by, recorded_at, outcome, accepted_cents)
       SELECT account, id, cents / 4, 'qualité', %(on)s::date - 10, %(on)s::date + 10, '',
              '00000000-0000-0000-0000-000000000000', now(), '', 0
         FROM made WHERE open AND n %% 50 = 1""",
)
