"""Figures and days as the outside contract writes them: "1234.56" euros, "12.40" percent, ISO days."""

from __future__ import annotations

from datetime import date


def euros_text(cents: int) -> str:
    """Return 123456 cents as "1234.56", −5 as "-0.05"."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def percent_text(ten_thousandths: int) -> str:
    """Return 124000 (1/10,000 of a percent) as "12.40", with two to four decimals; never negative."""
    units, rest = divmod(ten_thousandths, 10_000)
    return f"{units}.{f'{rest:04d}'.rstrip('0').ljust(2, '0')}"


def day_text(day: date | None) -> str | None:
    """Return a day as "2026-11-22", None where there is none."""
    return None if day is None else day.isoformat()
