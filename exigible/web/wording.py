"""Codes to French: reasons of a step, what a step asks, what happened, who did it.

The engine and the operations keep codes and facts; only the pages word them, so that a wording can
change without touching what was recorded. An unknown code shows its own `label`, if it has one.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.urls import NoReverseMatch, reverse

from exigible.domain import french
from exigible.domain.states import Chip, State
from exigible.domain.text_keys import name_key
from exigible.intake.formats import content_words
from exigible.store.models import (
    Account,
    CallOutcome,
    Channel,
    Debtor,
    DebtorKind,
    ImportBatch,
    Incoming,
    JournalEntry,
    PaymentKind,
    Phase,
    Proposal,
    ProposalStatus,
)
from exigible.store.queries.account_day import ClaimOnDay
from exigible.store.queries.ways import WAY_LABELS, way_of, way_of_incoming
from exigible.web import chips, clock

type Facts = Mapping[str, Any]

CHANNEL_ICONS = {
    Channel.EMAIL: "mail",
    Channel.LETTER: "doc",
    Channel.LRAR: "doc",
    Channel.CALL: "phone",
    Channel.TASK: "task",
}
# The fields that readers of files name; a FEC’s columns keep their legal names.
_FILE_FIELDS = {
    "code": "code client",
    "name": "nom",
    "vat_number": "n° de TVA",
    "legal_form": "forme juridique",
    "address_line1": "adresse",
    "address_line2": "adresse, suite",
    "address_line3": "adresse, fin",
    "postcode": "code postal",
    "city": "ville",
    "country": "pays",
    "contact_name": "contact",
    "contact_title": "fonction",
    "email": "e-mail",
    "phone": "téléphone",
    "terms": "conditions",
    "term_days": "délai",
    "kind": "qualité",
    "credit_limit": "plafond",
    "invoice": "numéro de facture",
    "issued_on": "date de facture",
    "due_on": "échéance",
    "amount": "montant",
    "siren": "SIREN",
    "siret": "SIRET",
    "file_name": "nom du fichier",
    "customer": "nom du client",
    "first_name": "prénom",
    "title": "fonction",
    "role": "service",
    "is_main": "contact principal",
    "original": "montant d’origine",
    "sense": "sens",
    "doc_type": "type de pièce",
    "settled_on": "réglée le",
    "value_date": "date du règlement",
    "reference": "référence",
    "decided_on": "décidée le",
    "insurer": "assureur",
    "policy": "police",
    "starts_on": "du",
    "ends_on": "jusqu’au",
    "reason": "motif",
    "opened_on": "ouvert le",
    "answer_due_on": "réponse attendue le",
    "holder": "qui doit répondre",
    "booked_on": "date",
    "value_on": "date de valeur",
    "label": "libellé",
    "debit": "débit",
    "credit": "crédit",
    "side": "débit ou crédit",
    "balance": "solde",
    "closing": "solde final",
    "currency": "devise",
    "account": "compte bancaire",
    "counterparty": "tiers",
    "counterparty_iban": "compte du tiers",
    "bank_ref": "référence de la banque",
    "end_to_end": "référence de bout en bout",
    "details": "détail",
    "total": "total",
    "status": "statut",
    "seller": "vendeur",
    "payments": "règlements",
}
_NUMBERS = ("zéro", "une", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix")


def field_of_file(name: str) -> str:
    """Word a field of a file that came in."""
    return _FILE_FIELDS.get(name, name)


def arrival_way_words(incoming: Incoming) -> str:
    """Word what brought a file or a message: « Boîte e-mail, compta@exemple.fr »."""
    way, brought_by = way_of_incoming(incoming)
    return f"{WAY_LABELS[way]}, {brought_by}"


def way_words(batch: ImportBatch) -> str:
    """Word how an import came: « Dossier, banque/releves », « Page »."""
    way, brought_by = way_of(batch)
    return f"{WAY_LABELS[way]}, {brought_by}" if brought_by else WAY_LABELS[way]


def content_of(batch: ImportBatch) -> str:
    """Word what an imported file holds."""
    refused = batch.status == ImportBatch.Status.REFUSED
    return content_words(batch.format, read=not refused or bool(batch.summary.get("encoding")))


def reason(facts: Facts) -> str:
    """Word one reason of a proposal: a whole sentence."""
    word = _REASONS.get(str(facts.get("code", "")))
    if word is None:
        return str(facts.get("label", ""))
    try:
        return word(facts)
    except (KeyError, TypeError, ValueError):
        # A reason kept by another version lacks a fact: its label is better than a broken page.
        return str(facts.get("label", ""))


def reasons(proposal: Proposal) -> list[str]:
    """Word every reason of a proposal, dropping those without words."""
    return [words for facts in _reasons_now(proposal) if (words := reason(facts))]


def _reasons_now(proposal: Proposal) -> list[Facts]:
    """Return the reasons of a proposal; what is overdue is today's while the step waits.

    What was seen on the day a step was proposed is kept with it, but whoever acts on the step must
    not read there another delay or another sum than on the rest of the page.
    """
    kept: list[Facts] = proposal.reasons
    if proposal.status != ProposalStatus.OPEN:
        return kept
    figures = getattr(proposal.account, "figures", None)
    if figures is None or not figures.oldest_due_on:
        return kept
    now = {
        "code": "overdue",
        "days": (clock.today() - figures.oldest_due_on).days,
        "amount_cents": figures.chased_cents,
        "claims": figures.overdue_claims,
    }
    return [now if facts.get("code") == "overdue" else facts for facts in kept]


def first_reason(proposal: Proposal) -> str:
    """Word the reason that tells most, for a row of a list: no capital, no full stop."""
    known = [facts for facts in _reasons_now(proposal) if reason(facts)]
    if not known:
        return ""
    told = min(known, key=lambda facts: _TELLING.get(str(facts.get("code")), len(_TELLING)))
    words = reason(told).rstrip(".")
    return words[:1].lower() + words[1:]


def asked(proposal: Proposal) -> str:
    """Say what a step asks of a person: « Appeler », « Valider l’e-mail : relance n° 2 »."""
    label = proposal.label
    lowered = label[:1].lower() + label[1:]
    match proposal.channel:
        case Channel.CALL:
            return "Appeler"
        case Channel.EMAIL:
            return f"Valider l’e-mail : {lowered}"
        case Channel.LETTER:
            return f"Valider la lettre : {lowered}"
        case Channel.LRAR:
            return f"Valider la recommandée : {lowered}"
    return label


def proposed(proposal: Proposal, contact_name: str = "") -> str:
    """Head the proposed step: « Étape proposée : appeler Mme Le Bihan »."""
    if proposal.channel == Channel.CALL:
        return f"Étape proposée : appeler {contact_name}".rstrip()
    words = asked(proposal)
    return f"Étape proposée : {words[:1].lower()}{words[1:]}"


def account_chips(account: Account, *, most: int = 3) -> list[Chip]:
    """Return the chips of an account, the gravest first, at most three on a line."""
    debtor = account.debtor
    figures = getattr(account, "figures", None)
    insolvency = chips.INSOLVENCY.get(debtor.insolvency_kind)
    found: list[Chip | None] = [insolvency]
    if figures is not None:
        if insolvency is None or figures.state != State.INSOLVENT:
            found.append(chips.account_state(figures.state))
        if account.credit_limit_cents and figures.balance_cents > account.credit_limit_cents:
            found.append(chips.OVER_LIMIT)
        if figures.disputed_cents and figures.state != State.DISPUTED:
            found.append(chips.DISPUTED_PART)
    found.append(chips.PHASES.get(Phase(account.phase)))
    found.append(chips.DEBTOR_KINDS.get(DebtorKind(debtor.kind)))
    return [chip for chip in found if chip is not None][:most]


def claim_chip(one: ClaimOnDay, reminders: int) -> Chip:
    """Return the chip of a claim; one that was reminded says how many times."""
    chip = chips.CLAIMS[one.state]
    if one.state == "overdue" and reminders:
        times = f"{reminders} fois"
        return Chip(f"Relancée {times}", "ring", "")
    return chip


def main_chip(account: Account) -> Chip | None:
    """Return the one chip a narrow row has room for."""
    return next(iter(account_chips(account, most=1)), None)


def quality(debtor: Debtor) -> str:
    return str(DebtorKind(debtor.kind).label)


def full_name(debtor: Debtor) -> str:
    """Return a debtor's name and legal form, said once where the name already bears it."""
    words = name_key(debtor.name).replace(".", "").split()
    form = name_key(debtor.legal_form).replace(".", "").split()
    bears = form in (words[: len(form)], words[len(words) - len(form) :])
    return debtor.name if bears else f"{debtor.name} {debtor.legal_form}"


