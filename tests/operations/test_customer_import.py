"""The customer file and the list of open items beside a ledger."""

import io
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from pytest_django import Settings

from exigible.intake.customers import read_terms
from exigible.intake.importing import dry_run
from exigible.operations import daily_run
from exigible.operations.completing import DebtorFacts, complete_claims, complete_debtor
from exigible.operations.figures import refresh
from exigible.store.models import Account, AccountFigures, Claim, Contact, Creditor, Debtor, User
from exigible.store.queries.incomplete import (
    accounts_to_complete,
    claims_to_complete,
    what_accounts_lack,
)
from tests.fec_text import entry, fec, invoice
from tests.operations.importing import AT, BY, bring, done, sound

pytestmark = pytest.mark.django_db

LEDGER = fec(
    invoice("F1", "20250110", "DUPONT", 1200),
    invoice("F2", "20250120", "DUPONT", 300),
    invoice("F3", "20250121", "00540", 60.5),
    entry("VE 9 20250131 VE", "411 DUPONT 75 vente", "706 -75"),
)
CUSTOMERS = (
    "Code client;Raison sociale;SIREN;Adresse;Complément;CP;Ville;E-mail;Téléphone;"
    "Conditions de règlement;Type;Encours autorisé\r\n"
    "DUPONT;Dupont et Fils SARL;732 829 320;4 rue des Lices;Bâtiment B;35000;Rennes;"
    "compta@dupont.example;01 23 45 67 89;45 jours fin de mois;professionnel;10 000,00\r\n"
    "540;Madame Aubin;;12 allée des Tilleuls;;1000;Bourg-en-Bresse;;;;particulier;\r\n"
)
ITEMS = (
    "Code client;N° facture;Date;Échéance;Montant\r\n"
    "DUPONT;F1;10/01/2025;28/02/2025;1200,00\r\n"
    "DUPONT;F2;20/01/2025;31/03/2025;300,00\r\n"
)


@pytest.fixture(autouse=True)
def _documents(tmp_path: Path, settings: Settings) -> None:
    settings.DOCUMENTS_FOLDER = tmp_path / "documents"


@pytest.fixture
def creditor() -> Creditor:
    made = Creditor.objects.create(name="Négoce SA")
    done(made, LEDGER)
    return made


def spreadsheet(rows: list[list[object]]) -> bytes:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"default_date_format": "dd/mm/yyyy"})
    sheet = book.add_worksheet("Clients")
    for line, row in enumerate(rows):
        for column, cell in enumerate(row):
            sheet.write(line, column, cell)
    book.close()
    return stream.getvalue()


# --- customers ----------------------------------------------------------------------------------


def test_the_customer_file_wins_over_the_ledger(creditor: Creditor) -> None:
    report = done(creditor, CUSTOMERS, name="clients.csv")
    assert report.format == "customers"
    assert report.counts == {"parties": 2, "matched": 2}
    account = Account.objects.select_related("debtor").get(number="DUPONT")
    debtor = account.debtor
    assert (debtor.name, debtor.name_key) == ("Dupont et Fils SARL", "dupont et fils sarl")
    assert (debtor.siren, debtor.kind, debtor.city) == ("732829320", "professional", "Rennes")
    assert (debtor.address_line1, debtor.address_line2) == ("4 rue des Lices", "Bâtiment B")
    assert (account.term_days, account.term_method) == (45, "days_then_eom")
    assert account.credit_limit_cents == 1_000_000
    contact = Contact.objects.get(debtor=debtor)
    assert (contact.email, contact.is_main) == ("compta@dupont.example", True)


def test_due_dates_are_derived_again_from_the_customers_terms(creditor: Creditor) -> None:
    assert Claim.objects.get(ref="F1").due_on == date(2025, 2, 9)  # the creditor's 30 days
    done(creditor, CUSTOMERS, name="clients.csv")
    claim = Claim.objects.get(ref="F1")
    # 10 January + 45 days is 24 February; then the end of February.
    assert (claim.due_on, claim.due_on_source) == (date(2025, 2, 28), "derived")


