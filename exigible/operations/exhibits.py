"""Exhibits: taken in, filed on their account, linked to the claims they prove, withdrawn.

A document is kept once per creditor. What it names decides where it goes only where there is no doubt:
its references belong to one account. The rest waits in the general inbox.
"""

import hashlib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import transaction
from django.utils import timezone

from exigible.domain.exhibits import ExhibitKind, guess_kind
from exigible.domain.refusals import Refused, WrongInput
from exigible.domain.text_keys import ref_key
from exigible.intake.exhibits import (
    ReadExhibit,
    UnreadableExhibit,
    read_exhibit,
)
from exigible.intake.exhibits.reading import EML, MSG
from exigible.operations.acts import By, act_on, act_on_house
from exigible.operations.documents import NewDocument, store_documents
from exigible.store.models import Account, Claim, Exhibit, ExhibitClaim

PNG = "image/png"
SHORTEST_REFERENCE = 5  # letters and digits: a shorter one proves nothing
SHORTEST_NUMBER = 7  # digits alone: shorter, a postcode or an amount would pass for it
MOST_REFERENCES = 2000  # read in one document
REASON_LENGTH = 500
TITLE_LENGTH = 300
REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9/_.\-]{3,38}[A-Za-z0-9]")


@dataclass(slots=True)
class Taken:
    """What became of the files dropped: kept, known already, refused with the reason."""

    kept: list[Exhibit] = field(default_factory=list)
    known: list[Exhibit] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


def take(
    files: Iterable[tuple[str, Path]],
    *,
    creditor_id: int,
    account_id: int | None = None,
    by: By,
    at: datetime,
) -> Taken:
    """Take files in (name, path), each by itself: one that is refused stops no other.

    E-mails bring what they enclose. A file that the creditor has already is not taken twice: on an
    account, it is filed there if it was waiting.
    """
    if (
        account_id is not None
        and not Account.objects.filter(pk=account_id, creditor_id=creditor_id).exists()
    ):
        raise WrongInput("exhibit_account", "Ce compte n’est pas de ce créancier.", field="account")
    taken = Taken()
    for name, path in files:
        _take_one(name, path, taken, creditor_id, account_id, None, by, at)
    return taken


def _take_one(
    name: str,
    path: Path,
    taken: Taken,
    creditor_id: int,
    account_id: int | None,
    enclosing: Exhibit | None,
    by: By,
    at: datetime,
) -> None:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    known = Exhibit.objects.filter(
        creditor_id=creditor_id, sha256=sha256, withdrawn_at__isnull=True
    ).first()
    if known is not None:
        if known.account_id is None and account_id is not None:
            file_on([known.pk], account_id, by=by, at=at)
            known.refresh_from_db()
        taken.known.append(known)
        return
    try:
        read = read_exhibit(path)
    except UnreadableExhibit as refusal:
        taken.refused.append((name, refusal.message))
        return
    exhibit = _keep(name, path, sha256, read, creditor_id, account_id, enclosing, by, at)
    taken.kept.append(exhibit)
    if enclosing is not None:  # what an e-mail inside an e-mail encloses stays inside it
        return
    with TemporaryDirectory() as folder:
        for number, one in enumerate(read.files):
            inner = Path(folder) / str(number)
            inner.write_bytes(one.content)
            _take_one(one.name, inner, taken, creditor_id, exhibit.account_id, exhibit, by, at)


