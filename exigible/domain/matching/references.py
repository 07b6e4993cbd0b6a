"""Reading invoice numbers in a label, in every form that people and banks break them.

Each number is indexed under what survives: its letters and digits without punctuation, the same
without the zeros that begin its parts, its digits alone. A label is read from each place where a
number may begin, over token boundaries (spaces are lost or added), longest number first. What is left
over (short numbers, a number cut at the end of a field, one that looks like ours and is not open) is
kept: it decides between the claims of a payer already recognised, never alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from exigible.domain.matching.nearness import any_digit, nearly
from exigible.domain.matching.texts import IBAN, folded, plain, without_zeros
from exigible.domain.matching.vocabulary import INVOICE_CONTEXT, INVOICE_WORDS, OTHER_NUMBERS

STRONG, MEDIUM, WEAK = 3, 2, 1
LONGEST_CITED = 60
LONGEST_PREFIX = 8  # letters before the digits of a number
LONGEST_TEXT = 1000  # characters of a label that are read
_TOKEN = re.compile(r"[A-Z0-9]+")
_DIGITS = re.compile(r"[0-9]+")
_PARTS = re.compile(r"[0-9]+|[A-Z]+")
_DATES = re.compile(
    r"\b(?:[0-3]?[0-9][/.-][01]?[0-9][/.-](?:20)?[0-9]{2}|20[0-9]{2}-[01][0-9]-[0-3][0-9])\b"
)
_AMOUNTS = re.compile(r"\b[0-9]{1,3}(?:[ .]?[0-9]{3})*[.,][0-9]{2} ?(?:EUR|E|€)?(?![0-9])")
_OURS = re.compile(r"\b([A-Z]{1,8})[ ./_-]{0,2}([0-9OILSB][0-9OILSB ./_-]*[0-9OILSB])(?![A-Z0-9])")
_CALLED = re.compile(  # what follows a word that calls it an invoice
    rf"\b(?:{'|'.join(sorted(INVOICE_WORDS, key=len, reverse=True))})[ .:°-]{{0,3}}(?:N[O°]?[ .:°]{{0,2}})?"
    r"((?:[A-Z]{1,6}[-/._]?)?[0-9][0-9A-Z]*(?:[-/._][0-9A-Z]+)*)"
)
_GROUPS = re.compile(r"(?<![0-9A-Z])[0-9]+(?:[-/._][0-9]+)+(?![0-9A-Z])")
_RANGE = frozenset({"A", "AU"})
_JOINING = frozenset({"ET", "PLUS", "AND", "N", "NO", "FACT", "FAC", "F", "FA"})
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")


@dataclass(slots=True)
class Cited:
    """A number of ours read in a text: the claims that bear it, and how far it is certain."""

    claims: tuple[int, ...]
    strength: int
    shown: str
    cut: bool = False  # at the end of a list: zeros lost, or the beginning of another number


@dataclass(slots=True)
class Reading:
    """What a label says of invoices."""

    cited: list[Cited] = field(default_factory=list)
    hinted: list[Cited] = field(default_factory=list)  # deduced from a list (4127/28) or a range
    numbers: set[str] = field(default_factory=set)  # what is left, without leading zeros
    tails: list[str] = field(default_factory=list)  # what may be the beginning of a cut number
    foreign: list[str] = field(default_factory=list)  # looks like a number of ours; is not open


class References:
    """The numbers of the claims, ready to be looked for in labels."""

    def __init__(self) -> None:
        self._keys: dict[str, int | tuple[int, ...]] = {}
        self._digits: dict[str, int | tuple[int, ...]] = {}
        self._lengths: dict[str, tuple[int, ...]] = {}  # first two characters → lengths of keys
        self._digit_lengths: tuple[int, ...] = ()
        self._shapes: dict[tuple[str, int], int] = {}
        self._groups: set[tuple[int, ...]] = (
            set()
        )  # lengths of the parts of numbers without letters
        self.compacts: list[str] = []
        self.serials: list[str] = []
        self._stale = True

    def add(self, claim: int, ref: str) -> None:
        """Index one number; claims are added in the order of their places."""
        assert claim == len(self.compacts)
        parts = _TOKEN.findall(plain(ref))
        bare = [folded(part) for part in parts]
        whole = "".join(bare)
        short = "".join(map(without_zeros, bare))
        runs = (
            _DIGITS.findall("".join(parts)) if len(parts) == 1 else _DIGITS.findall(" ".join(parts))
        )
        self.compacts.append(whole)
        self.serials.append(_serial(runs))
        self._stale = True
        if sum(map(len, runs)) < 3 or len(whole) < 4:
            return  # too short to be recognised among other numbers, but for a known payer
        for key in {whole, short}:
            if len(key) >= 4:
                _put(self._keys, key, claim)
        digits = "".join(runs)
        if len(digits) >= 5 and digits != whole:
            for key in {digits, "".join(run.lstrip("0") for run in runs)}:
                if len(key) >= 5:
                    _put(self._digits, key, claim)
        if len(runs) > 1 and all(part.isdigit() for part in parts):
            self._groups.add(tuple(map(len, parts)))
        letters = _PARTS.match("".join(parts))
        if letters is not None and letters[0].isalpha():
            shape = (letters[0], sum(map(len, runs)))
            self._shapes[shape] = self._shapes.get(shape, 0) + 1

    def prepare(self) -> None:
        """Index what was added since the last time."""
        if not self._stale:
            return
        lengths: dict[str, set[int]] = {}
        for key in self._keys:
            lengths.setdefault(key[:2], set()).add(len(key))
        self._lengths = {
            head: tuple(sorted(found, reverse=True)) for head, found in lengths.items()
        }
        self._digit_lengths = tuple(sorted({len(key) for key in self._digits}, reverse=True))
        self._stale = False

    def read(self, texts: Sequence[str]) -> Reading:
        """Return what the texts of a line (label, end-to-end reference) cite."""
        self.prepare()
        reading = Reading()
        for text in texts:
            if text and len(reading.cited) < LONGEST_CITED:
                self._read(plain(text[:LONGEST_TEXT]), reading)
        return reading

    def _read(self, text: str, reading: Reading) -> None:
        text = IBAN.sub(" ", text)
        found = list(_TOKEN.finditer(text))
        if not found or not _DIGITS.search(text):
            if found:
                reading.tails.append(folded(found[-1][0]))
            return
        words = [one[0] for one in found]
        bare = [folded(word) for word in words]
        used: set[int] = set()
        self._scan(words, bare, reading, used, exact=True)
        short = [without_zeros(token) for token in bare]
        if len(used) < len(words):  # the keys without zeros are others than those just looked for
            self._scan(words, short, reading, used, exact=False)
        self._scan_digits(words, reading, used)
        self._leftovers(text, words, found, reading, used)
        if reading.cited:
            self._lists(words, reading, used)

    def _scan(
        self,
        words: Sequence[str],
        bare: Sequence[str],
        reading: Reading,
        used: set[int],
        *,
        exact: bool,
    ) -> None:
        joined = "".join(bare)
        starts, place = [], 0
        for token in bare:
            starts.append(place)
            place += len(token)
        lengths, keys = self._lengths, self._keys
        called = _called(words)
        free_from = 0
        for rank, token in enumerate(bare):
            if rank in used:
                free_from = starts[rank] + len(token)
                continue
            for offset in _beginnings(token, words[rank]):
                begin = starts[rank] + offset
                if begin < free_from:
                    continue
                for length in lengths.get(joined[begin : begin + 2], ()):
                    key = joined[begin : begin + length]  # shorter at the end of the text
                    claims = keys.get(key)
                    if claims is None:
                        continue
                    end = begin + len(key)
                    last = rank
                    while last + 1 < len(bare) and starts[last + 1] < end:
                        last += 1
                    if not _ends_well(bare[last], end - starts[last]):
                        continue
                    if any(other in used for other in range(rank, last + 1)):
                        continue
                    shown = " ".join(words[rank : last + 1])
                    strength = _strength(key, words, rank, offset, last, called)
                    cut = last == len(words) - 1 and bool(reading.cited)
                    cut = cut and (not exact or self._shorter(claims, len(key)))
                    if cut and not exact:
                        strength = WEAK  # cut by the bank more likely than zeros lost
                    _cite(reading, claims, strength, shown, cut=cut)
                    used.update(range(rank, last + 1))
                    free_from = end
                    break

    def _shorter(self, claims: int | tuple[int, ...], length: int) -> bool:
        """Say whether what was read is shorter than the numbers it stands for: zeros were lost."""
        several = (claims,) if isinstance(claims, int) else claims
        return all(len(self.compacts[claim]) > length for claim in several)

    def _scan_digits(self, words: Sequence[str], reading: Reading, used: set[int]) -> None:
        """Look for the digits of numbers whose letters were dropped."""
        if not self._digit_lengths:
            return
        for rank, word in enumerate(words):
            if rank in used or not word[-1].isdigit():
                continue
            head = _DIGITS.search(word)
            assert head is not None
            joined, last = word[head.start() :], rank
            if not joined.isdigit():
                continue
            for _ in range(4):
                claims = self._digits.get(joined)
                if claims is None:
                    claims = self._digits.get(joined.lstrip("0"))
                if claims is not None:
                    context = rank > 0 and words[rank - 1] in INVOICE_CONTEXT
                    glued = word[: head.start()] in INVOICE_CONTEXT
                    strength = MEDIUM if (context or glued or len(joined) >= 8) else WEAK
                    if rank > 0 and words[rank - 1] in OTHER_NUMBERS:
                        strength = WEAK
                    _cite(reading, claims, strength, " ".join(words[rank : last + 1]))
                    used.update(range(rank, last + 1))
                    break
                last += 1
                if last >= len(words) or last in used or not words[last].isdigit():
                    break
                joined += words[last]

    def _leftovers(
        self,
        text: str,
        words: Sequence[str],
        found: Sequence[re.Match[str]],
        reading: Reading,
        used: set[int],
    ) -> None:
        noise = []
        if "/" in text or "-" in text or "." in text:
            noise += [one.span() for one in _DATES.finditer(text)]
        if "," in text or "." in text:
            noise += [one.span() for one in _AMOUNTS.finditer(text)]
        for rank, word in enumerate(words):
            if rank in used:
                continue
            begin, end = found[rank].span()
            if any(low < end and begin < high for low, high in noise):
                continue
            if rank and words[rank - 1] in OTHER_NUMBERS:
                continue
            bare = folded(word)
            for run in _DIGITS.findall(bare if word[0].isdigit() or any_digit(word) else ""):
                stripped = run.lstrip("0")
                if len(stripped) >= 2:
                    reading.numbers.add(stripped)
        self._tails(words, reading, used)
        self._foreign(text, words, found, noise, reading, used)

    def _foreign(
        self,
        text: str,
        words: Sequence[str],
        found: Sequence[re.Match[str]],
        noise: Sequence[tuple[int, int]],
        reading: Reading,
        used: set[int],
    ) -> None:
        """Keep what the payer calls an invoice, or has the shape of ours, and is none that is open."""
        for one in _OURS.finditer(text):
            prefix, digits = one[1], folded("".join(_TOKEN.findall(one[2])))
            if (prefix, len(digits)) in self._shapes and digits.isdigit():
                ranks = {
                    rank
                    for rank, token in enumerate(found)
                    if token.start() < one.end() and one.start() < token.end()
                }
                if not ranks & used:
                    reading.foreign.append(one[0].strip())
        for one in _CALLED.finditer(text):
            self._if_foreign(one[1], one.span(1), found, noise, reading, used)
        for one in _GROUPS.finditer(text) if self._groups else ():
            if tuple(map(len, _DIGITS.findall(one[0]))) in self._groups:
                self._if_foreign(one[0], one.span(), found, noise, reading, used)

    def _if_foreign(
        self,
        shown: str,
        span: tuple[int, int],
        found: Sequence[re.Match[str]],
        noise: Sequence[tuple[int, int]],
        reading: Reading,
        used: set[int],
    ) -> None:
        begin, end = span
        if any(low < end and begin < high for low, high in noise) or _YEAR.fullmatch(shown):
            return
        ranks = {
            rank for rank, token in enumerate(found) if token.start() < end and begin < token.end()
        }
        if not ranks & used and sum(map(str.isdigit, shown)) >= 3:
            reading.foreign.append(shown)

    def _tails(self, words: Sequence[str], reading: Reading, used: set[int]) -> None:
        """Keep the last tokens joined, from each of the last four: a number cut there begins so."""
        last = len(words)
        joined = ""
        for rank in range(last - 1, max(last - 5, -1), -1):
            if rank in used:
                break
            joined = folded(words[rank]) + joined
            if len(joined) >= 3 and any_digit(joined):
                reading.tails.append(joined)

    def _lists(self, words: Sequence[str], reading: Reading, used: set[int]) -> None:
        """Deduce the numbers that a list abridges: « FA04127/28/30 », « 4127 A 4131 »."""
        if not any(word.isdigit() for rank, word in enumerate(words) if rank not in used):
            return
        hinted: dict[int, str] = {}
        for cited in list(reading.cited):
            if len(cited.claims) != 1 or cited.strength < MEDIUM:
                continue
            base = self.compacts[cited.claims[0]]
            ranks = [rank for rank in sorted(used) if words[rank] in cited.shown.split(" ")]
            if not ranks or not base[-1:].isdigit():
                continue
            rank, ranged = max(ranks) + 1, False
            while rank < len(words) and rank not in used:
                word = words[rank]
                if word in _RANGE:
                    ranged = True
                elif len(word) == 1 or (rank == len(words) - 1 and len(word) < 3 and not ranged):
                    break  # too short to abridge a number; at the end, it may be cut
                elif word.isdigit() and len(word) <= len(base):
                    self._hint(base, word, ranged, hinted)
                    ranged = False
                elif word not in _JOINING:
                    break
                rank += 1
        already = {claim for cited in reading.cited for claim in cited.claims}
        for claim, shown in hinted.items():
            if claim not in already:
                reading.hinted.append(Cited((claim,), WEAK, shown))

    def _hint(self, base: str, word: str, ranged: bool, hinted: dict[int, str]) -> None:
        numbers: Iterable[str] = (word,)
        if ranged:
            tail = re.search(r"[0-9]+$", base)
            if tail is None or len(word) > len(tail[0]):
                return
            first, final = int(tail[0]), int(tail[0][: len(tail[0]) - len(word)] + word)
            if not first < final <= first + LONGEST_CITED:
                return
            width = len(tail[0])
            numbers = (str(number).zfill(width) for number in range(first + 1, final + 1))
        for number in numbers:
            claims = self._keys.get(base[: len(base) - len(number)] + number)
            for claim in (claims,) if isinstance(claims, int) else claims or ():
                hinted[claim] = number

    def close_to(self, claim: int, shown: str) -> bool:
        """Say whether a text may be a claim's number: cut, or with one character wrong or swapped."""
        text = folded("".join(_TOKEN.findall(plain(shown))))
        whole, serial = self.compacts[claim], self.serials[claim]
        digits = "".join(_DIGITS.findall(whole))
        bare = "".join(_DIGITS.findall(text)).lstrip("0")
        if nearly(text, whole) or whole.startswith(text) or digits.startswith(bare or "-"):
            return True
        if len(bare) >= 5 and nearly(bare, digits.lstrip("0")):
            return True
        return len(serial) >= 3 and len(bare) >= 3 and (bare == serial or nearly(bare, serial))


