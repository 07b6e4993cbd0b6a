"""From a file to invoices and statuses, each with what is wrong with it.

`read_file` takes an XML, a PDF that carries one, or a zip of them. A document that cannot be understood
(no number, no amount due, a sense that contradicts its type) is refused; one that breaks the rules of EN
16931 is taken, each rule told by its id. `due_of` is what an invoice claims.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from exigible.intake.cells import MAX_CENTS
from exigible.intake.einvoice import cii, codes, life_cycle, ubl
from exigible.intake.einvoice.archive import members
from exigible.intake.einvoice.checking import CENT, ZERO, shown
from exigible.intake.einvoice.life_cycle import StatusMessage
from exigible.intake.einvoice.model import Attachment, Invoice
from exigible.intake.einvoice.pdf import PDF, PdfFile, PdfReader
from exigible.intake.einvoice.recognition import of_root
from exigible.intake.einvoice.rules import broken_rules
from exigible.intake.formats import LABELS, Format
from exigible.intake.problems import Problem, Problems, Unreadable
from exigible.intake.xml import RootName, looks_like_xml, read_xml, without_namespaces

INVOICE_NAMES = ("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml")
NOT_CLAIMS = frozenset({"325", "751"})  # pro forma, for information
AMOUNT_RULES = frozenset({"BR-CO-13", "BR-CO-15", "BR-CO-16"})
REFUSING = frozenset({"BR-02", "BR-03", "BR-05", "BR-07", "BR-CL-04"})
WARNINGS_KEPT = 60  # for one invoice


@dataclass(frozen=True, slots=True)
class Due:
    """What an invoice claims (above zero) or gives back (below), in hundredths of its currency."""

    cents: int
    gross_cents: int | None  # what accounting posts, before what was already paid
    in_doubt: bool  # its totals contradict one another


@dataclass(slots=True, kw_only=True)
class Received:
    """One document of a file, read: an invoice or statuses, and what is wrong with it."""

    name: str
    format: Format
    content: bytes = b""
    media_type: str = "application/xml"
    encoding: str = ""
    invoice: Invoice | None = None
    due: Due | None = None
    statuses: list[StatusMessage] = field(default_factory=list)
    exhibits: list[Attachment] = field(default_factory=list)
    problems: Problems = field(default_factory=lambda: Problems(kept=WARNINGS_KEPT))

    @property
    def accepted(self) -> bool:
        return self.problems.blocking == 0


def read_file(
    path: Path, name: str, *, format_: str = "", pdf: PdfReader, problems: Problems
) -> Iterator[Received]:
    """Yield the documents of a file, in order; `problems` are those of an archive itself.

    Raise Unreadable for an archive that cannot be opened. A document that cannot be read is yielded
    with the reason.
    """
    with path.open("rb") as stream:
        head = stream.read(1024)
    if head.startswith(b"PK\x03\x04"):
        with tempfile.TemporaryDirectory(prefix="exigible-") as folder:
            for member in members(path, problems):
                yield _read_member(member.content, member.name, Path(folder), pdf)
        return
    if PDF in head:
        yield _read_pdf(path, path.read_bytes(), name, format_, pdf)
    else:
        yield read_document(path.read_bytes(), name, format_=format_)


def contents(path: Path, name: str) -> Iterator[tuple[str, bytes]]:
    """Yield the names and bytes of the documents of a file, in the order of `read_file`, unread."""
    with path.open("rb") as stream:
        head = stream.read(4)
    if head == b"PK\x03\x04":
        yield from ((member.name, member.content) for member in members(path, Problems()))
    else:
        yield name, path.read_bytes()


def exhibits_of(content: bytes, name: str, *, pdf: PdfReader) -> list[Attachment]:
    """Return the files that one document carries."""
    with tempfile.TemporaryDirectory(prefix="exigible-") as folder:
        return _read_member(content, name, Path(folder), pdf).exhibits


def _read_member(content: bytes, name: str, folder: Path, pdf: PdfReader) -> Received:
    if PDF not in content[:1024]:
        return read_document(content, name)
    path = folder / "member.pdf"
    path.write_bytes(content)
    return _read_pdf(path, content, name, "", pdf)


def read_document(content: bytes, name: str, *, format_: str = "") -> Received:
    """Read one XML document."""
    received = Received(name=name, format=Format(format_ or Format.CII), content=content)
    try:
        _read_xml(received, content, format_)
    except Unreadable as error:
        _refuse(received, error.problem)
    return received


def _read_pdf(path: Path, content: bytes, name: str, format_: str, pdf: PdfReader) -> Received:
    received = Received(
        name=name, format=Format.FACTURX, content=content, media_type="application/pdf"
    )
    try:
        if format_ and format_ != Format.FACTURX:
            raise _other_content(name, "un PDF", format_)
        files = pdf.files(path)
        chosen = _invoice_file(files)
        if chosen is None:
            raise Unreadable(
                Problem(
                    code="pdf_without_xml",
                    message="Ce PDF ne contient pas de facture électronique (aucun XML joint) : c’est "
                    "une image de facture. Déposez-le comme pièce du compte, ou demandez un Factur-X.",
                )
            )
        _read_xml(received, chosen.content, "")
        received.format = Format.FACTURX
        received.exhibits += [
            Attachment(
                reference=one.name,
                filename=one.name,
                media_type=one.media_type,
                content=one.content,
            )
            for one in files
            if one is not chosen
        ]
    except Unreadable as error:
        _refuse(received, error.problem)
    return received


def _invoice_file(files: list[PdfFile]) -> PdfFile | None:
    """Return the file of a PDF that is its invoice: by its name, else the first XML."""
    named = {one.name.lower(): one for one in reversed(files)}
    for name in INVOICE_NAMES:
        if name in named:
            return named[name]
    return next((one for one in files if looks_like_xml(one.content[:1024])), None)


def _read_xml(received: Received, content: bytes, format_: str) -> None:
    document = read_xml(content)
    received.encoding = document.encoding
    space, _, local = str(document.root.tag).rpartition("}")
    found = of_root(RootName(space.lstrip("{"), local))
    if found is None:
        raise Unreadable(
            Problem(
                code="unknown_xml",
                message=f"L’élément <{local[:60]}> n’est ni une facture (CII, UBL) ni un message de "
                "cycle de vie (CDAR).",
                line=document.root.sourceline,
            )
        )
    if format_ and format_ != found:
        raise _other_content(received.name, LABELS[found], format_)
    received.format = found
    without_namespaces(document.root)
    if found is Format.CDAR:
        received.statuses = life_cycle.read(document.root, received.problems)
        return
    reader = ubl if found is Format.UBL else cii
    invoice = reader.read(document.root, received.problems)
    received.invoice = invoice
    received.exhibits = [one for one in invoice.attachments if one.content]
    broken = _tell_rules(received, invoice)
    received.due = _due(invoice, received.problems, in_doubt=bool(broken & AMOUNT_RULES))
    _tell_dates(invoice, received.problems)


def _tell_rules(received: Received, invoice: Invoice) -> set[str]:
    """Note the rules that an invoice breaks; those without which it claims nothing refuse it."""
    broken = set()
    for one in broken_rules(invoice):
        broken.add(one.rule)
        received.problems.add(one.rule, one.message, line=one.line, blocking=one.rule in REFUSING)
    if (
        "issued_on" in invoice.at and invoice.issued_on is None
    ):  # the rule asks for a date, this one is none
        received.problems.add(
            "BR-03",
            "La date de la facture (BT-2) n’est pas une date : sans elle, ni échéance ni intérêts.",
            line=invoice.at["issued_on"],
        )
    return broken


def _due(invoice: Invoice, problems: Problems, *, in_doubt: bool) -> Due | None:
    """Return what an invoice claims; note why it cannot be said."""
    totals = invoice.totals
    gross = totals.gross if totals else None
    payable = totals.payable if totals else None
    line = invoice.at.get("payable") or invoice.at.get("totals")
    if payable is None and gross is not None and totals is not None:
        payable = gross - (totals.prepaid or ZERO) + (totals.rounding or ZERO)
    if payable is None:
        problems.add(
            "no_amount",
            "Le montant à payer (BT-115) et le total TVA comprise (BT-112) manquent ou sont illisibles : "
            "la somme réclamée n’est pas connue.",
            line=line,
        )
        return None
    if invoice.type_code in NOT_CLAIMS:
        problems.add(
            "not_a_claim",
            f"Ce document est une {codes.type_label(invoice.type_code)} : il ne réclame rien.",
            line=invoice.at.get("type_code"),
        )
        return None
    if any(amount != amount.quantize(CENT) for amount in (payable, gross or ZERO)):
        problems.add(
            "amount_precision",
            f"Le montant à payer ({shown(payable)}) a plus de deux décimales : il ne peut être porté "
            "en compte exactement. Demandez une facture arrondie.",
            line=line,
        )
        return None
    cents, gross_cents = _cents(payable), None if gross is None else _cents(gross)
    if max(abs(cents), abs(gross_cents or 0)) > MAX_CENTS:
        problems.add("amount_too_large", "Le montant dépasse ce qui est possible.", line=line)
        return None
    return _sense(invoice, cents, gross_cents, problems, line, in_doubt=in_doubt)


def _sense(
    invoice: Invoice,
    cents: int,
    gross_cents: int | None,
    problems: Problems,
    line: int | None,
    *,
    in_doubt: bool,
) -> Due | None:
    """Say which way a sum goes: a credit note of a positive sum gives back, an invoice claims."""
    if gross_cents and cents and (gross_cents > 0) is not (cents > 0) and not _overpaid(invoice):
        problems.add(
            "sense",
            "Le total TVA comprise et le montant à payer sont de sens contraires : on ne sait pas qui "
            "doit à qui. Demandez une facture corrigée.",
            line=line,
        )
        return None
    if invoice.is_credit_note:
        if cents < 0:
            problems.add(
                "sense",
                f"Cet avoir (type {invoice.type_code or '381'}) est d’un montant négatif : il se lirait "
                "comme une facture. Un avoir s’écrit en positif ; demandez-le corrigé.",
                line=line,
            )
            return None
        cents, gross_cents = -cents, None if gross_cents is None else -gross_cents
    elif cents < 0:
        problems.add(
            "negative_invoice",
            f"Cette facture (type {invoice.type_code or '380'}) est d’un montant négatif : elle est "
            "prise comme un avoir.",
            line=line,
            blocking=False,
        )
    if in_doubt:
        problems.add(
            "amount_in_doubt",
            f"La facture {invoice.number[:60]} se contredit sur ce qui est dû : le montant à payer "
            f"indiqué, {shown(Decimal(cents).scaleb(-2))} {invoice.currency[:3]}, est retenu. "
            "Vérifiez-le avant de relancer.",
            line=line,
            blocking=False,
        )
    return Due(cents, gross_cents, in_doubt)


def _overpaid(invoice: Invoice) -> bool:
    """Say whether what was already paid exceeds the invoice: the rest goes back, in all coherence."""
    totals = invoice.totals
    return totals is not None and (totals.prepaid or ZERO) > (totals.gross or ZERO) > 0


def _tell_dates(invoice: Invoice, problems: Problems) -> None:
    if invoice.due_on and invoice.issued_on and invoice.due_on < invoice.issued_on:
        problems.add(
            "due_before_issue",
            f"L’échéance ({invoice.due_on:%d/%m/%Y}) précède la facture ({invoice.issued_on:%d/%m/%Y}) ; "
            "elle est laissée, celle des conditions de paiement sert.",
            line=invoice.at.get("due_on"),
            blocking=False,
        )
        invoice.due_on = None
    if len(invoice.instalments) > 1:
        days = ", ".join(f"{one.due_on:%d/%m/%Y}" for one in invoice.instalments[:6])
        problems.add(
            "several_due_dates",
            f"Cette facture a plusieurs échéances ({days}) ; la dernière est retenue, pour ne rien "
            "réclamer trop tôt.",
            line=invoice.at.get("due_on"),
            blocking=False,
        )


def _cents(amount: Decimal) -> int:
    return int(amount.scaleb(2))


def _refuse(received: Received, problem: Problem) -> None:
    received.problems.add(
        problem.code,
        problem.message,
        line=problem.line,
        field=problem.field,
        excerpt=problem.excerpt,
        fatal=True,
    )


def _other_content(name: str, what: str, format_: str) -> Unreadable:
    return Unreadable(
        Problem(
            code="format",
            message=f"« {name} » est {what} ; vous l’avez annoncé comme « {LABELS[Format(format_)]} ». "
            "Laissez le format être reconnu.",
        )
    )