_AGREEMENTS = {PaymentKind.CARD: "e", PaymentKind.CASH: "es"}  # une carte, des espèces


def payment(kind: str, participle: str = "") -> str:
    """Return the nature of a payment, and what became of it: « Avoir », « Carte reçue »."""
    nature = str(PaymentKind(kind).label).capitalize()
    return (
        f"{nature} {participle}{_AGREEMENTS.get(PaymentKind(kind), '')}" if participle else nature
    )


def actor(line: JournalEntry, names: Mapping[UUID, str]) -> str:
    """Name who acted: a person by name (« personne effacée » once forgotten), else the job."""
    kind, _, value = line.actor.partition(":")
    match kind:
        case "user":
            return names.get(UUID(value), "personne effacée")
        case "job":
            return {"daily_run": "passage quotidien", "simulation": "simulation"}.get(value, value)
        case "import":
            return f"import n° {value}"
    return line.actor


def person_id(line: JournalEntry) -> UUID | None:
    """Return the opaque id of the person who acted; None for a job."""
    kind, _, value = line.actor.partition(":")
    return UUID(value) if kind == "user" else None


def initials(name: str) -> str:
    """« Claire Maubert » reads « C. Maubert » where room is short."""
    first, _, rest = name.partition(" ")
    return f"{first[:1]}.{french.NO_BREAK}{rest}" if rest else name


