"""Completing what files do not say: who the debtor is, where to write, when a claim falls due.

What is typed here wins over what was derived; imports then leave it alone unless they state it.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from exigible.domain.french import day
from exigible.domain.identity.numbers import (
    read_siren,
    read_siret,
    read_vat_number,
    siren_of_vat,
)
from exigible.domain.refusals import Refused, WrongInput
from exigible.domain.text_keys import name_key, ref_key
from exigible.operations import figures
from exigible.operations.acts import AccountAct, By, act_on
from exigible.operations.due_dates import derive_again, set_due_dates
from exigible.store.models import (
    Account,
    Claim,
    ClaimKind,
    Contact,
    Debtor,
    DebtorKind,
    DueOnSource,
)
from exigible.store.queries import reliability

TEXT_LENGTH = 200
MOST_DISCOUNT = 100_000  # 10 %
_DEBTOR_TEXTS = (
    "name",
    "legal_form",
    "address_line1",
    "address_line2",
    "address_line3",
    "postcode",
    "city",
)
_PHONE = re.compile(r"\+?[0-9 ().\-\u00a0\u202f/]{6,30}")
_POSTCODE = re.compile(r"\d{5}")
_COUNTRY = re.compile(r"[A-Z]{2}")
TERM_METHODS = ("net", "days_then_eom", "eom_then_days")
MOST_TERM_DAYS = 365
AT_ONCE = 200  # accounts changed in one transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class DebtorFacts:
    """What may be completed of a debtor; None leaves a field as it is, "" empties it."""

    name: str | None = None
    kind: str | None = None
    legal_form: str | None = None
    siren: str | None = None
    siret: str | None = None
    vat_number: str | None = None
    address_line1: str | None = None
    address_line2: str | None = None
    address_line3: str | None = None
    postcode: str | None = None
    city: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactFacts:
    """A contact as typed; `main` makes it the one written to and called first."""

    name: str = ""
    role: str = "accounting"
    title: str = ""
    email: str = ""
    phone: str = ""
    hours: str = ""
    main: bool = False
    active: bool = True


def complete_debtor(
    account_id: int,
    facts: DebtorFacts,
    *,
    on: date,
    by: By,
    at: datetime,
    expected_version: int | None = None,
    source: str = "",
) -> Debtor:
    """Complete the identity of an account's debtor; every account of that debtor follows.

    Refuse a SIREN, SIRET or VAT number that cannot be, or that is another company's, and a French
    postcode that is not five digits. `source` says where the facts were read, when nobody typed them.
    """
    changes: dict[str, object] = {}
    for name in _DEBTOR_TEXTS:
        value = getattr(facts, name)
        if value is not None:
            changes[name] = value.strip()[:TEXT_LENGTH]
    if changes.get("name") == "":
        raise WrongInput(
            "name", "Le nom manque. Saisissez la raison sociale ou le nom.", field="name"
        )
    if facts.kind is not None:
        if facts.kind not in DebtorKind.values:
            raise WrongInput("kind", "Choisissez la qualité du débiteur.", field="kind")
        changes["kind"] = facts.kind
    if facts.country is not None:
        changes["country"] = _country(facts.country)
    if facts.siren is not None:
        changes["siren"] = read_siren(facts.siren)
    if facts.siret is not None:
        changes["siret"] = read_siret(facts.siret)
    with act_on(account_id, by=by, at=at, expected_version=expected_version) as act:
        debtor = Debtor.objects.select_for_update().get(pk=act.account.debtor_id)
        country = str(changes.get("country", debtor.country))
        if facts.vat_number is not None:
            changes["vat_number"] = read_vat_number(facts.vat_number, country=country)
        postcode = str(changes.get("postcode", debtor.postcode))
        if (
            country == "FR"
            and "postcode" in changes
            and postcode
            and not _POSTCODE.fullmatch(postcode)
        ):
            raise WrongInput(
                "postcode",
                f"« {postcode} » n’est pas un code postal : il en faut cinq chiffres.",
                field="postcode",
            )
        siren = str(changes.get("siren", debtor.siren))
        siret = str(changes.get("siret", debtor.siret))
        if siret and siren and not siret.startswith(siren):
            raise WrongInput(
                "siret",
                "Le SIRET ne commence pas par le SIREN. Vérifiez l’un et l’autre.",
                field="siret",
            )
        if siret and not siren:
            changes["siren"] = siren = siret[:9]
        held = siren_of_vat(str(changes.get("vat_number", debtor.vat_number)))
        if held and siren and held != siren:
            wrong = "vat_number" if "vat_number" in changes else "siren"
            raise WrongInput(
                wrong,
                f"Le numéro de TVA est celui du SIREN {held}, pas du SIREN {siren}. Vérifiez l’un et "
                "l’autre.",
                field=wrong,
            )
        if held and not siren and "vat_number" in changes:
            changes["siren"] = held
        for name, value in changes.items():
            setattr(debtor, name, value)
        if "name" in changes:
            debtor.name_key = name_key(debtor.name)
        if any(name.startswith(("address", "postcode", "city")) for name in changes):
            debtor.address_ok = True
        debtor.save()
        told = {"source": source} if source else {}
        act.journal("debtor_completed", f"debtor:{debtor.pk}", fields=sorted(changes), **told)
        concerned = list(Account.objects.filter(debtor=debtor).values_list("pk", flat=True))
        figures.refresh(concerned, on)
    return debtor


def record_returned_mail(account_id: int, *, on: date, by: By, at: datetime) -> Debtor:
    """Note that the post brought a letter back: nothing more goes to that address.

    The address stays as it is, marked, until someone completes it; refuse one already marked.
    """
    with act_on(account_id, by=by, at=at) as act:
        debtor = Debtor.objects.select_for_update().get(pk=act.account.debtor_id)
        if not debtor.address_ok:
            raise Refused(
                "address_known_bad",
                f"L’adresse de {debtor.name} est déjà notée comme mauvaise. Complétez-la.",
            )
        debtor.address_ok = False
        debtor.save(update_fields=["address_ok"])
        act.journal("mail_returned", f"debtor:{debtor.pk}", on=on.isoformat())
        reliability.rewrite([debtor.pk])
    return debtor


def complete_claims(
    account_id: int,
    claim_ids: Sequence[int],
    *,
    on: date,
    ref: str | None = None,
    issued_on: date | None = None,
    due_on: date | None = None,
    kind: str | None = None,
    by: By,
    at: datetime,
    expected_version: int | None = None,
) -> int:
    """Say of some claims of one account what their file did not; return how many changed.

    A due date typed is no longer derived. Refuse a due date before the issue date, and a number
    given to several claims at once.
    """
    if ref is not None and len(claim_ids) > 1:
        raise WrongInput("ref", "Un numéro se saisit facture par facture.", field="ref")
    if kind is not None and kind not in ClaimKind.values:
        raise WrongInput("claim_kind", "Choisissez la nature de la créance.", field="kind")
    with act_on(account_id, by=by, at=at, expected_version=expected_version) as act:
        claims = list(Claim.objects.filter(account=act.account, pk__in=claim_ids))
        if len(claims) != len(set(claim_ids)):
            raise WrongInput("claim", "Une des créances n’est pas de ce compte.")
        for claim in claims:
            _complete_claim(claim, ref=ref, issued_on=issued_on, due_on=due_on, kind=kind)
        act.journal(
            "claims_completed",
            ",".join(f"claim:{claim.pk}" for claim in claims),
            ref=ref,
            issued_on=issued_on.isoformat() if issued_on else None,
            due_on=due_on.isoformat() if due_on else None,
            kind=kind,
        )
        figures.refresh([account_id], on)
    return len(claims)


def save_contact(
    account_id: int,
    facts: ContactFacts,
    *,
    contact_id: int | None = None,
    by: By,
    at: datetime,
    expected_version: int | None = None,
) -> Contact:
    """Add or change a contact of the debtor; refuse an unreadable e-mail or number, or an empty one."""
    email, number = facts.email.strip(), _readable_phone(facts.phone)
    if email:
        try:
            validate_email(email)
        except ValidationError:
            raise WrongInput(
                "email", f"« {email} » n’est pas une adresse e-mail. Vérifiez-la.", field="email"
            ) from None
    if not (facts.name.strip() or email or number):
        raise WrongInput(
            "contact_empty", "Donnez au moins un nom, une adresse ou un numéro.", field="name"
        )
    if facts.role not in {value for value, _ in Contact._meta.get_field("role").choices or ()}:
        raise WrongInput("role", "Choisissez la fonction du contact.", field="role")
    with act_on(account_id, by=by, at=at, expected_version=expected_version) as act:
        debtor = act.account.debtor
        contact = _contact(act, contact_id)
        new_address = email != contact.email
        contact.name = facts.name.strip()[:TEXT_LENGTH]
        contact.role = facts.role
        contact.title = facts.title.strip()[:TEXT_LENGTH]
        contact.email = email
        contact.phone = number
        contact.hours = facts.hours.strip()[:TEXT_LENGTH]
        contact.active = facts.active
        if facts.main:
            Contact.objects.filter(debtor=debtor, is_main=True).exclude(pk=contact.pk).update(
                is_main=False
            )
        contact.is_main = facts.main
        contact.save()
        if new_address and email and not debtor.email_ok:
            debtor.email_ok = True
            debtor.save(update_fields=["email_ok"])
        act.journal("contact_saved", f"contact:{contact.pk}")
        reliability.rewrite([debtor.pk])
    return contact


def change_phone(account_id: int, contact_id: int, phone: str, *, by: By, at: datetime) -> None:
    """Replace a contact's number, or remove it; refuse an unreadable one."""
    number = _readable_phone(phone)
    with act_on(account_id, by=by, at=at) as act:
        contact = _contact(act, contact_id)
        contact.phone = number
        contact.save(update_fields=["phone"])
        act.journal("contact_saved", f"contact:{contact.pk}")
        reliability.rewrite([act.account.debtor_id])


