"""Two debtors that are one: their accounts under one of them, and all of it taken back if need be.

A merge moves nothing of what is owed: every account keeps its number, its claims and its payments, and
passes with its contacts from the debtor merged to the debtor kept, where what was empty is filled.
What moved and what was written is kept with the merge (`DebtorMerge`), so that undoing it gives back
what was: accounts, contacts, bank accounts, and each field that nobody changed since.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from django.db import transaction
from django.db.models import F, Field

from exigible.domain.refusals import Refused, Stale, WrongInput
from exigible.domain.text_keys import name_key
from exigible.operations import figures, journal
from exigible.operations.acts import By
from exigible.store.models import (
    Account,
    Contact,
    Debtor,
    DebtorBankAccount,
    DebtorKind,
    DebtorMerge,
    DuplicatePair,
    JournalEntry,
    MergedAccount,
)

# What is chosen together, and what each writes. An address is one thing: never half of each.
PARTS: dict[str, tuple[str, ...]] = {
    "name": ("name",),
    "kind": ("kind",),
    "legal_form": ("legal_form",),
    "siren": ("siren",),
    "siret": ("siret",),
    "vat_number": ("vat_number",),
    "address": (
        "address_line1",
        "address_line2",
        "address_line3",
        "postcode",
        "city",
        "country",
        "address_ok",
    ),
    "language": ("language",),
    "no_contact_before": ("no_contact_before",),
    "insolvency": ("insolvency_kind", "insolvency_opened_on"),
    "email_ok": ("email_ok",),
}
# Those a person may take from either; the others follow by themselves.
CHOSEN = ("name", "kind", "legal_form", "siret", "vat_number", "address")
LABELS = {
    "name": "nom",
    "kind": "qualité",
    "legal_form": "forme juridique",
    "siren": "SIREN",
    "siret": "SIRET",
    "vat_number": "n° de TVA",
    "address": "adresse",
    "language": "langue",
    "no_contact_before": "heure d’appel",
    "insolvency": "procédure collective",
    "email_ok": "e-mail rejeté",
}


@dataclass(frozen=True, slots=True)
class Undone:
    """A merge taken back, and the parts left as somebody wrote them since."""

    merge: DebtorMerge
    left: tuple[str, ...]  # keys of PARTS


def suggested(one: Debtor, other: Debtor) -> tuple[Debtor, Debtor]:
    """Return which of two debtors to keep, then the other: the better known, then the older."""

    def known(debtor: Debtor) -> tuple[bool, bool, bool, int]:
        filled = sum(bool(_value(debtor, part)) for part in CHOSEN)
        return (
            bool(debtor.siren),
            debtor.kind != DebtorKind.UNKNOWN,
            debtor.has_postal_address,
            filled,
        )

    kept, merged = sorted((one, other), key=lambda debtor: debtor.pk)
    return (merged, kept) if known(merged) > known(kept) else (kept, merged)


def differences(kept: Debtor, merged: Debtor) -> Iterator[tuple[str, str, bool]]:
    """Give each part that the two say otherwise: its key, its label, whether `merged`'s is filled in.

    True where `kept` says nothing: what the other says is taken, without being asked.
    """
    for part in CHOSEN:
        ours, theirs = _value(kept, part), _value(merged, part)
        if theirs and ours != theirs:
            yield part, LABELS[part], not ours


def versions(debtors: Collection[int]) -> int:
    """Return a number that grows with every act on an account of these debtors."""
    return sum(Account.objects.filter(debtor_id__in=debtors).values_list("version", flat=True))


def merge(
    kept_id: int,
    merged_id: int,
    *,
    take: Collection[str] = (),
    on: date,
    by: By,
    at: datetime,
    expected_versions: int | None = None,
) -> DebtorMerge:
    """Bring `merged`'s accounts under `kept`, who takes what he lacks and the parts named in `take`.

    Refuse two different SIREN (two persons in law), two different collective procedures, a debtor
    already merged; raise Stale when an account of either changed since `expected_versions`.
    """
    if kept_id == merged_id:
        raise WrongInput("same", "Choisissez deux débiteurs différents.")
    if unknown := set(take) - set(CHOSEN):
        raise WrongInput("part", f"« {min(unknown)} » n’est pas une partie de l’identité.")
    with _locked((kept_id, merged_id), by=by, at=at) as frame:
        if expected_versions is not None and frame.versions != expected_versions:
            raise _stale(frame.accounts)
        kept, merged = frame.debtor(kept_id), frame.debtor(merged_id)
        _check(kept, merged)
        moving = [account for account in frame.accounts if account.debtor_id == merged_id]
        changes = _take(kept, merged, take)
        contacts = _move_contacts(kept, merged)
        bank_accounts = _move_bank_accounts(kept, merged)
        pair = DuplicatePair.objects.filter(
            first_id=min(kept_id, merged_id), second_id=max(kept_id, merged_id)
        ).first()
        made = DebtorMerge.objects.create(
            kept=kept,
            merged=merged,
            reasons=pair.reasons if pair else [],
            changes=changes,
            contacts=contacts,
            bank_accounts=bank_accounts,
            recorded_by=by.uuid,
            recorded_at=at,
        )
        MergedAccount.objects.bulk_create(
            MergedAccount(merge=made, account=account) for account in moving
        )
        Account.objects.filter(pk__in=[one.pk for one in moving]).update(debtor=kept)
        merged.merged_into = kept
        merged.save(update_fields=["merged_into"])
        frame.journal(
            "debtors_merged",
            f"merge:{made.pk}",
            kept=f"debtor:{kept_id}",
            merged=f"debtor:{merged_id}",
            accounts=[one.pk for one in moving],
            fields=sorted(changes),
        )
        figures.refresh([one.pk for one in frame.accounts], on)
    return made


def undo_merge(merge_id: int, *, on: date, by: By, at: datetime) -> Undone:
    """Take a merge back: accounts, contacts and bank accounts return, and each field as it was.

    A field that somebody wrote since stays as they wrote it, and is named in the answer. Refuse a
    merge undone already, or whose debtor was since merged into another: that merge is undone first.
    """
    with transaction.atomic():
        made = DebtorMerge.objects.select_for_update(of=("self",)).get(pk=merge_id)
        if made.undone_at is not None:
            raise Refused("undone", "Cette réunion est déjà défaite.")
        with _locked((made.kept_id, made.merged_id), by=by, at=at) as frame:
            kept, merged = frame.debtor(made.kept_id), frame.debtor(made.merged_id)
            if kept.merged_into_id is not None:
                later = Debtor.objects.get(pk=kept.merged_into_id)
                raise Refused(
                    "merged_since",
                    f"« {kept.name} » a depuis été réuni avec « {later.name} ». Défaites d’abord "
                    "cette réunion-là.",
                )
            merged.merged_into = None
            merged.save(update_fields=["merged_into"])
            moved = list(made.accounts.values_list("account_id", flat=True))
            Account.objects.filter(pk__in=moved, debtor=kept).update(debtor=merged)
            for contact_id, was_main in made.contacts:
                Contact.objects.filter(pk=contact_id, debtor=kept).update(
                    debtor=merged, is_main=was_main
                )
            DebtorBankAccount.objects.filter(pk__in=made.bank_accounts, debtor=kept).update(
                debtor=merged
            )
            left = _give_back(kept, made.changes)
            made.undone_at, made.undone_by = at, by.uuid
            made.save(update_fields=["undone_at", "undone_by"])
            frame.journal(
                "merge_undone",
                f"merge:{made.pk}",
                kept=f"debtor:{kept.pk}",
                merged=f"debtor:{merged.pk}",
                accounts=moved,
                left=list(left),
            )
            figures.refresh([one.pk for one in frame.accounts], on)
    return Undone(made, left)


# ---- the frame: every account of both debtors, locked, each with its line in the journal


class _Frame:
    def __init__(self, debtors: Mapping[int, Debtor], accounts: Sequence[Account]) -> None:
        self._debtors = debtors
        self.accounts = accounts
        self.versions = sum(account.version for account in accounts)
        self.lines: list[tuple[str, str, dict[str, object]]] = []

    def debtor(self, pk: int) -> Debtor:
        return self._debtors[pk]

    def journal(self, action: str, subject: str, **facts: object) -> None:
        self.lines.append((action, subject, facts))


@contextmanager
def _locked(debtors: tuple[int, int], *, by: By, at: datetime) -> Iterator[_Frame]:
    """Lock the accounts of two debtors, then the debtors, always in the order of their ids."""
    with transaction.atomic():
        accounts = list(
            Account.objects.select_for_update().filter(debtor_id__in=debtors).order_by("pk")
        )
        rows = Debtor.objects.select_for_update().filter(pk__in=debtors).order_by("pk")
        found = {debtor.pk: debtor for debtor in rows}
        if len(found) != 2:
            raise WrongInput("debtor", "Ce débiteur n’existe pas.")
        ids = [account.pk for account in accounts]
        now = Account.objects.filter(debtor_id__in=debtors).order_by("pk")
        if list(now.values_list("pk", flat=True)) != ids:
            raise _stale(accounts)  # another merge ended while this one waited
        frame = _Frame(found, accounts)
        yield frame
        Account.objects.filter(pk__in=ids).update(version=F("version") + 1)
        journal.append_all(
            [
                journal.Act(
                    account_id=pk, actor=by.actor, action=action, subject=subject, facts=facts
                )
                for pk in ids
                for action, subject, facts in frame.lines
            ],
            at=at,
        )


def _stale(accounts: Sequence[Account]) -> Stale:
    last = (
        JournalEntry.objects.filter(account__in=[one.pk for one in accounts])
        .order_by("-at", "-pk")
        .first()
    )
    return Stale(
        "stale",
        "Un de ces comptes a changé entre-temps. Relisez-les, puis recommencez : rien n’a été "
        "enregistré.",
        facts={
            "actor": last.actor if last else "",
            "action": last.action if last else "",
            "at": last.at.isoformat() if last else "",
        },
    )


# ---- what is moved and written


def _check(kept: Debtor, merged: Debtor) -> None:
    for debtor in (kept, merged):
        if debtor.merged_into_id is not None:
            raise Refused(
                "already_merged",
                f"« {debtor.name} » est déjà réuni avec un autre débiteur. Relisez la liste.",
            )
    if kept.siren and merged.siren and kept.siren != merged.siren:
        raise Refused(
            "two_sirens",
            f"« {kept.name} » et « {merged.name} » ont deux SIREN : ce sont deux personnes "
            "juridiques, même si elles sont du même groupe. Corrigez le SIREN qui est faux.",
        )
    ours, theirs = _value(kept, "insolvency"), _value(merged, "insolvency")
    if ours and theirs and ours != theirs:
        raise Refused(
            "two_insolvencies",
            "Les deux débiteurs ont chacun leur procédure collective. Corrigez celle qui est fausse.",
        )


def _value(debtor: Debtor, part: str) -> tuple[object, ...]:
    """Return what a debtor says of a part; empty where he says nothing."""
    if part == "address":
        if not (debtor.address_line1 or debtor.address_line2 or debtor.postcode or debtor.city):
            return ()
    elif part == "kind":
        if debtor.kind == DebtorKind.UNKNOWN:
            return ()
    elif part == "insolvency":
        if debtor.insolvency_opened_on is None:
            return ()
    elif not getattr(debtor, PARTS[part][0]):
        return ()
    names = [name for name in PARTS[part] if name != "address_ok"]
    return tuple(getattr(debtor, name) for name in names)


def _take(kept: Debtor, merged: Debtor, take: Collection[str]) -> dict[str, Any]:
    """Write on `kept` what he lacks and what was chosen; return {field: [before, after]}."""
    taken = []
    for part in ("siren", "insolvency", "no_contact_before", *CHOSEN):
        ours, theirs = _value(kept, part), _value(merged, part)
        if theirs and ours != theirs and (not ours or part in take):
            taken.append(part)
    siret = merged.siret if "siret" in taken else kept.siret
    siren = merged.siren if "siren" in taken else kept.siren
    if siret and siren and not siret.startswith(siren):
        raise Refused("siret", "Le SIRET gardé n’est pas celui du SIREN gardé. Corrigez-le.")
    ours_reached = kept.contacts.filter(active=True).exclude(email="").exists()
    if not ours_reached and merged.email_ok != kept.email_ok:
        taken.append("email_ok")
    changes: dict[str, Any] = {}
    for part in taken:
        for name in PARTS[part]:
            before, after = getattr(kept, name), getattr(merged, name)
            if before != after:
                changes[name] = [_plain(before), _plain(after)]
                setattr(kept, name, after)
    if changes:
        kept.name_key = name_key(kept.name)
        kept.save()
    return changes


def _give_back(kept: Debtor, changes: Mapping[str, Any]) -> tuple[str, ...]:
    """Write back what a merge changed, part by part, where nobody wrote since; return the others."""
    left = []
    for part, names in PARTS.items():
        changed = [name for name in names if name in changes]
        if not changed:
            continue
        if any(_plain(getattr(kept, name)) != changes[name][1] for name in changed):
            left.append(part)
            continue
        for name in changed:
            field = cast("Field[Any, Any]", Debtor._meta.get_field(name))
            setattr(kept, name, field.to_python(changes[name][0]))
    kept.name_key = name_key(kept.name)
    kept.save()
    return tuple(left)


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, str | bool) else str(value)


def _move_contacts(kept: Debtor, merged: Debtor) -> list[list[object]]:
    """Move the contacts `kept` does not have; return [id, was first] of each."""
    known = list(kept.contacts.all())
    emails = {one.email.lower() for one in known if one.email}
    has_main = any(one.is_main for one in known)
    moved: list[list[object]] = []
    for contact in merged.contacts.order_by("-is_main", "pk"):
        if contact.email.lower() in emails and contact.email:
            continue
        moved.append([contact.pk, contact.is_main])
        contact.debtor = kept
        contact.is_main = contact.is_main and not has_main
        contact.save(update_fields=["debtor", "is_main"])
    return moved


def _move_bank_accounts(kept: Debtor, merged: Debtor) -> list[int]:
    known = kept.bank_accounts.filter(ended_at=None).values_list("iban", flat=True)
    moving = merged.bank_accounts.filter(ended_at=None).exclude(iban__in=list(known))
    ids = list(moving.values_list("pk", flat=True))
    DebtorBankAccount.objects.filter(pk__in=ids).update(debtor=kept)
    return ids