OUTCOMES = {
    CallOutcome.PROMISE: "promesse de paiement",
    CallOutcome.PLAN: "échéancier demandé",
    CallOutcome.DISPUTE: "contestation",
    CallOutcome.LEFT_MESSAGE: "message laissé",
    CallOutcome.NO_ANSWER: "sans réponse",
    CallOutcome.WRONG_NUMBER: "mauvais numéro",
    CallOutcome.OTHER: "",
}

JOURNAL = {
    "law_value_entered": "Valeur du droit saisie",
    "law_value_confirmed": "Valeur du droit confirmée",
    "law_value_withdrawn": "Valeur du droit retirée",
    "promise_recorded": "Promesse notée",
    "promise_cancelled": "Promesse annulée",
    "hold_placed": "Suspension posée",
    "hold_lifted": "Suspension levée",
    "dispute_opened": "Litige ouvert",
    "dispute_closed": "Litige clos",
    "call_recorded": "Appel noté",
    "note_recorded": "Note ajoutée",
    "task_added": "Tâche créée",
    "task_finished": "Tâche faite",
    "task_reopened": "Tâche remise à faire",
    "debtor_completed": "Identité complétée",
    "mail_returned": "Courrier revenu",
    "debtor_iban_added": "IBAN du débiteur noté",
    "debtor_iban_ended": "IBAN du débiteur retiré",
    "debtors_merged": "Débiteurs réunis",
    "merge_undone": "Réunion défaite",
    "debtors_set_apart": "Débiteurs dits distincts",
    "debtors_brought_back": "Doublon de nouveau proposé",
    "register_asked": "Registre interrogé",
    "register_taken_back": "Reprise du registre défaite",
    "claims_completed": "Créances complétées",
    "contact_saved": "Contact enregistré",
    "terms_set": "Conditions du compte changées",
    "collector_assigned": "Compte confié",
    "strategy_assigned": "Stratégie changée",
    "payment_recorded": "Règlement saisi",
    "payment_allocated": "Règlement affecté",
    "accessories_paid": "Pénalités et indemnité réglées",
    "payment_reversed": "Règlement contrepassé",
    "bank_line_matched": "Opération bancaire rapprochée",
    "settlement_reversed": "Affectation contrepassée",
    "proposal_approved": "Étape validée",
    "proposal_dismissed": "Étape écartée",
    "proposal_postponed": "Étape reportée",
    "proposal_done": "Étape faite",
    "exhibit_received": "Pièce reçue",
    "exhibit_filed": "Pièce classée",
    "exhibit_left": "Pièce classée sur un autre compte",
    "exhibit_classified": "Nature d’une pièce notée",
    "exhibit_linked": "Pièce liée à des créances",
    "exhibit_withdrawn": "Pièce retirée",
    "message_prepared": "Message préparé",
    "message_approved": "Envoi validé",
    "message_cancelled": "Message annulé",
    "message_sent": "Message parti",
    "einvoices_imported": "Factures électroniques importées",
    "account_renumbered": "Numéro de client repris de la comptabilité",
    "claims_moved_by_ledger": "Créance portée à un autre compte par la comptabilité",
}


def journal_action(action: str) -> str:
    """Word a line of the journal; a code without words is shown as it is."""
    return JOURNAL.get(action, action.replace("_", " "))


def _day(value: object) -> str:
    return french.day(date.fromisoformat(str(value)))


def _short_day(value: object) -> str:
    return f"{date.fromisoformat(str(value)):%d/%m}"


def _overdue(facts: Facts) -> str:
    claims, cents, days = int(facts["claims"]), int(facts["amount_cents"]), int(facts["days"])
    since = f"{french.grouped(days)}{french.NO_BREAK}j"
    if claims < 2:
        return f"{french.euros(cents)} échus depuis {since}."
    return f"{french.count(claims, 'créance')} échues pour {french.euros(cents)}, la plus ancienne depuis {since}."


