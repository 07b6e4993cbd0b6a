"""*À compléter*: what accounts and claims lack before a *mise en demeure* may name them.

A ledger has no address, no quality of the customer, no due date, and sometimes no invoice number. The
flag `AccountFigures.incomplete` keeps which accounts lack something (`operations.figures.refresh`
writes it), so that the list is an index away; what exactly they lack is read for one page.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.db import connection
from django.db.models import Count, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from exigible.store.keyset import Order
from exigible.store.models import AccountFigures, Claim, DueOnSource, User
from exigible.store.queries.access import portfolio_ids, visible_figures


class Lack(StrEnum):
    """What may be missing; the label is in `LABELS`."""

    KIND = "kind"  # qualité inconnue: no interest, no indemnity, no automatic step
    ADDRESS = "address"
    NUMBER = "number"
    DATE = "date"
    DUE_DATE = "due_date"  # derived, nobody stated it


LABELS = {
    Lack.KIND: "qualité du débiteur",
    Lack.ADDRESS: "adresse",
    Lack.NUMBER: "numéro de facture",
    Lack.DATE: "date de facture",
    Lack.DUE_DATE: "échéance",
}
_CLAIM_LACKS = {
    Lack.NUMBER: "c.ref = ''",
    Lack.DATE: "c.issued_on IS NULL",
    Lack.DUE_DATE: "c.due_on_source = 'derived'",
}
_ACCOUNT_LACKS = {
    Lack.KIND: "d.kind = 'unknown'",
    Lack.ADDRESS: "NOT (d.address_ok AND d.postcode <> '' AND d.city <> ''"
    " AND d.address_line1 || d.address_line2 <> '')",
}
# Both conditions: the first is the index's, the second leaves credits out.
_OPEN = "c.account_id = a.id AND c.balance_cents <> 0 AND c.balance_cents > 0"
# Of an account `a` and its debtor `d`; an account with nothing open, or never chased, lacks nothing.
INCOMPLETE = (
    "(NOT a.never_chased AND a.phase <> 'closed' AND EXISTS ("
    f"SELECT 1 FROM store_claim c WHERE {_OPEN}"
    f" AND ({' OR '.join([*_ACCOUNT_LACKS.values(), *_CLAIM_LACKS.values()])})))"
)


@dataclass(frozen=True, slots=True)
class AccountLacks:
    """What one account lacks: of its debtor, and in how many open claims."""

    kind: bool
    address: bool
    without_number: int
    without_date: int
    derived_due_dates: int

    @property
    def labels(self) -> list[str]:
        """The words for it, as a list shows them."""
        found = {
            Lack.KIND: self.kind,
            Lack.ADDRESS: self.address,
            Lack.NUMBER: self.without_number > 0,
            Lack.DATE: self.without_date > 0,
            Lack.DUE_DATE: self.derived_due_dates > 0,
        }
        return [LABELS[lack] for lack, lacking in found.items() if lacking]


SORTS: dict[str, Order] = {
    "encours": Order("balance_cents", descending=True, key="account_id"),
    "nom": Order("account__debtor__name_key", key="account_id"),
    "numero": Order("account__number_key", key="account_id"),
    "fiabilite": Order("reliability", key="account_id"),
}
UNRELIABLE = "fiabilite"  # what takes points off an account, whether or not it stops a letter
CLAIM_SORTS: dict[str, Order] = {
    "montant": Order("balance_cents", descending=True),
    "nom": Order("account__debtor__name_key"),
    "numero": Order("ref_key"),
    "echeance": Order("due_on"),
}


@dataclass(frozen=True, slots=True)
class Total:
    """How many rows a list has, and what they owe, in cents."""

    rows: int
    cents: int


def total(found: QuerySet[AccountFigures] | QuerySet[Claim]) -> Total:
    """Sum a whole list, in one query."""
    sums = found.aggregate(rows=Count("pk"), cents=Coalesce(Sum("balance_cents"), Value(0)))
    return Total(int(sums["rows"]), int(sums["cents"]))


def waiting_count(user: User) -> int:
    """Count the accounts that lack something, for the menu."""
    return accounts_to_complete(user).count()


def accounts_to_complete(user: User, lack: str = "") -> QuerySet[AccountFigures]:
    """Return the figures of incomplete accounts a person works on, in no order.

    `lack` narrows to what lacks one thing. Sort and page as the list of accounts does.
    """
    if lack == UNRELIABLE:
        return (
            visible_figures(user)
            .exclude(lacks=0)
            .filter(open_claims__gt=0, account__never_chased=False)
            .exclude(account__phase="closed")
        )
    figures = visible_figures(user).filter(incomplete=True)
    if lack == Lack.KIND:
        return figures.filter(account__debtor__kind="unknown")
    if lack == Lack.ADDRESS:
        return figures.filter(_no_address("account__debtor__"))
    if lack in _CLAIM_LACKS:
        claims = _lacking(Claim.objects.filter(balance_cents__gt=0), Lack(lack))
        return figures.filter(account_id__in=claims.values("account_id"))
    return figures


def lacking(figures: QuerySet[AccountFigures], bit: int) -> QuerySet[AccountFigures]:
    """Narrow to the accounts that one lack of `domain.identity.reliability` takes points off."""
    return figures.annotate(lacks_it=F("lacks").bitand(1 << bit)).exclude(lacks_it=0)


def what_accounts_lack(account_ids: Collection[int]) -> Mapping[int, AccountLacks]:
    """Return what each account of a page lacks, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT a.id, {_ACCOUNT_LACKS[Lack.KIND]}, {_ACCOUNT_LACKS[Lack.ADDRESS]},
                       count(*) FILTER (WHERE {_CLAIM_LACKS[Lack.NUMBER]}),
                       count(*) FILTER (WHERE {_CLAIM_LACKS[Lack.DATE]}),
                       count(*) FILTER (WHERE {_CLAIM_LACKS[Lack.DUE_DATE]})
                  FROM store_account a JOIN store_debtor d ON d.id = a.debtor_id
                  JOIN store_claim c ON {_OPEN}
                 WHERE a.id = ANY(%s) GROUP BY a.id, d.id""",
            [list(account_ids)],
        )
        return {row[0]: AccountLacks(*row[1:]) for row in cursor.fetchall()}


def claims_to_complete(
    user: User, lack: str = "", *, account_id: int | None = None
) -> QuerySet[Claim]:
    """Return the open claims that lack a number, a date or a stated due date, in no order."""
    claims = Claim.objects.filter(balance_cents__gt=0, account__never_chased=False).exclude(
        account__phase="closed"
    )
    if account_id is not None:
        claims = claims.filter(account_id=account_id)
    if not user.all_portfolios or user.current_creditor_id:
        claims = claims.filter(account__portfolio_id__in=portfolio_ids(user))
    return _lacking(claims, Lack(lack) if lack else None)


def _lacking(claims: QuerySet[Claim], lack: Lack | None) -> QuerySet[Claim]:
    conditions = {
        Lack.NUMBER: Q(ref=""),
        Lack.DATE: Q(issued_on__isnull=True),
        Lack.DUE_DATE: Q(due_on_source=DueOnSource.DERIVED),
    }
    if lack is not None:
        return claims.filter(conditions[lack])
    return claims.filter(Q(ref="") | Q(issued_on__isnull=True) | conditions[Lack.DUE_DATE])


def _no_address(debtor: str) -> Q:
    return (
        Q(**{f"{debtor}address_ok": False})
        | Q(**{f"{debtor}postcode": ""})
        | Q(**{f"{debtor}city": ""})
        | Q(**{f"{debtor}address_line1": "", f"{debtor}address_line2": ""})
    )
