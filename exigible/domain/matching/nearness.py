"""Texts nearly alike: one character wrong, lost, added, or two neighbours swapped."""

from __future__ import annotations

import re

_DIGIT = re.compile(r"[0-9]")


def any_digit(word: str) -> bool:
    return _DIGIT.search(word) is not None


def nearly(one: str, other: str) -> bool:
    """Say whether two texts differ by one character, or by two neighbours swapped."""
    if one == other:
        return True
    if len(one) == len(other):
        wrong = [place for place in range(len(one)) if one[place] != other[place]]
        if len(wrong) == 1:
            return True
        return (
            len(wrong) == 2
            and wrong[1] == wrong[0] + 1
            and one[wrong[0]] == other[wrong[1]]
            and one[wrong[1]] == other[wrong[0]]
        )
    if abs(len(one) - len(other)) != 1:
        return False
    short, long = sorted((one, other), key=len)
    return any(long[:place] + long[place + 1 :] == short for place in range(len(long)))
