"""Electronic invoices made for measuring: as many as asked, CII and UBL by turns, one debtor for five.

.venv/bin/python -m benchmarks.einvoice_files FOLDER NUMBER
"""

import sys
from datetime import date, timedelta
from pathlib import Path

from tests.einvoice_text import cii, ubl

SELLER = ("Mesure SA", "123456782")


def siren(number: int) -> str:
    """Return the SIREN (with its check digit) that begins with a number of eight digits."""
    stem = f"{number:08d}"
    total = 0
    for place, digit in enumerate(map(int, reversed(stem))):
        doubled = digit * (2 - place % 2)
        total += doubled - 9 * (doubled > 9)
    return f"{stem}{-total % 10}"


def write(folder: Path, number: int) -> None:
    """Write `number` invoices, about 5 kB each, with notes as the law wants them."""
    folder.mkdir(parents=True, exist_ok=True)
    first = date(2026, 1, 1)
    for rank in range(number):
        buyer = (f"Client {rank // 5}", siren(30_000_000 + rank // 5))
        on = first + timedelta(days=rank % 300)
        due = on + timedelta(days=45)
        amount = f"{(rank % 900 + 10) * 12 / 10:.2f}"
        if rank % 2:
            content = ubl(
                f"F{rank:06d}", amount=amount, issued=on.isoformat(), due=due.isoformat(),
                seller=SELLER, buyer=buyer,
            )  # fmt: skip
        else:
            content = cii(
                f"F{rank:06d}", amount=amount, issued=f"{on:%Y%m%d}", due=f"{due:%Y%m%d}",
                seller=SELLER, buyer=buyer,
            )  # fmt: skip
        (folder / f"F{rank:06d}.xml").write_bytes(content)


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