def test_zeros_that_a_spreadsheet_ate_are_found(creditor: Creditor) -> None:
    done(creditor, CUSTOMERS, name="clients.csv")
    debtor = Debtor.objects.get(accounts__number="00540")
    assert (debtor.name, debtor.postcode, debtor.kind) == ("Madame Aubin", "01000", "consumer")


def test_the_same_customer_file_twice_changes_nothing(creditor: Creditor) -> None:
    done(creditor, CUSTOMERS, name="clients.csv")
    batch, _ = bring(creditor, CUSTOMERS, name="clients.csv")
    assert batch.status == "unchanged"
    assert Contact.objects.count() == 1


def test_an_empty_cell_says_nothing(creditor: Creditor) -> None:
    done(creditor, CUSTOMERS, name="clients.csv")
    done(creditor, "code;nom;ville\nDUPONT;;\n", name="clients.csv", format_="customers")
    assert Debtor.objects.get(accounts__number="DUPONT").city == "Rennes"


def test_a_spreadsheet_says_the_same(creditor: Creditor) -> None:
    rows: list[list[object]] = [
        ["Fichier clients au 22/11/2026"],
        [],
        ["Code", "Nom", "SIREN", "Code postal", "Ville", "Adresse", "Téléphone", "Délai"],
        ["DUPONT", "Dupont SA", 732829320, 1000, "Bourg", "1 rue", 612345678, 60],
        [540, "Aubin", None, "35000", "Rennes", "2 rue", None, None],
    ]
    report = done(creditor, spreadsheet(rows), name="clients.xlsx")
    assert (report.encoding, report.counts["matched"]) == ("xlsx", 2)
    debtor = Debtor.objects.get(accounts__number="DUPONT")
    assert (debtor.siren, debtor.postcode) == ("732829320", "01000")
    assert debtor.contacts.get().phone == "0612345678"
    assert Account.objects.get(number="DUPONT").term_days == 60


def test_wrong_cells_are_left_and_told(creditor: Creditor) -> None:
    wrong = (
        "code,siren,siret,cp,pays,type,email,tel,conditions,plafond\n"
        "DUPONT,123456789,1234,ABC,Syldavie,martien,pas-une-adresse,allo,le 10 dans 3 mois,-5\n"
        ",,,,,,,,,\n"
        ",732829320,,,,,,,,\n"
        "INCONNU,732829320,,,,,,,,\n"
        "DUPONT,732829320,,,,,,,,\n"
    )
    report = done(creditor, wrong, name="c.csv", format_="customers")
    found = {(problem.line, problem.code) for problem in report.problems}
    assert found == {
        (2, "siren"),
        (2, "siret"),
        (2, "postcode"),
        (2, "country"),
        (2, "kind"),
        (2, "email"),
        (2, "phone"),
        (2, "terms"),
        (2, "wrong_amount"),
        (4, "missing_code"),
        (5, "unknown_customer"),
        (6, "repeated_code"),
    }
    assert Debtor.objects.get(accounts__number="DUPONT").siren == ""


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("30 jours", (30, "net")),
        ("30j net", (30, "net")),
        ("45 jours fin de mois", (45, "days_then_eom")),
        ("45 JRS FDM", (45, "days_then_eom")),
        ("fin de mois + 30 jours", (30, "eom_then_days")),
        ("FDM 45", (45, "eom_then_days")),
        ("fin de mois", (0, "eom_then_days")),
        ("Comptant", (0, "net")),
        ("à réception de facture", (0, "net")),
        ("60", (60, "net")),
        ("30 jours fin de mois le 10", None),  # neither of the two readings
        ("900 jours", None),
        ("LCR", None),
    ],
)
def test_terms_in_words(text: str, terms: tuple[int, str] | None) -> None:
    assert read_terms(text) == terms


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"une lettre\nsans colonnes\n", "missing_columns"),
        (b"nom;ville\nDupont;Rennes\n", "missing_columns"),
        (b'code;nom\nDUPONT;"jamais ferm' + b"x" * 100_000, "line_too_long"),
        (b"PK\x03\x04 pas un classeur", "damaged_spreadsheet"),
        (b"\xd0\xcf\x11\xe0 ni un vieux", "wrong_spreadsheet"),
        (b"code;nom\nA;\x00\n", "binary_file"),
    ],
)
def test_what_is_no_customer_file_is_refused(creditor: Creditor, content: bytes, code: str) -> None:
    batch, report = bring(creditor, content, name="c.csv", format_="customers")
    assert (batch.status, report.error.code) == ("refused", code)


