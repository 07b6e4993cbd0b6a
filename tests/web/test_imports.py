"""*Imports*: received, queued, followed, and every refusal said with what to do."""

import io
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob
from python_calamine import load_workbook

from exigible.domain.roles import Role
from exigible.operations import imports as operations
from exigible.operations.acts import By
from exigible.operations.bank_lines import mark_matched
from exigible.operations.documents import path_of
from exigible.operations.payments import record_payment
from exigible.store.models import (
    Account,
    BankLine,
    CreditorBankAccount,
    ImportBatch,
    ImportProblem,
)
from tests.bank_text import IBAN, OTHER_IBAN, camt, ofx
from tests.factories import World
from tests.fec_text import entry, fec
from tests.web.conftest import NOW

pytestmark = pytest.mark.django_db
NAME = "552100554FEC20261231.txt"
GOOD = fec(
    entry("VE 1 20260110 FA1", "411 NOUVEAU 1200", "706 -1200"),
    entry("BQ 2 20260210 FA1", "512 200", "411 NOUVEAU -200"),
)
UNBALANCED = fec(
    entry("VE 1 20260110 FA1", "411 NOUVEAU 1200", "706 -1000"),
    entry("VE 2 20260111 FA2", "411 NOUVEAU 300", "706 -300"),
)
CUSTOMERS = "Code client;Nom;Adresse;Code postal;Ville;Type\nNOUVEAU;Nouveau SARL;1 rue Haute;29000;Quimper;entreprise\n"


@pytest.fixture
def accountant(sign_in: Callable[[Role], Client]) -> Client:
    return sign_in(Role.ACCOUNTANT)


def upload(client: Client, *files: tuple[str, str], **fields: object) -> object:
    """Post files as the page does; the creditor is the only one the person has."""
    world_creditor = fields.pop("creditor", None)
    return client.post(
        reverse("imports"),
        {
            "files": [SimpleUploadedFile(name, text.encode()) for name, text in files],
            "creditor": world_creditor or "nom",
            "format": "reconnu",
            **fields,
        },
    )


def run(batch: ImportBatch) -> ImportBatch:
    operations.run_import(batch.pk, at=NOW, progress=lambda phase, done, total: None)
    batch.refresh_from_db()
    return batch


def taken(client: Client, world: World, text: str = GOOD, **fields: object) -> ImportBatch:
    answer = upload(client, (NAME, text), creditor=world.creditor.pk, **fields)
    assert answer.status_code == 302, answer.context["form"].errors  # type: ignore[attr-defined]
    return run(ImportBatch.objects.order_by("-pk")[0])


def page_of(client: Client, batch: ImportBatch, **query: str) -> str:
    answer = client.get(reverse("import_detail", args=[batch.pk]), query)
    assert answer.status_code == 200
    return answer.content.decode().replace("\u202f", " ").replace("\xa0", " ")


def test_a_file_is_kept_queued_and_shown(world: World, accountant: Client) -> None:
    answer = upload(accountant, (NAME, GOOD), creditor=world.creditor.pk)
    batch = ImportBatch.objects.order_by("-pk")[0]
    assert answer.url == reverse("import_detail", args=[batch.pk])  # type: ignore[attr-defined]
    assert (batch.format, batch.status, batch.options) == ("fec", "waiting", {"partial": False})
    assert path_of(batch.sha256).read_bytes() == GOOD.encode()
    job = ProcrastinateJob.objects.get(task_name="exigible.jobs.run_import")
    assert job.args == {"batch_id": batch.pk}
    words = page_of(accountant, batch)
    assert "En attente" in words
    assert 'hx-trigger="every 1s"' in words


def test_what_was_understood_and_written_is_said(world: World, accountant: Client) -> None:
    words = page_of(accountant, taken(accountant, world))
    assert 'hx-trigger="every 1s"' not in words
    for said in (
        "4 lignes",
        "1 client",
        "1 créance",
        "1 règlement",
        "du 10/01/2026 au 10/02/2026",
        "31/12/2026",
        "barre verticale",
        "18 colonnes reconnues",
        "1 400,00 €",  # the debits of the file: 1 200 + 200
        "1 créance ouverte",
        "1 règlement enregistré",
    ):
        assert said in words, said


def test_the_same_file_again_has_no_effect_and_says_so(world: World, accountant: Client) -> None:
    first = taken(accountant, world)
    accounts = Account.objects.count()
    again = taken(accountant, world)
    words = page_of(accountant, again)
    assert again.status == "unchanged"
    assert "Réimporté sans effet" in words
    assert reverse("import_detail", args=[first.pk]) in words
    assert Account.objects.count() == accounts


