"""Documents: kept once, filed without doubt or not at all, linked, moved, withdrawn, journalled."""

import io
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.contrib.postgres.search import SearchQuery
from django.db import connection

from exigible.domain.exhibits import ExhibitKind
from exigible.domain.refusals import Refused, WrongInput
from exigible.operations import exhibit_intake, exhibits
from exigible.operations.acts import By
from exigible.operations.check import check_everything
from exigible.operations.documents import path_of
from exigible.store.models import (
    Account,
    Claim,
    Exhibit,
    ExhibitArrival,
    JournalEntry,
    StoredDocument,
)
from exigible.store.models.exhibits import SEARCHED
from tests.builders import AT, TODAY, make_account, make_claim, make_creditor
from tests.exhibit_files import mail, pdf, picture

pytestmark = pytest.mark.django_db
BY = By(f"user:{uuid4()}")
LATER = AT + timedelta(minutes=11)


def drop(account: Account, *files: tuple[str, bytes], on_account: bool = False) -> UUID:
    """Drop files for an account's creditor, or on the account itself, and read them."""
    made = exhibit_intake.receive(
        [(name, io.BytesIO(content)) for name, content in files],
        creditor_id=account.creditor_id,
        account_id=account.pk if on_account else None,
        by=BY,
        at=AT,
    )
    exhibit_intake.read_drop(made, at=AT)
    return made


def outcome(made: UUID) -> list[tuple[str, str]]:
    rows = ExhibitArrival.objects.filter(drop=made).order_by("pk")
    return [(row.filename, row.status) for row in rows]


def proves(exhibit: Exhibit) -> list[str]:
    links = exhibit.links.filter(ended_at__isnull=True)
    return sorted(links.values_list("claim__ref", flat=True))


def acts(account: Account | None) -> list[str]:
    lines = JournalEntry.objects.filter(account=account, action__startswith="exhibit_")
    return list(lines.order_by("seq").values_list("action", flat=True))


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def claim(account: Account) -> Claim:
    return make_claim(account, 10_000, TODAY, ref="FA-26-0412")


def test_a_document_that_names_a_claim_is_filed_and_linked(account: Account, claim: Claim):
    drop(account, ("scan.pdf", pdf("Bon de livraison BL-77120", "Facture FA-26-0412")))
    exhibit = Exhibit.objects.get()
    assert (exhibit.account, exhibit.kind) == (account, ExhibitKind.DELIVERY)
    assert proves(exhibit) == ["FA-26-0412"]
    assert (exhibit.recorded_by, exhibit.recorded_at) == (BY.uuid, AT)
    assert acts(account) == ["exhibit_filed"]


def test_the_name_of_the_file_is_read_as_well(account: Account, claim: Claim):
    drop(account, ("BL_FA-26-0412_signé.png", picture()))
    exhibit = Exhibit.objects.get()
    assert proves(exhibit) == ["FA-26-0412"]
    assert exhibit.preview is not None


def test_what_names_the_claims_of_two_accounts_waits(account: Account, claim: Claim):
    make_claim(make_account(creditor=account.creditor), 5_000, TODAY, ref="FA-26-0999")
    drop(account, ("releve.pdf", pdf("Factures FA-26-0412 et FA-26-0999")))
    exhibit = Exhibit.objects.get()
    assert exhibit.account is None
    assert proves(exhibit) == []
    assert acts(None) == ["exhibit_received"]


def test_digits_alone_choose_no_account(account: Account):
    make_claim(account, 5_000, TODAY, ref="20260412")
    drop(account, ("photo.pdf", pdf("Lyon, 2026-04-12, tel 20260412")))
    exhibit = Exhibit.objects.get()
    assert exhibit.account is None
    exhibits.file_on([exhibit.pk], account.pk, by=BY, at=AT)
    assert proves(exhibit) == ["20260412"]  # on an account that a person chose, they tell


def test_another_creditor_s_claims_file_nothing(claim: Claim):
    other = make_account(creditor=make_creditor())
    drop(other, ("scan.pdf", pdf("Facture FA-26-0412")))
    assert Exhibit.objects.get().account is None


def test_a_message_brings_what_it_encloses_where_it_goes_itself(account: Account, claim: Claim):
    letter = mail(("BL-77120.pdf", pdf("Facture FA-26-0412")), subject="Bonjour", body="Voir joint")
    drop(account, ("message.eml", letter))
    first, second = Exhibit.objects.order_by("pk")
    assert first.account == second.account == account
    assert second.enclosing == first
    assert first.dated_on == date(2026, 11, 23)
    assert [proves(first), proves(second)] == [[], ["FA-26-0412"]]
    assert path_of(second.sha256).read_bytes() == pdf("Facture FA-26-0412")


