"""The YAML files of the domain."""

import pytest

from exigible.domain.data_files import read_yaml, yaml_names


def test_every_file_is_named_without_its_ending_and_read():
    names = yaml_names("law", "scales")
    assert names == sorted(names)
    assert "droit_recouvrement_debiteur" in names
    assert all(read_yaml("law", "scales", name)["name"] for name in names)


def test_a_file_that_does_not_exist_is_a_mistake_of_ours():
    with pytest.raises(FileNotFoundError):
        read_yaml("law", "nowhere")