def test_a_refusal_says_what_to_do_and_a_partial_reading_takes_the_rest(
    world: World, accountant: Client
) -> None:
    batch = taken(accountant, world, UNBALANCED)
    words = page_of(accountant, batch)
    assert batch.status == "refused"
    assert "Fichier refusé : rien n’a été enregistré." in words
    assert "Prendre ce qui est lisible" in words
    assert not Account.objects.filter(number="NOUVEAU").exists()
    address = reverse("import_partially", args=[batch.pk])
    assert "Les soldes des clients concernés" in accountant.get(address).content.decode()
    answer = accountant.post(address)
    partial = ImportBatch.objects.order_by("-pk")[0]
    assert answer.url == reverse("import_detail", args=[partial.pk])
    assert partial.document_id == batch.document_id
    run(partial)
    assert partial.status == "done"
    claims = Account.objects.get(number="NOUVEAU").claims.values_list("amount_cents", flat=True)
    assert sorted(claims) == [300_00, 1200_00]  # the entry that does not balance is taken as it is
    refused = accountant.post(reverse("import_partially", args=[partial.pk]))
    assert refused.status_code == 422


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("vide.txt", "", "vide"),
        ("binaire.txt", "\x00\x01\x02\x00" * 400, "texte"),
        ("colonnes.csv", "a;b;c\n1;2;3\n", "ne dit pas où trouver"),
        (NAME, GOOD.replace("20260110", "20250230"), "20250230"),
        (NAME, GOOD.replace("1200", "1e308"), "1e308"),
    ],
)
def test_an_absurd_file_is_refused_in_words(
    world: World, accountant: Client, name: str, content: str, said: str
) -> None:
    before = Account.objects.count()
    answer = upload(accountant, (name, content), creditor=world.creditor.pk)
    assert answer.status_code == 302  # type: ignore[attr-defined]
    batch = run(ImportBatch.objects.order_by("-pk")[0])
    assert batch.status == "refused"
    words = page_of(accountant, batch)
    assert "rien n’a été enregistré" in words
    assert said in words
    assert Account.objects.count() == before


def test_a_customer_file_is_recognised(world: World, accountant: Client) -> None:
    taken(accountant, world)
    upload(accountant, ("clients.csv", CUSTOMERS), creditor=world.creditor.pk)
    batch = run(ImportBatch.objects.order_by("-pk")[0])
    assert batch.format == "customers"
    words = page_of(accountant, batch)
    assert "code client, nom, adresse, code postal, ville, qualité" in words
    assert "1 client mis à jour" in words


def test_a_customer_file_that_meets_no_account_says_when_it_will(
    world: World, accountant: Client
) -> None:
    taken(accountant, world, GOOD.replace("NOUVEAU", "AUTRE"))  # a ledger, which opens accounts
    upload(accountant, ("clients.csv", CUSTOMERS), creditor=world.creditor.pk)
    batch = run(ImportBatch.objects.order_by("-pk")[0])
    assert batch.status == "done"
    assert "Aucun compte ne correspond encore" in page_of(accountant, batch)


def test_a_file_that_is_none_of_ours_is_not_given_a_name(world: World, accountant: Client) -> None:
    upload(accountant, ("photo.png", "\x89PNG\r\n\x1a\n\x00\x00"), creditor=world.creditor.pk)
    batch = run(ImportBatch.objects.order_by("-pk")[0])
    assert batch.status == "refused"
    assert "Contenu non reconnu" in page_of(accountant, batch)
    assert "contenu non reconnu" in accountant.get(reverse("imports")).content.decode()


def test_several_files_at_once_follow_one_another(world: World, accountant: Client) -> None:
    answer = upload(accountant, (NAME, GOOD), (NAME, GOOD + "\n"), creditor=world.creditor.pk)
    assert answer.url == reverse("imports")  # type: ignore[attr-defined]
    second, first = ImportBatch.objects.order_by("-pk")[:2]
    words = page_of(accountant, second)
    assert "les imports d’un même créancier passent l’un après l’autre" in words
    assert reverse("import_detail", args=[first.pk]) in words


def test_no_file_chosen_keeps_what_was_answered(world: World, accountant: Client) -> None:
    answer = accountant.post(
        reverse("imports"), {"creditor": world.creditor.pk, "format": "customers", "partial": "on"}
    )
    assert answer.status_code == 422
    words = answer.content.decode()
    assert "Choisissez au moins un fichier." in words
    assert '<option value="customers" selected>' in words
    assert "checked" in words


