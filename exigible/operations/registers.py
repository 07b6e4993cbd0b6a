"""Asking public registers who a debtor is, keeping the answer with its day, taking what one accepts.

A register never changes a debtor: it proposes, part by part, and someone accepts. That it says ceased,
or mentions collective proceedings, is a warning that lowers the reliability of the account. Without a
network, or without any register in the settings, the last answers stay, with their day.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from exigible.channels.registers import OutOfReach, RechercheEntreprises, Register
from exigible.domain.french import day
from exigible.domain.identity.company import Company, combine, from_json, to_json, told
from exigible.domain.identity.numbers import is_siren
from exigible.domain.refusals import Refused, WrongInput
from exigible.domain.text_keys import name_key
from exigible.intake.problems import Unreadable
from exigible.intake.registers import READERS
from exigible.intake.registers.recherche_entreprises import read_candidates
from exigible.operations import figures
from exigible.operations.acts import By, act_on
from exigible.operations.completing import DebtorFacts, complete_debtor
from exigible.store.models import Account, Debtor, RegisterAnswer
from exigible.store.queries import reliability

FRESH_DAYS = 30  # an answer older than that is asked for again by the lookups of many
LABELS = {"recherche": "Recherche d’entreprises", "sirene": "Sirene", "rne": "RNE"}


@dataclass(frozen=True, slots=True)
class Told:
    """What registers say of a SIREN: one picture, the day of each answer, those that do not know it."""

    company: Company | None
    days: Mapping[str, date]  # by register that knows it
    unknown_to: tuple[str, ...] = ()

    @property
    def on(self) -> date | None:
        """The day of the oldest answer."""
        return min(self.days.values(), default=None)


@dataclass(frozen=True, slots=True)
class LookedUp:
    """How a look-up went: what registers say now, and why those that failed did."""

    told: Told
    failures: tuple[str, ...]


def what_registers_say(siren: str) -> Told:
    """Return the last answers kept about a SIREN, without asking anyone."""
    if not siren:
        return Told(None, {})
    rows = list(RegisterAnswer.objects.filter(siren=siren).order_by("register"))
    known = {row.register: from_json(row.company) for row in rows if row.found}
    return Told(
        combine(known),
        {row.register: row.asked_on for row in rows if row.found},
        tuple(row.register for row in rows if not row.found),
    )


def look_up(
    account_id: int, *, registers: Sequence[Register], on: date, by: By, at: datetime
) -> LookedUp:
    """Ask every register about an account's debtor, and keep what they answer.

    Nothing is locked while they are asked. Refuse a debtor without a SIREN, and a house without any
    register; a register that fails is told, and its last answer stays.
    """
    debtor = Debtor.objects.get(accounts=account_id)
    if not debtor.siren:
        raise Refused(
            "no_siren",
            "Ce débiteur n’a pas de SIREN. Cherchez-le d’abord par son nom.",
            field="siren",
        )
    if not registers:
        raise no_register()
    failures = []
    with_answers: dict[str, Company | None] = {}
    for register in registers:
        try:
            answer = register.company(debtor.siren)
            with_answers[register.key] = (
                None if answer is None else READERS[register.key](answer, debtor.siren)
            )
        except OutOfReach as away:
            failures.append(f"{register.label} : {away.message}")
        except Unreadable as unreadable:
            failures.append(f"{register.label} : {unreadable.problem.message}")
    if with_answers:
        with act_on(account_id, by=by, at=at) as act:
            _keep(debtor.siren, with_answers, on=on, at=at)
            act.journal(
                "register_asked",
                f"debtor:{debtor.pk}",
                registers=sorted(with_answers),
                known=sorted(key for key, company in with_answers.items() if company),
            )
    return LookedUp(what_registers_say(debtor.siren), tuple(failures))


def candidates(account_id: int, words: str, *, registers: Sequence[Register]) -> Sequence[Company]:
    """Return the companies that a register knows by a name, in the debtor's postcode where it has one.

    Refuse a private person's name: it is nobody's business but his.
    """
    debtor = Debtor.objects.get(accounts=account_id)
    if debtor.kind == "consumer":
        raise Refused(
            "private_person",
            "Ce débiteur est un particulier : il ne se cherche pas dans un registre d’entreprises.",
        )
    source = next((one for one in registers if isinstance(one, RechercheEntreprises)), None)
    if source is None:
        raise no_register()
    if len(words.strip()) < 3:
        raise WrongInput("words", "Trois lettres au moins.", field="words")
    try:
        postcode = debtor.postcode if debtor.country == "FR" else ""
        found = read_candidates(source.named(words.strip(), postcode) or b"{}")
        if not found and postcode:
            found = read_candidates(source.named(words.strip()) or b"{}")
    except OutOfReach as away:
        raise Refused("out_of_reach", away.message) from None
    except Unreadable as unreadable:
        raise Refused("unreadable", unreadable.problem.message) from None
    return found


def choose_company(
    account_id: int,
    siren: str,
    *,
    on: date,
    by: By,
    at: datetime,
    expected_version: int | None = None,
) -> Debtor:
    """Say which company of a search the debtor is: his SIREN, and nothing else, is written."""
    if not is_siren(siren):
        raise WrongInput("siren", "Ce SIREN n’est pas valable.", field="siren")
    return complete_debtor(
        account_id,
        DebtorFacts(siren=siren),
        on=on,
        by=by,
        at=at,
        expected_version=expected_version,
        source="register",
    )


def accept(
    account_id: int,
    parts: Collection[str],
    *,
    on: date,
    by: By,
    at: datetime,
    expected_version: int | None = None,
) -> Debtor:
    """Write on the debtor the parts of the register's answer that someone accepts.

    `parts` are keys of `domain.identity.company.told`. Refuse a part that the register does not say.
    """
    debtor = Debtor.objects.get(accounts=account_id)
    said = what_registers_say(debtor.siren)
    if said.company is None:
        raise Refused("no_answer", "Aucun registre n’a encore répondu. Interrogez-le d’abord.")
    company = said.company
    known = told(company)
    if not parts or any(not known.get(part) for part in parts):
        raise WrongInput("part", "Choisissez ce que vous reprenez du registre.")
    facts = DebtorFacts()
    for part in parts:
        if part == "address":
            facts = replace(
                facts,
                address_line1=company.address.line1,
                address_line2=company.address.line2,
                address_line3=company.address.line3,
                postcode=company.address.postcode,
                city=company.address.city,
                **({"country": company.address.country} if company.address.country else {}),
            )
        else:
            facts = replace(facts, **{part: known[part]})
    when = f", {day(said.on)}" if said.on else ""
    return complete_debtor(
        account_id,
        facts,
        on=on,
        by=by,
        at=at,
        expected_version=expected_version,
        source=", ".join(LABELS[key] for key in said.days) + when,
    )


ADDRESS = (
    "address_line1",
    "address_line2",
    "address_line3",
    "postcode",
    "city",
    "country",
    "address_ok",
)


def before_accepting(account_id: int, parts: Collection[str]) -> dict[str, Any]:
    """Return what the parts hold now, for `take_back`: kept by who asks, never in the journal.

    What a person is called and where he lives may have to be erased one day; the journal stays.
    """
    debtor = Debtor.objects.get(accounts=account_id)
    names = {name for part in parts for name in (ADDRESS if part == "address" else (part,))}
    if "siret" in names or "vat_number" in names:
        names.add("siren")  # it may come with them
    return {name: getattr(debtor, name) for name in sorted(names)}


def take_back(
    account_id: int,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    on: date,
    by: By,
    at: datetime,
) -> Debtor:
    """Give the debtor back what he was before something was accepted; refuse what changed since."""
    with act_on(account_id, by=by, at=at) as act:
        debtor = Debtor.objects.select_for_update().get(pk=act.account.debtor_id)
        if any(getattr(debtor, name) != value for name, value in after.items()):
            raise Refused(
                "changed_since",
                "Cette fiche a changé depuis : relisez-la, et corrigez ce qui doit l’être.",
            )
        restored = [name for name in before if before[name] != after.get(name)]
        for name in restored:
            setattr(debtor, name, before[name])
        debtor.name_key = name_key(debtor.name)
        debtor.save()
        act.journal("register_taken_back", f"debtor:{debtor.pk}", fields=sorted(restored))
        concerned = list(Account.objects.filter(debtor=debtor).values_list("pk", flat=True))
        figures.refresh(concerned, on)
    return debtor


def look_up_many(
    account_ids: Sequence[int],
    *,
    registers: Sequence[Register],
    on: date,
    by: By,
    at: datetime,
) -> int:
    """Ask about the debtors of many accounts, each SIREN once, leaving those asked of late.

    Stop at the first register that is out of reach for everybody (no network); return how many
    debtors were answered for.
    """
    answered, seen = 0, set()
    rows = Account.objects.filter(pk__in=account_ids).exclude(debtor__siren="")
    limit = on - timedelta(days=FRESH_DAYS)
    for account_id, siren in rows.order_by("pk").values_list("pk", "debtor__siren"):
        fresh = RegisterAnswer.objects.filter(siren=siren, asked_on__gt=limit)
        if siren in seen or fresh.exists():
            continue
        seen.add(siren)
        done = look_up(account_id, registers=registers, on=on, by=by, at=at)
        if len(done.failures) == len(registers):
            break
        answered += 1
    return answered


def no_register() -> Refused:
    return Refused(
        "no_register",
        "Aucun registre n’est ouvert dans les réglages. Complétez le débiteur à la main, ou demandez à "
        "l’administrateur d’ouvrir un registre.",
    )


@transaction.atomic
def _keep(siren: str, answers: Mapping[str, Company | None], *, on: date, at: datetime) -> None:
    for register, company in answers.items():
        RegisterAnswer.objects.update_or_create(
            siren=siren,
            register=register,
            defaults={
                "found": company is not None,
                "company": to_json(company) if company else {},
                "struck_off": bool(company and company.struck_off),
                "insolvent": bool(company and company.insolvent),
                "postcode": company.address.postcode if company else "",
                "asked_on": on,
                "asked_at": at,
            },
        )
    reliability.rewrite(list(Debtor.objects.filter(siren=siren).values_list("pk", flat=True)))