def test_what_a_message_encloses_and_cannot_be_read_stays_inside_it(account: Account):
    made = drop(account, ("message.eml", mail(("contrat.docx", b"PK\x03\x04 word"))))
    arrival = ExhibitArrival.objects.get(drop=made)
    assert arrival.status == "kept"
    assert "contrat.docx" in arrival.note
    assert Exhibit.objects.count() == 1


def test_one_refused_file_stops_no_other(account: Account):
    made = drop(
        account,
        ("vide.pdf", b""),
        ("BL.pdf", pdf()),
        ("abîmé.pdf", b"%PDF-1.7 rien"),
        on_account=True,
    )
    assert outcome(made) == [("vide.pdf", "refused"), ("BL.pdf", "kept"), ("abîmé.pdf", "refused")]
    notes = ExhibitArrival.objects.filter(status="refused").values_list("note", flat=True)
    assert all(note.endswith(".") for note in notes)


def test_the_same_document_is_kept_once(account: Account, claim: Claim):
    drop(account, ("BL.pdf", pdf()))
    made = drop(account, ("copie de BL.pdf", pdf()), on_account=True)
    assert outcome(made) == [("copie de BL.pdf", "known")]
    assert Exhibit.objects.get().account == account  # it waited: now it is known whose it is
    elsewhere = make_account(creditor=account.creditor)
    drop(elsewhere, ("BL.pdf", pdf()), on_account=True)
    assert Exhibit.objects.get().account == account  # it does not leave where a person put it


def test_two_creditors_may_hold_the_same_document(account: Account):
    drop(account, ("CGV.pdf", pdf()))
    drop(make_account(creditor=make_creditor()), ("CGV.pdf", pdf()))
    assert Exhibit.objects.count() == 2


def test_read_again_after_a_crash_it_takes_up_where_it_was(
    account: Account, monkeypatch: pytest.MonkeyPatch
):
    letter = mail(("BL.pdf", pdf()))
    real, died = exhibit_intake._write, []

    def dies(*args: object) -> Exhibit:
        if len(died) == 1:  # between the message and what it encloses
            died.append(1)
            raise KeyboardInterrupt
        died.append(0)
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(exhibit_intake, "_write", dies)
    with pytest.raises(KeyboardInterrupt):
        drop(account, ("message.eml", letter))
    assert not Exhibit.objects.exists()
    arrival = ExhibitArrival.objects.get()
    assert arrival.status == "waiting"
    monkeypatch.setattr(exhibit_intake, "_write", real)
    exhibit_intake.read_drop(arrival.drop, at=AT)
    exhibit_intake.read_drop(arrival.drop, at=AT)  # nothing waits any more
    assert Exhibit.objects.count() == 2


