"""The wizard of *Imports*, what a stock no longer lists, sources that are kept, an import undone."""

import io
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob
from python_calamine import load_workbook

from exigible.domain.roles import Role
from exigible.operations import import_drafts
from exigible.operations import imports as operations
from exigible.operations.acts import By
from exigible.store.models import (
    BankLine,
    Claim,
    CreditorBankAccount,
    ImportBatch,
    ImportMapping,
    StockAbsence,
)
from tests.factories import World
from tests.web.conftest import NOW

pytestmark = pytest.mark.django_db
ODD = (
    "Qui est-ce;Quel papier;Somme;Le jour;Pour quand\n"
    "NEUF;FX1;1 200,00;10/01/2026;10/02/2026\n"
    "NEUF;FX2;300,00;20/01/2026;20/02/2026\n"
)
BANK_TABLE = (
    "Jour;Mouvement;Sens;Somme\n03/11/2026;VIR DUPONT FA1;C;1 234,56\n04/11/2026;PRLV EDF;D;34,56\n"
)
CHOICES = {
    "kind": "open_items",
    "sheet": "",
    "titres": "oui",
    "jours": "dmy",
    "decimale": ",",
    "dessine": "open_items||oui",
    "colonne-0": "code",
    "colonne-1": "invoice",
    "colonne-2": "amount",
    "colonne-3": "issued_on",
    "colonne-4": "due_on",
    "mode": "delta",
}


@pytest.fixture
def accountant(sign_in: Callable[[Role], Client]) -> Client:
    return sign_in(Role.ACCOUNTANT)


def drop(client: Client, world: World, text: str = ODD, name: str = "export.csv") -> ImportBatch:
    answer = client.post(
        reverse("imports"),
        {
            "files": [SimpleUploadedFile(name, text.encode())],
            "creditor": world.creditor.pk,
            "format": "reconnu",
        },
    )
    assert answer.status_code == 302
    batch = ImportBatch.objects.latest("pk")
    if batch.status == "draft":
        assert answer.url == reverse("prepare_import", args=[batch.pk])
    return batch


def words(answer: object) -> str:
    return answer.content.decode().replace("\u202f", " ").replace("\xa0", " ")  # type: ignore[attr-defined]


def run(batch: ImportBatch) -> ImportBatch:
    operations.run_import(batch.pk, at=NOW, progress=lambda phase, done, total: None)
    batch.refresh_from_db()
    return batch


def test_a_table_is_shown_before_it_is_taken(world: World, accountant: Client) -> None:
    before = Claim.objects.count()
    batch = drop(accountant, world)
    assert not ProcrastinateJob.objects.exists()
    page = accountant.get(reverse("import_detail", args=[batch.pk]), follow=True)
    said = words(page)
    assert "Qui est-ce" in said
    assert "FX1" in said
    assert "Désignez encore" in said  # headings that nobody uses
    page = accountant.post(reverse("prepare_import", args=[batch.pk]), CHOICES)
    said = words(page)
    assert "Désignez encore" not in said
    assert "1 200,00" in said
    assert "10/02/2026" in said
    batch.refresh_from_db()
    assert batch.options["mapping"]["columns"]["code"] == "quiestce"
    assert Claim.objects.count() == before


def test_the_whole_file_is_checked_and_nothing_stays(world: World, accountant: Client) -> None:
    before = Claim.objects.count()
    batch = drop(accountant, world, ODD + "NEUF;FX3;beaucoup;01/02/2026;01/03/2026\n")
    address = reverse("prepare_import", args=[batch.pk])
    answer = accountant.post(address, {**CHOICES, "verbe": "controler"})
    assert "Contrôle du fichier entier" in words(answer)
    assert ProcrastinateJob.objects.get().task_name == "exigible.jobs.check_import"
    import_drafts.check_import(batch.pk, at=NOW, progress=lambda phase, done, total: None)
    said = words(accountant.get(address))
    assert "2 créances ouvertes" in said
    assert "1 compte ouvert" in said
    assert "« beaucoup » n’est pas un montant" in said
    assert Claim.objects.count() == before
    batch.refresh_from_db()
    assert batch.status == "draft"
    changed = accountant.post(address, {**CHOICES, "colonne-3": ""})
    assert "2 créances ouvertes" not in words(changed)  # what was checked was another reading