def set_account_terms(
    account_id: int,
    *,
    term_days: int | None,
    term_method: str,
    credit_limit_cents: int | None,
    waives_accessories: bool,
    never_chased: bool,
    never_chased_reason: str = "",
    discount_rate: int | None = None,
    discount_days: int | None = None,
    on: date,
    by: By,
    at: datetime,
    expected_version: int | None = None,
) -> None:
    """Set an account's own terms; None or "" leaves the creditor's.

    `discount_rate` (1/10,000 of a percent) is granted where funds come within `discount_days` of the
    invoice. The due dates that nobody stated are derived again. Refuse never to chase an account
    without saying why.
    """
    _check_terms(term_days, term_method)
    if (discount_rate is None) != (discount_days is None):
        raise WrongInput(
            "discount",
            "Un escompte a un taux et un délai : indiquez les deux, ou aucun.",
            field="discount_rate",
        )
    if discount_rate is not None and not 0 < discount_rate <= MOST_DISCOUNT:
        raise WrongInput("discount", "Un escompte va de 0,01 % à 10 %.", field="discount_rate")
    reason = never_chased_reason.strip()[:TEXT_LENGTH]
    if never_chased and not reason:
        raise WrongInput(
            "never_chased",
            "La raison manque. Dites pourquoi ce compte n’est jamais relancé.",
            field="never_chased_reason",
        )
    with act_on(account_id, by=by, at=at, expected_version=expected_version) as act:
        account = act.account
        account.term_days = term_days
        account.term_method = term_method
        account.credit_limit_cents = credit_limit_cents
        account.waives_accessories = waives_accessories
        account.never_chased = never_chased
        account.never_chased_reason = reason if never_chased else ""
        account.discount_rate, account.discount_days = discount_rate, discount_days
        account.save()
        act.journal(
            "terms_set",
            term_days=term_days,
            term_method=term_method,
            credit_limit_cents=credit_limit_cents,
            waives_accessories=waives_accessories,
            never_chased=never_chased,
            discount_rate=discount_rate,
            discount_days=discount_days,
            due_dates_derived=derive_again([account_id]),
        )
        figures.refresh([account_id], on)