def test_a_mistake_of_ours_refuses_one_file_and_says_so(
    account: Account, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    real = exhibit_intake._write

    def fails(piece: object, *args: object) -> Exhibit:
        if piece.name == "BL.pdf":  # type: ignore[attr-defined]
            raise ZeroDivisionError
        return real(piece, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(exhibit_intake, "_write", fails)
    made = drop(account, ("BL.pdf", pdf()), ("photo.png", picture()))
    assert outcome(made) == [("BL.pdf", "refused"), ("photo.png", "kept")]
    assert "was not kept" in caplog.text


def test_what_lost_its_job_is_queued_again(account: Account):
    exhibit_intake.receive(
        [("BL.pdf", io.BytesIO(pdf()))],
        creditor_id=account.creditor_id,
        queued=False,
        by=BY,
        at=AT,
    )
    assert exhibit_intake.queue_forgotten(at=AT) == 0  # too soon to say
    assert exhibit_intake.queue_forgotten(at=LATER) == 1
    assert exhibit_intake.queue_forgotten(at=LATER) == 0


def test_nothing_is_received_for_an_account_of_another_creditor(account: Account):
    with pytest.raises(WrongInput):
        exhibit_intake.receive(
            [("BL.pdf", io.BytesIO(pdf()))],
            creditor_id=make_creditor().pk,
            account_id=account.pk,
            by=BY,
            at=AT,
        )
    assert not StoredDocument.objects.exists()


def test_words_of_every_alphabet_and_length_are_kept(account: Account):
    """The worst text that fits: PostgreSQL refuses to index more than a megabyte of words."""
    words = [
        " ".join(f"{number:05x}-{number + 1:05x}" for number in range(40_000)),
        " ".join(chr(0x10400 + number % 70) + str(number) for number in range(40_000)),
        " ".join(chr(0x4E00 + number) for number in range(20_000)) * 4,
        "x" * 400_000,
        " ".join(f"http://a{number}.example/b{number}" for number in range(15_000)),
    ]
    made = drop(account, *((f"{n}.eml", mail(body=text)) for n, text in enumerate(words)))
    assert {status for _, status in outcome(made)} == {"kept"}


# ---- what people decide


@pytest.fixture
def exhibit(account: Account, claim: Claim) -> Exhibit:
    drop(account, ("BL.pdf", pdf("Facture FA-26-0412")), on_account=True)
    return Exhibit.objects.get()


def test_moved_it_leaves_its_claims_behind(exhibit: Exhibit, account: Account, claim: Claim):
    other = make_account(creditor=account.creditor)
    exhibits.file_on([exhibit.pk], other.pk, by=BY, at=AT)
    assert proves(exhibit) == []
    assert acts(account) == ["exhibit_filed", "exhibit_left"]
    assert acts(other) == ["exhibit_filed"]
    exhibits.file_on([exhibit.pk], account.pk, by=BY, at=AT)
    assert proves(exhibit) == ["FA-26-0412"]  # read again where it comes back


def test_it_is_filed_for_its_own_creditor(exhibit: Exhibit):
    with pytest.raises(WrongInput):
        exhibits.file_on([exhibit.pk], make_account(creditor=make_creditor()).pk, by=BY, at=AT)


def test_what_a_message_encloses_follows_it(account: Account):
    drop(account, ("message.eml", mail(("BL.pdf", pdf()))))
    letter = Exhibit.objects.get(media_type="message/rfc822")
    exhibits.file_on([letter.pk], account.pk, by=BY, at=AT)
    assert set(Exhibit.objects.values_list("account", flat=True)) == {account.pk}


def test_a_person_says_what_it_proves(exhibit: Exhibit, account: Account, claim: Claim):
    second = make_claim(account, 5_000, TODAY, ref="FA-26-0500")
    exhibits.link_claims(exhibit.pk, [second.pk], by=BY, at=AT)
    assert proves(exhibit) == ["FA-26-0500"]
    assert exhibit.links.count() == 2  # the first link is ended, and stays
    elsewhere = make_claim(make_account(creditor=account.creditor), 1_000, TODAY, ref="FA-1")
    with pytest.raises(WrongInput):
        exhibits.link_claims(exhibit.pk, [elsewhere.pk], by=BY, at=AT)


def test_a_person_says_what_it_is(exhibit: Exhibit, account: Account):
    assert exhibits.classify([exhibit.pk], "order", by=BY, at=AT) == 1
    assert exhibits.classify([exhibit.pk], "order", by=BY, at=AT) == 0
    exhibit.refresh_from_db()
    assert (exhibit.kind, exhibit.guessed_from) == ("order", "")
    assert acts(account) == ["exhibit_filed", "exhibit_classified"]
    with pytest.raises(WrongInput):
        exhibits.classify([exhibit.pk], "licorne", by=BY, at=AT)


def test_withdrawn_it_stays_in_the_records_and_may_come_back(exhibit: Exhibit, account: Account):
    with pytest.raises(WrongInput):
        exhibits.withdraw([exhibit.pk], reason="  ", by=BY, at=AT)
    assert exhibits.withdraw([exhibit.pk], reason="mauvais client", by=BY, at=AT) == 1
    assert proves(exhibit) == []
    assert acts(account)[-1] == "exhibit_withdrawn"
    with pytest.raises(Refused):
        exhibits.link_claims(exhibit.pk, [], by=BY, at=AT)
    made = drop(account, ("BL.pdf", pdf("Facture FA-26-0412")))
    assert outcome(made) == [("BL.pdf", "kept")]
    assert Exhibit.objects.count() == 2


def test_the_check_reads_its_files_again(exhibit: Exhibit, tmp_path: Path):
    def found() -> set[str]:
        report = check_everything(at=AT, on=TODAY)
        return {finding.rule for finding in report.findings if finding.rule.startswith("document")}

    assert found() == set()
    path_of(exhibit.sha256).write_bytes(b"autre chose")
    assert found() == {"document_altered"}
    assert exhibit.preview is not None
    path_of(exhibit.preview.sha256).unlink()
    assert found() == {"document_altered", "document_missing"}


def test_a_search_of_words_reads_their_index(exhibit: Exhibit):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        found = Exhibit.objects.annotate(words=SEARCHED).filter(
            words=SearchQuery("x", config="french")
        )
        assert "exhibit_words" in found.values("pk").explain()
