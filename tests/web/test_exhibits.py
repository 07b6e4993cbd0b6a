"""*Pièces*: dropped, read, found by their words, filed, linked; and what claims lack."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob
from python_calamine import load_workbook

from exigible.domain.roles import Role
from exigible.operations import exhibit_intake, exhibits
from exigible.operations.acts import By
from exigible.operations.documents import store_document
from exigible.store.models import (
    Channel,
    Claim,
    Contact,
    EInvoice,
    Exhibit,
    ExhibitArrival,
    ImportBatch,
    Message,
    MessageStatus,
    Portfolio,
)
from exigible.store.queries import exhibits as reads
from exigible.web.forms import exhibits as exhibit_forms
from tests.builders import make_account, make_claim
from tests.exhibit_files import mail, pdf
from tests.factories import WORLD_DAY, World, make_user
from tests.web.conftest import NOW

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def keep(
    world: World, name: str, content: bytes, *, account: str = "", by: By | None = None
) -> Exhibit:
    """Keep a document, on an account or in the general inbox."""
    drop = exhibit_intake.receive(
        [(name, io.BytesIO(content))],
        creditor_id=world.creditor.pk,
        account_id=world.accounts[account].pk if account else None,
        queued=False,
        by=by or By.user(world.collector),
        at=NOW,
    )
    exhibit_intake.read_drop(drop, at=NOW)
    exhibit = ExhibitArrival.objects.get(drop=drop).exhibit
    assert exhibit is not None
    return exhibit


def upload(client: Client, address: str, *files: tuple[str, bytes], **fields: object) -> Any:
    sent = [SimpleUploadedFile(name, content) for name, content in files]
    return client.post(address, {"files": sent, **fields})


# ---- receiving


def test_a_drop_is_received_queued_and_followed(world: World, collector: Client):
    answer = upload(
        collector,
        reverse("exhibits"),
        ("BL.pdf", pdf("Bon de livraison")),
        ("notes.docx", b"PK\x03\x04"),
        creditor=world.creditor.pk,
    )
    arrival = ExhibitArrival.objects.order_by("pk")[0]
    followed = reverse("exhibit_drop", args=[arrival.drop])
    assert answer.url == followed
    assert ProcrastinateJob.objects.filter(
        task_name="exigible.jobs.read_exhibits", args={"drop": str(arrival.drop)}
    ).exists()
    page = collector.get(followed).content.decode()
    assert "0 / 2" in page
    assert "every 1s" in page
    assert "2 documents reçus sont en cours de lecture" in collector.get(
        reverse("exhibits")
    ).content.decode().replace("\u00a0", " ")
    exhibit_intake.read_drop(arrival.drop, at=NOW)
    page = collector.get(followed).content.decode().replace("\u00a0", " ")
    assert "1 pièce gardée, 1 refusée." in page
    assert "every 1s" not in page


def test_a_drop_is_undone_whole_unless_someone_used_it(world: World, collector: Client):
    account = world.accounts["morvelec"]
    claim = account.claims.order_by("pk")[0]
    answer = upload(
        collector,
        reverse("account_exhibits", args=[account.pk]),
        ("BL.pdf", pdf("Bon de livraison")),
        ("CGV.pdf", pdf("Conditions générales")),
    )
    drop = ExhibitArrival.objects.order_by("pk")[0].drop
    undo = reverse("exhibit_drop_undo", args=[drop])
    assert "en cours de lecture" in collector.get(undo).content.decode()
    exhibit_intake.read_drop(drop, at=NOW)
    assert "Annuler ce dépôt" in collector.get(answer.url).content.decode()
    one = Exhibit.objects.order_by("pk")[0]
    exhibits.link_claims(one.pk, [claim.pk], by=By.job("test"), at=NOW)
    refused = collector.post(undo, {"reason": "mauvais compte"})
    assert refused.status_code == 422
    assert "a été rattachée par quelqu’un" in refused.content.decode().replace("\xa0", " ")
    exhibits.link_claims(one.pk, [], by=By.job("test"), at=NOW)
    assert "2 pièces retirées" in collector.get(undo).content.decode().replace("\xa0", " ")
    collector.post(undo, {"reason": "mauvais compte"})
    assert set(Exhibit.objects.values_list("withdrawn_reason", flat=True)) == {"mauvais compte"}
    assert "Annuler ce dépôt" not in collector.get(answer.url).content.decode()


def test_one_document_followed_to_its_end_is_opened(world: World, collector: Client):
    exhibit = keep(world, "BL.pdf", pdf())
    drop = ExhibitArrival.objects.get().drop
    answer = collector.get(reverse("exhibit_drop", args=[drop]), headers=HTMX)
    assert answer["HX-Redirect"] == reverse("exhibit", args=[exhibit.pk])


def test_dropped_on_an_account_it_is_filed_there(world: World, collector: Client):
    account = world.accounts["morvelec"]
    answer = upload(collector, reverse("account_exhibits", args=[account.pk]), ("BL.pdf", pdf()))
    arrival = ExhibitArrival.objects.get()
    assert answer.url == reverse("exhibit_drop", args=[arrival.drop])
    exhibit_intake.read_drop(arrival.drop, at=NOW)
    page = collector.get(reverse("account", args=[account.pk]) + "?onglet=pieces")
    assert "BL.pdf" in page.content.decode()
    timeline = collector.get(reverse("account", args=[account.pk]) + "?onglet=chronologie")
    assert "Pièce reçue" in timeline.content.decode()


@pytest.mark.parametrize(
    ("limit", "value", "words"),
    [
        ("MOST_FILES", 1, "Vous avez choisi 2 fichiers"),
        ("MAX_FILE", 10, "dépasse"),
        ("MOST_BYTES", 10, "Ensemble"),
    ],
)
def test_beyond_measure_nothing_is_received(
    world: World,
    collector: Client,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    value: int,
    words: str,
):
    monkeypatch.setattr(exhibit_forms, limit, value)
    answer = upload(
        collector,
        reverse("exhibits"),
        ("a.pdf", pdf("a")),
        ("b.pdf", pdf("b")),
        creditor=world.creditor.pk,
    )
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not ExhibitArrival.objects.exists()


def test_nothing_is_dropped_on_another_s_creditor(world: World, collector: Client):
    answer = upload(
        collector, reverse("exhibits"), ("BL.pdf", pdf()), creditor=world.other_creditor.pk
    )
    assert answer.status_code == 422
    theirs = reverse("account_exhibits", args=[world.accounts["ailleurs"].pk])
    assert upload(collector, theirs, ("BL.pdf", pdf())).status_code == 404
    assert not ExhibitArrival.objects.exists()


def test_who_only_reads_drops_nothing(world: World, sign_in: Callable[[Role], Client]):
    auditor = sign_in(Role.AUDITOR)
    assert "data-upload" not in auditor.get(reverse("exhibits")).content.decode()
    answer = upload(auditor, reverse("exhibits"), ("BL.pdf", pdf()), creditor=world.creditor.pk)
    assert answer.status_code == 404


# ---- finding


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("palette", True),  # palettes: a word is found in all its forms
        ("réserves émises", True),
        ('"réserve émise"', False),
        ("-palette", False),
        ("BL_77", True),
        ("morvelec.example", True),
        ("Morvélec", True),
        ("lune", False),
        ("', (&|!", False),
    ],
)
def test_a_document_is_found_by_its_words(world: World, collector: Client, typed: str, found: bool):
    keep(
        world,
        "BL_77.eml",
        mail(subject="Livraison", body="Douze palettes reçues, avec des réserves dûment émises"),
        account="morvelec",
    )
    page = collector.get(reverse("exhibits"), {"q": typed})
    assert page.status_code == 200
    assert ("Livraison</a>" in page.content.decode()) == found


def test_filters_and_views(world: World, collector: Client):
    keep(world, "CGV.pdf", pdf("Conditions générales"))
    keep(world, "BL.pdf", pdf("Bon de livraison"), account="morvelec")

    def shown(query: str) -> list[str]:
        page = collector.get(f"{reverse('exhibits')}?{query}").content.decode()
        return [name for name in ("CGV.pdf", "BL.pdf") if f">{name}</a>" in page]

    assert shown("") == ["CGV.pdf", "BL.pdf"]
    assert shown("compte=aucun") == ["CGV.pdf"]
    assert shown("nature=delivery") == ["BL.pdf"]
    assert shown("nature=devinee&tri=nom") == ["CGV.pdf", "BL.pdf"]
    assert shown("creance=aucune&compte=aucun") == ["CGV.pdf"]
    assert collector.get(f"{reverse('exhibits')}?tri=licorne").status_code == 404


def test_what_waits_is_counted_in_the_menu(
    world: World, collector: Client, sign_in: Callable[[Role], Client]
):
    keep(world, "CGV.pdf", pdf("Conditions générales"))
    assert reads.waiting_count(world.collector) == 1


def test_the_list_costs_the_same_whatever_its_length(
    world: World, collector: Client, django_assert_max_num_queries: Callable[[int], Any]
):
    for number in range(4):
        keep(world, f"BL {number}.pdf", pdf(f"Bon {number}"), account="morvelec")
    with django_assert_max_num_queries(22):
        collector.get(reverse("exhibits"))


def test_the_export_takes_what_is_ticked(world: World, collector: Client):
    first = keep(world, "=CMD().pdf", pdf("a"), account="morvelec")
    keep(world, "b.pdf", pdf("b"))
    answer = collector.post(reverse("export_exhibits"), {"piece": [first.pk], "requete": ""})
    rows = load_workbook(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert [row[1] for row in rows[1:]] == ["=CMD().pdf"]
    assert b"<f>" not in answer.content


# ---- who sees what


def test_a_document_of_nobody_is_shown_to_who_sees_every_portfolio(world: World):
    exhibit = keep(world, "CGV.pdf", pdf("Conditions générales"))
    other = Portfolio.objects.create(creditor=world.creditor, name="Sud")
    partial = make_user(Role.COLLECTOR, email="sud@armorial.example")
    partial.portfolios.set([other])
    client = Client()
    client.force_login(partial)
    assert exhibit not in reads.visible(partial)
    for name in ("exhibit", "exhibit_file", "exhibit_preview"):
        assert client.get(reverse(name, args=[exhibit.pk])).status_code == 404
    drop = ExhibitArrival.objects.get().drop
    assert client.get(reverse("exhibit_drop", args=[drop])).status_code == 404
    client.post(
        reverse("exhibits_in_bulk", args=["retirer"]),
        {"piece": [exhibit.pk], "fait": "1", "reason": "voir"},
    )
    exhibit.refresh_from_db()
    assert exhibit.withdrawn_at is None


def test_who_dropped_it_follows_it_even_where_it_waits_for_others(world: World):
    partial = make_user(Role.COLLECTOR, email="sud@armorial.example")
    partial.portfolios.set([Portfolio.objects.create(creditor=world.creditor, name="Sud")])
    exhibit = keep(world, "CGV.pdf", pdf("Conditions générales"), by=By.user(partial))
    client = Client()
    client.force_login(partial)
    page = client.get(reverse("exhibit_drop", args=[ExhibitArrival.objects.get().drop]))
    assert "Gardée" in page.content.decode()
    assert reverse("exhibit", args=[exhibit.pk]) not in page.content.decode()


def test_a_document_leaves_as_a_download(world: World, collector: Client):
    exhibit = keep(world, "BL <b>.pdf", pdf(), account="morvelec")
    answer = collector.get(reverse("exhibit_file", args=[exhibit.pk]))
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert b"".join(answer.streaming_content) == pdf()
    picture = collector.get(reverse("exhibit_preview", args=[exhibit.pk]))
    assert picture["Content-Type"] == "image/png"
    assert picture["X-Content-Type-Options"] == "nosniff"


# ---- acts


def act(client: Client, verb: str, *exhibits_: Exhibit, **fields: object) -> Any:
    return client.post(
        reverse("exhibits_in_bulk", args=[verb]),
        {"piece": [one.pk for one in exhibits_], "requete": "", **fields},
        headers=HTMX,
    )


def test_a_document_is_filed_by_a_name(world: World, collector: Client):
    exhibit = keep(world, "CGV.pdf", pdf("Conditions générales"))
    assert "CGV.pdf" in act(collector, "compte", exhibit).content.decode()
    answer = act(collector, "compte", exhibit, fait="1", account="morvelec")
    assert answer.status_code == 200
    exhibit.refresh_from_db()
    assert exhibit.account == world.accounts["morvelec"]
    answer = act(collector, "compte", exhibit, fait="1", account="introuvable")
    assert answer.status_code == 422
    assert act(collector, "compte", exhibit, fait="1", account="").status_code == 422


def test_several_accounts_of_a_name_are_offered(world: World, collector: Client):
    exhibit = keep(world, "CGV.pdf", pdf("Conditions générales"))
    twin = make_account(creditor=world.creditor, debtor=world.account("morvelec").debtor)
    answer = act(collector, "compte", exhibit, fait="1", account="morvelec")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert twin.number in page
    answer = act(collector, "compte", exhibit, fait="1", chosen=twin.pk, account="")
    assert answer.status_code == 200
    exhibit.refresh_from_db()
    assert exhibit.account == twin


def test_a_document_is_not_filed_on_an_account_one_does_not_see(world: World, collector: Client):
    exhibit = keep(world, "CGV.pdf", pdf("Conditions générales"))
    theirs = world.accounts["ailleurs"]
    for fields in ({"chosen": theirs.pk}, {"account": theirs.number}):
        assert act(collector, "compte", exhibit, fait="1", **fields).status_code == 422
    exhibit.refresh_from_db()
    assert exhibit.account is None


def test_the_account_a_document_speaks_of_is_proposed(world: World, collector: Client):
    account = world.account("morvelec")
    address = Contact.objects.filter(debtor=account.debtor).exclude(email="").first()
    assert address is not None
    letter = mail(subject="Bonjour").replace(b"compta@morvelec.example", address.email.encode())
    exhibit = keep(world, "message.eml", letter)
    page = act(collector, "compte", exhibit).content.decode()
    assert "est l’un de ses contacts" in page
    siren = account.debtor.siren
    if siren:
        spaced = f"{siren[:3]} {siren[3:6]} {siren[6:]}"
        contract = keep(world, "contrat.pdf", pdf(f"RCS {spaced}"))
        assert "son SIREN" in act(collector, "compte", contract).content.decode()


def test_the_kind_is_confirmed_at_once(world: World, collector: Client):
    exhibit = keep(world, "BL.pdf", pdf("Bon de livraison"), account="morvelec")
    assert "À confirmer" in collector.get(reverse("exhibit", args=[exhibit.pk])).content.decode()
    assert act(collector, "nature", exhibit, fait="1", kind="delivery").status_code == 200
    assert act(collector, "nature", exhibit, fait="1", kind="licorne").status_code == 422
    exhibit.refresh_from_db()
    assert (exhibit.kind, exhibit.guessed_from) == ("delivery", "")


def test_a_document_is_linked_then_withdrawn(world: World, collector: Client):
    exhibit = keep(world, "BL.pdf", pdf("Bon de livraison"), account="morvelec")
    claim = world.accounts["morvelec"].claims.first()
    assert claim is not None
    address = reverse("link_exhibit", args=[exhibit.pk])
    assert str(claim) in collector.get(address).content.decode()
    collector.post(address, {"creance": [claim.pk]})
    assert reads.claims_of([exhibit]) == {exhibit.pk: [claim]}
    foreign = world.accounts["ailleurs"].claims.first() or make_claim(
        world.accounts["ailleurs"], 1000, WORLD_DAY
    )
    assert collector.post(address, {"creance": [foreign.pk]}).status_code == 422
    assert act(collector, "retirer", exhibit, fait="1", reason="").status_code == 422
    assert act(collector, "retirer", exhibit, fait="1", reason="doublon").status_code == 200
    assert collector.get(reverse("exhibit", args=[exhibit.pk])).status_code == 404


def test_without_script_everything_is_a_page(world: World, collector: Client):
    exhibit = keep(world, "CGV.pdf", pdf("Conditions générales"), account="morvelec")
    assert collector.get(reverse("link_exhibit", args=[exhibit.pk])).status_code == 200
    page = collector.get(reverse("account_exhibits", args=[world.accounts["morvelec"].pk]))
    assert "data-upload" in page.content.decode()


# ---- what a judge would ask for


def lacking(world: World, claim: Claim) -> list[str]:
    [row] = reads.lacking([claim])
    listed = reads.claims_to_prove(
        world.collector, late_on=WORLD_DAY, account_id=claim.account_id
    ).filter(pk=claim.pk)
    assert listed.exists() == bool(row.needs)  # the list and the row say the same
    for need in ("agreement", "performance", "invoice", "formal_notice"):
        alone = reads.claims_to_prove(
            world.collector, late_on=WORLD_DAY, account_id=claim.account_id, need_id=need
        ).filter(pk=claim.pk)
        assert alone.exists() == (need in {one.id for one in row.needs})
    return [need.id for need in row.needs]


def test_what_is_missing_goes_as_documents_come(world: World, collector: Client):
    account = make_account(creditor=world.creditor)
    world.accounts["neuf"] = account
    claim = make_claim(account, 5_000, WORLD_DAY - timedelta(days=9), ref="FA-NEUF-1")
    by = By.user(world.collector)
    assert lacking(world, claim) == ["agreement", "performance", "invoice", "formal_notice"]
    keep(world, "facture.pdf", pdf("Facture FA-NEUF-1"))
    keep(world, "BL.pdf", pdf("Bon de livraison, facture FA-NEUF-1"))
    assert lacking(world, claim) == ["agreement", "formal_notice"]
    contract = keep(world, "contrat.pdf", pdf("Contrat cadre"), account="neuf")
    assert lacking(world, claim) == ["formal_notice"]  # a contract serves every claim
    notice = keep(world, "mise en demeure.pdf", pdf("x"), account="neuf")
    exhibits.link_claims(notice.pk, [claim.pk], by=by, at=NOW)
    assert lacking(world, claim) == []
    exhibits.withdraw([contract.pk], reason="caduc", by=by, at=NOW)
    assert lacking(world, claim) == ["agreement"]
    page = collector.get(reverse("missing_exhibits"), {"q": "FA-NEUF-1"}).content.decode()
    assert "FA-NEUF-1" in page
    assert "La commande ou le contrat" in page
    assert "C. civ. art. 1353" in page
    page = collector.get(
        reverse("missing_exhibits"), {"q": "FA-NEUF-1", "manque": "invoice"}
    ).content.decode()
    assert "Aucune créance" in page
    sheet = collector.get(reverse("export_missing_exhibits"), {"q": "FA-NEUF-1"})
    rows = load_workbook(io.BytesIO(sheet.content)).get_sheet_by_index(0).to_python()
    assert rows[1][2] == "FA-NEUF-1"
    assert rows[1][5] == "la commande ou le contrat"


def test_an_electronic_invoice_and_a_notice_that_left_are_known_without_a_file(world: World):
    account = make_account(creditor=world.creditor)
    claim = make_claim(account, 5_000, WORLD_DAY - timedelta(days=9), ref="FA-NEUF-2")
    kept = store_document(b"<Invoice/>", name="f.xml", media_type="application/xml", at=NOW)
    invoice = EInvoice(
        creditor=world.creditor,
        account=account,
        claim=claim,
        batch=ImportBatch.objects.create(
            creditor=world.creditor, format="einvoices", created_at=NOW
        ),
        document=kept,
        sha256=kept.sha256,
        number="FA-NEUF-2",
        number_key="faneuf2",
        issued_on=WORLD_DAY,
        amount_cents=5_000,
        recorded_at=NOW,
    )
    invoice.save()
    assert lacking(world, claim) == ["agreement", "performance", "formal_notice"]
    notice = Message.objects.create(
        account=account, channel=Channel.LETTER, is_formal_notice=True, created_at=NOW
    )
    notice.claims.add(claim)
    assert "formal_notice" in lacking(world, claim)  # it has not left
    Message.objects.filter(pk=notice.pk).update(
        status=MessageStatus.SENT, document=kept, sent_at=NOW
    )
    assert lacking(world, claim) == ["agreement", "performance"]


def test_another_portfolio_s_claims_are_not_reported(world: World, collector: Client):
    claim = make_claim(world.accounts["ailleurs"], 5_000, WORLD_DAY - timedelta(days=9))
    page = collector.get(reverse("missing_exhibits"), {"q": claim.ref}).content.decode()
    assert "Aucune créance" in page
