"""The gate before every outgoing document: what the law wants in it, and what it forbids.

Pure: the facts of a message in, the refusals out, each with its article and its way out. Asked when
a message is prepared, and again at the moment it leaves. Sources: C. com. R. 123-237 (who writes),
L. 441-10 and D. 441-5 (penalties, indemnity), L. 622-7 and L. 622-21 (insolvency); CPCE L. 111-8
(costs), R. 124-4 (agencies); C. civ. 1344 (mise en demeure); C. consom. L. 121-2 to L. 121-7
(misleading and aggressive practices); C. pén. 433-13 (looking like a court).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from exigible.domain.calendar import HolidayZone, holidays
from exigible.domain.correspondence import (
    Audience,
    ClaimsTable,
    Correspondence,
    LawText,
    Nature,
    PaymentBox,
    TotalsTable,
)
from exigible.domain.french import count, day, euros
from exigible.domain.refusals import Refused
from exigible.domain.text_keys import name_key

UNKNOWN = "unknown"
POSTAL = frozenset({"letter", "lrar"})
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactLimit:
    """How many demands may leave to one account in so many days, the day itself included.

    No text sets these numbers; they are the house's reading of C. consom. L. 121-6 (aggressive
    practices) and keep well within it. A mise en demeure and its copy are not counted against.
    """

    demands: int
    days: int


CONTACT_LIMITS = {
    Audience.CONSUMER: ContactLimit(demands=1, days=7),
    Audience.PROFESSIONAL: ContactLimit(demands=3, days=7),
    Audience.PUBLIC_PURCHASER: ContactLimit(demands=3, days=7),
}
# Hours at which a person may be written to by e-mail: house rule, working days and Saturdays.
FIRST_HOUR, LAST_HOUR = time(8), time(20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message about to leave, and what the gate must know of its debtor."""

    correspondence: Correspondence
    channel: str
    automatic: bool = False
    has_title: bool = False
    insolvency_opened_on: date | None = None
    earlier_demands: Sequence[date] = ()
    is_copy: bool = False  # of a letter that left: not one more solicitation


def require_lawful(outgoing: Outgoing) -> None:
    """Raise the first refusal, if any."""
    for refusal in refusals(outgoing):
        raise refusal


def refusals(outgoing: Outgoing) -> Iterator[Refused]:
    """Yield every reason why this may not leave, the gravest first."""
    yield from _insolvency(outgoing)
    yield from _unknown_kind(outgoing)
    yield from _nothing_due(outgoing)
    yield from _formal_notice(outgoing)
    yield from _forbidden_sums(outgoing)
    yield from _forbidden_words(outgoing)
    yield from _identity(outgoing)
    yield from _agency(outgoing)
    yield from _address(outgoing)
    yield from _frequency(outgoing)


def earliest_moment(
    at: datetime,
    debtor_kind: str,
    *,
    no_contact_before: time | None = None,
    zone: HolidayZone = HolidayZone.METROPOLE,
) -> datetime:
    """Return when an e-mail may reach this debtor: `at` (Paris time), or the next lawful hour.

    A professional is written to at any time, unless he asked not to be before an hour.
    """
    private = debtor_kind in {Audience.CONSUMER, UNKNOWN}
    first = max(FIRST_HOUR if private else time.min, no_contact_before or time.min)
    last = LAST_HOUR if private and first < LAST_HOUR else time.max
    moment = at
    if moment.time() > last:
        moment = datetime.combine(moment.date() + ONE_DAY, first, at.tzinfo)
    if moment.time() < first:
        moment = datetime.combine(moment.date(), first, at.tzinfo)
    while private and _is_rest(moment.date(), zone):
        moment = datetime.combine(moment.date() + ONE_DAY, first, at.tzinfo)
    return moment


def _is_rest(on: date, zone: HolidayZone) -> bool:
    return on.weekday() == 6 or on in holidays(on.year, zone)


