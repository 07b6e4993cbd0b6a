"""Exhibits (*pièces*): what a document is, and which ones a judge would ask for.

Whoever claims the performance of an obligation proves it (C. civ. art. 1353); between traders proof is
free (C. com. art. L. 110-3), above 1,500 € against others it is written (C. civ. art. 1359). A request
for an order to pay comes with its documents (CPC art. 1407).
"""

from exigible.domain.exhibits.expected import EXPECTED, Need, expected, missing
from exigible.domain.exhibits.kinds import KIND_LABELS, ExhibitKind, Guess, guess_kind

__all__ = [
    "EXPECTED",
    "KIND_LABELS",
    "ExhibitKind",
    "Guess",
    "Need",
    "expected",
    "guess_kind",
    "missing",
]