def test_it_is_imported_and_the_next_file_of_the_source_goes_by_itself(
    world: World, accountant: Client
) -> None:
    batch = drop(accountant, world)
    answer = accountant.post(
        reverse("prepare_import", args=[batch.pk]),
        {**CHOICES, "retenir": "1", "source": "Tableau maison", "verbe": "importer"},
    )
    assert answer.url == reverse("import_detail", args=[batch.pk])  # type: ignore[attr-defined]
    assert run(batch).status == "done"
    assert Claim.objects.filter(ref__startswith="FX").count() == 2
    kept = ImportMapping.objects.get()
    assert kept.used_at == kept.saved_at  # its first file is one
    assert (kept.name, kept.creditor) == ("Tableau maison", world.creditor)
    head, *lines = ODD.splitlines()
    moved = "\n".join(";".join(reversed(line.split(";"))) for line in [head, *lines])
    following = drop(accountant, world, moved + "\n10/03/2026;10/02/2026;5,00;FX3;NEUF\n")
    assert (following.status, following.options["source"]) == ("waiting", "Tableau maison")
    assert run(following).summary["written"] == {"claims": 1}
    said = words(accountant.get(reverse("import_sources")))
    address = reverse("change_source", args=[kept.pk])
    assert "C’est tout l’encours" in words(accountant.get(address))
    accountant.post(address, {"mode": "stock"})
    kept.refresh_from_db()
    assert kept.mode == "stock"
    assert accountant.post(address, {"mode": "autre"}).status_code == 422
    assert "Tableau maison" in said
    accountant.post(reverse("forget_source", args=[kept.pk]))
    assert drop(accountant, world).status == "draft"


def test_a_bank_statement_goes_through_the_wizard_to_its_account(
    world: World, accountant: Client
) -> None:
    [iban] = CreditorBankAccount.objects.filter(creditor=world.creditor).values_list(
        "iban", flat=True
    )
    batch = drop(accountant, world, BANK_TABLE, "releve.csv")
    said = words(accountant.get(reverse("prepare_import", args=[batch.pk])))
    assert "relevé bancaire" in said
    assert "1 234,56" in said
    chosen = {
        "kind": "bank_csv", "sheet": "", "titres": "oui", "jours": "dmy", "decimale": ",",
        "dessine": "bank_csv||oui", "colonne-0": "booked_on", "colonne-1": "label",
        "colonne-3": "amount", "colonne-2": "side", "retenir": "1", "source": "Banque",
        "verbe": "importer",
    }  # fmt: skip
    accountant.post(reverse("prepare_import", args=[batch.pk]), chosen)
    batch = run(batch)
    if batch.status == "refused":  # the file does not say of which account it is
        assert operations.asks_account(batch)
        batch = run(operations.take_into_account(batch.pk, iban, by=By("job:test"), at=NOW))
    assert batch.status == "done", batch.error
    lines = BankLine.objects.filter(statement__batch=batch).order_by("booked_on")
    assert [(one.amount_cents, one.label) for one in lines] == [
        (123_456, "VIR DUPONT FA1"),
        (-3_456, "PRLV EDF"),
    ]
    following = drop(accountant, world, BANK_TABLE.replace("03/11", "05/11"), "releve2.csv")
    assert (following.status, following.options["source"]) == ("waiting", "Banque")


def test_another_kind_is_guessed_anew(world: World, accountant: Client) -> None:
    text = "Code client;N° facture;Échéance;Reste dû\nNEUF;F1;10/02/2026;10,00\n"
    batch = drop(accountant, world, text)
    answer = accountant.post(
        reverse("prepare_import", args=[batch.pk]),
        {**CHOICES, "kind": "disputes", "colonne-0": "code"},
    )
    said = words(answer)
    assert "motif" in said
    assert "Désignez encore : motif" in said
    refused = accountant.post(
        reverse("prepare_import", args=[batch.pk]),
        {**CHOICES, "kind": "disputes", "dessine": "disputes||oui", "verbe": "importer"},
    )
    assert refused.status_code == 422


def test_what_was_posted_by_somebody_else_is_not_believed(world: World, accountant: Client) -> None:
    batch = drop(accountant, world)
    answer = accountant.post(
        reverse("prepare_import", args=[batch.pk]),
        {**CHOICES, "kind": "licorne", "jours": "x", "mode": "tout", "colonne-0": "licorne",
         "sheet": "../x", "devise": "<b>"},
    )  # fmt: skip
    assert answer.status_code == 200
    assert "<b>" not in answer.content.decode().split('id="devise"')[1][:200]


def test_a_draft_is_put_aside(world: World, accountant: Client) -> None:
    batch = drop(accountant, world)
    accountant.post(reverse("drop_import", args=[batch.pk]))
    batch.refresh_from_db()
    assert batch.status == "refused"
    assert "Abandonné" in words(accountant.get(reverse("import_detail", args=[batch.pk])))


