"""The gate: every refusal has its article and its way out, and lawful letters pass."""

from dataclasses import replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from exigible.channels.templates import templates
from exigible.domain.compliance import Outgoing, earliest_moment, refusals
from exigible.domain.correspondence import Accessories, Agency, Correspondence, EarlierLetter
from tests.correspondence import ACCESSORIES, ON, claim_line, demand, written

PARIS = ZoneInfo("Europe/Paris")
AGENCY = Agency(name="Rive Droite Recouvrement", address=("5 rue Lafayette", "75009 Paris"))


def codes(letter: Correspondence, channel: str = "letter", **known: object) -> list[str]:
    outgoing = Outgoing(correspondence=letter, channel=channel, **known)
    found = list(refusals(outgoing))
    assert all(refusal.message.endswith(".") for refusal in found)
    return [refusal.code for refusal in found]


@pytest.mark.parametrize(
    "template", templates(), ids=lambda one: f"{one.channel}-{one.key}-{one.audience}"
)
def test_every_shipped_text_is_lawful_for_whom_it_is_written(template):
    kind = template.audience if template.audience != "any" else "consumer"
    sums = ACCESSORIES if template.prints_accessories else Accessories()
    letter = written(template.key, template.channel, debtor_kind=kind, accessories=sums)
    assert codes(letter, "lrar" if template.channel == "letter" else "email") == []


def test_a_professional_text_sent_to_a_consumer_is_refused():
    letter = written("mise_en_demeure", debtor_kind="professional")
    to_consumer = replace(letter, audience="consumer", demand=demand(debtor_kind="consumer"))
    assert "forbidden_to_consumer" in codes(to_consumer)


@pytest.mark.parametrize(
    "sums",
    [
        Accessories(fixed_indemnity_cents=4_000),
        Accessories(costs_cents=1_500),
        Accessories(penalty_clause_cents=10_000),
    ],
)
def test_a_consumer_owes_no_fee_no_indemnity_no_penalty(sums):
    letter = written("relance_2", debtor_kind="consumer", accessories=sums)
    assert "fee_to_consumer" in codes(letter)


def test_no_cost_is_claimed_from_anyone_without_a_title():
    letter = written("relance_2", accessories=Accessories(costs_cents=1_500))
    assert codes(letter) == ["costs_without_title"]
    assert codes(letter, has_title=True) == []


@pytest.mark.parametrize(
    "words",
    [
        "Nous procéderons à la saisie de vos comptes.",
        "Nous ferons saisir vos biens.",
        "Un huissier se présentera chez vous.",
        "COMMANDEMENT DE PAYER",
        "Cette lettre interrompt la prescription.",
        "Vous serez inscrit au FICP.",
    ],
)
def test_threats_that_need_a_title_are_refused(words):
    letter = written("relance_2")
    assert codes(replace(letter, prose=letter.prose + "\n" + words)) == ["forbidden_threat"]


def test_a_debtor_called_like_a_threat_is_still_written_to():
    facts = demand(recipient=replace(demand().recipient, name="Saisie & Huissier SARL"))
    letter = replace(written("relance_2"), demand=facts)
    assert codes(letter) == []


@pytest.mark.parametrize(
    "lack",
    [
        {"ref": ""},
        {"issued_on": None},
        {"due_on_derived": True},
        {"detail_unknown": True},
    ],
)
def test_a_mise_en_demeure_wants_number_date_and_certain_due_date(lack):
    claims = (claim_line(1), claim_line(2, **lack))
    assert codes(written("mise_en_demeure", claims=claims)) == ["claim_incomplete"]
    assert codes(written("relance_1", claims=claims)) == []


def test_a_mise_en_demeure_wants_an_address_and_says_so_once():
    nowhere = replace(demand().recipient, address=())
    assert codes(written("mise_en_demeure", recipient=nowhere)) == ["no_address"]


def test_a_reminder_is_not_a_mise_en_demeure():
    letter = replace(written("relance_2"), nature=written("mise_en_demeure").nature)
    assert codes(letter) == ["not_a_formal_notice"]


def test_after_an_opening_judgment_only_later_debts_are_claimed():
    letter = written("relance_1", claims=(claim_line(1),))
    assert codes(letter, insolvency_opened_on=date(2026, 9, 1)) == ["insolvency_stay"]
    # The invoice is of 1 July: a judgment of the same day does not reach it (C. com. L. 622-17).
    assert codes(letter, insolvency_opened_on=date(2026, 7, 1)) == []
    assert codes(letter, insolvency_opened_on=date(2026, 12, 1)) == []


