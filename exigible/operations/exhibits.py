"""What people decide of exhibits: the account they are filed on, the claims they prove, what they are.

`exhibit_intake` receives and reads them. Every act is in the journal of the account, or of the house
for a document that is on none.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import PurePath

from django.db import transaction

from exigible.domain.exhibits import ExhibitKind
from exigible.domain.refusals import Refused, WrongInput
from exigible.domain.text_keys import ref_key
from exigible.operations.acts import AccountAct, By, HouseAct, act_on, act_on_house
from exigible.store.models import Claim, Exhibit, ExhibitClaim
from exigible.store.queries import reliability

SHORTEST_REFERENCE = 5  # letters and digits: a shorter one proves nothing
SHORTEST_NUMBER = 7  # digits alone: shorter, a postcode or an amount would pass for it
MOST_REFERENCES = 2000  # read in one document
REASON_LENGTH = 500
REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9/_.\-]{3,38}[A-Za-z0-9]")


def file_on(
    exhibit_ids: Collection[int], account_id: int, *, by: By, at: datetime
) -> list[Exhibit]:
    """File exhibits on an account of their creditor; those it held elsewhere lose their claims there.

    What an e-mail encloses follows it, where it was on no account.
    """
    moved: list[Exhibit] = []
    standing = Exhibit.objects.filter(withdrawn_at__isnull=True)
    follow = standing.filter(enclosing__in=list(exhibit_ids), account__isnull=True)
    wanted = {*exhibit_ids, *follow.values_list("pk", flat=True)}
    with transaction.atomic(), act_on_each([account_id, *_accounts(wanted)], by=by, at=at) as acts:
        act = acts[account_id]
        for exhibit in standing.select_for_update().filter(pk__in=wanted).order_by("pk"):
            if exhibit.creditor_id != act.account.creditor_id:
                raise WrongInput(
                    "exhibit_creditor",
                    f"« {exhibit} » est d’un autre créancier que ce compte.",
                    field="account",
                )
            if exhibit.account_id == account_id:
                continue
            before = exhibit.account_id
            exhibit.links.filter(ended_at__isnull=True).update(ended_by=by.uuid, ended_at=at)
            exhibit.account_id = account_id
            exhibit.save(update_fields=["account"])
            act.journal("exhibit_filed", f"exhibit:{exhibit.pk}", before=before)
            if before in acts:
                acts[before].journal("exhibit_left", f"exhibit:{exhibit.pk}", to=account_id)
            words = said(exhibit.filename, exhibit.title, exhibit.text)
            link_read(exhibit, claims_named(words, exhibit.creditor_id, account_id), by=by, at=at)
            moved.append(exhibit)
    return moved


def classify(exhibit_ids: Collection[int], kind: str, *, by: By, at: datetime) -> int:
    """Say what exhibits are; return how many changed."""
    if kind not in set(ExhibitKind):
        raise WrongInput("exhibit_kind", "Choisissez une nature de pièce.", field="kind")
    changed = 0
    with _acts_on_exhibits(exhibit_ids, by=by, at=at) as acts:
        for exhibit, act in acts:
            if exhibit.kind == kind and not exhibit.guessed_from:
                continue
            act.journal(
                "exhibit_classified", f"exhibit:{exhibit.pk}", before=exhibit.kind, kind=kind
            )
            exhibit.kind, exhibit.guessed_from = kind, ""
            exhibit.save(update_fields=["kind", "guessed_from"])
            changed += 1
    return changed


def link_claims(exhibit_id: int, claim_ids: Collection[int], *, by: By, at: datetime) -> None:
    """Say which claims of its account an exhibit proves: those, and no other."""
    account_id = Exhibit.objects.values_list("account_id", flat=True).get(pk=exhibit_id)
    if account_id is None:
        raise Refused(
            "exhibit_unfiled",
            "Cette pièce n’est sur aucun compte. Classez-la d’abord sur un compte.",
        )
    with act_on(account_id, by=by, at=at) as act:
        exhibit = _standing(exhibit_id)
        wanted = set(claim_ids)
        mine = set(
            Claim.objects.filter(account_id=account_id, pk__in=wanted).values_list("pk", flat=True)
        )
        if mine != wanted:
            raise WrongInput(
                "exhibit_claim", "Choisissez des créances de ce compte.", field="claims"
            )
        links = exhibit.links.filter(ended_at__isnull=True)
        present = set(links.values_list("claim_id", flat=True))
        links.exclude(claim_id__in=wanted).update(ended_by=by.uuid, ended_at=at)
        ExhibitClaim.objects.bulk_create(
            ExhibitClaim(exhibit=exhibit, claim_id=one, recorded_by=by.uuid, recorded_at=at)
            for one in sorted(wanted - present)
        )
        if wanted != present:
            act.journal("exhibit_linked", f"exhibit:{exhibit.pk}", claims=sorted(wanted))
            reliability.rewrite([act.account.debtor_id])


def withdraw(exhibit_ids: Collection[int], *, reason: str, by: By, at: datetime) -> int:
    """Withdraw exhibits, with a reason: they leave the lists, and stay in the records."""
    reason = reason.strip()[:REASON_LENGTH]
    if not reason:
        raise WrongInput("exhibit_reason", "Dites pourquoi la pièce est retirée.", field="reason")
    with _acts_on_exhibits(exhibit_ids, by=by, at=at) as acts:
        for exhibit, act in acts:
            exhibit.links.filter(ended_at__isnull=True).update(ended_by=by.uuid, ended_at=at)
            exhibit.withdrawn_by, exhibit.withdrawn_at = by.uuid, at
            exhibit.withdrawn_reason = reason
            exhibit.save(update_fields=["withdrawn_by", "withdrawn_at", "withdrawn_reason"])
            act.journal("exhibit_withdrawn", f"exhibit:{exhibit.pk}", reason=reason)
    return len(acts)


# ---- what a document names


def said(name: str, title: str, text: str) -> str:
    """All that a document says, the words of its file's name apart from one another."""
    return f"{PurePath(name).stem.replace('_', ' ')} {name} {title} {text}"