# --- the whole ledger -----------------------------------------------------------------------------


@pytest.fixture
def absent(world: World, accountant: Client) -> list[StockAbsence]:
    """The claims of the world that a stock of one invoice no longer lists."""
    batch = drop(accountant, world)
    address = reverse("prepare_import", args=[batch.pk])
    asked = {**CHOICES, "mode": "stock", "verbe": "importer"}
    accountant.post(address, asked)  # a whole ledger is compared before it is taken
    import_drafts.check_import(batch.pk, at=NOW, progress=lambda phase, done, total: None)
    assert "ne couvre que 0 pièce des" in words(accountant.get(address))
    assert "Importer quand même" in words(accountant.post(address, asked))
    batch.refresh_from_db()
    assert batch.status == "draft"
    accountant.post(address, {**asked, "peu": "1"})
    run(batch)
    return list(StockAbsence.objects.filter(outcome="").order_by("-amount_cents"))


def test_what_is_missing_is_listed_searched_and_exported(
    world: World, accountant: Client, absent: list[StockAbsence]
) -> None:
    assert len(absent) > 3
    answer = accountant.get(reverse("absences"))
    assert answer.context["total"].rows == len(absent)
    one = absent[0]
    found = accountant.get(reverse("absences"), {"q": one.claim.ref})
    assert [row.pk for row, _ in found.context["rows"]] == [one.pk]
    answer = accountant.get(reverse("export_absences"))
    rows = load_workbook(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert len(rows) == 1 + len(absent)
    assert rows[1][-1] == one.batch.sha256
    page = accountant.get(reverse("import_detail", args=[one.batch_id]))
    assert "ne sont plus dans ce fichier" in words(page)


def test_many_are_accepted_in_one_click_with_their_evidence(
    world: World, accountant: Client, absent: list[StockAbsence]
) -> None:
    address = reverse("decide_absences", args=["reglees"])
    ticked = {"ligne": [one.pk for one in absent[:2]], "requete": ""}
    preview = accountant.post(address, ticked)
    assert "Accepter comme réglées : 2 créances" in words(preview)
    assert StockAbsence.objects.exclude(outcome="").count() == 0
    # Many from a file too small to be the whole ledger: not in one gesture.
    doubted = accountant.post(address, {**ticked, "fait": "1", "on": "20/11/2026"})
    assert "2 créances viennent d’un fichier" in words(doubted)
    assert StockAbsence.objects.exclude(outcome="").count() == 0
    accountant.post(address, {**ticked, "fait": "1", "on": "20/11/2026", "certain": "1"})
    decided = StockAbsence.objects.exclude(outcome="")
    assert [one.outcome for one in decided] == ["paid", "paid"]
    assert all(one.decided_by and one.payment for one in decided)
    listed = accountant.get(reverse("absences"), {"onglet": "decides"})
    assert "Réglée" in words(listed)
    accountant.post(reverse("take_back_absence", args=[decided[0].pk]))
    assert StockAbsence.objects.filter(outcome="").count() == len(absent) - 1


def test_nobody_decides_on_another_portfolio(
    world: World, sign_in: Callable[[Role], Client], absent: list[StockAbsence]
) -> None:
    theirs = StockAbsence.objects.filter(pk=absent[0].pk)
    theirs.update(outcome="")
    client = sign_in(Role.SALES)
    assert client.get(reverse("absences")).status_code == 404
    address = reverse("decide_absences", args=["reglees"])
    assert client.post(address, {"ligne": [absent[0].pk]}).status_code == 404


# --- undoing --------------------------------------------------------------------------------------


def test_an_import_is_undone_from_its_page(
    world: World, accountant: Client, sign_in: Callable[[Role], Client]
) -> None:
    batch = drop(accountant, world)
    accountant.post(reverse("prepare_import", args=[batch.pk]), {**CHOICES, "verbe": "importer"})
    run(batch)
    address = reverse("import_undo", args=[batch.pk])
    assert "2 créances contrepassées" in words(accountant.get(address))
    assert sign_in(Role.COLLECTOR).get(address).status_code == 404
    assert accountant.post(address, {"reason": ""}).status_code == 422
    accountant.post(address, {"reason": "mauvais fichier"})
    batch.refresh_from_db()
    assert batch.status == "undone"
    assert not Claim.objects.filter(ref__startswith="FX").exclude(balance_cents=0).exists()
    assert "Annulé" in words(accountant.get(reverse("import_detail", args=[batch.pk])))
