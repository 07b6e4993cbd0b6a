"""Matching the money: which open claims a bank line pays, how sure it is, and why.

`Book` indexes customers, claims and plans once; `match_lines(book, lines)` decides a batch of lines
in the order of their dates and answers a `Proposal` for each. `docs/decisions/0010-matching.md` says
how it decides.
"""

from exigible.domain.matching.book import Book
from exigible.domain.matching.facts import (
    Advice,
    AdviceItem,
    Allocation,
    BankLine,
    Candidate,
    Cheque,
    Claim,
    Customer,
    Discount,
    Gap,
    Kind,
    Learned,
    Plan,
    Proposal,
)
from exigible.domain.matching.matcher import match_lines
from exigible.domain.matching.rules import Rules

__all__ = [
    "Advice",
    "AdviceItem",
    "Allocation",
    "BankLine",
    "Book",
    "Candidate",
    "Cheque",
    "Claim",
    "Customer",
    "Discount",
    "Gap",
    "Kind",
    "Learned",
    "Plan",
    "Proposal",
    "Rules",
    "match_lines",
]