def _serial(runs: Sequence[str]) -> str:
    """Return what counts in a number: its last digits, but for a year written at the end."""
    others = [run for run in runs if not _YEAR.fullmatch(run)] if len(runs) > 1 else runs
    return (others or runs)[-1].lstrip("0") if runs else ""


def _put(keys: dict[str, int | tuple[int, ...]], key: str, claim: int) -> None:
    present = keys.get(key)
    if present is None:
        keys[key] = claim
    elif isinstance(present, int):
        keys[key] = (present, claim)
    elif len(present) < 50:
        keys[key] = (*present, claim)


def _beginnings(token: str, word: str) -> Sequence[int]:
    """Return the places of a token where a number may begin, from the left."""
    if word.isalpha():
        return (0,) if len(word) <= LONGEST_PREFIX else ()
    if token.isdigit() and len(token) == len(word) and word.isdigit():
        return (0,)
    first = _DIGITS.search(word)
    if first is None or len(token) != len(word):
        # A zero was dropped: places of the word are not those of the token any more.
        return [
            place
            for place in range(len(token))
            if place == 0 or token[place - 1].isalpha() or token[place].isalpha()
        ]
    start = first.start()
    return [
        place
        for place in range(len(word))
        if place <= start or word[place - 1].isalpha() != word[place].isalpha()
    ]


