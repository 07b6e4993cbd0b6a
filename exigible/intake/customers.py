"""What a FEC does not say: who customers are, where to write to them, when invoices fall due.

Two tables come beside the ledger. The customer file has a code (the auxiliary account) and any of name,
SIREN, address, contacts, terms; the list of open items has the code, the invoice number, dates and
amount. Headings are known by many names, French or English. What a cell says wrongly is left out and
told by its line; the rest of the line stands.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path

from exigible.domain.identity.numbers import (
    read_iban,
    read_siren,
    read_siret,
    read_vat_number,
    siren_of_vat,
)
from exigible.domain.refusals import WrongInput
from exigible.domain.terms import LONGEST_TERM_DAYS, TermMethod
from exigible.domain.text_keys import name_key, ref_key
from exigible.intake.cells import Illegible, read_cents, read_day
from exigible.intake.formats import Format
from exigible.intake.problems import Problems, Unreadable
from exigible.intake.report import ImportReport, refused
from exigible.intake.tables import Table, read_table


def _synonyms(names: dict[str, str]) -> dict[str, str]:
    return {ref_key(word): name for name, words in names.items() for word in words.split(",")}


CUSTOMER_HEADINGS = _synonyms(
    {
        "code": "code,code client,client,n° client,no client,numero client,num client,compte,"
        "compte auxiliaire,auxiliaire,compauxnum,customer,customer code,customer id,code tiers,"
        "n° tiers,tiers,numero de compte,account,account number,ref client,reference client",
        "name": "nom,raison sociale,nom client,denomination,libelle,intitule,name,company,"
        "company name,customer name,societe,compauxlib,nom du client,nom ou raison sociale",
        "siren": "siren,n° siren,no siren,numero siren",
        "siret": "siret,n° siret,no siret,numero siret",
        "vat_number": "tva,n° tva,no tva,tva intracommunautaire,numero de tva,tva intra,vat,"
        "vat number,n° tva intracommunautaire,identifiant tva",
        "legal_form": "forme juridique,forme,legal form",
        "address_line1": "adresse,adresse 1,adresse ligne 1,rue,voie,address,address 1,"
        "address line 1,street,adresse1",
        "address_line2": "adresse 2,adresse ligne 2,complement,complement d'adresse,address 2,"
        "address line 2,adresse2",
        "address_line3": "adresse 3,adresse ligne 3,lieu-dit,bp,address 3,address line 3,adresse3",
        "postcode": "code postal,cp,postal code,postcode,zip,zip code",
        "city": "ville,commune,localite,city,town",
        "country": "pays,country,code pays,country code",
        "contact_name": "contact,nom contact,nom du contact,interlocuteur,contact name,"
        "contact comptable,correspondant",
        "contact_title": "fonction,fonction contact,titre,role,contact title,job title",
        "email": "email,e-mail,mail,courriel,adresse mail,adresse e-mail,adresse email,"
        "email comptabilite,contact email,mail comptabilite",
        "phone": "telephone,tel,tél.,phone,telephone fixe,mobile,portable,n° telephone,"
        "contact phone",
        "terms": "conditions,conditions de paiement,conditions de reglement,mode de reglement,"
        "delai de paiement,delai de reglement,payment terms,terms,reglement,echeance",
        "term_days": "delai,jours,nombre de jours,delai en jours,days,term days,delai jours",
        "iban": "iban,rib,compte bancaire,bank account,iban client,coordonnees bancaires",
        "kind": "type,type de client,type client,nature,qualite,categorie,kind,customer type,"
        "segment",
        "credit_limit": "encours autorise,plafond,limite de credit,plafond de credit,encours max,"
        "credit limit,encours maximum",
    }
)
ITEM_HEADINGS = _synonyms(
    {
        "code": "code,code client,client,n° client,no client,numero client,num client,compte,"
        "compte auxiliaire,auxiliaire,compauxnum,customer,customer code,customer id,code tiers,"
        "tiers,n° tiers,account,account number,ref client",
        "invoice": "facture,n° facture,no facture,numero,numero facture,numero de facture,piece,"
        "n° piece,no piece,numero de piece,reference,ref,ref piece,pieceref,invoice,"
        "invoice number,invoice no,document,num facture,n°",
        "issued_on": "date,date facture,date de facture,date piece,date de piece,date emission,"
        "date d'emission,invoice date,issue date,date document,date comptable",
        "due_on": "echeance,date echeance,date d'echeance,due date,due,date limite,"
        "date de paiement prevue,due on,date limite de paiement",
        "amount": "montant,montant ttc,ttc,solde,reste du,reste a payer,montant du,amount,balance,"
        "open amount,montant restant,solde du,amount due,restant du",
    }
)
_PHONE = re.compile(r"\+?[0-9 ().\-\u00a0\u202f/]{6,30}")
_EMAIL = re.compile(r"[^@\s,;<>\"']{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]*\.)+[A-Za-z]{2,24}")
_COUNTRIES = {
    "france": "FR",
    "belgique": "BE",
    "belgium": "BE",
    "suisse": "CH",
    "switzerland": "CH",
    "luxembourg": "LU",
    "allemagne": "DE",
    "germany": "DE",
    "espagne": "ES",
    "spain": "ES",
    "italie": "IT",
    "italy": "IT",
    "portugal": "PT",
    "pays bas": "NL",
    "netherlands": "NL",
    "royaume uni": "GB",
    "united kingdom": "GB",
    "irlande": "IE",
    "monaco": "MC",
    "andorre": "AD",
    "autriche": "AT",
    "pologne": "PL",
    "maroc": "MA",
    "tunisie": "TN",
    "algerie": "DZ",
    "canada": "CA",
    "etats unis": "US",
    "united states": "US",
}
_KINDS = {
    "professional": "professionnel,pro,professional,entreprise,societe,company,b2b,btob,"
    "personne morale,commercant,artisan,association",
    "consumer": "particulier,consommateur,consumer,individual,b2c,btoc,personne physique,individu",
    "public_purchaser": "public,acheteur public,collectivite,collectivite territoriale,"
    "administration,b2g,btog,public purchaser,public_purchaser,secteur public,mairie,hopital,"
    "etat,etablissement public",
}
KINDS = {ref_key(word): kind for kind, words in _KINDS.items() for word in words.split(",")}


@dataclass(frozen=True, slots=True)
class ContactRow:
    """Someone to write to, as the customer file names him."""

    name: str
    title: str
    email: str
    phone: str


@dataclass(slots=True, kw_only=True)
class CustomerRow:
    """One customer; what is None is not said by the file."""

    line: int
    code: str
    name: str | None = None
    siren: str | None = None
    siret: str | None = None
    vat_number: str | None = None
    legal_form: str | None = None
    address_line1: str | None = None
    address_line2: str | None = None
    address_line3: str | None = None
    postcode: str | None = None
    city: str | None = None
    country: str | None = None
    iban: str | None = None  # an account the customer pays from
    kind: str | None = None
    term_days: int | None = None
    term_method: str | None = None
    credit_limit_cents: int | None = None
    contacts: list[ContactRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenItem:
    """One open invoice as the list states it; `amount_cents` is below zero for a credit."""

    line: int
    code: str
    invoice: str
    issued_on: date | None
    due_on: date | None
    amount_cents: int | None


class TableFile[R]:
    """A table read row by row; `problems` is complete once the rows have been."""

    def __init__(self, table: Table, problems: Problems, rows: Iterator[R]) -> None:
        self.encoding = table.encoding
        self.fields = table.fields
        self.problems = problems
        self.rows = rows


def read_customers(path: Path, *, partial: bool = False) -> TableFile[CustomerRow]:
    """Open a customer file; raise Unreadable if it is no table or has no customer code."""
    table = read_table(path, CUSTOMER_HEADINGS, ("code",))
    problems = Problems(partial=partial)
    return TableFile(table, problems, _customers(table, problems))


def read_open_items(path: Path, *, partial: bool = False) -> TableFile[OpenItem]:
    """Open a list of open items; raise Unreadable without code, number and due date."""
    table = read_table(path, ITEM_HEADINGS, ("code", "invoice", "due_on"))
    problems = Problems(partial=partial)
    return TableFile(table, problems, _items(table, problems))


def looks_like_open_items(path: Path) -> bool:
    """Say whether a table names invoices and due dates."""
    try:
        read_table(path, ITEM_HEADINGS, ("code", "invoice", "due_on"))
    except Unreadable:
        return False
    return True


def looks_like_customers(path: Path) -> bool:
    """Say whether a table names customers by their code."""
    try:
        read_table(path, CUSTOMER_HEADINGS, ("code", "name"))
    except Unreadable:
        return False
    return True


# --- customers ----------------------------------------------------------------------------------


class _Line:
    """One row being read; what is wrong in a cell is noted and the cell left out."""

    def __init__(self, number: int, row: dict[str, str], problems: Problems) -> None:
        self.number = number
        self.row = row
        self.problems = problems

    def text(self, name: str) -> str | None:
        text = self.row.get(name)
        if text and text[0] in "=@":
            del self.row[name]  # told once
            self.wrong(
                name, "formula", f"« {text[:40]} » est une formule ; la cellule est laissée."
            )
            return None
        return text

    def wrong(self, field_: str, code: str, reason: str, *, blocking: bool = False) -> None:
        self.problems.add(
            code,
            f"Ligne {self.number} : {reason}",
            line=self.number,
            field=field_,
            blocking=blocking,
        )


def _customers(table: Table, problems: Problems) -> Iterator[CustomerRow]:
    seen: dict[str, int] = {}
    for number, cells in table.rows:
        line = _Line(number, cells, problems)
        code = line.text("code")
        if not code:
            line.wrong("code", "missing_code", "le code client manque ; la ligne est laissée.")
            continue
        if code in seen:
            line.wrong(
                "code",
                "repeated_code",
                f"le client {code} est déjà ligne {seen[code]} ; c’est cette première ligne qui "
                "compte.",
            )
            continue
        seen[code] = number
        yield _customer(line, code)


def _customer(line: _Line, code: str) -> CustomerRow:
    country = _country(line)
    siret = _number(line, "siret", partial(read_siret, zeros_lost=True))
    siren = _number(line, "siren", partial(read_siren, zeros_lost=True))
    vat = _number(line, "vat_number", partial(read_vat_number, country=country or "FR"))
    if siren is None and siret is not None:
        siren = siret[:9]
    if siren is None and vat is not None:
        siren = siren_of_vat(vat) or None
    if siret is not None and siren is not None and not siret.startswith(siren):
        line.wrong("siret", "siret", "le SIRET ne commence pas par le SIREN ; il est laissé.")
        siret = None
    if vat is not None and siren is not None and siren_of_vat(vat) not in ("", siren):
        line.wrong(
            "vat_number",
            "vat_number",
            f"le numéro de TVA {vat} est celui d’un autre SIREN que {siren} ; il est laissé.",
        )
        vat = None
    days, method = _terms(line)
    return CustomerRow(
        line=line.number,
        code=code,
        name=_short(line.text("name")),
        siren=siren,
        siret=siret,
        vat_number=vat,
        legal_form=_short(line.text("legal_form")),
        address_line1=_short(line.text("address_line1")),
        address_line2=_short(line.text("address_line2")),
        address_line3=_short(line.text("address_line3")),
        postcode=_postcode(line, country),
        city=_short(line.text("city")),
        country=country,
        iban=_number(line, "iban", read_iban),
        kind=_kind(line),
        term_days=days,
        term_method=method,
        credit_limit_cents=_credit_limit(line),
        contacts=_contacts(line),
    )


def _short(text: str | None) -> str | None:
    return " ".join(text.split())[:200] if text else None


def _number(line: _Line, name: str, read: Callable[[str], str]) -> str | None:
    """Return a number that identifies, as it is kept; one that cannot be is told and left out."""
    text = line.text(name)
    if not text:
        return None
    try:
        return read(text) or None
    except WrongInput as wrong:
        line.wrong(name, name, f"{wrong.message.rstrip('.')} ; il est laissé.")
        return None


def _postcode(line: _Line, country: str | None) -> str | None:
    text = line.text("postcode")
    if not text:
        return None
    code = text.replace(" ", "")
    if country not in (None, "FR"):
        return text[:12]
    if code.isascii() and code.isdigit() and len(code) in (4, 5):
        return code.zfill(5)
    line.wrong("postcode", "postcode", f"« {text[:20]} » n’est pas un code postal ; il est laissé.")
    return None


def _country(line: _Line) -> str | None:
    text = line.text("country")
    if not text:
        return None
    if re.fullmatch(r"[A-Za-z]{2}", text):
        return text.upper()
    found = _COUNTRIES.get(name_key(text).replace("-", " "))
    if found is None:
        line.wrong("country", "country", f"le pays « {text[:30]} » n’est pas reconnu.")
    return found


def _kind(line: _Line) -> str | None:
    text = line.text("kind")
    if not text:
        return None
    found = KINDS.get(ref_key(text))
    if found is None:
        line.wrong(
            "kind",
            "kind",
            f"la qualité « {text[:30]} » n’est pas reconnue : professionnel, particulier ou public.",
        )
    return found


def read_terms(text: str) -> tuple[int, str] | None:
    """Return days and method of « 45 jours fin de mois », « FDM + 30 », « comptant »; None if unknown."""
    words = re.sub(r"[^a-z0-9]+", " ", name_key(text)).strip()
    month_end = re.search(
        r"\bfin (?:de |du )?mois\b|\bfdm\b|\bfm\b|\beom\b|\bend of month\b", words
    )
    found = re.search(r"\b(\d{1,3}) ?(?:jours?|jrs?|j|days?|d)?\b", words)
    if found is None:
        if month_end:
            return 0, TermMethod.EOM_THEN_DAYS
        if re.search(r"\bcomptant\b|\breception\b|\bimmediat\b|\bcash\b|\bimmediate\b", words):
            return 0, TermMethod.NET
        return None
    days = int(found[1])
    if days > LONGEST_TERM_DAYS or re.search(r"\ble \d{1,2}\b", words):
        return None
    if month_end is None:
        return days, TermMethod.NET
    first = month_end.start() < found.start()
    return days, TermMethod.EOM_THEN_DAYS if first else TermMethod.DAYS_THEN_EOM


def _terms(line: _Line) -> tuple[int | None, str | None]:
    text, days = line.text("terms"), line.text("term_days")
    found = read_terms(text) if text else None
    if found is None and days:
        found = read_terms(days)
    if found is None:
        if text and re.search(r"\d|mois|comptant|reception", name_key(text)):
            line.wrong("terms", "terms", f"les conditions « {text[:40]} » ne sont pas comprises.")
        return None, None
    return found


def _credit_limit(line: _Line) -> int | None:
    text = line.text("credit_limit")
    if not text:
        return None
    try:
        cents = read_cents(text)
    except Illegible as error:
        line.wrong("credit_limit", error.code, f"encours autorisé : {error}.")
        return None
    if cents < 0:
        line.wrong(
            "credit_limit", "wrong_amount", "l’encours autorisé est négatif ; il est laissé."
        )
        return None
    return cents


def _contacts(line: _Line) -> list[ContactRow]:
    emails = []
    for text in re.split(r"[;,\s]+", line.text("email") or ""):
        if not text:
            continue
        if _EMAIL.fullmatch(text) and len(text) <= 254:
            emails.append(text)
        else:
            line.wrong("email", "email", f"« {text[:60]} » n’est pas une adresse e-mail.")
    phone = line.text("phone") or ""
    if re.fullmatch(r"[1-9][0-9]{8}", phone):
        phone = "0" + phone  # a spreadsheet ate the zero
    if phone and not _PHONE.fullmatch(phone):
        line.wrong("phone", "phone", f"« {phone[:40]} » n’est pas un numéro de téléphone.")
        phone = ""
    name, title = _short(line.text("contact_name")) or "", _short(line.text("contact_title")) or ""
    if not (name or emails or phone):
        return []
    first = ContactRow(name, title, emails[0] if emails else "", phone)
    return [first, *(ContactRow("", "", email, "") for email in emails[1:])]


# --- open items ---------------------------------------------------------------------------------


def _items(table: Table, problems: Problems) -> Iterator[OpenItem]:
    for number, cells in table.rows:
        line = _Line(number, cells, problems)
        code, invoice = line.text("code"), line.text("invoice") or ""
        if not code:
            if invoice:
                line.wrong("code", "missing_code", "le code client manque ; la ligne est laissée.")
            continue
        issued_on, due_on = _day(line, "issued_on"), _day(line, "due_on")
        if issued_on and due_on and due_on < issued_on:
            line.wrong("due_on", "due_before_issue", "l’échéance précède la date de la facture.")
            continue
        cents = None
        if text := line.text("amount"):
            try:
                cents = read_cents(text)
            except Illegible as error:
                line.wrong("amount", error.code, f"{error}.")
        yield OpenItem(
            line=number,
            code=code,
            invoice=invoice,
            issued_on=issued_on,
            due_on=due_on,
            amount_cents=cents,
        )


def _day(line: _Line, name: str) -> date | None:
    text = line.text(name)
    if not text:
        return None
    try:
        return read_day(text)
    except Illegible as error:
        line.wrong(name, error.code, f"{error}.")
        return None


# --- dry runs -----------------------------------------------------------------------------------


def dry_run_customers(path: Path, name: str, *, partial: bool = False) -> ImportReport:
    """Read a customer file and say what it holds."""
    try:
        file = read_customers(path, partial=partial)
        counts: Counter[str] = Counter(parties=0)
        for row in file.rows:
            counts["parties"] += 1
            counts["with_siren"] += row.siren is not None
            counts["with_address"] += bool(row.address_line1 and row.postcode and row.city)
            counts["with_terms"] += row.term_days is not None
            counts["with_kind"] += row.kind is not None
            counts["contacts"] += len(row.contacts)
    except Unreadable as error:
        return refused(Format.CUSTOMERS, name, error)
    return _report(Format.CUSTOMERS, name, file, counts)


def dry_run_open_items(path: Path, name: str, *, partial: bool = False) -> ImportReport:
    """Read a list of open items and say what it holds."""
    try:
        file = read_open_items(path, partial=partial)
        counts: Counter[str] = Counter(open_items=0)
        total = 0
        for row in file.rows:
            counts["open_items"] += 1
            counts["with_due_date"] += row.due_on is not None
            total += row.amount_cents or 0
    except Unreadable as error:
        return refused(Format.OPEN_ITEMS, name, error)
    report = _report(Format.OPEN_ITEMS, name, file, counts)
    report.totals = {"open": {"EUR": total}}
    return report


def _report[R](format_: str, name: str, file: TableFile[R], counts: Counter[str]) -> ImportReport:
    report = ImportReport(
        format=format_,
        filename=name,
        encoding=file.encoding,
        columns=file.fields,
        counts=dict(counts),
    )
    report.take(file.problems)
    return report