# ---- the rules, one each


def _insolvency(outgoing: Outgoing) -> Iterator[Refused]:
    opened, text = outgoing.insolvency_opened_on, outgoing.correspondence
    if opened is None or opened > text.demand.on or text.nature is Nature.CONFIRMATION:
        return
    earlier = [c for c in text.demand.claims if c.issued_on is None or c.issued_on < opened]
    if earlier:
        yield Refused(
            "insolvency_stay",
            f"Une procédure collective est ouverte depuis le {day(opened)} : le débiteur ne peut "
            "plus payer ce qu’il devait avant, et rien ne peut lui en être demandé. Déclarez la "
            "créance au mandataire ou au liquidateur (C. com. art. L. 622-24).",
            article="C. com. art. L. 622-7 et L. 622-21",
            facts={"opened_on": opened.isoformat(), "claims": [c.id for c in earlier]},
        )


def _unknown_kind(outgoing: Outgoing) -> Iterator[Refused]:
    demand = outgoing.correspondence.demand
    if demand.debtor_kind != UNKNOWN:
        return
    way_out = "Précisez sa qualité dans « À compléter »."
    if outgoing.automatic:
        yield Refused(
            "unknown_kind",
            f"On ne sait pas si {demand.recipient.name} est un professionnel ou un particulier : "
            f"rien ne part tout seul. {way_out}",
            field="kind",
        )
    elif outgoing.correspondence.nature is Nature.FORMAL_NOTICE:
        yield Refused(
            "unknown_kind",
            "Une mise en demeure ne dit pas la même chose à un professionnel et à un particulier, "
            f"et la qualité de {demand.recipient.name} n’est pas connue. {way_out}",
            field="kind",
            article="C. com. art. L. 441-10, CPCE art. L. 111-8",
        )


def _nothing_due(outgoing: Outgoing) -> Iterator[Refused]:
    text = outgoing.correspondence
    asks = text.nature in {Nature.DEMAND, Nature.FORMAL_NOTICE}
    if asks and text.demand.principal_cents <= 0:
        yield Refused(
            "nothing_due",
            "Rien n’est à réclamer : ce qui était échu est payé, contesté, suspendu ou couvert par "
            "un crédit non affecté.",
        )
    if text.nature is Nature.NOTICE and not text.demand.claims:
        yield Refused(
            "nothing_due",
            "Rien n’est à rappeler : plus aucune somme n’arrive à échéance, hors litige et "
            "suspension.",
        )


def _formal_notice(outgoing: Outgoing) -> Iterator[Refused]:
    text = outgoing.correspondence
    if text.nature is not Nature.FORMAL_NOTICE:
        return
    article = "C. civ. art. 1344"
    for claim in text.demand.claims:
        if claim.missing:
            name = (
                f"la créance {claim.ref}"
                if claim.ref
                else f"une créance de {euros(claim.amount_cents)}"
            )
            yield Refused(
                "claim_incomplete",
                f"Une mise en demeure désigne sans équivoque ce qui est dû. Pour {name}, il manque "
                f"{' et '.join(claim.missing)}. Complétez-la dans « À compléter ».",
                field="due_on" if claim.due_on_derived else "ref",
                article=article,
                facts={"claim": claim.id, "missing": list(claim.missing)},
            )
    if not text.demand.recipient.address:
        yield Refused(
            "no_address",
            f"L’adresse postale de {text.demand.recipient.name} manque, ou le courrier en est "
            "revenu. Complétez-la dans « À compléter ».",
            field="address",
            article=article,
        )
    complete = text.has(ClaimsTable) and text.has(TotalsTable) and text.demand.days_to_pay > 0
    if not complete or "mettons en demeure" not in _plain(text.prose):
        yield Refused(
            "not_a_formal_notice",
            "Ce modèle ne met pas en demeure : il doit le dire, détailler les créances et les "
            "totaux, et laisser un délai pour payer.",
            article=article,
        )