def test_an_unknown_debtor_gets_nothing_automatic_and_no_accessory():
    letter = written("relance_1", debtor_kind="unknown")
    assert codes(letter) == []
    assert codes(letter, automatic=True) == ["unknown_kind"]
    dear = written("relance_1", debtor_kind="unknown", accessories=ACCESSORIES)
    assert codes(dear) == ["accessories_to_unknown"]
    assert "unknown_kind" in codes(written("mise_en_demeure", debtor_kind="unknown"))


@pytest.mark.parametrize(
    ("field", "named"),
    [("address", "l’adresse"), ("siren", "SIREN"), ("legal_line", "pied de page")],
)
def test_who_writes_is_told(field, named):
    sender = replace(demand().sender, **{field: () if field == "address" else ""})
    outgoing = Outgoing(correspondence=written(sender=sender), channel="letter")
    [refusal] = refusals(outgoing)
    assert refusal.article == "C. com. art. R. 123-237"
    assert named in refusal.message


def test_a_private_landlord_needs_neither_siren_nor_legal_line():
    sender = replace(demand().sender, kind="individual", siren="", legal_line="")
    assert codes(written("relance_1", sender=sender)) == []


def test_an_agency_writes_first_by_letter_with_all_its_mentions():
    letter = written("relance_1", agency=AGENCY)
    assert codes(letter) == []
    mail = written("relance_1", "email", agency=AGENCY)
    assert codes(mail, "email") == ["agency_letter_first"]
    earlier = EarlierLetter(reference="411ELAN/900", sent_on=date(2026, 10, 3))
    assert (
        codes(written("relance_1", "email", agency=AGENCY, earlier_letter=earlier), "email") == []
    )
    assert codes(written("relance_1", agency=AGENCY, payment=None)) == ["agency_mentions"]
    silent = replace(letter, blocks=letter.blocks[:-1])  # without L. 111-8
    assert codes(silent) == ["agency_mentions"]


def test_nothing_is_asked_when_nothing_is_left():
    claims = (claim_line(1, set_aside_cents=412_350),)
    assert codes(written("relance_1", claims=claims)) == ["nothing_due"]


@pytest.mark.parametrize(
    ("kind", "earlier", "refused"),
    [
        ("consumer", [date(2026, 11, 17)], True),  # six days ago
        ("consumer", [date(2026, 11, 16)], False),  # seven
        ("professional", [date(2026, 11, 20)] * 2, False),
        ("professional", [date(2026, 11, 20)] * 3, True),
    ],
)
def test_demands_are_spaced(kind, earlier, refused):
    letter = written("relance_1", debtor_kind=kind)
    assert codes(letter, earlier_demands=earlier) == (["too_many_messages"] if refused else [])
    formal = written("mise_en_demeure", debtor_kind=kind)
    assert codes(formal, earlier_demands=earlier) == []
    assert codes(letter, earlier_demands=earlier, is_copy=True) == []


@pytest.mark.parametrize(
    ("at", "kind", "no_contact_before", "leaves"),
    [
        (datetime(2026, 11, 23, 5, 30), "consumer", None, datetime(2026, 11, 23, 8)),
        (datetime(2026, 11, 23, 5, 30), "unknown", None, datetime(2026, 11, 23, 8)),
        (datetime(2026, 11, 23, 5, 30), "professional", None, datetime(2026, 11, 23, 5, 30)),
        (datetime(2026, 11, 23, 5, 30), "professional", time(9, 15), datetime(2026, 11, 23, 9, 15)),
        (datetime(2026, 11, 28, 20, 1), "consumer", None, datetime(2026, 11, 30, 8)),  # Saturday
        (datetime(2026, 11, 11, 12, 0), "consumer", None, datetime(2026, 11, 12, 8)),  # armistice
        (datetime(2026, 11, 23, 20, 0), "consumer", None, datetime(2026, 11, 23, 20, 0)),
    ],
)
def test_private_people_are_written_to_at_civil_hours(at, kind, no_contact_before, leaves):
    moment = earliest_moment(at.replace(tzinfo=PARIS), kind, no_contact_before=no_contact_before)
    assert moment == leaves.replace(tzinfo=PARIS)
    assert ON.weekday() == 0
