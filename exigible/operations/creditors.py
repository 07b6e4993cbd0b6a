"""Creditors: identity, letterhead, terms, late-payment clause, and where debtors are asked to pay.

What is changed here shows on the next message; those that left keep what they said. A change of
terms applies to the due dates derived from then on: those already derived are facts of their
claims, changed in *À compléter*.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from stdnum import bic as bic_number

from exigible.domain.identity.numbers import read_iban, read_siren
from exigible.domain.refusals import Refused, WrongInput
from exigible.intake.fec import DEFAULT_PREFIXES
from exigible.intake.images import NotAnImage, image_of
from exigible.operations.acts import By, act_on_house
from exigible.operations.documents import store_document
from exigible.store.models import AccountFigures, Creditor, CreditorBankAccount, Portfolio

TEXT_LENGTH = 200
ADDRESS_LINES, ADDRESS_LINE = 6, 60
LEGAL_LINE_LENGTH = 400
MOST_TERM_DAYS = 365
MOST_CLAUSE_RATE = 1_000_000  # 100 % a year, in 1/10,000 of a percent
LOGO_BYTES = 1_000_000
LOGO_SIDE = 2_000  # pixels: what the letters' typesetter has to hold in memory
MAIN_PORTFOLIO = "Portefeuille principal"
_PHONE = re.compile(r"\+?[0-9 ().\-\u00a0\u202f/]{6,30}")
_PREFIX = re.compile(r"4[0-9]{1,11}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditorFacts:
    """All that is said of a creditor. `clause_rate` is in 1/10,000 of a percent, None without one."""

    name: str
    legal_form: str = ""
    siren: str = ""
    kind: str = "professional"
    address: str = ""
    phone: str = ""
    email: str = ""
    website: str = ""
    legal_line: str = ""
    signatory: str = ""
    term_days: int = 30
    term_method: str = "net"
    clause_rate: int | None = None
    customer_prefixes: Sequence[str] = DEFAULT_PREFIXES
    agency_name: str = ""
    agency_address: str = ""


def create_creditor(
    facts: CreditorFacts, *, portfolio: str = MAIN_PORTFOLIO, by: By, at: datetime
) -> Creditor:
    """Add a creditor with its first portfolio; refuse a wrong SIREN, or one that exists."""
    values = _checked(facts)
    with act_on_house(by=by, at=at) as act:
        creditor = Creditor(**values)
        _save_with_own_siren(creditor)
        Portfolio.objects.create(creditor=creditor, name=portfolio)
        act.journal("creditor_created", f"creditor:{creditor.pk}", siren=creditor.siren)
    return creditor


def change_creditor(creditor_id: int, facts: CreditorFacts, *, by: By, at: datetime) -> Creditor:
    """Change what is said of a creditor; the journal names the fields, with both values of terms."""
    values = _checked(facts)
    with act_on_house(by=by, at=at) as act:
        creditor = Creditor.objects.select_for_update().get(pk=creditor_id)
        changed = {name for name, value in values.items() if getattr(creditor, name) != value}
        if not changed:
            return creditor
        terms = {
            name: [getattr(creditor, name), values[name]]
            for name in ("term_days", "term_method", "clause_rate", "customer_prefixes")
            if name in changed
        }
        for name in changed:
            setattr(creditor, name, values[name])
        _save_with_own_siren(creditor)
        act.journal(
            "creditor_changed", f"creditor:{creditor.pk}", fields=sorted(changed), terms=terms
        )
    return creditor


def archive_creditor(creditor_id: int, *, by: By, at: datetime) -> Creditor:
    """Put a creditor away; refuse while one of its accounts still has a balance."""
    with act_on_house(by=by, at=at) as act:
        creditor = Creditor.objects.select_for_update().get(pk=creditor_id)
        left = AccountFigures.objects.filter(creditor_id=creditor.pk).exclude(balance_cents=0)
        if left.exists():
            raise Refused(
                "creditor_owed",
                f"{creditor.name} a encore des comptes non soldés. Soldez-les avant de l’archiver.",
            )
        creditor.archived = True
        creditor.save(update_fields=["archived"])
        act.journal("creditor_archived", f"creditor:{creditor.pk}")
    return creditor


def restore_creditor(creditor_id: int, *, by: By, at: datetime) -> Creditor:
    """Bring an archived creditor back into the lists."""
    with act_on_house(by=by, at=at) as act:
        creditor = Creditor.objects.select_for_update().get(pk=creditor_id)
        creditor.archived = False
        creditor.save(update_fields=["archived"])
        act.journal("creditor_restored", f"creditor:{creditor.pk}")
    return creditor


def set_logo(creditor_id: int, content: bytes, *, name: str, by: By, at: datetime) -> Creditor:
    """Print a logo at the head of the letters; refuse what is not a PNG or JPEG of bounded size."""
    if len(content) > LOGO_BYTES:
        raise WrongInput(
            "logo_size", "Le logo dépasse 1 Mo. Enregistrez-le en plus petit.", field="logo"
        )
    try:
        image = image_of(content)
    except NotAnImage:
        raise WrongInput(
            "logo_format",
            "Ce fichier n’est pas une image PNG ou JPEG entière. Choisissez-en une autre.",
            field="logo",
        ) from None
    if max(image.width, image.height) > LOGO_SIDE:
        raise WrongInput(
            "logo_side",
            f"L’image fait {image.width} × {image.height} points ; {LOGO_SIDE} au plus de chaque "
            "côté. Réduisez-la.",
            field="logo",
        )
    with act_on_house(by=by, at=at) as act:
        creditor = Creditor.objects.select_for_update().get(pk=creditor_id)
        creditor.logo = store_document(
            content, name=_line(name) or "logo", media_type=image.media_type, at=at
        )
        creditor.save(update_fields=["logo"])
        act.journal("creditor_logo_set", f"creditor:{creditor.pk}", sha256=creditor.logo.sha256)
    return creditor


def remove_logo(creditor_id: int, *, by: By, at: datetime) -> Creditor:
    """Print no logo any more; letters that left keep theirs."""
    with act_on_house(by=by, at=at) as act:
        creditor = Creditor.objects.select_for_update(of=("self",)).get(pk=creditor_id)
        creditor.logo = None
        creditor.save(update_fields=["logo"])
        act.journal("creditor_logo_removed", f"creditor:{creditor.pk}")
    return creditor


def add_bank_account(
    creditor_id: int, *, iban: str, bic: str = "", label: str = "", by: By, at: datetime
) -> CreditorBankAccount:
    """Add an account where debtors pay; the first one is the default. Refuse a wrong IBAN or BIC."""
    number, code = read_iban(iban), _bic(bic)
    if not number:
        raise WrongInput("iban", "L’IBAN manque. Recopiez-le du RIB.", field="iban")
    with act_on_house(by=by, at=at) as act:
        creditor = Creditor.objects.select_for_update().get(pk=creditor_id)
        known = CreditorBankAccount.objects.filter(creditor=creditor, iban=number).first()
        if known is not None and not known.closed:
            raise WrongInput(
                "iban_known", f"{creditor.name} a déjà ce compte bancaire.", field="iban"
            )
        account = known or CreditorBankAccount(creditor=creditor, iban=number)
        account.bic, account.label, account.closed = code, _line(label), False
        account.is_default = not _open(creditor).filter(is_default=True).exists()
        account.save()
        act.journal("bank_account_added", f"creditor:{creditor.pk}", iban_end=number[-4:])
    return account


def make_default(bank_account_id: int, *, by: By, at: datetime) -> CreditorBankAccount:
    """Ask debtors to pay on this account from now on."""
    with act_on_house(by=by, at=at) as act:
        account = _locked_bank_account(bank_account_id)
        if account.closed:
            raise Refused("bank_account_closed", "Ce compte bancaire est clos.")
        _open(account.creditor).filter(is_default=True).update(is_default=False)
        account.is_default = True
        account.save(update_fields=["is_default"])
        act.journal(
            "bank_account_default", f"creditor:{account.creditor_id}", iban_end=account.iban[-4:]
        )
    return account


def close_bank_account(bank_account_id: int, *, by: By, at: datetime) -> CreditorBankAccount:
    """Ask nobody to pay on this account any more; refuse the default one while others are open."""
    with act_on_house(by=by, at=at) as act:
        account = _locked_bank_account(bank_account_id)
        others = _open(account.creditor).exclude(pk=account.pk)
        if account.is_default and others.exists():
            raise Refused(
                "bank_account_default",
                "C’est le compte indiqué aux débiteurs. Choisissez-en d’abord un autre par défaut.",
            )
        account.closed, account.is_default = True, False
        account.save(update_fields=["closed", "is_default"])
        act.journal(
            "bank_account_closed", f"creditor:{account.creditor_id}", iban_end=account.iban[-4:]
        )
    return account


# ---- helpers


def _checked(facts: CreditorFacts) -> dict[str, object]:
    """Return the fields as they are kept; raise WrongInput at the first that is wrong."""
    values: dict[str, object] = asdict(facts)
    for name in ("name", "legal_form", "website", "signatory", "agency_name"):
        values[name] = _line(str(values[name]))
    if not values["name"]:
        raise WrongInput("name", "Le nom manque. Saisissez la raison sociale.", field="name")
    if facts.kind not in dict(Creditor._meta.get_field("kind").choices or ()):
        raise WrongInput("kind", "Choisissez la qualité du créancier.", field="kind")
    values["siren"] = read_siren(facts.siren)
    values["email"] = _email(facts.email)
    values["phone"] = _phone(facts.phone)
    values["address"] = _address(facts.address, "address")
    values["agency_address"] = _address(facts.agency_address, "agency_address")
    if values["agency_address"] and not values["agency_name"]:
        raise WrongInput(
            "agency_name",
            "Le nom de l’agence manque ; son adresse est saisie.",
            field="agency_name",
        )
    if values["agency_name"] and not values["agency_address"]:
        raise WrongInput(
            "agency_address",
            "L’adresse de l’agence de recouvrement manque : ses lettres doivent la porter "
            "(CPCE art. R. 124-4).",
            field="agency_address",
            article="CPCE art. R. 124-4",
        )
    legal_line = _CONTROL.sub(" ", facts.legal_line).strip()
    if len(legal_line) > LEGAL_LINE_LENGTH:
        raise WrongInput(
            "legal_line",
            f"Le pied de page fait {len(legal_line)} caractères, {LEGAL_LINE_LENGTH} au plus.",
            field="legal_line",
        )
    values["legal_line"] = legal_line
    if not 0 <= facts.term_days <= MOST_TERM_DAYS:
        raise WrongInput(
            "term_days", f"Le délai est de 0 à {MOST_TERM_DAYS} jours.", field="term_days"
        )
    if facts.term_method not in dict(Creditor._meta.get_field("term_method").choices or ()):
        raise WrongInput(
            "term_method", "Choisissez comment le délai se compte.", field="term_method"
        )
    if facts.clause_rate is not None and not 0 < facts.clause_rate <= MOST_CLAUSE_RATE:
        raise WrongInput(
            "clause_rate",
            "Le taux est compris entre 0 et 100 % l’an. Laissez-le vide s’il n’est pas stipulé.",
            field="clause_rate",
        )
    values["customer_prefixes"] = _prefixes(facts.customer_prefixes)
    return values


def _line(text: str) -> str:
    return _CONTROL.sub(" ", text).replace("\n", " ").strip()[:TEXT_LENGTH]


def _email(typed: str) -> str:
    address = typed.strip()
    if address:
        try:
            validate_email(address)
        except ValidationError:
            raise WrongInput(
                "email",
                f"« {address[:60]} » n’est pas une adresse e-mail. Vérifiez-la.",
                field="email",
            ) from None
    return address


def _phone(typed: str) -> str:
    number = typed.strip()
    if number and not _PHONE.fullmatch(number):
        raise WrongInput(
            "phone",
            f"« {number[:40]} » n’est pas un numéro de téléphone. Vérifiez-le.",
            field="phone",
        )
    return number


def _address(typed: str, field: str) -> str:
    lines = [_CONTROL.sub(" ", line).strip() for line in typed.splitlines()]
    lines = [line for line in lines if line]
    if len(lines) > ADDRESS_LINES:
        raise WrongInput(
            "address", f"L’adresse a {len(lines)} lignes, {ADDRESS_LINES} au plus.", field=field
        )
    for line in lines:
        if len(line) > ADDRESS_LINE:
            raise WrongInput(
                "address",
                f"« {line[:30]}… » fait {len(line)} caractères ; {ADDRESS_LINE} au plus par ligne.",
                field=field,
            )
    return "\n".join(lines)


def _prefixes(typed: Sequence[str]) -> list[str]:
    prefixes = sorted({prefix.strip() for prefix in typed if prefix.strip()})
    for prefix in prefixes:
        if not _PREFIX.fullmatch(prefix):
            raise WrongInput(
                "prefix",
                f"« {prefix[:20]} » n’est pas le début d’un compte de tiers : des chiffres, le premier "
                "étant 4.",
                field="customer_prefixes",
            )
    if not prefixes:
        raise WrongInput(
            "prefix",
            "Indiquez au moins un début de compte client : 411, 413, 416…",
            field="customer_prefixes",
        )
    return prefixes


def _bic(typed: str) -> str:
    code = typed.strip().upper().replace(" ", "")
    if code and not bic_number.is_valid(code):
        raise WrongInput(
            "bic",
            f"« {typed.strip()[:20]} » n’est pas un BIC : huit ou onze caractères. Vérifiez-le.",
            field="bic",
        )
    return code


def _save_with_own_siren(creditor: Creditor) -> None:
    try:
        with transaction.atomic():
            creditor.save()
    except IntegrityError:
        raise WrongInput(
            "siren_taken", "Un autre créancier a déjà ce SIREN.", field="siren"
        ) from None


def _open(creditor: Creditor) -> QuerySet[CreditorBankAccount]:
    return CreditorBankAccount.objects.filter(creditor=creditor, closed=False)


def _locked_bank_account(bank_account_id: int) -> CreditorBankAccount:
    """Return a bank account with its creditor locked: one change of default at a time."""
    creditor_id = CreditorBankAccount.objects.values_list("creditor_id", flat=True).get(
        pk=bank_account_id
    )
    Creditor.objects.select_for_update(of=("self",)).get(pk=creditor_id)
    return CreditorBankAccount.objects.select_related("creditor").get(pk=bank_account_id)
