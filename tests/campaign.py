"""How far the tests that draw their cases go: far enough to notice a break at each run, and much
further in a campaign (`make campaign`), which takes hours.
"""

import os

CAMPAIGN = bool(os.environ.get("TESTS_CAMPAIGN"))


def rounds(usual: int, campaign: int) -> int:
    """Return how many cases to draw."""
    return campaign if CAMPAIGN else usual