def _keep(
    name: str,
    path: Path,
    sha256: str,
    read: ReadExhibit,
    creditor_id: int,
    account_id: int | None,
    enclosing: Exhibit | None,
    by: By,
    at: datetime,
) -> Exhibit:
    guess = guess_kind(name, f"{read.title}\n{read.text}", mail=read.media_type in {EML, MSG})
    claims = claims_named(f"{name} {read.title} {read.text}", creditor_id, account_id)
    if account_id is None:
        owners = {claim.account_id for claim, _ in claims}
        account_id = owners.pop() if len(owners) == 1 else None
    documents = [NewDocument(path.read_bytes(), name, read.media_type)]
    if read.preview:
        documents.append(NewDocument(read.preview, f"{name}.png", PNG))
    with transaction.atomic():
        document, *preview = store_documents(documents, at=at)
        exhibit = Exhibit.objects.create(
            creditor_id=creditor_id,
            account_id=account_id,
            document=document,
            preview=preview[0] if preview else None,
            enclosing=enclosing,
            sha256=sha256,
            filename=name[:TITLE_LENGTH],
            media_type=read.media_type,
            size_bytes=document.size_bytes,
            pages=read.pages,
            title=read.title[:TITLE_LENGTH],
            text=read.text,
            sender=read.sender,
            dated_on=timezone.localdate(read.sent_at)
            if read.sent_at and timezone.is_aware(read.sent_at)
            else None,
            kind=guess.kind.value,
            guessed_from=guess.why,
            recorded_by=by.uuid,
            recorded_at=at,
        )
        if account_id is None:
            with act_on_house(by=by, at=at) as house:
                house.journal("exhibit_received", f"exhibit:{exhibit.pk}", sha256=sha256)
        else:
            with act_on(account_id, by=by, at=at) as act:
                act.journal("exhibit_filed", f"exhibit:{exhibit.pk}", sha256=sha256)
            _link(exhibit, claims, by, at)
    return exhibit


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


def file_on(
    exhibit_ids: Collection[int], account_id: int, *, by: By, at: datetime
) -> list[Exhibit]:
    """File exhibits on an account of their creditor; those it held elsewhere lose their claims there."""
    moved: list[Exhibit] = []
    with act_on(account_id, by=by, at=at) as act:
        exhibits = Exhibit.objects.select_for_update().filter(
            pk__in=exhibit_ids, withdrawn_at__isnull=True
        )
        for exhibit in exhibits.order_by("pk"):
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
            _link(
                exhibit,
                claims_named(
                    f"{exhibit.filename} {exhibit.title} {exhibit.text}",
                    exhibit.creditor_id,
                    account_id,
                ),
                by,
                at,
            )
            moved.append(exhibit)
    return moved


def classify(exhibit_ids: Collection[int], kind: str, *, by: By, at: datetime) -> int:
    """Say what exhibits are; return how many changed."""
    if kind not in set(ExhibitKind):
        raise WrongInput("exhibit_kind", "Choisissez une nature de pièce.", field="kind")
    changed = 0
    with act_on_house(by=by, at=at) as house:
        for exhibit in Exhibit.objects.select_for_update().filter(
            pk__in=exhibit_ids, withdrawn_at__isnull=True
        ):
            if exhibit.kind == kind and not exhibit.guessed_from:
                continue
            house.journal(
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


def withdraw(exhibit_ids: Collection[int], *, reason: str, by: By, at: datetime) -> int:
    """Withdraw exhibits, with a reason: they leave the lists, and stay in the records."""
    reason = reason.strip()[:REASON_LENGTH]
    if not reason:
        raise WrongInput("exhibit_reason", "Dites pourquoi la pièce est retirée.", field="reason")
    with act_on_house(by=by, at=at) as house:
        exhibits = list(
            Exhibit.objects.select_for_update().filter(
                pk__in=exhibit_ids, withdrawn_at__isnull=True
            )
        )
        ExhibitClaim.objects.filter(exhibit__in=exhibits, ended_at__isnull=True).update(
            ended_by=by.uuid, ended_at=at
        )
        for exhibit in exhibits:
            exhibit.withdrawn_by, exhibit.withdrawn_at = by.uuid, at
            exhibit.withdrawn_reason = reason
            exhibit.save(update_fields=["withdrawn_by", "withdrawn_at", "withdrawn_reason"])
            house.journal("exhibit_withdrawn", f"exhibit:{exhibit.pk}", reason=reason)
    return len(exhibits)


def _standing(exhibit_id: int) -> Exhibit:
    exhibit = Exhibit.objects.select_for_update().get(pk=exhibit_id)
    if exhibit.withdrawn_at is not None:
        raise Refused("exhibit_withdrawn", "Cette pièce a été retirée.")
    return exhibit


def _link(exhibit: Exhibit, claims: Iterable[tuple[Claim, str]], by: By, at: datetime) -> None:
    ExhibitClaim.objects.bulk_create(
        ExhibitClaim(
            exhibit=exhibit, claim=claim, reference=read, recorded_by=by.uuid, recorded_at=at
        )
        for claim, read in claims
        if claim.account_id == exhibit.account_id
    )
