"""Names are ordered by the database as the domain's own key would order them."""

import pytest

from exigible.domain.text_keys import name_key
from exigible.store.models import Creditor
from exigible.store.queries.ordering import NameKey, by_name
from tests.factories import make_creditor

pytestmark = pytest.mark.django_db


def test_accents_and_capitals_do_not_count() -> None:
    names = ["Zénith", "élan", "Œuvres du Nord", "Ocre", "Elbe", "Çà et Là", "atelier", "Noël"]
    for name in names:
        make_creditor(name=name)
    found = Creditor.objects.filter(name__in=names)
    assert [one.name for one in found.order_by(by_name())] == sorted(names, key=name_key)
    for one in found.annotate(key=NameKey("name")):
        assert one.key == name_key(one.name)
