"""The customer file: who customers are, where to write to them, on what terms they pay.

It comes beside a ledger, or in its place. It has a code (the auxiliary account) and any of name, SIREN,
address, contacts, terms, credit limit. Headings are known by many names, French or English; a mapping
says them for a source. What a cell says wrongly is left out and told by its line; the rest stands.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
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
from exigible.intake.lines import (
    LineReader,
    TableFile,
    read_emails,
    read_phone,
    short,
    synonyms,
)
from exigible.intake.mapping.grids import Grid
from exigible.intake.mapping.model import Mapping
from exigible.intake.mapping.reading import read_mapped
from exigible.intake.problems import Problems, Unreadable
from exigible.intake.tables import Table, read_table

CUSTOMER_HEADINGS = synonyms(
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


def read_customers(
    path: Path,
    *,
    partial: bool = False,
    mapping: Mapping | None = None,
    grid: Grid | None = None,
) -> TableFile[CustomerRow]:
    """Open a customer file, through a mapping if there is one.

    Raise Unreadable if it is no table or has no customer code.
    """
    table = (
        read_mapped(path, mapping, grid=grid)
        if mapping
        else read_table(path, CUSTOMER_HEADINGS, ("code",))
    )
    problems = Problems(partial=partial)
    return TableFile(table, problems, _customers(table, problems))


def looks_like_customers(path: Path) -> bool:
    """Say whether a table names customers by their code."""
    try:
        read_table(path, CUSTOMER_HEADINGS, ("code", "name"))
    except Unreadable:
        return False
    return True


def _customers(table: Table, problems: Problems) -> Iterator[CustomerRow]:
    seen: dict[str, int] = {}
    customer = "code" if "code" in table.fields else "name"
    for number, cells in table.rows:
        line = LineReader(number, cells, problems)
        code = line.text(customer)
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


def _customer(line: LineReader, code: str) -> CustomerRow:
    country = _country(line)
    siret = _number(line, "siret", functools.partial(read_siret, zeros_lost=True))
    siren = _number(line, "siren", functools.partial(read_siren, zeros_lost=True))
    vat = _number(line, "vat_number", functools.partial(read_vat_number, country=country or "FR"))
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
        name=short(line.text("name")),
        siren=siren,
        siret=siret,
        vat_number=vat,
        legal_form=short(line.text("legal_form")),
        address_line1=short(line.text("address_line1")),
        address_line2=short(line.text("address_line2")),
        address_line3=short(line.text("address_line3")),
        postcode=_postcode(line, country),
        city=short(line.text("city")),
        country=country,
        iban=_number(line, "iban", read_iban),
        kind=_kind(line),
        term_days=days,
        term_method=method,
        credit_limit_cents=_credit_limit(line),
        contacts=_contacts(line),
    )


def _number(line: LineReader, name: str, read: Callable[[str], str]) -> str | None:
    """Return a number that identifies, as it is kept; one that cannot be is told and left out."""
    text = line.text(name)
    if not text:
        return None
    try:
        return read(text) or None
    except WrongInput as wrong:
        line.wrong(name, name, f"{wrong.message.rstrip('.')} ; il est laissé.")
        return None


def _postcode(line: LineReader, country: str | None) -> str | None:
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


def _country(line: LineReader) -> str | None:
    text = line.text("country")
    if not text:
        return None
    if re.fullmatch(r"[A-Za-z]{2}", text):
        return text.upper()
    found = _COUNTRIES.get(name_key(text).replace("-", " "))
    if found is None:
        line.wrong("country", "country", f"le pays « {text[:30]} » n’est pas reconnu.")
    return found


def _kind(line: LineReader) -> str | None:
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


def _terms(line: LineReader) -> tuple[int | None, str | None]:
    text, days = line.text("terms"), line.text("term_days")
    found = read_terms(text) if text else None
    if found is None and days:
        found = read_terms(days)
    if found is None:
        if text and re.search(r"\d|mois|comptant|reception", name_key(text)):
            line.wrong("terms", "terms", f"les conditions « {text[:40]} » ne sont pas comprises.")
        return None, None
    return found


def _credit_limit(line: LineReader) -> int | None:
    cents = line.cents("credit_limit")
    if cents is not None and cents < 0:
        line.wrong(
            "credit_limit", "wrong_amount", "l’encours autorisé est négatif ; il est laissé."
        )
        return None
    return cents


def _contacts(line: LineReader) -> list[ContactRow]:
    emails, phone = read_emails(line), read_phone(line)
    name, title = short(line.text("contact_name")) or "", short(line.text("contact_title")) or ""
    if not (name or emails or phone):
        return []
    first = ContactRow(name, title, emails[0] if emails else "", phone)
    return [first, *(ContactRow("", "", email, "") for email in emails[1:])]