def test_the_creditor_is_read_in_the_name_or_asked_for(
    world: World, sign_in: Callable[[Role], Client]
) -> None:
    administrator = sign_in(Role.ADMINISTRATOR)
    upload(administrator, (NAME, GOOD))
    assert ImportBatch.objects.order_by("-pk")[0].creditor == world.creditor
    count = ImportBatch.objects.count()
    for name in ("export.txt", "999999999FEC20261231.txt"):
        answer = upload(administrator, (name, GOOD))
        assert answer.status_code == 422  # type: ignore[attr-defined]
        assert "Choisissez le créancier" in answer.content.decode()  # type: ignore[attr-defined]
    assert ImportBatch.objects.count() == count


def test_a_name_that_says_another_creditor_must_be_confirmed(
    world: World, sign_in: Callable[[Role], Client]
) -> None:
    administrator = sign_in(Role.ADMINISTRATOR)
    other = world.other_creditor.pk
    answer = upload(administrator, (NAME, GOOD), creditor=other)
    words = answer.content.decode()  # type: ignore[attr-defined]
    assert "porte le SIREN de Négoce Armorial" in words
    assert 'type="checkbox" name="despite_name"' in words
    upload(administrator, (NAME, GOOD), creditor=other, despite_name="on")
    assert ImportBatch.objects.order_by("-pk")[0].creditor == world.other_creditor


def test_another_creditors_imports_do_not_exist(
    world: World, accountant: Client, sign_in: Callable[[Role], Client]
) -> None:
    upload(
        sign_in(Role.ADMINISTRATOR),
        (NAME, GOOD),
        creditor=world.other_creditor.pk,
        despite_name="on",
    )
    theirs = ImportBatch.objects.order_by("-pk")[0]
    assert accountant.get(reverse("import_detail", args=[theirs.pk])).status_code == 404
    assert theirs.filename not in accountant.get(reverse("imports")).content.decode()