def _forbidden_sums(outgoing: Outgoing) -> Iterator[Refused]:
    demand = outgoing.correspondence.demand
    sums = demand.accessories
    if demand.debtor_kind == UNKNOWN and sums.total_cents:
        yield Refused(
            "accessories_to_unknown",
            f"{euros(sums.total_cents)} d’accessoires sont réclamés à un débiteur dont la qualité "
            "n’est pas connue : ni intérêts ni indemnité tant qu’elle ne l’est pas.",
            field="kind",
        )
    if demand.debtor_kind == Audience.CONSUMER and (
        sums.fixed_indemnity_cents or sums.costs_cents or sums.penalty_clause_cents
    ):
        forbidden = sums.fixed_indemnity_cents + sums.costs_cents + sums.penalty_clause_cents
        yield Refused(
            "fee_to_consumer",
            f"{euros(forbidden)} de frais, d’indemnité ou de pénalités sont réclamés à un "
            "particulier, qui ne les doit pas. Retirez-les.",
            article="CPCE art. L. 111-8, C. com. art. L. 441-10 et D. 441-5",
        )
    elif sums.costs_cents and not outgoing.has_title:
        yield Refused(
            "costs_without_title",
            f"{euros(sums.costs_cents)} de frais sont réclamés sans titre exécutoire : ils restent "
            "à la charge du créancier. Retirez-les.",
            article="CPCE art. L. 111-8",
        )


# What a creditor without a title may not write, and to a consumer not at all. Read without accents
# nor capitals, on the template's own words.
_THREATS = (
    (r"\bsaisies?\b(?! du (?:juge|tribunal))", "la menace d’une saisie"),
    (
        r"\bsaisir (?:vos|votre|le|les|sur) ?(?:biens?|comptes?|salaires?|remunerations?|meubles)",
        "la menace d’une saisie",
    ),
    (r"\bexpulsion\b", "la menace d’une expulsion"),
    (r"\bhuissiers?\b", "la mention d’un huissier"),
    (r"\bcommissaires? de justice\b", "la mention d’un commissaire de justice"),
    (r"\bfichage\b|\bficp\b|\bfichier des incidents\b", "la menace d’un fichage"),
    (r"\binterromp\w* la prescription\b", "l’affirmation qu’elle interrompt la prescription"),
    (r"\bau nom de la loi\b|\bcommandement de payer\b|\bsommation\b", "l’apparence d’un acte"),
)
_CONSUMER_WORDS = (
    (r"\bpenalites? de retard\b|\bl\. ?441-10\b|\bd\. ?441-5\b", "des pénalités de retard"),
    (r"\bindemnite forfaitaire\b", "une indemnité forfaitaire"),
    (r"\bfrais de (?:recouvrement|dossier|relance|gestion|poursuite)\b", "des frais"),
)


def _forbidden_words(outgoing: Outgoing) -> Iterator[Refused]:
    text = outgoing.correspondence
    words = _plain(text.prose)
    if not outgoing.has_title:
        for pattern, what in _THREATS:
            if re.search(pattern, words):
                yield Refused(
                    "forbidden_threat",
                    f"Le modèle « {text.template} » contient {what}, qu’un créancier sans titre "
                    "exécutoire ne peut pas écrire. Retirez-la du modèle.",
                    field="template",
                    article="C. conso. art. L. 121-2 et L. 121-7, C. pén. art. 433-13",
                )
    if text.audience == Audience.CONSUMER:
        for pattern, what in _CONSUMER_WORDS:
            if re.search(pattern, words):
                yield Refused(
                    "forbidden_to_consumer",
                    f"Le modèle « {text.template} » annonce {what} à un particulier, qui n’en doit "
                    "pas. Choisissez le modèle écrit pour les particuliers.",
                    field="template",
                    article="CPCE art. L. 111-8, C. com. art. L. 441-10",
                )


