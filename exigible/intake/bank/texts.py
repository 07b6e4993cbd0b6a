"""Bytes, texts, amounts and dates as banks write them, read exactly or refused.

Statements may come in one line of a hundred megabytes or in records without line ends; the encoding
they declare is often not theirs. One pass over the bytes decides: UTF-8 where it is valid, else the
one-byte encoding in which it reads best.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache

from exigible.intake.cells import FIRST_YEAR, LAST_YEAR, MAX_CENTS, Illegible
from exigible.intake.identifiers import is_iban
from exigible.intake.ledger_text import ASCII, BOMS, CHUNK, Opener, guess_legacy, unreadable

MAX_LABEL = 1_000
MAX_NAME = 200
MAX_REF = 140
_CONTROL = dict.fromkeys([*range(9), *range(14, 28), 127])
_ISO_AMOUNT = re.compile(r"([+-]?)([0-9]{0,15})(?:[.,]([0-9]{0,10}))?")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:([.,])[0-9]{3})+(?!\1)[.,][0-9]{1,4}")


def encoding_of(opened: Opener, on_bytes: Callable[[int], None] | None = None) -> tuple[str, str]:
    """Return the encoding of a text as Python decodes it and as it is shown.

    Raise Unreadable for an empty file, or one that is no text.
    """
    legacy: Counter[int] = Counter()
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    is_utf8, bom, size = True, "", 0
    with opened() as stream:
        while chunk := stream.read(CHUNK):
            if size == 0:
                bom = next((name for mark, name in BOMS if chunk.startswith(mark)), "")
            if b"\0" in chunk and bom != "utf-16":
                raise unreadable(
                    "binary_file",
                    "Ce fichier n’est pas du texte "
                    f"(octet nul en position {size + chunk.index(0)}).",
                )
            size += len(chunk)
            legacy.update(chunk.translate(None, ASCII))
            if is_utf8 and bom != "utf-16":
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    is_utf8 = False
            if on_bytes is not None:
                on_bytes(size)
    if size == 0:
        raise unreadable("empty_file", "Ce fichier est vide.")
    if bom == "utf-16":
        return "utf-16", "utf-16"
    if is_utf8:
        return "utf-8-sig", "utf-8-bom" if bom else "utf-8" if legacy else "ascii"
    guessed = guess_legacy(legacy)
    return guessed, guessed


def chunks(opened: Opener, encoding: str) -> Iterator[str]:
    """Yield a text by pieces; bytes that are not of the encoding become U+FFFD."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    with opened() as stream:
        while chunk := stream.read(CHUNK):
            yield decoder.decode(chunk)
        yield decoder.decode(b"", final=True)


def clean(text: str | None, limit: int = MAX_LABEL) -> str:
    """Return a text on one line, without control characters, cut at `limit`."""
    if not text:
        return ""
    if not text.isprintable():
        text = text.translate(_CONTROL)
        if not text.isprintable():
            text = text.encode("utf-8", "replace").decode("utf-8")  # a lone surrogate has no bytes
    return " ".join(text.split())[:limit]


def cents(text: str) -> int:
    """Return « -1234.5 », « 1234,50 » or « 8.850 » in cents; raise Illegible for anything else.

    One separator is the decimal one, whichever; with two, the last is. A part of a cent is refused.
    """
    bare = text.strip()
    if _GROUPED.fullmatch(bare):
        decimals = max(bare.rfind("."), bare.rfind(","))
        bare = bare[:decimals].replace(".", "").replace(",", "") + "." + bare[decimals + 1 :]
    found = _ISO_AMOUNT.fullmatch(bare)
    if not found or not (found[2] or found[3]):
        raise Illegible("wrong_amount", f"« {clean(text, 40)} » n’est pas un montant")
    sign, units, part = found[1], found[2], found[3] or ""
    if part[2:].strip("0"):
        raise Illegible("wrong_amount", f"« {clean(text, 40)} » a plus de deux décimales")
    total = int(units or "0") * 100 + int(part[:2].ljust(2, "0"))
    if total > MAX_CENTS:
        raise Illegible("amount_too_large", f"« {clean(text, 40)} » dépasse ce qui est possible")
    return -total if sign == "-" else total


def iso_day(text: str | None) -> date | None:
    """Return the day of an ISO date or moment, in the bank's own time; None for an empty one."""
    if not text or not text.strip():
        return None
    try:
        return _plausible(date.fromisoformat(text.strip()[:10]))
    except ValueError:
        raise Illegible(
            "wrong_date", f"« {clean(text, 40)} » n’est pas une date qui existe"
        ) from None


def short_day(text: str, order: str) -> date | None:
    """Return a day of six digits, `order` being "ymd" or "dmy"; None for blanks or zeros."""
    bare = text.strip()
    if not bare.strip("0"):
        return None
    places = {part: bare[2 * place : 2 * place + 2] for place, part in enumerate(order)}
    try:
        if len(bare) != 6 or not (bare.isascii() and bare.isdigit()):
            raise ValueError
        year = int(places["y"])
        return _plausible(
            date(year + (2000 if year < 80 else 1900), int(places["m"]), int(places["d"]))
        )
    except ValueError:
        raise Illegible(
            "wrong_date", f"« {clean(text, 40)} » n’est pas une date qui existe"
        ) from None


def _plausible(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError
    return day


def currency_code(text: str) -> str:
    """Return an ISO currency code in capitals, "" if it is none."""
    code = text.strip().upper()
    return code if len(code) == 3 and code.isascii() and code.isalpha() else ""


@lru_cache(maxsize=4096)
def as_iban(text: str) -> str:
    """Return an account number as an IBAN without spaces, "" if it is none."""
    bare = re.sub(r"[\s\-.]", "", text).upper()
    return bare if is_iban(bare) else ""


_LIKE_AN_IBAN = re.compile(
    r"\b(?=([A-Z]{2}[0-9]{2}(?:[ \u00a0\u202f.-]?[0-9A-Z]){11,30}))", re.IGNORECASE
)


def ibans_in(text: str) -> set[str]:
    """Return the IBANs that a text holds, alone or after words, without spaces."""
    found = set()
    for one in _LIKE_AN_IBAN.finditer(text):
        words = one[1].split()
        # What follows an IBAN may look like more of it: « FR76… EUR ».
        ends = ("".join(words[:count]) for count in range(len(words), 0, -1))
        found.add(next(filter(None, map(as_iban, ends)), ""))
    return found - {""}


def french_iban(bank: str, branch: str, account: str) -> str:
    """Return the IBAN of a French account, from the parts of its RIB; "" if they are not one."""
    bank, branch, account = bank.strip(), branch.strip(), account.strip().upper()
    if not (re.fullmatch("[0-9]{1,5}", bank) and re.fullmatch("[0-9]{1,5}", branch)):
        return ""
    if not re.fullmatch("[0-9A-Z]{1,11}", account):
        return ""
    bank, branch, account = bank.zfill(5), branch.zfill(5), account.zfill(11)
    if not bank.strip("0"):
        return ""
    digits = int(account.translate(_RIB_LETTERS))
    key = 97 - (89 * int(bank) + 15 * int(branch) + 3 * digits) % 97
    bban = f"{bank}{branch}{account}{key:02d}"
    number = int("".join(str(int(character, 36)) for character in f"{bban}FR00"))
    return f"FR{98 - number % 97:02d}{bban}"


# A RIB's letters stand for digits: A and J are 1, B, K and S are 2…
_RIB_LETTERS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "12345678912345678923456789")