def test_a_formula_of_a_csv_is_left_and_told(creditor: Creditor) -> None:
    content = 'code;nom;ville\nDUPONT;=HYPERLINK("http://x");Rennes\n'
    report = done(creditor, content, name="c.csv")
    [problem] = report.problems
    assert (problem.line, problem.field, problem.code) == (2, "name", "formula")
    debtor = Debtor.objects.get(accounts__number="DUPONT")
    assert (debtor.name, debtor.city) == ("Dupont", "Rennes")


# --- files that come before the ledger --------------------------------------------------------------


def test_a_customer_file_that_came_first_serves_when_the_ledger_comes() -> None:
    early, late = (Creditor.objects.create(name=name) for name in ("Tôt SA", "Tard SA"))
    first = done(early, CUSTOMERS, name="clients.csv")
    assert [p.code for p in first.problems if p.line is None] == ["nobody_known"]
    assert (first.unchanged, first.written["customers"]) == (False, 0)
    assert done(early, CUSTOMERS, name="clients.csv").unchanged
    assert done(early, ITEMS, name="ouvertes.csv").written["due_dates"] == 0
    written = done(early, LEDGER).written
    assert (written["customers"], written["due_dates"]) == (2, 2)
    for content in (LEDGER, CUSTOMERS, ITEMS):
        done(late, content, name="732829320FEC20251231.txt" if content is LEDGER else "c.csv")
    assert _as_known(early) == _as_known(late)
    assert done(early, LEDGER).unchanged


def test_what_a_person_said_since_stands_when_an_early_list_serves(creditor: Creditor) -> None:
    done(creditor, ITEMS + "DUPONT;F8;10/02/2025;31/03/2025;80,00\r\n", name="ouvertes.csv")
    Claim.objects.filter(ref="F2").update(due_on=date(2025, 5, 1))
    Debtor.objects.filter(accounts__number="DUPONT").update(city="Vannes")
    done(creditor, CUSTOMERS + "NOUVEAU;Nouveau SA;;;;;Brest;;;;;\r\n", name="clients.csv")
    Debtor.objects.filter(accounts__number="DUPONT").update(city="Vannes")
    more = [invoice("F8", "20250210", "DUPONT", 80), invoice("F9", "20250210", "NOUVEAU", 10)]
    done(creditor, fec(*more))
    due = dict(Claim.objects.filter(account__number="DUPONT").values_list("ref", "due_on"))
    assert (due["F2"], due["F8"]) == (date(2025, 5, 1), date(2025, 3, 31))
    cities = dict(Account.objects.values_list("number", "debtor__city"))
    assert (cities["DUPONT"], cities["NOUVEAU"]) == ("Vannes", "Brest")


def _as_known(creditor: Creditor) -> object:
    """Return what is known of a creditor's customers and claims, without ids."""
    return (
        sorted(
            Account.objects.filter(creditor=creditor).values_list(
                "number",
                "debtor__name",
                "debtor__siren",
                "debtor__kind",
                "debtor__postcode",
                "term_days",
                "term_method",
                "figures__incomplete",
                "figures__overdue_cents",
            )
        ),
        sorted(
            Claim.objects.filter(account__creditor=creditor).values_list(
                "account__number", "ref", "amount_cents", "due_on", "due_on_source"
            )
        ),
    )


# --- open items ---------------------------------------------------------------------------------


def test_open_items_state_due_dates(creditor: Creditor) -> None:
    report = done(creditor, ITEMS, name="ouvertes.csv")
    assert report.format == "open_items"
    assert report.written == {"due_dates": 2, "numbers": 0}
    assert {
        (claim.ref, claim.due_on, claim.due_on_source)
        for claim in Claim.objects.filter(account__number="DUPONT", ref__startswith="F")
    } == {("F1", date(2025, 2, 28), "stated"), ("F2", date(2025, 3, 31), "stated")}
    assert [problem.code for problem in report.problems] == ["not_listed"]
    assert bring(creditor, ITEMS, name="ouvertes.csv")[0].status == "unchanged"


