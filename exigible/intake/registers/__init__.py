"""Answers of public registers (JSON): bytes in, a `Company` out, hostile or not.

`READERS` has one reader a register. Each takes the whole answer and the SIREN that was asked for, and
returns None where the register does not know it; `Unreadable` says what is wrong with an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from exigible.domain.identity.company import Company
from exigible.intake.registers import recherche_entreprises, rne, sirene

Reader = Callable[[bytes, str], Company | None]
READERS: Mapping[str, Reader] = {
    "recherche": recherche_entreprises.read_company,
    "sirene": sirene.read_company,
    "rne": rne.read_company,
}
