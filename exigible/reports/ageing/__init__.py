"""The aged balance, on any day, as it was known then or as it is known now.

Every row's columns sum to the account's ledger balance: not due (bills apart), five buckets of
lateness, less the unallocated credit. Today's is read from the accounts' figures; any other day is
counted backwards from today's balances by undoing the entries and allocations that came after it:
those that count after it (`RECOMPUTED`), and also those learnt of after it (`AS_KNOWN`). The
difference between the two is what was learnt since. Euros only, as every sum of the product.

`claims_behind` and `credits_behind` give the lines that one figure is made of, by the same rules.
"""

from exigible.reports.ageing.balance import SORTS, ageing, ledger_balance
from exigible.reports.ageing.behind import claims_behind, credits_behind
from exigible.reports.ageing.model import (
    BOUNDS,
    DAYS,
    LATE,
    NOBODY,
    Ageing,
    AgeingFilters,
    AgeingRow,
    Amounts,
    Behind,
    ClaimBehind,
    CreditBehind,
    Mode,
    Since,
)

__all__ = [
    "BOUNDS",
    "DAYS",
    "LATE",
    "NOBODY",
    "SORTS",
    "Ageing",
    "AgeingFilters",
    "AgeingRow",
    "Amounts",
    "Behind",
    "ClaimBehind",
    "CreditBehind",
    "Mode",
    "Since",
    "ageing",
    "claims_behind",
    "credits_behind",
    "ledger_balance",
]