def claims_named(
    text: str, creditor_id: int, account_id: int | None = None
) -> list[tuple[Claim, str]]:
    """Return the claims whose reference a text names, each with what was read.

    Digits alone (a date, a telephone) count within a known account only: they never choose one.
    """
    read: dict[str, str] = {}
    for match in REFERENCE.finditer(text):
        key = ref_key(match.group())
        if key.isdigit():
            telling = account_id is not None and len(key) >= SHORTEST_NUMBER
        else:
            telling = len(key) >= SHORTEST_REFERENCE and any(one.isdigit() for one in key)
        if telling:
            read.setdefault(key, match.group())
            if len(read) >= MOST_REFERENCES:
                break
    claims = Claim.objects.filter(account__creditor_id=creditor_id, ref_key__in=list(read))
    if account_id is not None:
        claims = claims.filter(account_id=account_id)
    return [(claim, read[claim.ref_key]) for claim in claims.order_by("pk")[:200]]


def link_read(
    exhibit: Exhibit, claims: Sequence[tuple[Claim, str]], *, by: By, at: datetime
) -> int:
    """Link an exhibit to the claims of its account that it names; return how many."""
    made = ExhibitClaim.objects.bulk_create(
        ExhibitClaim(
            exhibit=exhibit, claim=claim, reference=read, recorded_by=by.uuid, recorded_at=at
        )
        for claim, read in claims
        if claim.account_id == exhibit.account_id
    )
    return len(made)


def _standing(exhibit_id: int) -> Exhibit:
    exhibit = Exhibit.objects.select_for_update().get(pk=exhibit_id)
    if exhibit.withdrawn_at is not None:
        raise Refused("exhibit_withdrawn", "Cette pièce a été retirée.")
    return exhibit


# ---- the accounts of an act on many exhibits


def _accounts(exhibit_ids: Collection[int]) -> set[int]:
    found = Exhibit.objects.filter(pk__in=exhibit_ids, account__isnull=False)
    return {one for one in found.values_list("account_id", flat=True) if one is not None}


@contextmanager
def act_on_each(
    account_ids: Collection[int], *, by: By, at: datetime
) -> Iterator[dict[int | None, AccountAct]]:
    """Open one transaction on several accounts, each under its lock, in one order for everybody.

    What their exhibits prove may change: how far they can be relied on is written anew.
    """
    with ExitStack() as stack:
        acts: dict[int | None, AccountAct] = {
            one: stack.enter_context(act_on(one, by=by, at=at)) for one in sorted(set(account_ids))
        }
        yield acts
        reliability.rewrite({act.account.debtor_id for act in acts.values()})


@contextmanager
def _acts_on_exhibits(
    exhibit_ids: Collection[int], *, by: By, at: datetime
) -> Iterator[list[tuple[Exhibit, AccountAct | HouseAct]]]:
    """Give each standing exhibit with the act on its account, or on the house where it has none."""
    with (
        act_on_house(by=by, at=at) as house,
        act_on_each(_accounts(exhibit_ids), by=by, at=at) as accounts,
    ):
        exhibits = Exhibit.objects.select_for_update(of=("self",)).filter(
            pk__in=exhibit_ids, withdrawn_at__isnull=True
        )
        yield [(one, accounts.get(one.account_id) or house) for one in exhibits.order_by("pk")]
