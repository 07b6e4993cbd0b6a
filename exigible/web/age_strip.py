"""The age strip: where the money of a view lies, as one bar and one sentence."""

from dataclasses import dataclass

from exigible.domain import french
from exigible.reports.ageing import LATE, Amounts

WIDTH, GAP = 1000.0, 2.0  # units of the SVG's view box
LABELS = {
    "not_due": "Non échu",
    "late_30": "1 à 30 j",
    "late_60": "31 à 60 j",
    "late_90": "61 à 90 j",
    "late_180": "91 à 180 j",
    "late_more": "Plus de 180 j",
}
ISSUED_LABELS = LABELS | {"late_30": "0 à 30 j"}
FILLS = dict(zip(LABELS, ("f-strong", "s1", "s2", "s3", "s4", "s5"), strict=True))


@dataclass(frozen=True, slots=True)
class Segment:
    """One bucket: its label, its sum, its share of what is owed, its place on the bar."""

    key: str
    label: str
    fill: str
    cents: int
    share: str  # « 23,7 % »
    x: str
    width: str  # "" when it is too small, or negative, to be drawn


@dataclass(frozen=True, slots=True)
class AgeStrip:
    segments: tuple[Segment, ...]
    sentence: str


def age_strip(amounts: Amounts, *, since_issue: bool = False) -> AgeStrip:
    """Draw the buckets of a view, credit apart: shares are of what is owed, before any credit."""
    labels = ISSUED_LABELS if since_issue else LABELS
    keys = [key for key in labels if not (since_issue and key == "not_due")]
    owed = {key: max(getattr(amounts, key), 0) for key in keys}
    total = sum(owed.values())
    drawn = [key for key in keys if owed[key]]
    room = WIDTH - GAP * max(len(drawn) - 1, 0)
    at, segments = 0.0, []
    for key in keys:
        width = room * owed[key] / total if total else 0.0
        segments.append(
            Segment(
                key=key,
                label=labels[key],
                fill=FILLS[key],
                cents=getattr(amounts, key),
                share=_percent(owed[key], total),
                x=f"{at:.1f}",
                width=f"{width:.1f}" if owed[key] else "",
            )
        )
        at += width + GAP if owed[key] else 0.0
    told = "; ".join(
        f"{one.label.lower()}, {french.euros(one.cents)}, {one.share}"
        for one in segments
        if one.cents
    ).replace(";", f"{french.NO_BREAK};")
    sentence = f"Répartition par ancienneté{french.NO_BREAK}: {told}." if told else "Rien n’est dû."
    return AgeStrip(tuple(segments), sentence)


def overdue_share(amounts: Amounts) -> str:
    """Return what part of what is owed is overdue: « 76,3 % »."""
    owed = max(amounts.not_due, 0) + max(amounts.overdue, 0)
    return _percent(max(amounts.overdue, 0), owed)


def _percent(part: int, whole: int) -> str:
    """One decimal, half up: « 12,1 % »; nothing of nothing is « – »."""
    if not whole:
        return "–"
    tenths = (part * 2000 + whole) // (whole * 2)
    return f"{tenths // 10},{tenths % 10}{french.NO_BREAK}%"


assert set(LATE) < set(LABELS)
