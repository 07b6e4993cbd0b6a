"""Creditors and their bank accounts: what is checked, what is refused, what the journal keeps."""

import struct
import zlib

import pytest

from exigible.domain.refusals import Refused, WrongInput
from exigible.operations import creditors
from exigible.operations.acts import By
from exigible.operations.creditors import CreditorFacts
from exigible.operations.documents import read_document
from exigible.store.models import AccountFigures, Creditor, JournalEntry
from tests.builders import AT, TODAY, make_account, make_creditor

BY = By.job("test")
pytestmark = pytest.mark.django_db
IBAN, OTHER_IBAN = "FR1420041010050500013M02606", "DE89370400440532013000"


def png(width: int = 120, height: int = 40) -> bytes:
    """Return a grey PNG, made by hand: header, one stream of rows, end."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


@pytest.fixture(autouse=True)
def _documents(settings, tmp_path):
    settings.DOCUMENTS_FOLDER = tmp_path


def test_a_new_creditor_has_a_portfolio_and_clean_fields():
    creditor = creditors.create_creditor(
        CreditorFacts(
            name="  Négoce Armorial ",
            siren="732 829 320",
            address="4 rue des Tanneurs\n\n 35000 Rennes ",
            customer_prefixes=["416", "411", "411"],
        ),
        by=BY,
        at=AT,
    )
    creditor.refresh_from_db()
    assert creditor.name == "Négoce Armorial"
    assert creditor.siren == "732829320"
    assert creditor.address == "4 rue des Tanneurs\n35000 Rennes"
    assert creditor.customer_prefixes == ["411", "416"]
    assert creditor.portfolios.count() == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"siren": "732829321"}, "siren"),  # the last digit is a key: 0, not 1
        ({"email": "recouvrement"}, "email"),
        ({"phone": "appelez-nous"}, "phone"),
        ({"address": "\n".join("abcdefg")}, "address"),  # seven lines
        ({"address": "x" * 61}, "address"),
        ({"term_days": 366}, "term_days"),
        ({"term_method": "someday"}, "term_method"),
        ({"clause_rate": 0}, "clause_rate"),
        ({"clause_rate": 1_000_001}, "clause_rate"),
        ({"customer_prefixes": ["512"]}, "customer_prefixes"),
        ({"customer_prefixes": []}, "customer_prefixes"),
        ({"agency_address": "1 rue X"}, "agency_name"),
        ({"agency_name": "Recouvrance"}, "agency_address"),
        ({"kind": "king"}, "kind"),
    ],
)
def test_what_is_wrong_is_refused_at_its_field(fields: dict[str, object], field: str):
    with pytest.raises(WrongInput) as refused:
        creditors.create_creditor(
            CreditorFacts(**{"name": "Négoce Armorial", **fields}), by=BY, at=AT
        )
    assert refused.value.field == field
    assert not Creditor.objects.exists()


def test_a_siren_serves_one_creditor():
    creditors.create_creditor(CreditorFacts(name="A", siren="732829320"), by=BY, at=AT)
    with pytest.raises(WrongInput) as refused:
        creditors.create_creditor(CreditorFacts(name="B", siren="732829320"), by=BY, at=AT)
    assert refused.value.field == "siren"


def test_the_journal_keeps_both_values_of_the_terms():
    creditor = creditors.create_creditor(CreditorFacts(name="A"), by=BY, at=AT)
    creditors.change_creditor(
        creditor.pk, CreditorFacts(name="A", term_days=45, clause_rate=120_000), by=BY, at=AT
    )
    line = JournalEntry.objects.get(action="creditor_changed")
    assert line.facts["terms"] == {"term_days": [30, 45], "clause_rate": [None, 120_000]}
    creditors.change_creditor(
        creditor.pk, CreditorFacts(name="A", term_days=45, clause_rate=120_000), by=BY, at=AT
    )
    assert JournalEntry.objects.filter(action="creditor_changed").count() == 1


def test_a_creditor_still_owed_is_not_archived():
    creditor = make_creditor()
    account = make_account(creditor)
    figures = AccountFigures.objects.create(
        account=account,
        creditor_id=creditor.pk,
        portfolio_id=account.portfolio_id,
        as_of=TODAY,
        balance_cents=1,
    )
    with pytest.raises(Refused):
        creditors.archive_creditor(creditor.pk, by=BY, at=AT)
    figures.balance_cents = 0
    figures.save()
    assert creditors.archive_creditor(creditor.pk, by=BY, at=AT).archived


def test_one_bank_account_is_the_default():
    creditor = make_creditor()
    first = creditors.add_bank_account(
        creditor.pk, iban=IBAN.lower(), bic="psstfrppxxx", by=BY, at=AT
    )
    assert first.iban == IBAN
    assert first.is_default
    second = creditors.add_bank_account(creditor.pk, iban=OTHER_IBAN, by=BY, at=AT)
    assert not second.is_default
    with pytest.raises(Refused):
        creditors.close_bank_account(first.pk, by=BY, at=AT)
    creditors.make_default(second.pk, by=BY, at=AT)
    creditors.close_bank_account(first.pk, by=BY, at=AT)
    first.refresh_from_db()
    assert first.closed
    assert not first.is_default
    again = creditors.add_bank_account(creditor.pk, iban=IBAN, by=BY, at=AT)
    assert again.pk == first.pk
    assert not again.closed
    assert not any(IBAN in str(line.facts) for line in JournalEntry.objects.all())


@pytest.mark.parametrize(
    ("iban", "bic", "field"),
    [
        ("FR1420041010050500013M02607", "", "iban"),  # key of another account
        ("FR14 2004", "", "iban"),
        (IBAN, "PSST", "bic"),
    ],
)
def test_a_wrong_iban_or_bic_is_refused(iban: str, bic: str, field: str):
    with pytest.raises(WrongInput) as refused:
        creditors.add_bank_account(make_creditor().pk, iban=iban, bic=bic, by=BY, at=AT)
    assert refused.value.field == field


def test_a_logo_is_kept_as_what_it_is_whatever_its_name():
    creditor = make_creditor()
    creditors.set_logo(creditor.pk, png(), name="../logo.svg\n", by=BY, at=AT)
    creditor.refresh_from_db()
    assert creditor.logo.media_type == "image/png"
    assert "\n" not in creditor.logo.name
    assert read_document(creditor.logo) == png()
    creditors.remove_logo(creditor.pk, by=BY, at=AT)
    creditor.refresh_from_db()
    assert creditor.logo is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        png()[:-5],
        png()[:45] + b"?" + png()[46:],
        png(2001, 1),
        png() + b"\0" * 1_000_000,
    ],
    ids=["empty", "svg", "cut", "damaged", "too wide", "too heavy"],
)
def test_a_logo_that_is_no_image_of_bounded_size_is_refused(content: bytes):
    creditor = make_creditor()
    with pytest.raises(WrongInput) as refused:
        creditors.set_logo(creditor.pk, content, name="logo.png", by=BY, at=AT)
    assert refused.value.field == "logo"
    creditor.refresh_from_db()
    assert creditor.logo is None
