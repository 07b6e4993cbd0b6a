"""Filters: read from the address, said as sentences; a wrong one is said, never silently dropped."""

from django.http import QueryDict

from exigible.web.filters import (
    AmountFilter,
    ChoiceFilter,
    DaysFilter,
    FilterBar,
    TextFilter,
    without,
)


def bar(query: str) -> FilterBar:
    return FilterBar(
        [
            ChoiceFilter("etat", "État", "État", options=[("a", "Échu"), ("b", "Soldé")]),
            AmountFilter("echu", "Échu", "Échu d’au moins"),
            DaysFilter("age", "Retard", "En retard de plus de"),
            TextFilter("nom", "Nom", "Nom contenant"),
        ],
        QueryDict(query),
        anchor="x",
    )


def test_values_and_sentences() -> None:
    read = bar("etat=a&echu=1 500,5&age=90&nom=morv&tri=nom&suite=abc")
    assert read.values == {"etat": "a", "echu": 150_050, "age": 90, "nom": "morv"}
    sentences = [one.sentence for one in read.active]
    assert sentences == ["Échu", "1\u202f500,50\u00a0€", "90\u00a0jours", "«\u00a0morv\u00a0»"]


def test_a_wrong_value_is_kept_typed_and_explained() -> None:
    read = bar("etat=z&echu=beaucoup&age=-3")
    assert read.values == {}
    assert [one.filter.param for one in read.wrong] == ["etat", "echu", "age"]
    assert read.wrong[1].typed == "beaucoup"
    assert all(one.error for one in read.wrong)


def test_changing_a_filter_forgets_the_page_reached() -> None:
    read = bar("etat=a&tri=nom&suite=abc&vue=12")
    assert read.active[0].without == "tri=nom&vue=12"
    assert read.cleared == "tri=nom&vue=12"
    assert ("suite", "abc") not in read.carried
    assert ("tri", "nom") in read.carried
    assert without(QueryDict("a=1&a=2&b=3"), "b") == "a=1&a=2"


def test_hostile_text_stays_text() -> None:
    read = bar("nom=<script>&etat=<b>")
    assert read.values["nom"] == "<script>"
    assert read.wrong[0].typed == "<b>"


def test_a_null_character_is_left_out_of_what_was_typed() -> None:
    read = bar("nom=mor%00v&echu=%00")
    assert read.values == {"nom": "morv"}
    assert not read.wrong