def test_terms_leave_a_stated_due_date_alone(creditor: Creditor) -> None:
    done(creditor, ITEMS, name="ouvertes.csv")
    done(creditor, CUSTOMERS.replace("45 jours fin de mois", "10 jours"), name="clients.csv")
    assert Claim.objects.get(ref="F1").due_on == date(2025, 2, 28)


def test_an_item_gives_its_number_to_the_claim_of_its_amount_and_day(creditor: Creditor) -> None:
    done(creditor, ITEMS + "DUPONT;F7;31/01/2025;15/02/2025;75,00\r\n", name="o.csv")
    claim = Claim.objects.get(ref="F7")
    assert (claim.amount_cents, claim.due_on_source) == (7_500, "stated")


def test_what_matches_nothing_is_a_problem_and_never_a_claim(creditor: Creditor) -> None:
    before = Claim.objects.count()
    rows = (
        "DUPONT;F8;01/02/2025;01/03/2025;10,00\r\n"
        "PERSONNE;F1;01/02/2025;01/03/2025;10,00\r\n"
        "DUPONT;F1;10/01/2025;28/02/2025;999,00\r\n"
        "DUPONT;F2;20/01/2025;01/01/2025;300,00\r\n"
        "DUPONT;;20/01/2025;31/02/2025;299,00\r\n"
        "DUPONT;AV1;20/01/2025;;-30,00\r\n"
    )
    report = done(creditor, ITEMS.split("\r\n", maxsplit=1)[0] + "\r\n" + rows, name="o.csv")
    assert [(p.line, p.code) for p in report.problems if p.line] == [
        (2, "unknown_item"),
        (3, "unknown_customer"),
        (4, "amount_differs"),
        (5, "due_before_issue"),
        (6, "wrong_date"),
        (6, "unknown_item"),
    ]
    assert Claim.objects.count() == before
    assert Claim.objects.get(ref="F1").due_on == date(2025, 2, 28)


def test_equal_items_find_equal_claims(creditor: Creditor) -> None:
    twins = entry("VE 20 20250301 F9", "411 JUMEAU 50", "411 JUMEAU 50", "706 -100")
    done(creditor, fec(twins))
    rows = "JUMEAU;F9;01/03/2025;31/03/2025;50\r\nJUMEAU;F9;01/03/2025;30/04/2025;50\r\n"
    done(creditor, ITEMS.split("\r\n", maxsplit=1)[0] + "\r\n" + rows, name="o.csv")
    assert {claim.due_on for claim in Claim.objects.filter(ref="F9")} == {
        date(2025, 3, 31),
        date(2025, 4, 30),
    }


def test_a_later_ledger_leaves_what_the_files_said(creditor: Creditor) -> None:
    done(creditor, ITEMS, name="o.csv")
    done(creditor, CUSTOMERS, name="clients.csv")
    done(creditor, LEDGER + fec(invoice("F5", "20250301", "DUPONT", 9)).split("\r\n", 1)[1])
    assert Claim.objects.get(ref="F1").due_on_source == "stated"
    assert Debtor.objects.get(accounts__number="DUPONT").name == "Dupont et Fils SARL"
    assert Claim.objects.get(ref="F5").due_on == date(
        2025, 4, 30
    )  # 1 March + 45 days, end of month


def test_dry_runs_say_what_the_files_hold(tmp_path: Path) -> None:
    customers, items = tmp_path / "c.csv", tmp_path / "o.csv"
    customers.write_text(CUSTOMERS, encoding="cp1252")
    items.write_text(ITEMS, encoding="utf-8")
    assert dry_run(customers).counts == {
        "parties": 2,
        "with_siren": 1,
        "with_address": 2,
        "with_terms": 1,
        "with_kind": 2,
        "contacts": 1,
    }
    report = dry_run(items)
    assert (report.format, report.totals) == ("open_items", {"open": {"EUR": 150_000}})


# --- à compléter --------------------------------------------------------------------------------


@pytest.fixture
def manager() -> User:
    return User.objects.create_user(
        "m@exigible.example", name="M", role="manager", all_portfolios=True
    )


