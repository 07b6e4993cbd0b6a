"""`exigible import`: bring files in, or say what they hold without writing anything.

With `--dry-run` neither creditor nor database is needed, and neither Django nor psycopg is loaded.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from exigible.cli._command import (
    DONE,
    REFUSED,
    JsonOption,
    open_database,
    progress_bar,
    say,
    write,
    write_json,
)
from exigible.cli._undo import undo
from exigible.domain.french import count, day, money
from exigible.domain.refusals import Refused, WrongInput
from exigible.intake.fec_report import read_name
from exigible.intake.formats import EINVOICE_FORMATS, MAPPED, Format, content_words
from exigible.intake.identifiers import is_siren
from exigible.intake.mapping.model import Mapping
from exigible.intake.report import COUNTED, WRITTEN, ImportReport, totals_in_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from exigible.store.models import Creditor

SHOWN_PROBLEMS = 20


def import_(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FICHIER…", help="Fichiers à importer.")
    ] = None,
    format_: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="FORMAT",
            help="fec, un tableau : customers (clients), contacts, open_items (factures ouvertes), "
            "payments (règlements), credit_limits, guarantees (garanties), disputes (litiges), une facture "
            "électronique : facturx, cii, ubl, cdar (statuts), einvoices (zip), ou un relevé "
            "bancaire : camt052, camt053, camt054, mt940, mt942, cfonb120, cfonb240, ofx, pain002, "
            "bank_csv ; sans elle, le format est reconnu.",
        ),
    ] = "",
    creditor: Annotated[
        str, typer.Option("--creditor", metavar="SIREN", help="À qui est le fichier.")
    ] = "",
    creditor_name: Annotated[
        str,
        typer.Option("--creditor-name", metavar="NOM", help="Crée ce créancier s’il est inconnu."),
    ] = "",
    account: Annotated[
        str,
        typer.Option(
            "--account",
            metavar="IBAN",
            help="De quel compte bancaire du créancier est un relevé qui ne le dit pas.",
        ),
    ] = "",
    open_account: Annotated[
        bool,
        typer.Option(
            "--open-account",
            help="Ajoute au créancier le compte bancaire d’un relevé, s’il manque.",
        ),
    ] = False,
    mapping: Annotated[
        str,
        typer.Option(
            "--mapping",
            metavar="NOM|FICHIER",
            help="Une correspondance enregistrée, ou un fichier JSON qui en donne une.",
        ),
    ] = "",
    stock: Annotated[
        bool,
        typer.Option(
            "--stock",
            help="Le fichier est tout l’encours du créancier : ce qui n’y est plus est à confirmer.",
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Lit et contrôle, sans base et sans rien écrire.")
    ] = False,
    partial: Annotated[
        bool, typer.Option("--partial", help="Prend ce qui est lisible et laisse le reste.")
    ] = False,
    undone: Annotated[
        str,
        typer.Option(
            "--undo",
            metavar="N",
            help="Annule tout l’import de ce numéro (ou le dépôt de pièces de cet identifiant), si rien "
            "n’en dépend ; avec --dry-run, dit seulement ce que cela ferait.",
        ),
    ] = "",
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXTE", help="Pourquoi l’import est annulé.")
    ] = "",
    as_json: JsonOption = False,
) -> int:
    """Importe un export comptable (FEC), un tableau, des factures, un relevé bancaire ; ou l’annule."""
    if bool(undone) == bool(files):
        raise typer.BadParameter(
            "Indiquez des fichiers à importer, ou --undo N, l’un ou l’autre.", param_hint="FICHIER…"
        )
    if undone:
        return undo(undone, reason=reason, dry_run=dry_run, as_json=as_json)
    assert files is not None
    if format_ and format_ not in Format:
        raise WrongInput(
            "format",
            f"Le format « {format_} » n’est pas connu. Formats : {', '.join(Format)}.",
            field="--as",
        )
    for file in files:  # what cannot be read is refused before anything starts
        if file.exists() and not (file.is_file() or file.is_dir()):
            raise WrongInput(
                "not_a_file",
                f"« {file} » n’est pas un fichier ordinaire : il ne se relit pas. Copiez-en le "
                "contenu dans un fichier, puis importez-le.",
                field="FICHIER",
            )
        with file.open("rb"):
            pass
    given = _given_mapping(mapping)
    if dry_run and mapping and given is None:
        raise WrongInput(
            "mapping",
            "Un contrôle sans base ne connaît pas les correspondances enregistrées : donnez la vôtre "
            "dans un fichier JSON.",
            field="--mapping",
        )
    how = _How(given, mapping if given is None else "", stock)
    with progress_bar(quiet=False) as progress:
        if dry_run:
            reports = [_read(file, format_, partial, given, progress) for file in files]
        else:
            reports = _bring_in(
                files,
                creditor,
                creditor_name,
                progress,
                how=how,
                format_=format_,
                partial=partial,
                bank_account=account,
                open_accounts=open_account,
            )
    if as_json:
        answers = [report.as_json() for report in reports]
        write_json(answers[0] if len(answers) == 1 else answers)
    else:
        for report in reports:
            _show(report, dry_run=dry_run)
    return DONE if all(report.accepted for report in reports) else REFUSED


@dataclass(frozen=True, slots=True)
class _How:
    """How tables are to be read and taken."""

    mapping: Mapping | None  # given in a file
    source: str  # the name of one that was kept
    stock: bool


def _given_mapping(text: str) -> Mapping | None:
    """Return the mapping of a JSON file; None for a name, which only the database knows."""
    if not text or not (text.endswith(".json") or Path(text).is_file()):
        return None
    try:
        said = json.loads(Path(text).read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError):
        raise WrongInput(
            "mapping", f"« {text} » n’est pas un fichier JSON lisible.", field="--mapping"
        ) from None
    return Mapping.from_json(said)


def _read(
    file: Path,
    format_: str,
    partial: bool,
    mapping: Mapping | None,
    progress: Callable[[str, int, int], None],
) -> ImportReport:
    from exigible.intake.importing import dry_run

    size = file.stat().st_size
    return dry_run(
        file,
        format_=format_,
        partial=partial,
        mapping=mapping,
        on_bytes=lambda done: progress(f"Lecture de {file.name}", min(done, size), size),
    )


def _bring_in(
    files: list[Path],
    siren: str,
    name: str,
    progress: Callable[[str, int, int], None],
    **options: Any,
) -> list[ImportReport]:
    format_ = str(options["format_"])
    by_kind: dict[bool, list[Path]] = {True: [], False: []}
    for file in dict.fromkeys(files):
        by_kind[_is_einvoice(file, format_)].append(file)
    electronic, others = by_kind[True], by_kind[False]
    reports = _bring_others(others, siren, name, progress, **options) if others else {}
    if electronic:
        reports |= _bring_einvoices(
            electronic, format_, siren, name, bool(options["partial"]), progress
        )
    return [reports[file] for file in files]


def _is_einvoice(file: Path, format_: str) -> bool:
    from exigible.intake.importing import guess_format

    return (format_ or guess_format(file)) in EINVOICE_FORMATS


def _bring_einvoices(
    files: list[Path],
    format_: str,
    siren: str,
    name: str,
    partial: bool,
    progress: Callable[[str, int, int], None],
) -> dict[Path, ImportReport]:
    """Bring electronic invoices in, those of a creditor together; the seller says whose they are."""
    open_database()
    from exigible.operations.acts import By
    from exigible.operations.einvoice_sources import creditor_of
    from exigible.operations.imports import receive_einvoices, receive_file, run_import
    from exigible.store.models import Creditor

    creditors = list(Creditor.objects.order_by("pk"))
    reports: dict[Path, ImportReport] = {}
    left = files
    while left:
        if siren:
            owner: Creditor | None = _creditor(siren, name)
        else:
            owner, seller = creditor_of(left[0], creditors)
            if owner is None:
                reports[left[0]] = _without_creditor(left[0], seller)
                left = left[1:]
                continue
        at = datetime.now(UTC)
        if len(left) == 1:
            with left[0].open("rb") as content:
                batch = receive_file(
                    content, name=left[0].name, creditor=owner, format_=format_, partial=partial,
                    by=By.job("import"), at=at,
                )  # fmt: skip
        else:
            batch = receive_einvoices(
                left, creditor=owner, partial=partial, by=By.job("import"), at=at
            )
        report = run_import(batch.pk, at=at, progress=progress)
        taken = dict(zip(left, report.parts or [report], strict=False))
        # What another creditor sold is brought to him in his turn.
        left = [
            file
            for file in left[1:]
            if not siren and taken[file].error is not None and taken[file].error.code == "seller"
        ]
        waiting = set(left)
        reports |= {file: report for file, report in taken.items() if file not in waiting}
    return reports


def _without_creditor(file: Path, seller: str) -> ImportReport:
    """Return the refusal of a file that nobody here sold, with what it holds."""
    from exigible.intake.importing import dry_run
    from exigible.intake.problems import Problem

    report = dry_run(file)
    if report.accepted:
        report.accepted = False
        report.error = Problem(
            code="seller",
            message=f"« {file.name} » est de {seller or 'un vendeur sans nom'}, qui n’est aucun de vos "
            "créanciers. Créez-le dans Administration, ou désignez-en un par --creditor SIREN.",
            field="seller",
        )
        report.problems = [report.error, *report.problems]
        report.problem_count += 1
    return report


def _bring_others(
    files: list[Path],
    siren: str,
    name: str,
    progress: Callable[[str, int, int], None],
    *,
    how: _How,
    format_: str,
    **options: Any,
) -> dict[Path, ImportReport]:
    owners = [siren or read_name(file.name)[0] for file in files]
    for file, owner in zip(files, owners, strict=True):
        if not owner:
            raise WrongInput(
                "creditor_unknown",
                f"« {file.name} » ne dit pas à qui il est : indiquez-le par --creditor SIREN.",
                field="--creditor",
            )
    open_database()
    from exigible.operations.acts import By
    from exigible.operations.imports import receive_file, run_import

    creditors = [_creditor(owner, name) for owner in owners]
    reports: dict[Path, ImportReport] = {}
    for file, creditor in zip(files, creditors, strict=True):
        at = datetime.now(UTC)
        mapping = _mapping_for(file, how, format_, creditor)
        with file.open("rb") as content:
            batch = receive_file(
                content,
                name=file.name,
                creditor=creditor,
                format_=mapping.kind if mapping else format_,
                mapping=mapping,
                mode="stock" if how.stock else "",
                **options,
                by=By.job("import"),
                at=at,
            )
        reports[file] = run_import(batch.pk, at=at, progress=progress)
    return reports


def _mapping_for(file: Path, how: _How, format_: str, creditor: Creditor) -> Mapping | None:
    """Return the mapping kept under the name given, or for this source, else what the table suggests."""
    from exigible.intake.importing import guess_format, guessed, is_known_statement
    from exigible.operations.mappings import mapping_named, mapping_of_source, understand

    if how.mapping is not None:
        return how.mapping
    if how.source:
        return Mapping.from_json(mapping_named(creditor, how.source).mapping)
    told = format_ or guess_format(file)
    if told not in MAPPED:
        return None
    found = understand(file, name=file.name, format_=format_)
    kept = mapping_of_source(creditor, found) if found else None
    if kept is not None and format_ in ("", kept.kind):
        return None  # taken through it by itself
    if is_known_statement(file, told):
        return None
    return guessed(file, name=file.name, format_=format_)


def _creditor(siren: str, name: str) -> Creditor:
    from exigible.store.models import Creditor

    siren = siren.replace(" ", "")
    found = Creditor.objects.filter(siren=siren).first()
    if found is not None:
        return found
    if not name:
        raise Refused(
            "creditor_unknown",
            f"Aucun créancier n’a le SIREN {siren}. Créez-le dans Administration, ou ici par "
            "--creditor-name NOM ; ou désignez-en un autre par --creditor SIREN.",
            field="--creditor",
        )
    if len(siren) != 9 or not siren.isdigit():
        raise WrongInput(
            "siren", f"« {siren} » n’est pas un SIREN (neuf chiffres).", field="--creditor"
        )
    from exigible.operations.acts import By
    from exigible.operations.creditors import CreditorFacts, create_creditor

    valid = is_siren(siren)
    facts = CreditorFacts(name=name, siren=siren if valid else "")
    opened = create_creditor(facts, by=By.job("import"), at=datetime.now(UTC))
    if not valid:
        say(f"Attention : {siren} n’est pas un SIREN valable ; le créancier est créé ainsi.")
        opened.siren = siren
        opened.save(update_fields=["siren"])
    return opened


def _show(report: ImportReport, *, dry_run: bool) -> None:
    """Write a report for a person."""
    label = content_words(report.format, read=bool(report.encoding))
    number = f"Import n° {report.number} — " if report.number else ""
    write(
        f"{number}{report.filename} — {label}" + (f", {report.encoding}" if report.encoding else "")
    )
    if report.closing_on is not None and report.first_on and report.last_on:
        write(
            f"  du {day(report.first_on)} au {day(report.last_on)}, exercice clos le "
            f"{day(report.closing_on)}"
        )
    for name, words in COUNTED.items():
        if report.counts.get(name):
            write(f"  {count(report.counts[name], *words)}")
    for words, cents, currency in totals_in_words(report.totals):
        write(f"  {words} {money(cents, currency)}")
    for customer, reason in report.never_chased[:SHOWN_PROBLEMS]:
        write(f"  {customer} ne sera pas relancé. {reason}")
    for problem in report.problems[:SHOWN_PROBLEMS]:
        write(f"  {'✗' if problem.blocking else '!'} {problem.message}")
    if report.problem_count > SHOWN_PROBLEMS:
        write(
            f"  … {count(report.problem_count - SHOWN_PROBLEMS, 'autre remarque', 'autres remarques')}"
        )
    if not report.accepted:
        write("  Fichier refusé : rien n’a été pris.")
    elif dry_run:
        write("  Fichier lisible. Rien n’a été écrit.")
    elif report.unchanged:
        write("  Déjà importé : rien n’a changé.")
    else:
        for name, words in WRITTEN.items():
            if report.written.get(name):
                write(f"  + {count(report.written[name], *words)}")
