"""Templates: what they accept, what they refuse, how they speak."""

import re
from pathlib import Path

import pytest

from exigible.channels.templates import (
    WrongTemplate,
    read_template,
    render,
    template_for,
    templates,
    typographic,
)
from exigible.domain.correspondence import Accessories, Paragraph, PaymentBox
from exigible.domain.refusals import Refused
from exigible.domain.strategies import default_strategies
from tests.correspondence import ACCESSORIES, claim_line, demand, written

HEAD = "name: Essai\nnature: demand\nversion: 1\nsubject: Rappel\n---\n"


def read(folder: Path, text: str, name: str = "essai.consumer.txt") -> object:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return read_template("email", file)


def words(letter: object) -> str:
    return "\n".join(block.text for block in letter.blocks if isinstance(block, Paragraph))


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "Bonjour {nom},",
        HEAD + "Bonjour {debtor",
        HEAD + "{a|b|c}",
        HEAD + "[when rich] Payez.",
        HEAD + "[sums]",
        HEAD.replace("name: Essai", "title: Essai") + "Bonjour",
        HEAD.replace("---\n", "") + "Bonjour",
    ],
)
def test_a_mistake_in_a_template_is_found_when_it_is_read(tmp_path: Path, text: str):
    with pytest.raises(WrongTemplate):
        read(tmp_path, text)


def test_an_unknown_audience_is_refused(tmp_path: Path):
    with pytest.raises(WrongTemplate):
        read(tmp_path, HEAD + "Bonjour", name="essai.amis.txt")


def test_every_step_of_the_shipped_strategies_has_its_text():
    for strategy in default_strategies():
        for step in strategy["steps"]:
            if step["channel"] in {"email", "letter", "lrar"}:
                for channel in filter(None, (step["channel"], step.get("fallback_channel"))):
                    template_for(step["template"], channel, strategy["audience"])


def test_an_unwritten_text_is_refused_by_name():
    with pytest.raises(Refused) as caught:
        template_for("mise_en_demeure", "email", "professional")
    assert "mise_en_demeure" in caught.value.message


def test_one_claim_speaks_in_the_singular_several_in_the_plural():
    one = written("relance_1", claims=(claim_line(1),))
    several = written("relance_1")
    assert "la somme suivante n’a pas été réglée à son échéance" in words(one)
    assert "les sommes suivantes n’ont pas été réglées à leur échéance" in words(several)
    assert one.subject.endswith("1\u00a0facture, 4\u202f123,50\u00a0€")


def test_claims_are_called_what_they_are():
    rents = tuple(claim_line(n, kind="rent") for n in (1, 2))
    assert "2\u00a0loyers" in written("relance_1", claims=rents).subject
    mixed = (claim_line(1, kind="rent"), claim_line(2))
    assert "2\u00a0créances" in written("relance_1", claims=mixed).subject


def test_what_is_not_claimed_is_not_announced():
    bare = written("relance_2", accessories=Accessories())
    assert "pénalités" not in words(bare)
    assert "pénalités" in words(written("relance_2", accessories=ACCESSORIES))


def test_values_are_never_read_as_template_text():
    sender = demand().sender
    hostile = demand(
        sender=type(sender)(name="{total} [payment]\n\n[claims]", address=sender.address),
        payment=None,
    )
    letter = render(template_for("relance_1", "letter", "professional"), hostile)
    assert "{total} [payment]" in words(letter)
    assert sum(isinstance(block, PaymentBox) for block in letter.blocks) == 1


def test_an_empty_line_of_contact_leaves_no_blank():
    sender = demand().sender
    silent = demand(sender=type(sender)(name=sender.name, address=sender.address))
    letter = render(template_for("relance_1", "email", "professional"), silent)
    assert all(block.text for block in letter.blocks if isinstance(block, Paragraph))


def test_french_typography():
    assert typographic("« Payez : 10 € ! »") == "«\u00a0Payez\u00a0: 10\u00a0€\u00a0!\u00a0»"
    assert typographic("art. L. 441-10") == "art.\u00a0L.\u00a0441-10"


@pytest.mark.parametrize(
    "template", templates(), ids=lambda one: f"{one.channel}-{one.key}-{one.audience}"
)
def test_texts_are_courteous_and_well_set(template):
    text = " ".join((template.subject, *template.paragraphs))
    assert "'" not in text  # the apostrophe is ’
    assert "!" not in text
    assert not re.search(r"\bveuillez\b|\bimmédiatement\b|\bdéfavorable\b", text, re.IGNORECASE)
    assert not re.search(r"\btu\b|\bton\b|\btes\b", text)
    asked = template.nature.value in {"demand", "formal_notice"}
    assert not asked or "[claims]" in template.paragraphs
    assert "[payment]" in template.paragraphs