# ---- many at once


def set_kind_of_many(
    account_ids: Sequence[int], kind: str, *, on: date, by: By, at: datetime
) -> int:
    """Say what the debtors of many accounts are; return how many accounts were changed."""
    if kind not in DebtorKind.values:
        raise WrongInput("kind", "Choisissez la qualité des débiteurs.", field="kind")

    def change(act: AccountAct) -> bool:
        debtor = Debtor.objects.select_for_update().get(pk=act.account.debtor_id)
        if debtor.kind == kind:
            return False
        debtor.kind = kind
        debtor.save(update_fields=["kind"])
        act.journal("debtor_completed", f"debtor:{debtor.pk}", fields=["kind"])
        return True

    return _on_each(account_ids, change, on=on, by=by, at=at)


def set_terms_of_many(
    account_ids: Sequence[int],
    *,
    term_days: int | None,
    term_method: str,
    on: date,
    by: By,
    at: datetime,
) -> int:
    """Set the payment terms of many accounts, and derive again the due dates nobody stated."""
    _check_terms(term_days, term_method)

    def change(act: AccountAct) -> bool:
        account = act.account
        account.term_days, account.term_method = term_days, term_method
        account.save(update_fields=["term_days", "term_method"])
        act.journal(
            "terms_set",
            term_days=term_days,
            term_method=term_method,
            due_dates_derived=derive_again([account.pk]),
        )
        return True

    return _on_each(account_ids, change, on=on, by=by, at=at)


def confirm_due_dates(claim_ids: Sequence[int], *, on: date, by: By, at: datetime) -> int:
    """Confirm due dates that were derived, as they are; return how many."""
    return _state_due_dates(claim_ids, None, on=on, by=by, at=at)