def _ends_well(token: str, end: int) -> bool:
    """Say whether a number may end there: not inside a longer number."""
    if end >= len(token):
        return True
    return not (token[end - 1].isdigit() and token[end].isdigit())


def _called(words: Sequence[str]) -> set[int]:
    """Return the ranks of the words that a label calls invoices: « FACTURE 03668, 11006 ET 09888 »."""
    called: set[int] = set()
    inside = False
    for rank, word in enumerate(words):
        if word in INVOICE_CONTEXT:
            inside = True
        elif any_digit(word):
            if inside:
                called.add(rank)
        elif word not in _JOINING:
            inside = False
    return called


def _strength(
    key: str, words: Sequence[str], rank: int, offset: int, last: int, called: set[int]
) -> int:
    """Return how far a number read is certain to be one of ours."""
    before = words[rank - 1] if rank else ""
    head = words[rank][:offset]
    context = head in INVOICE_CONTEXT if offset else rank in called
    written = "".join(words[rank : last + 1])[offset:]
    letters = sum(c.isalpha() for c in written)
    digits = len(key) - letters
    if letters and not written[0].isdigit() and digits >= 3:
        return STRONG if digits >= 4 or context else MEDIUM
    if letters and digits >= 4:
        return STRONG
    if before in OTHER_NUMBERS or _is_day(key):
        return MEDIUM if context else WEAK
    if digits >= 6:
        return STRONG if context else MEDIUM
    if digits >= 4:
        return MEDIUM if context else WEAK
    return WEAK


def _is_day(key: str) -> bool:
    """Say whether digits may be a day: JJMMAA, JJMMAAAA or AAAAMMJJ."""
    if not key.isdigit() or len(key) not in (6, 8):
        return False
    if len(key) == 6:
        readings = [(key[:2], key[2:4], "20"), (key[4:], key[2:4], "20")]
    else:
        readings = [(key[:2], key[2:4], key[4:6]), (key[6:], key[4:6], key[:2])]
    return any(
        1 <= int(day) <= 31 and 1 <= int(month) <= 12 and century == "20"
        for day, month, century in readings
    )


def _cite(
    reading: Reading,
    claims: int | tuple[int, ...],
    strength: int,
    shown: str,
    *,
    cut: bool = False,
) -> None:
    several = (claims,) if isinstance(claims, int) else claims
    for other in reading.cited:
        if set(several) & set(other.claims):
            if len(several) <= len(other.claims) and strength > other.strength:
                other.claims, other.strength, other.shown = several, strength, shown
                other.cut = cut
            return
    reading.cited.append(Cited(several, strength, shown, cut))