def to_complete(user: User, lack: str = "") -> set[str]:
    return {figures.account.number for figures in accounts_to_complete(user, lack)}


def test_what_a_ledger_does_not_say_is_to_be_completed(creditor: Creditor, manager: User) -> None:
    assert to_complete(manager) == {"DUPONT", "00540"}
    dupont = Account.objects.get(number="DUPONT")
    lacks = what_accounts_lack([dupont.pk])[dupont.pk]
    assert (lacks.kind, lacks.address, lacks.without_number, lacks.derived_due_dates) == (
        True,
        True,
        1,
        3,
    )
    done(creditor, CUSTOMERS, name="clients.csv")
    assert to_complete(manager, "address") == set()
    assert to_complete(manager, "number") == {"DUPONT"}
    assert to_complete(manager, "due_date") == {"DUPONT", "00540"}
    rest = "DUPONT;F7;31/01/2025;15/02/2025;75,00\r\n540;F3;21/01/2025;28/02/2025;60,50\r\n"
    done(creditor, ITEMS + rest, name="o.csv")
    assert to_complete(manager) == set()
    assert not claims_to_complete(manager).exists()


def test_every_road_finds_the_same_accounts_incomplete(creditor: Creditor, manager: User) -> None:
    """After each fact, the flag kept, its recomputation and the page's list are one."""
    on = AT.date()

    def agree() -> set[str]:
        kept = set(
            AccountFigures.objects.filter(incomplete=True).values_list("account__number", flat=True)
        )
        listed = to_complete(manager)
        lacks = what_accounts_lack(list(Account.objects.values_list("pk", flat=True)))
        lacking = {pk for pk, lack in lacks.items() if lack.labels}
        assert kept == listed
        assert lacking == set(
            AccountFigures.objects.filter(incomplete=True).values_list("account_id", flat=True)
        )
        assert not sound()
        daily_run.run_in_line(on, today=on, by=BY, at=AT)
        assert kept == set(
            AccountFigures.objects.filter(incomplete=True).values_list("account__number", flat=True)
        )
        return kept

    assert agree() == {"DUPONT", "00540"}
    done(creditor, CUSTOMERS, name="clients.csv")
    assert agree() == {"DUPONT", "00540"}
    done(creditor, ITEMS + "540;F3;21/01/2025;28/02/2025;60,50\r\n", name="o.csv")
    assert agree() == {"DUPONT"}
    account = Account.objects.get(number="DUPONT")
    [nameless] = account.claims.filter(ref="")
    complete_claims(account.pk, [nameless.pk], ref="F7", due_on=on, by=BY, at=AT, on=on)
    assert agree() == set()
    complete_debtor(account.pk, DebtorFacts(city=""), by=BY, at=AT, on=on)
    assert agree() == {"DUPONT"}
    more = [invoice("F1", "20250110", "DUPONT", 1200), invoice("F4", "20250301", "00540", 5)]
    done(creditor, fec(*more))
    assert agree() == {"DUPONT", "00540"}


def test_a_debtor_completed_is_so_for_all_his_accounts(creditor: Creditor) -> None:
    dupont = Account.objects.get(number="DUPONT")
    other = Creditor.objects.create(name="Autre SA")
    done(other, fec(invoice("Z1", "20250110", "DUP", 10)))
    Account.objects.filter(number="DUP").update(debtor=dupont.debtor)
    done(other, "code;n° facture;échéance\nDUP;Z1;28/02/2025\n", name="o.csv")
    done(creditor, CUSTOMERS, name="clients.csv")
    assert not AccountFigures.objects.get(account__number="DUP").incomplete


def test_an_account_never_chased_needs_nothing(creditor: Creditor, manager: User) -> None:
    Account.objects.filter(number="DUPONT").update(never_chased=True)
    refresh([Account.objects.get(number="DUPONT").pk], date(2026, 11, 22))
    assert to_complete(manager) == {"00540"}
    assert {claim.account.number for claim in claims_to_complete(manager)} == {"00540"}


def test_nobody_sees_what_others_have_to_complete(creditor: Creditor) -> None:
    user = User.objects.create_user("x@exigible.example", name="X", role="collector")
    assert to_complete(user) == set()
    assert not claims_to_complete(user).exists()
