"""Matching bank lines with open invoices: shares right and wrong, and time, beside a naive matcher.

`python -m benchmarks.matching [LINES…]` draws worlds (`matching_world.py`), writes the files of the
outside contract, reads them back and matches them in one process; then does the same with the
*lettrage* of real ledgers, where they are beside the project.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.matching_parts import CASES, STYLES, Line
from benchmarks.matching_world import World
from exigible.domain.matching import BankLine, Book, Claim, Customer, match_lines
from exigible.domain.matching.spreading import without_collector
from exigible.intake.fec import FecFile
from exigible.intake.matching_files import read_invoices, read_lines, read_plans, read_remittances


@dataclass
class Score:
    """Lines by what happened to them, whole and by case."""

    settleable: int = 0
    right: int = 0
    alone: int = 0  # right without asking, of those with an allocation
    payments: int = 0  # settleable lines with an allocation
    automatic: int = 0
    wrong: int = 0
    rash: int = 0  # automatic where the files cannot tell, though right perhaps
    waiting: int = 0
    wrongly_proposed: int = 0
    cases: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    faults: list[tuple[Line, dict[str, int], str]] = field(default_factory=list)
    misses: list[tuple[Line, dict[str, int], str]] = field(default_factory=list)


def score(lines: Sequence[Line], answers: Mapping[str, tuple[dict[str, int], bool, str]]) -> Score:
    found = Score()
    for line in lines:
        paid, automatic, reason = answers[line.id]
        case = found.cases[line.case]
        case["lines"] += 1
        if automatic:
            found.automatic += 1
            case["automatic"] += 1
            found.rash += line.waits
            case["rash"] += line.waits
            if paid != line.truth:
                found.wrong += 1
                case["wrong"] += 1
                found.faults.append((line, paid, reason))
        if line.waits:
            found.waiting += 1
            continue
        found.settleable += 1
        case["settleable"] += 1
        found.payments += bool(line.truth)
        if paid == line.truth:
            found.right += 1
            case["right"] += 1
            found.alone += automatic
        else:
            found.misses.append((line, paid, reason))
            found.wrongly_proposed += bool(paid) and not automatic
    return found


def naive(
    lines: Sequence[BankLine], claims: Sequence[Claim]
) -> dict[str, tuple[dict[str, int], bool, str]]:
    """Exact reference, else an amount that one open invoice only has: what anyone would write."""
    by_ref = {claim.ref.upper(): claim for claim in claims}
    by_amount: dict[int, list[Claim]] = defaultdict(list)
    for claim in claims:
        by_amount[claim.cents].append(claim)
    taken: set[str] = set()
    answers = {}
    word = re.compile(r"[A-Z0-9/-]+")
    for line in lines:
        found = [
            by_ref[one]
            for one in word.findall(f"{line.label} {line.end_to_end}".upper())
            if one in by_ref and one not in taken
        ]
        if not found:
            same = [c for c in by_amount.get(line.cents, ()) if c.ref.upper() not in taken]
            found = same if len(same) == 1 else []
        paid: dict[str, int] = {}
        left = line.cents
        for claim in found:
            part = min(left, claim.cents) if left > 0 else claim.cents
            if part and claim.ref not in paid:
                paid[claim.ref] = part
                left -= part
                taken.add(claim.ref.upper())
        answers[line.id] = (paid, bool(paid), "")
    return answers


def run(world: World) -> tuple[Score, Score, dict[str, float]]:
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder, without_collector():
        world.write(Path(folder))
        began = time.perf_counter()
        customers, claims = read_invoices(Path(folder) / "invoices.csv")
        lines = read_lines(Path(folder) / "lines.csv")
        cheques = read_remittances(Path(folder) / "remittances.csv")
        plans = read_plans(Path(folder) / "plans.csv", frozenset(c.ref for c in claims))
        seconds["read"] = time.perf_counter() - began
        began = time.perf_counter()
        book = Book(customers, claims, plans=plans)
        seconds["index"] = time.perf_counter() - began
        began = time.perf_counter()
        proposals = match_lines(book, lines, cheques=cheques, processes=os.cpu_count() or 1)
        seconds["match"] = time.perf_counter() - began
    answers = {
        one.line: ({a.ref: a.cents for a in one.allocations}, one.automatic, one.reason)
        for one in proposals
    }
    began = time.perf_counter()
    simple = naive(lines, claims)
    seconds["naive"] = time.perf_counter() - began
    return score(world.lines, answers), score(world.lines, simple), seconds


def share(part: int, whole: int) -> str:
    return f"{100 * part / whole:6.2f} %" if whole else "      – "


def print_score(name: str, found: Score) -> None:
    print(
        f"{name:<10} right {share(found.right, found.settleable)} of {found.settleable:,} that the files settle · "
        f"alone {share(found.alone, found.payments)} of {found.payments:,} payments · "
        f"wrong {share(found.wrong, found.automatic)} ({found.wrong}) of {found.automatic:,} automatic, rash {found.rash}"
    )


LEDGERS = (  # file, accounts, sign of an invoice: suppliers are customers seen from the other side
    ("111111111FEC20221231.TXT", "411", 1),
    ("111111111FEC20221231.TXT", "401", -1),
    ("000000000FEC20231231.txt", "401", -1),
)


def lettering(folder: Path) -> None:
    """Match the receipts of real ledgers, and compare with what accountants lettered.

    A receipt is a credit of a bank's journal that carries a code; it knows nothing but its date, its
    amount and its label. It is right when all of it goes to invoices of its own group. What was
    lettered with no receipt, or not at all, is open beside the rest.
    """
    for name, prefix, sign in LEDGERS:
        path = folder / name
        if not path.exists():
            print(f"{name}: absent")
            continue
        money = {
            posting.journal
            for posting in FecFile(
                lambda p=path: p.open("rb"), name, prefixes=("512", "53")
            ).postings()
            if posting.account.startswith(("512", "53"))
        }
        file = FecFile(lambda p=path: p.open("rb"), name, prefixes=(prefix,))
        claims, lines, group_of, groups = [], [], {}, {}
        for posting in file.postings():
            if not posting.account.startswith(prefix):
                continue
            cents = sign * (posting.debit_cents - posting.credit_cents)
            customer = posting.auxiliary or posting.account
            group = (customer, posting.lettering) if posting.lettering else None
            ref = f"{posting.piece_ref or posting.entry_num} #{posting.line}"
            if cents < 0 and posting.journal in money:
                if group:
                    lines.append(
                        BankLine(str(posting.line), posting.entry_date, -cents, label=posting.label)
                    )
                    groups[str(posting.line)] = group
            elif cents:
                claims.append(Claim(ref, customer, cents, issued_on=posting.entry_date))
                group_of[ref] = group
        names = {key[1] or key[0]: total.label for key, total in file.report.accounts.items()}
        customers = [Customer(code, (label,)) for code, label in names.items() if label]
        found = match_lines(Book(customers, claims), lines)
        settled = [one for one in found if one.allocations]
        right = [
            one
            for one, line in zip(found, lines, strict=True)
            if one.allocations
            and sum(a.cents for a in one.allocations) == line.cents
            and all(group_of[a.ref] == groups[one.line] for a in one.allocations)
        ]
        alone = [one for one in found if one.automatic]
        wrong = [one for one in alone if one not in right]
        print(
            f"{name} {prefix}: {len(lines)} receipts, {len(claims)} invoices; right {len(right)}, "
            f"proposed {len(settled)}, automatic {len(alone)}, of which not as lettered {len(wrong)}"
        )
        for one in wrong:
            line = next(line for line in lines if line.id == one.line)
            print("  ", line, one.allocations, one.reason)


def main(arguments: list[str]) -> None:
    sizes = [int(one) for one in arguments if one.isdigit()] or [5_000, 100_000]
    detail = "--detail" in arguments
    lettering(Path(__file__).resolve().parents[2] / "shared" / "data" / "fec")
    for size in sizes:
        styles = range(len(STYLES)) if size <= 10_000 and not detail else [0]
        for style in styles:
            world = World(11 + style, size, claims=size * 3, style=style)
            found, simple, seconds = run(world)
            print(
                f"\n{size:,} lines, {len(world.items):,} open items, numbers like {world.items[0].ref}"
            )
            print_score("exigible", found)
            print_score("naive", simple)
            print("  ".join(f"{name} {value:.1f} s" for name, value in seconds.items()))
            if detail or style == 0:
                for case in CASES:
                    row = found.cases[case]
                    print(
                        f"  {case:<32} {row['lines']:>6}  right {share(row['right'], row['settleable'])}"
                        f"  automatic {share(row['automatic'], row['lines'])}  wrong {row['wrong']} rash {row['rash']}"
                    )
            if detail:
                for line, paid, reason in found.faults[:30]:
                    print("WRONG", line, paid, reason)
                for line, paid, reason in found.misses[:30]:
                    print("MISS", line, paid, reason)


if __name__ == "__main__":
    main(sys.argv[1:])
