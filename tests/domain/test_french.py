"""Numbers as French writes them."""

import pytest

from exigible.domain.french import decimal, points


@pytest.mark.parametrize(
    ("ten_thousandths", "written"),
    [(0, "0"), (1, "0,0001"), (15_000, "1,5"), (100_000, "10"), (1_234_567, "123,4567")],
)
def test_a_decimal_keeps_every_figure_and_no_empty_one(ten_thousandths: int, written: str):
    assert decimal(ten_thousandths) == written


def test_points_are_plural_from_two():
    assert [points(one) for one in (10_000, 19_999, 20_000, 85_000)] == [
        "1\u00a0point",
        "1,9999\u00a0point",
        "2\u00a0points",
        "8,5\u00a0points",
    ]
