"""The journal's chains: how a line finds the one before it."""

import re

import pytest
from django.db import connection

from exigible.operations.journal import LAST_LINES

pytestmark = pytest.mark.django_db


def test_the_last_line_of_a_chain_is_found_by_the_index_alone():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # the table is empty here
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {LAST_LINES}", [[0, 12], [0, 12]])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    reads = re.findall(r"(?:Scan|Scan Backward) using journal_seq_once .*\n +Index Cond", plan)
    assert len(reads) == 2, plan  # an account's, and the house's
    assert "Sort" not in plan, plan