def test_problems_are_searched_narrowed_sorted_and_exported(
    world: World, accountant: Client
) -> None:
    batch = taken(accountant, world)
    ImportProblem.objects.filter(batch=batch).delete()
    ImportProblem.objects.bulk_create(
        ImportProblem(
            batch=batch,
            line=line,
            field="EcritureDate" if line % 2 else "Debit",
            code="x",
            message=f"Ligne {line} : la valeur ne convient pas",
            blocking=line == 140,
            excerpt="=cmd|calc" if line == 2 else "",
        )
        for line in range(2, 152)
    )

    def lines(**query: str) -> list[int]:
        answer = accountant.get(reverse("import_detail", args=[batch.pk]), query)
        return [row.line for row in answer.context["rows"]]

    first = accountant.get(reverse("import_detail", args=[batch.pk]))
    assert lines() == list(range(2, 102))
    assert lines(suite=first.context["next_cursor"]) == list(range(102, 152))
    assert lines(q="77") == [77]
    assert lines(gravite="bloquant") == [140]
    assert lines(tri="gravite")[0] == 140
    assert set(lines(champ="Debit")) <= set(range(2, 152, 2))
    answer = accountant.get(reverse("export_problems", args=[batch.pk]), {"champ": "Debit"})
    rows = load_workbook(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert rows[1][0] == 2
    assert rows[1][4] == "=cmd|calc"  # as text, never a formula
    assert len(rows) == 1 + 75
    text = b"".join(
        accountant.get(
            reverse("export_problems", args=[batch.pk]), {"q": "2", "format": "csv"}
        ).streaming_content
    ).decode()
    assert "'=cmd|calc" in text


def test_an_interrupted_import_is_run_again(world: World, accountant: Client) -> None:
    batch = taken(accountant, world)
    address = reverse("import_again", args=[batch.pk])
    accountant.post(address)
    batch.refresh_from_db()
    assert batch.status == "done"  # nothing to run again: said, not done
    ImportBatch.objects.filter(pk=batch.pk).update(status="failed", error="Import interrompu.")
    assert "Relancer l’import" in page_of(accountant, batch)
    accountant.post(address)
    batch.refresh_from_db()
    assert batch.status == "waiting"


def test_the_list_is_searched_narrowed_and_exported(world: World, accountant: Client) -> None:
    taken(accountant, world)
    taken(accountant, world, UNBALANCED)
    address = reverse("imports")
    assert accountant.get(address, {"q": "552100"}).context["count"] == 2
    assert accountant.get(address, {"etat": "refused"}).context["count"] == 1
    assert accountant.get(address, {"q": "autre"}).context["count"] == 0
    answer = accountant.get(reverse("export_imports"), {"etat": "refused"})
    rows = load_workbook(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert [row[5] for row in rows[1:]] == ["refusé"]


def test_the_file_received_is_given_back(world: World, accountant: Client) -> None:
    batch = taken(accountant, world)
    answer = accountant.get(reverse("import_file", args=[batch.pk]))
    assert b"".join(answer.streaming_content) == GOOD.encode()
    assert answer["Content-Disposition"].startswith("attachment")


def test_the_list_asks_the_database_little(
    world: World, accountant: Client, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    for _ in range(5):
        operations.receive_file(
            GOOD.encode(), name=NAME, creditor=world.creditor, by=By.job("t"), at=NOW
        )
    with django_assert_max_num_queries(22):  # type: ignore[attr-defined]
        accountant.get(reverse("imports"))


# ---- bank statements


def statement(iban: str = IBAN) -> str:
    return camt(
        [("2026-11-02", "100.00", "VIR DUPONT", "R1"), ("2026-11-03", "-9.90", "FRAIS")], iban=iban
    )


def test_a_bank_statement_is_taken_shown_and_undone(world: World, accountant: Client) -> None:
    batch = taken(accountant, world, statement())
    words = page_of(accountant, batch)
    assert batch.status == "done"
    assert "Relevé bancaire (CAMT.053)" in words
    assert "2 opérations bancaires nouvelles" in words
    assert "Total au crédit" in words
    assert "100,00" in words
    assert "attendent d’être rapprochées" in words
    address = reverse("import_undo", args=[batch.pk])
    said = accountant.get(address).content.decode().replace("\xa0", " ")
    assert "rien n’est supprimé" in said
    assert "2 opérations bancaires retirées" in said
    accountant.post(address, {"reason": "mauvais compte"})
    batch.refresh_from_db()
    assert batch.status == "undone"
    assert "Import annulé" in page_of(accountant, batch)
    assert accountant.post(address, {"reason": "encore"}).status_code == 422  # once


def test_a_matched_statement_is_not_undone_from_the_page(world: World, accountant: Client) -> None:
    batch = taken(accountant, world, statement())
    account = Account.objects.filter(creditor=world.creditor).order_by("pk")[0]
    line = BankLine.objects.get(amount_cents=10000)
    payment = record_payment(
        account.pk,
        kind="transfer",
        amount_cents=10000,
        value_date=line.booked_on,
        by=By.job("test"),
        at=NOW,
    )
    mark_matched(line.pk, [payment.pk], by=By.job("test"), at=NOW)
    assert "Annuler cet import" not in page_of(accountant, batch)
    refused = accountant.post(reverse("import_undo", args=[batch.pk]), {"reason": "essai"})
    assert refused.status_code == 422
    assert "rapprochée" in refused.content.decode()


def test_the_account_of_a_statement_is_asked_for_then_added(
    world: World, accountant: Client
) -> None:
    batch = taken(accountant, world, statement(OTHER_IBAN))
    assert batch.status == "refused"
    words = page_of(accountant, batch)
    assert "Choisir le compte bancaire" in words
    assert "Prendre ce qui est lisible" not in words
    address = reverse("import_into_account", args=[batch.pk])
    dialog = accountant.get(address).content.decode()
    assert f"{OTHER_IBAN}, à ajouter" in dialog
    assert accountant.post(address, {"account": IBAN}).status_code == 422  # not this statement's
    accountant.post(address, {"account": OTHER_IBAN})
    again = run(ImportBatch.objects.order_by("-pk")[0])
    assert (again.status, again.document_id) == ("done", batch.document_id)
    assert CreditorBankAccount.objects.filter(creditor=world.creditor, iban=OTHER_IBAN).exists()


def test_a_statement_without_iban_goes_where_the_person_says(
    world: World, accountant: Client
) -> None:
    CreditorBankAccount.objects.create(creditor=world.creditor, iban=OTHER_IBAN)
    text = ofx("<TRNTYPE>CREDIT<DTPOSTED>20261102<TRNAMT>10.00<FITID>1", account="0123")
    batch = taken(accountant, world, text)
    assert batch.summary["error"]["code"] == "bank_account_unnamed"
    address = reverse("import_into_account", args=[batch.pk])
    accountant.post(address, {"account": OTHER_IBAN})
    run(ImportBatch.objects.order_by("-pk")[0])
    assert BankLine.objects.get().bank_account.iban == OTHER_IBAN
