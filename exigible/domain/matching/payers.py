"""Who pays: a customer recognised by IBAN, SIREN, customer code or name.

A name is compared by its words, rare ones counting more than common ones: all the words of a customer
found in the line, and few words of the payer left unexplained, make a full name; a name cut by the
bank is one when a single customer begins so. Homonyms are told apart by their town, else all of
them are kept, and the amount has to decide.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from exigible.domain.matching.facts import BankLine, Customer, Learned
from exigible.domain.matching.rules import Rules
from exigible.domain.matching.texts import (
    IBAN,
    bare_iban,
    name_tokens,
    name_words,
    plain,
    tokens,
)
from exigible.domain.matching.vocabulary import BOILERPLATE, CODE_WORDS, EMPTY_WORDS, GENERIC

_SEGMENT = re.compile(
    r"(?:/DE|/NOM|/NPY|/FRM|/FROM|/ORD|/EMETTEUR|\bEMETTEUR|\bDONNEUR D.?ORDRE|\bDONNEUR|\bNOM|\bDE LA PART DE|"
    r"\bORDONNANCEUR|\bORIG|\bPAYEUR|\bDEBITEUR|\bTIERS)\s*[:/]?\s+(.*)"
)
_START = re.compile(
    r"^\W*(?:(?:VIR(?:EMENT|T)?|VRT|SCT|TRF|SEPA|INST(?:ANTANE|ANT)?|RECU|REC|CREDIT|EUROPEEN|"
    r"COMMERCIAL|DE|D|EN VOTRE FAVEUR|FAVEUR|TIERS|TRANSFER|FROM|REGLEMENT|PAIEMENT)\b[ .:/-]*)+(.*)"
)
_END = re.compile(
    r"(?:\s/\s?[A-Z]{2,}|/(?:MOTIF|REF|MOT|REM|RNF|LIB|EREF|ID|RCN|INF)|\b(?:MOTIF|REFDO|REFBEN|REFERENCE|REF|LIB|FACT|FACTURES?|"
    r"FACS?|FCT|INV|INVOICE|REGLEMENT|RGLT|REGLT|PAIEMENT|PAYMENT|NOTPROVIDED|ACOMPTE|SOLDE|ECH|ECHEANCE|ESC|ID|"
    r"IBAN|BIC|DATE|OBJET|VOTRE|VOS|N°)\b|:|\s[A-Z]{0,8}[-/. ]?[0-9]{3,}|\s{3,}|\s-\s| // )"
)
RARE = (
    64  # customers that share a word, beyond which it only completes those that rarer words found
)
_SIREN = re.compile(r"\b(?:[0-9]{9}(?:[0-9]{5})?|[0-9]{3} [0-9]{3} [0-9]{3})\b")
COMMON = 1500  # customers that share a word, beyond which it cannot begin a search
NEARLY = 0.9  # what a word counts for that is one letter away
CUT_AT_LEAST = 9  # letters of a name cut by the bank
CUT_INSIDE = 18  # characters of a name cut inside a word
CUT_NAME = 12  # letters of a name cut in the house's own file


class Sure(IntEnum):
    """How far a payer is known."""

    NO = 0
    WEAK = 1  # some words: shown to a person, never used alone
    LIKELY = 2
    FULL = 3


@dataclass(slots=True)
class Payer:
    """Customers who may have sent a line; `sure` holds of each when there are several."""

    customers: tuple[int, ...] = ()
    sure: Sure = Sure.NO
    by: str = ""  # iban, siren, code, name, learned_iban, learned_name
    shown: str = ""
    others: tuple[int, ...] = ()  # whom another evidence designates: a contradiction
    known_words: frozenset[str] = frozenset()  # words of the line that are the payer's name

    @property
    def single(self) -> bool:
        return len(self.customers) == 1


@dataclass(slots=True)
class _Alias:
    customer: int
    words: tuple[str, ...]
    weight: float = 0.0


@dataclass(slots=True)
class _Scored:
    share: float
    weight: float
    alias: _Alias
    words: set[str] = field(default_factory=set)


class Payers:
    """The customers, ready to be recognised in lines."""

    def __init__(self, learned: Learned) -> None:
        self._aliases: list[_Alias] = []
        self._by_word: dict[str, list[int]] = {}
        self._by_words: dict[str, set[int]] = {}
        self._by_iban: dict[str, set[int]] = {}
        self._by_siren: dict[str, set[int]] = {}
        self._by_code: dict[str, set[int]] = {}
        self._towns: list[frozenset[str]] = []
        self._seen: list[set[str]] = []
        self._compacts: list[tuple[str, int]] = []
        self._vocabulary: list[str] = []
        self._deletes: dict[str, list[str]] = {}
        self._stale = True
        self._learned = learned
        self._places: dict[str, int] = {}
        self._learned_ibans: dict[str, set[int]] = {}
        self.agents = frozenset(bare_iban(one) for one in learned.agents) | frozenset(
            name_words(one) for one in learned.agents
        )
        self.own = frozenset(bare_iban(one) for one in learned.own) | frozenset(
            name_words(one) for one in learned.own
        )

    def add(self, place: int, customer: Customer) -> None:
        """Index one customer; customers are added in the order of their places."""
        assert place == len(self._towns)
        self._places[customer.code] = place
        self._towns.append(
            frozenset(
                word for town in customer.towns for word in name_tokens(town) if len(word) > 1
            )
        )
        self._seen.append(set())
        for name in customer.names:
            self.add_name(place, name)
        for iban in customer.ibans:
            if bare := bare_iban(iban):
                self._by_iban.setdefault(bare, set()).add(place)
        for siren in customer.sirens:
            bare = bare_iban(siren)[:9]
            if len(bare) == 9 and bare.isdigit():
                self._by_siren.setdefault(bare, set()).add(place)
        code = bare_iban(customer.code)
        if len(code) >= 4 and any(c.isdigit() for c in code):
            self._by_code.setdefault(code, set()).add(place)

    def add_name(self, place: int, name: str) -> None:
        words = name_tokens(name)
        key = " ".join(sorted(set(words)))
        if not key or key in self._seen[place]:
            return
        self._seen[place].add(key)
        number = len(self._aliases)
        self._aliases.append(_Alias(place, words))
        self._by_words.setdefault(key, set()).add(place)
        self._compacts.append(("".join(words), number))
        raw = "".join(tokens(plain(name)))
        if raw != "".join(words):
            self._compacts.append((raw, number))
        for word in set(words):
            self._by_word.setdefault(word, []).append(number)
        self._stale = True

    def prepare(self) -> None:
        """Index what was added since the last time."""
        if not self._stale:
            return
        total = len(self._towns)
        for iban, codes in self._learned.ibans.items():
            if known := {self._places[code] for code in codes if code in self._places}:
                self._learned_ibans[bare_iban(iban)] = known
        for name, codes in self._learned.names.items():
            for code in codes:
                if code in self._places:
                    self.add_name(self._places[code], name)
        self._weights = {
            word: _weight(word, len(numbers), total) for word, numbers in self._by_word.items()
        }
        self._rare = math.log2((total + 4000) / 2)
        for alias in self._aliases:
            alias.weight = sum(self._weights[word] for word in set(alias.words))
        self._compacts.sort()
        self._vocabulary = sorted(self._by_word)
        self._deletes = {}
        for word in self._vocabulary:
            if len(word) >= 5 and word.isalpha():
                for place in range(len(word)):
                    self._deletes.setdefault(word[:place] + word[place + 1 :], []).append(word)
        self._stale = False

    # --- reading -----------------------------------------------------------------------------

    def read(
        self,
        line: BankLine,
        rules: Rules,
        *,
        name: str = "",
        taught: Mapping[str, set[int]] | None = None,
    ) -> Payer:
        """Return who sent a line. `name` is a drawer's, for a cheque, instead of the line's.

        `taught` are IBANs met earlier in the same batch: likely, not certain.
        """
        self.prepare()
        by_name = self._by_name(line, name or line.counterparty, rules)
        by_number = self._by_number(line, taught or {}) if not name else None
        if by_number is None or (by_number.sure < by_name.sure and by_name.single):
            return by_name
        by_number.known_words = by_name.known_words
        if by_name.sure is Sure.FULL and not set(by_name.customers) & set(by_number.customers):
            by_number.others = by_name.customers
        elif by_name.sure >= Sure.LIKELY:
            both = tuple(c for c in by_number.customers if c in by_name.customers)
            by_number.customers = both or by_number.customers
            by_number.sure = Sure.FULL if len(both) == 1 else by_number.sure
        return by_number

    def _by_number(self, line: BankLine, taught: Mapping[str, set[int]]) -> Payer | None:
        label = plain(line.label)
        ibans = [bare_iban(line.iban)] if line.iban else []
        ibans += [bare_iban(one[0]) for one in IBAN.finditer(label)]
        for iban in ibans:
            if found := self._by_iban.get(iban):
                return Payer(tuple(sorted(found)), Sure.FULL, "iban", iban)
        for iban in ibans:
            if found := self._learned_ibans.get(iban):
                return Payer(tuple(sorted(found)), Sure.FULL, "learned_iban", iban)
            if found := taught.get(iban):
                return Payer(tuple(sorted(found)), Sure.LIKELY, "learned_iban", iban)
        for one in _SIREN.finditer(f"{label} {plain(line.end_to_end)}") if self._by_siren else ():
            siren = one[0].replace(" ", "")[:9]
            if found := self._by_siren.get(siren):
                return Payer(tuple(sorted(found)), Sure.FULL, "siren", one[0])
        for word, shown in _code_words(label) if self._by_code else ():
            if found := self._by_code.get(word):
                return Payer(tuple(sorted(found)), Sure.FULL, "code", shown)
        return None

    def _by_name(self, line: BankLine, name: str, rules: Rules) -> Payer:
        segment = payer_words(line, name)
        significant = [word for word in segment if word not in BOILERPLATE and not word.isdigit()]
        everywhere = dict.fromkeys(segment)
        if not name:
            everywhere.update(
                dict.fromkeys(w for w in name_tokens(line.label) if w not in BOILERPLATE)
            )
        towns = set(everywhere) | set(name_tokens(line.label))
        if segment and (same := self._by_words.get(" ".join(sorted(set(segment))))):
            chosen = self._in_town(sorted(same), towns)
            return Payer(tuple(chosen), Sure.FULL, "name", "", known_words=frozenset(segment))
        cut, certain = self._cut(segment)
        if cut:
            chosen = self._in_town(sorted({self._aliases[n].customer for n in cut}), towns)
            if len(chosen) == 1 and certain:
                return Payer(tuple(chosen), Sure.FULL, "name", "", known_words=frozenset(segment))
        scored = self._scored(list(everywhere), rules)
        if not scored:
            longer = self._longer(segment)
            return Payer(longer, Sure.LIKELY, "name") if longer else Payer()
        best = self._best(scored, significant, towns, rules)
        if best.sure < Sure.LIKELY and (longer := self._longer(segment)):
            return Payer(longer, Sure.LIKELY, "name", "", known_words=frozenset(segment))
        return best

    def _best(
        self, scored: Sequence[_Scored], significant: Sequence[str], towns: set[str], rules: Rules
    ) -> Payer:
        top = scored[0]
        rivals = [
            one
            for one in scored
            if one.share >= top.share - 0.05 and one.weight >= 0.95 * top.weight
        ]
        customers = self._in_town(sorted({one.alias.customer for one in rivals}), towns)
        precise = self._precision(significant, top.words, self._towns[customers[0]])
        length = sum(map(len, top.words))
        enough = len(top.words) >= 2 or (length >= 5 and precise >= 0.9)
        if top.share >= rules.full_name and precise >= rules.payer_words and enough:
            sure = Sure.FULL
        elif (
            top.share >= rules.likely_name and precise >= rules.payer_words * 0.8 and length >= 4
        ) or (top.share >= rules.full_name and enough and len(top.words) >= 2):
            sure = Sure.LIKELY
        else:
            sure = Sure.WEAK
            customers = list(dict.fromkeys(one.alias.customer for one in scored))
        return Payer(tuple(customers[:20]), sure, "name", "", known_words=frozenset(top.words))

    def _in_town(self, customers: list[int], words: set[str]) -> list[int]:
        """Keep, of homonyms, those whose town the line names; all of them if it names none."""
        if len(customers) < 2:
            return customers
        there = [c for c in customers if self._towns[c] and self._towns[c] <= words]
        return there or customers

    def _precision(self, words: Sequence[str], known: set[str], town: frozenset[str]) -> float:
        """Return the share, by weight, of the payer's words that the customer's name explains."""
        total = explained = 0.0
        for word in words:
            if word in town and word not in known:
                continue
            weight = self._weights.get(word, self._rare) if len(word) > 1 else 1.0
            total += weight
            if word in known:
                explained += weight
        return explained / total if total else 1.0

    def _cut(self, segment: Sequence[str]) -> tuple[list[int], bool]:
        """Return the aliases that begin as a name cut by the bank, and whether it looks cut.

        A name that ends inside a word of ours is cut only if it is as long as banks allow: a
        « Martin » that pays is no « Martinez ».
        """
        joined = "".join(segment)
        if len(joined) < CUT_AT_LEAST:
            return [], False
        place = bisect_left(self._compacts, (joined, -1))
        found: list[int] = []
        whole_words = True
        while place < len(self._compacts) and self._compacts[place][0].startswith(joined):
            number = self._compacts[place][1]
            found.append(number)
            words = self._aliases[number].words
            whole_words &= words[: len(segment)] == tuple(segment)
            place += 1
            if len(found) > 20:
                return [], False
        length = len(joined) + len(segment) - 1
        return found, (len(joined) >= 14 and whole_words) or length >= CUT_INSIDE

    def _longer(self, segment: Sequence[str]) -> tuple[int, ...]:
        """Return the one customer whose own name, cut in our file, begins the payer's."""
        joined = "".join(segment)
        for length in range(len(joined), CUT_NAME - 1, -1):
            place = bisect_left(self._compacts, (joined[:length], -1))
            found = set()
            while place < len(self._compacts) and self._compacts[place][0] == joined[:length]:
                found.add(self._aliases[self._compacts[place][1]].customer)
                place += 1
            if found:
                return tuple(found) if len(found) == 1 else ()
        return ()

    def _scored(self, words: Sequence[str], rules: Rules) -> list[_Scored]:
        """Return the aliases that share words with the line, best first."""
        hits: list[tuple[float, str, str, Sequence[int]]] = []
        for word in words:
            if word in EMPTY_WORDS or (len(word) < 2):
                continue
            numbers = self._by_word.get(word)
            if numbers is not None:
                hits.append((self._weights[word], word, word, numbers))
        found = self._score(hits, words)
        if found and found[0].share >= rules.full_name:
            return found
        for word in words:
            if len(word) < 4 or word in self._by_word or not word.isalpha():
                continue
            hits.extend(
                (self._weights[other] * alike, word, other, self._by_word[other])
                for other, alike in self._near(word)
            )
        return self._score(hits, words)

    def _score(
        self, hits: list[tuple[float, str, str, Sequence[int]]], words: Sequence[str]
    ) -> list[_Scored]:
        hits.sort(key=lambda hit: len(hit[3]))
        scores: dict[int, _Scored] = {}
        for weight, word, _, numbers in hits:
            if len(numbers) > COMMON and not scores:
                self._of_common(hits, scores)
                break
            if len(numbers) > (RARE if scores else COMMON):
                for number, known in scores.items():
                    if word in self._aliases[number].words and word not in known.words:
                        known.weight += weight
                        known.words.add(word)
                continue
            for number in numbers:
                found = scores.get(number)
                if found is None:
                    found = scores[number] = _Scored(0.0, 0.0, self._aliases[number])
                if word not in found.words:
                    found.weight += weight
                    found.words.add(word)
        if not scores:
            return []
        initials = {word for word in words if len(word) == 1}
        ranked = []
        for one in scores.values():
            weight = one.weight
            for word in one.alias.words:  # « TOURNEBISE G » for Gaston Tournebise
                if initials and word[0] in initials and word not in one.words:
                    weight += 0.3 * self._weights[word]
            one.share = weight / one.alias.weight if one.alias.weight else 0.0
            if one.share >= 0.34:
                ranked.append(one)
        ranked.sort(
            key=lambda one: (-min(one.share, 1.0) * one.weight, -one.share, one.alias.customer)
        )
        return ranked[:20]

    def _of_common(
        self, hits: Sequence[tuple[float, str, str, Sequence[int]]], scores: dict[int, _Scored]
    ) -> None:
        """Score the aliases that join two common words at least, when no word is rare."""
        if len(hits) < 2:
            return
        shared = set(hits[0][3]) & set(hits[1][3])
        for number in shared:
            alias = self._aliases[number]
            words = {word for _, word, other, _ in hits if other in alias.words}
            weight = sum(w for w, _, other, _ in hits if other in alias.words)
            scores[number] = _Scored(0.0, weight, alias, words)

    def _near(self, word: str) -> list[tuple[str, float]]:
        """Return known words one letter away, or that an abridged one begins, and how alike."""
        found: dict[str, float] = {}
        for place in range(len(word) if len(word) >= 5 else 0):
            shorter = word[:place] + word[place + 1 :]
            if shorter in self._by_word and len(shorter) >= 4:
                found[shorter] = NEARLY
            for other in self._deletes.get(shorter, ()):
                found[other] = NEARLY
        for other in self._deletes.get(word, ()) if len(word) >= 4 else ():
            found[other] = NEARLY
        place = bisect_left(self._vocabulary, word)
        begun: list[str] = []
        while place < len(self._vocabulary) and self._vocabulary[place].startswith(word):
            begun.append(self._vocabulary[place])
            place += 1
            if len(begun) > 12:
                return list(found.items())[:12]
        for other in begun:
            found.setdefault(other, (len(word) / len(other)) ** 2)
        return list(found.items())[:12]


def payer_words(line: BankLine, name: str) -> list[str]:
    """Return the words of the payer's name: the name given, else what the label says of it."""
    if name and name.strip():
        return list(name_tokens(name))
    label = plain(line.label)
    named = _SEGMENT.search(label)
    rest = named[1] if named else ""
    if not named:
        begun = _START.match(label)
        rest = begun[1] if begun else label
    end = _END.search(" " + rest)
    if end:
        rest = (" " + rest)[: end.start()]
    return [word for word in name_tokens(rest) if word not in BOILERPLATE]


def _code_words(label: str) -> Iterable[tuple[str, str]]:
    """Yield what may be a customer code; digits alone only where the label says they are one."""
    words = tokens(label)
    for rank, word in enumerate(words):
        if not any(c.isdigit() for c in word):
            continue
        before = words[rank - 1] if rank else ""
        if not word.isdigit() or before in CODE_WORDS:
            yield word, word
        if before and len(before) <= 6 and before.isalpha():
            yield before + word, f"{before}-{word}"


def _weight(word: str, shared: int, total: int) -> float:
    if len(word) == 1:
        return 0.5
    return max(math.log2((total + 4000) / (shared + 1)), 0.5) * (0.4 if word in GENERIC else 1.0)
