"""The file of entered values: read back, every wrong field named."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exigible.domain.law import shipped_law
from exigible.domain.refusals import WrongInput
from exigible.intake.law_values import law_with, read_law_values

VALUE: dict[str, Any] = {
    "parameter": "taux_interet_legal_autres",
    "from": "2026-07-01",
    "value": "2.55",
    "known_until": None,
    "source": "arrêté du 24 juin 2026",
    "verified": True,
}


def file(*values: object) -> dict[str, object]:
    return {"kind": "exigible_law", "values": list(values)}


def test_a_file_adds_its_values_to_the_shipped_law():
    found = law_with(file(VALUE))
    assert found.left_out == ()
    value = found.law["taux_interet_legal_autres"].values[-1]
    assert (value.value, value.verified, value.entered) == (25_500, True, True)


def test_what_the_product_ships_is_left_out_and_told():
    found = law_with(file({**VALUE, "from": "2026-01-01"}))
    assert found.law is shipped_law()
    [(entry, refusal)] = found.left_out
    assert (entry.parameter, refusal.code) == (VALUE["parameter"], "already_known")


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ([], "(racine)"),
        ({}, "kind"),
        ({"kind": "other", "values": []}, "kind"),
        ({"kind": "exigible_law"}, "values"),
        ({"kind": "exigible_law", "values": {}}, "values"),
        (file(3), "values[0]"),
        (file({**VALUE, "parameter": "autre"}), "values[0].parameter"),
        (file({**VALUE, "source": " "}), "values[0].source"),
        (file({**VALUE, "from": "2026-7-1"}), "values[0].from"),
        (file({**VALUE, "known_until": "bientôt"}), "values[0].known_until"),
        (file({**VALUE, "value": "beaucoup"}), "values[0].value"),
        (file({**VALUE, "value": 2.55}), "values[0].value"),
        (file({**VALUE, "value": {"bands": []}}), "values[0].value"),
        (file({**VALUE, "verified": "oui"}), "values[0].verified"),
        (file(VALUE, VALUE), "values[1].from"),
    ],
)
def test_a_wrong_field_is_named(document: object, field: str):
    with pytest.raises(WrongInput) as refused:
        read_law_values(document)
    assert refused.value.field == field


@pytest.mark.parametrize(
    "written",
    [
        {"bands": []},
        {"bands": [[None, "-5"]]},
        {"bands": [[None, "100.01"]]},
        {"bands": [[None, None]]},
        {"bands": [["125.00", "9.77"]]},
        {"bands": [["610.00", "6.35"], ["125.00", "9.77"], [None, "0.29"]]},
        {"bands": [["125.00", "9.77"], ["125.00", "6.35"], [None, "0.29"]]},
        {"bands": [["-125.00", "9.77"], [None, "0.29"]]},
        {"bands": [[None, "0.29"]], "cap": "-550.00"},
        {"bands": [[None, "0.29"]], "fixed": ["44.00", "-4.30"]},
        {"bands": [[None, "0.29"]], "fixed": ["44.00", None]},
    ],
)
def test_a_scale_that_cannot_be_applied_is_refused(written: dict[str, object]):
    value = {**VALUE, "parameter": "droit_recouvrement_debiteur", "value": written}
    with pytest.raises(WrongInput) as refused:
        read_law_values(file({**value, "from": "2026-03-01", "known_until": "2028-02-29"}))
    assert refused.value.field == "values[0].value"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@given(st.sampled_from(sorted(VALUE)), JSON, st.sampled_from(["droit_recouvrement_debiteur", "taux_bce"]))  # fmt: skip
def test_any_value_is_read_or_refused(name: str, value: object, parameter: str):
    with contextlib.suppress(WrongInput):
        law_with(file({**VALUE, "parameter": parameter, name: value}))


@given(JSON, JSON, JSON)
def test_any_bands_are_read_or_refused(bands: object, fixed: object, cap: object):
    written = {"bands": bands, "fixed": fixed, "cap": cap}
    value = {**VALUE, "parameter": "droit_recouvrement_debiteur", "value": written}
    with contextlib.suppress(WrongInput):
        law_with(file({**value, "from": "2026-03-01", "known_until": "2028-02-29"}))