def state_due_date(
    claim_ids: Sequence[int], due_on: date, *, on: date, by: By, at: datetime
) -> int:
    """Give many claims the same due date; leave those it would precede. Return how many changed."""
    return _state_due_dates(claim_ids, due_on, on=on, by=by, at=at)


def _state_due_dates(
    claim_ids: Sequence[int], due_on: date | None, *, on: date, by: By, at: datetime
) -> int:
    by_account: defaultdict[int, list[int]] = defaultdict(list)
    for account_id, claim_id in Claim.objects.filter(pk__in=claim_ids).values_list(
        "account_id", "pk"
    ):
        by_account[account_id].append(claim_id)
    changed = 0

    def change(act: AccountAct) -> bool:
        nonlocal changed
        claims = Claim.objects.filter(account=act.account, pk__in=by_account[act.account.pk])
        if due_on is None:
            claims = claims.filter(due_on_source=DueOnSource.DERIVED)
        rows = [
            (claim.pk, due_on or claim.due_on)
            for claim in claims.order_by("pk")
            if due_on is None or claim.issued_on is None or claim.issued_on <= due_on
        ]
        if not rows:
            return False
        set_due_dates(rows, DueOnSource.MANUAL)
        changed += len(rows)
        act.journal(
            "claims_completed",
            ",".join(f"claim:{pk}" for pk, _ in rows),
            due_on=due_on.isoformat() if due_on else None,
            confirmed=due_on is None,
        )
        return True

    _on_each(list(by_account), change, on=on, by=by, at=at)
    return changed


def _on_each(
    account_ids: Sequence[int],
    change: Callable[[AccountAct], bool],
    *,
    on: date,
    by: By,
    at: datetime,
) -> int:
    """Act on accounts one after the other, a transaction for each AT_ONCE of them.

    Their figures are computed together, which is what takes time; accounts of the same debtor
    follow. Return how many accounts `change` changed.
    """
    changed = 0
    ids = sorted(set(account_ids))
    for start in range(0, len(ids), AT_ONCE):
        with transaction.atomic():
            touched = []
            for account_id in ids[start : start + AT_ONCE]:
                with act_on(account_id, by=by, at=at) as act:
                    if change(act):
                        touched.append(act.account.debtor_id)
                        changed += 1
            concerned = Account.objects.filter(debtor_id__in=touched)
            figures.refresh(list(concerned.values_list("pk", flat=True)), on)
    return changed


def _check_terms(term_days: int | None, term_method: str) -> None:
    if term_days is not None and not 0 <= term_days <= MOST_TERM_DAYS:
        raise WrongInput(
            "term_days", f"Le délai est de 0 à {MOST_TERM_DAYS} jours.", field="term_days"
        )
    if term_method and term_method not in TERM_METHODS:
        raise WrongInput(
            "term_method", "Choisissez comment le délai se compte.", field="term_method"
        )


def _complete_claim(
    claim: Claim,
    *,
    ref: str | None,
    issued_on: date | None,
    due_on: date | None,
    kind: str | None,
) -> None:
    if ref is not None:
        claim.ref = ref.strip()[:TEXT_LENGTH]
        claim.ref_key = ref_key(claim.ref)
    if kind is not None:
        claim.kind = kind
    if issued_on is not None:
        claim.issued_on = issued_on
    if due_on is not None:
        claim.due_on = due_on
        claim.due_on_source = DueOnSource.MANUAL
    if claim.issued_on and claim.due_on < claim.issued_on:
        raise WrongInput(
            "due_before_issue",
            f"L’échéance de {claim} ({day(claim.due_on)}) précède sa date ({day(claim.issued_on)}). "
            "Vérifiez l’une et l’autre.",
            field="due_on" if due_on is not None else "issued_on",
        )
    claim.save(update_fields=["ref", "ref_key", "kind", "issued_on", "due_on", "due_on_source"])


def _contact(act: AccountAct, contact_id: int | None) -> Contact:
    if contact_id is None:
        return Contact(debtor=act.account.debtor)
    contact = Contact.objects.filter(pk=contact_id, debtor=act.account.debtor).first()
    if contact is None:
        raise WrongInput("contact", "Ce contact n’est pas celui du débiteur.")
    return contact


def _readable_phone(typed: str) -> str:
    number = typed.strip()
    if number and not _PHONE.fullmatch(number):
        raise WrongInput(
            "phone",
            f"« {number[:40]} » n’est pas un numéro de téléphone. Vérifiez-le.",
            field="phone",
        )
    return number


def _country(typed: str) -> str:
    code = typed.strip().upper() or "FR"
    if not _COUNTRY.fullmatch(code):
        raise WrongInput(
            "country", "Le pays s’écrit en deux lettres : FR, BE, DE…", field="country"
        )
    return code