def _step_due(facts: Facts) -> str:
    days, label = int(facts["offset_days"]), str(facts["label"])
    where = "après" if days >= 0 else "avant"
    when = "le jour de" if days == 0 else f"{abs(days)}{french.NO_BREAK}j {where}"
    return f"«{french.NO_BREAK}{label}{french.NO_BREAK}» est prévu {when} l’échéance."


def _no_reply(facts: Facts) -> str:
    count = int(facts["steps"])
    if count < 2:
        return "Aucune réponse à la relance."
    number = _NUMBERS[count] if count < len(_NUMBERS) else french.grouped(count)
    return f"Aucune réponse à {number} relances."


def _broken_promise(facts: Facts) -> str:
    received = int(facts.get("received_cents", 0))
    got = f"{french.euros(received)} reçus" if received else "rien reçu"
    return f"{french.euros(int(facts['amount_cents']))} promis pour le {_short_day(facts['due_on'])}, {got}."


# What a row of the list says first: what the label of the step does not say already.
_TELLING = {
    code: rank
    for rank, code in enumerate(
        (
            "broken_promise",
            "late_dispute",
            "unknown_kind",
            "letter_first",
            "no_email",
            "no_address",
            "new_overdue",
            "no_reply",
            "first_incident",
            "disputed_part",
            "promised_part",
            "credit_unallocated",
            "catch_up",
            "pre_due",
            "overdue",
        )
    )
}


_REASONS: dict[str, Callable[[Facts], str]] = {
    "overdue": _overdue,
    "step_due": _step_due,
    "no_reply": _no_reply,
    "broken_promise": _broken_promise,
    "new_overdue": lambda f: f"Nouvel impayé, échu le {_day(f['first_overdue_on'])}.",
    "credit_unallocated": lambda f: (
        f"{french.euros(int(f['cents']))} reçus restent à affecter ; ils sont déduits."
    ),
    "disputed_part": lambda f: (
        f"{french.euros(int(f['cents']))} contestés ne sont pas réclamés ; le reste l’est."
    ),
    "catch_up": lambda f: (
        f"Étape rattrapée : elle était due il y a {french.grouped(int(f['days']))}{french.NO_BREAK}j."
    ),
    "first_incident": lambda f: "Premier incident de paiement.",
    "pre_due": lambda f: f"Une facture échoit le {_day(f['due_on'])}.",
    "late_dispute": lambda f: (
        f"Réponse attendue le {_day(f['answer_due_on'])} pour {french.euros(int(f['disputed_cents']))} "
        "contestés."
    ),
    "promised_part": lambda f: f"{french.euros(int(f['cents']))} promis ne sont pas réclamés.",
    "no_address": lambda f: "Adresse postale incomplète : à corriger avant l’envoi.",
    "waiting_until": lambda f: f"En attente jusqu’au {_day(f['on'])}.",
    "unknown_kind": lambda f: (
        "Qualité du débiteur à préciser : ni intérêts, ni indemnité, ni étape automatique d’ici là."
    ),
    "letter_first": lambda f: (
        "Première lettre de l’agence : l’étape part par courrier (CPCE art. R. 124-4)."
    ),
    "no_email": lambda f: "Aucune adresse e-mail : l’étape part par courrier.",
    "derived_due_date": lambda f: (
        "Échéance déduite des conditions de paiement : à confirmer avant une mise en demeure."
    ),
}


def sentence_list(items: Sequence[str]) -> str:
    """« a, b et c »."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} et {items[-1]}"


# What a night's run did, in words, with where it is seen (the name of an address, if there is one).
_NIGHT = (
    ("issued", "envoi parti", "envois partis", "messages"),
    ("held", "compte retenu", "comptes retenus", ""),
    ("alerts", "alerte", "alertes", ""),
)


def night(counts: Facts) -> list[tuple[str, str]]:
    """Word a run's counts for the line « Cette nuit »: (words, address or "")."""
    lines = []
    proposals = _total(counts.get("proposals"))
    lines.append((french.count(proposals, "étape proposée", "étapes proposées"), ""))
    for key, one, several, url_name in _NIGHT:
        number = _total(counts.get(key))
        if not number:
            continue
        try:
            address = reverse(url_name) if url_name else ""
        except NoReverseMatch:
            address = ""
        lines.append((french.count(number, one, several), address))
    return lines


def _total(count: object) -> int:
    """A count is a number, or numbers by kind."""
    if isinstance(count, Mapping):
        return sum(int(value) for value in count.values())
    return int(count) if isinstance(count, int) else 0


COMPONENTS = {
    "principal": "Principal",
    "interest": "Intérêts",
    "capitalised_interest": "Intérêts capitalisés",
    "fixed_indemnity": "Indemnité forfaitaire",
    "penalty_clause": "Clause pénale",
    "costs": "Frais",
    "payments": "Paiement",
}
