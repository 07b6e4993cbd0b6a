"""The migrations build what the models say: a home made by an earlier version follows."""

import pytest
from django.core.management import call_command


@pytest.mark.django_db
def test_no_model_waits_for_a_migration():
    call_command("makemigrations", "store", check=True, dry_run=True, verbosity=0)