def _identity(outgoing: Outgoing) -> Iterator[Refused]:
    sender = outgoing.correspondence.demand.sender
    lacking = [
        word
        for word, lacks in (
            ("le nom", not sender.name.strip()),
            ("l’adresse", not sender.address),
            ("le SIREN", sender.kind == "professional" and not sender.siren),
            (
                "le pied de page légal (forme, capital, RCS)",
                sender.kind == "professional" and not sender.legal_line,
            ),
        )
        if lacks
    ]
    if lacking:
        yield Refused(
            "creditor_identity",
            f"Toute lettre dit qui l’écrit. Pour {sender.name or 'ce créancier'}, il manque "
            f"{', '.join(lacking)}. Complétez sa fiche dans « Administration », « Créanciers ».",
            field="creditor",
            article="C. com. art. R. 123-237",
        )


def _agency(outgoing: Outgoing) -> Iterator[Refused]:
    text = outgoing.correspondence
    demand = text.demand
    if demand.agency is None or text.nature is Nature.CONFIRMATION:
        return
    article = "CPCE art. R. 124-4"
    lacking = [
        word
        for word, lacks in (
            ("l’adresse de l’agence", not demand.agency.address),
            ("les modalités de paiement (compte bancaire)", demand.payment is None),
            ("le texte de l’article L. 111-8", not text.has(LawText)),
            ("le détail des sommes", not text.has(ClaimsTable)),
            ("comment payer", not text.has(PaymentBox)),
        )
        if lacks
    ]
    if lacking:
        yield Refused(
            "agency_mentions",
            f"La lettre d’une agence de recouvrement porte des mentions obligatoires ; il manque "
            f"{', '.join(lacking)}.",
            field="creditor",
            article=article,
        )
    if demand.earlier_letter is None and outgoing.channel not in POSTAL:
        yield Refused(
            "agency_letter_first",
            "Une agence de recouvrement écrit d’abord une lettre, que ses autres démarches "
            "rappellent. Choisissez le courrier pour ce premier envoi.",
            field="channel",
            article=article,
        )


def _address(outgoing: Outgoing) -> Iterator[Refused]:
    recipient = outgoing.correspondence.demand.recipient
    formal = outgoing.correspondence.nature is Nature.FORMAL_NOTICE  # already said
    if outgoing.channel in POSTAL and not recipient.address and not formal:
        yield Refused(
            "no_address",
            f"L’adresse postale de {recipient.name} manque, ou le courrier en est revenu. "
            "Complétez-la dans « À compléter ».",
            field="address",
        )
    if outgoing.channel == "email" and not recipient.email:
        yield Refused(
            "no_email",
            f"Aucune adresse e-mail en service pour {recipient.name}. Ajoutez-la à ses contacts, ou "
            "choisissez le courrier.",
            field="email",
        )


def _frequency(outgoing: Outgoing) -> Iterator[Refused]:
    text = outgoing.correspondence
    if text.nature is not Nature.DEMAND or outgoing.is_copy:
        return
    limit = CONTACT_LIMITS[text.audience]
    since = text.demand.on - (limit.days - 1) * ONE_DAY
    lately = sorted(on for on in outgoing.earlier_demands if since <= on <= text.demand.on)
    if len(lately) >= limit.demands:
        again = lately[-limit.demands] + limit.days * ONE_DAY
        yield Refused(
            "too_many_messages",
            f"{count(len(lately), 'relance', 'relances')} en {limit.days} jours, la dernière le "
            f"{day(lately[-1])} : une de plus serait pressante. Possible à partir du {day(again)}.",
            article="C. conso. art. L. 121-6",
            facts={"possible_on": again.isoformat()},
        )


def _plain(text: str) -> str:
    """Lower case, no accents, single spaces, straight apostrophes."""
    return name_key(text.replace("’", "'"))
