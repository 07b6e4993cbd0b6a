"""What a document is, guessed from its name and its words. A person always has the last word."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from exigible.domain.text_keys import name_key


class ExhibitKind(StrEnum):
    """What a document proves; the values are those of the database."""

    CONTRACT = "contract"
    ORDER = "order"
    QUOTE = "quote"
    DELIVERY = "delivery"
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    TERMS = "terms"
    FORMAL_NOTICE = "formal_notice"
    RECEIPT = "receipt"
    ACKNOWLEDGEMENT = "acknowledgement"
    GUARANTEE = "guarantee"
    UNPAID = "unpaid"
    DECISION = "decision"
    REGISTER = "register"
    LETTER = "letter"
    OTHER = "other"


KIND_LABELS: dict[ExhibitKind, str] = {
    ExhibitKind.CONTRACT: "contrat",
    ExhibitKind.ORDER: "bon de commande",
    ExhibitKind.QUOTE: "devis",
    ExhibitKind.DELIVERY: "preuve de livraison ou d’exécution",
    ExhibitKind.INVOICE: "facture",
    ExhibitKind.CREDIT_NOTE: "avoir",
    ExhibitKind.TERMS: "conditions générales",
    ExhibitKind.FORMAL_NOTICE: "mise en demeure",
    ExhibitKind.RECEIPT: "avis de réception",
    ExhibitKind.ACKNOWLEDGEMENT: "reconnaissance de dette",
    ExhibitKind.GUARANTEE: "garantie ou caution",
    ExhibitKind.UNPAID: "impayé bancaire",
    ExhibitKind.DECISION: "décision de justice",
    ExhibitKind.REGISTER: "extrait de registre",
    ExhibitKind.LETTER: "courrier ou courriel",
    ExhibitKind.OTHER: "autre pièce",
}

IN_NAME, IN_TITLE, IN_TEXT = 4, 3, 1  # what a sign weighs: file name, first lines, anywhere
TITLE_CHARACTERS, TEXT_CHARACTERS = 900, 20_000
ENOUGH = 3  # below, nothing is said

# What a document of a kind calls itself, in names of files and in its words. Accents are aside.
SIGNS: dict[ExhibitKind, str] = {
    ExhibitKind.CREDIT_NOTE: (  # « avoir » is a verb first
        r"^avoirs?\b|\bavoir (n\b|n°|no\b|numero|sur|client|commercial|de|du|\d|[a-z]{1,4}[- ]?\d)|"
        r"note de credit|credit note"
    ),
    ExhibitKind.INVOICE: r"\bfactures?\b|\binvoices?\b|\bfact?[ _-]?\d|\binv\b|\brechnung",
    ExhibitKind.DELIVERY: (
        r"bons? de livraison|bordereau de livraison|\bbl[ _-]?n?\d|^bl\b|proces[- ]verbal de reception|"
        r"pv de reception|bons? d.intervention|lettre de voiture|\bcmr\b|\bemarge|delivery note|\bpod\b|"
        r"attestation d.execution|\breceptionne"
    ),
    ExhibitKind.ORDER: (
        r"bons? de commande|accuse de (reception de )?commande|confirmation de commande|"
        r"\bbc[ _-]?n?\d|^bc\b|purchase order|ordre de service"
    ),
    ExhibitKind.QUOTE: r"\bdevis\b|bon pour accord|proposition commerciale|offre de prix|\bquotation\b",
    ExhibitKind.TERMS: (
        r"conditions generales|\bcgv\b|\bcgs\b|\bcgu\b|\bcgl\b|terms and conditions|general terms"
    ),
    ExhibitKind.FORMAL_NOTICE: r"mises? en demeure|sommation de payer|formal notice|\bmed[ _-]",
    ExhibitKind.RECEIPT: (
        r"avis de reception|accuse de reception|preuve de (depot|distribution)|\blrar\b|\bar24\b|"
        r"recommande avec"
    ),
    ExhibitKind.ACKNOWLEDGEMENT: (
        r"reconnaissance de dette|reconnais devoir|protocole|transaction(nel)?\b|echeancier|"
        r"plan d.apurement"
    ),
    ExhibitKind.GUARANTEE: (
        r"\bcaution(nement)?\b|garantie a premiere demande|lettre d.intention|\bgapd\b|nantissement|"
        r"reserve de propriete"
    ),
    ExhibitKind.UNPAID: (
        r"certificat de non[- ]paiement|cheque impaye|rejet de prelevement|avis de rejet|\bprotet\b|"
        r"effet impaye"
    ),
    ExhibitKind.DECISION: (
        r"\bordonnance\b|\bjugement\b|\barret\b|injonction de payer|signification|par ces motifs|"
        r"formule executoire"
    ),
    ExhibitKind.REGISTER: r"\bk[- ]?bis\b|extrait d.immatriculation|\binpi\b|\bbodacc\b|avis de situation",
    ExhibitKind.CONTRACT: r"\bcontrats?\b|\bbail\b|convention\b|\bagreement\b|conditions particulieres",
    ExhibitKind.LETTER: r"^(re|tr|fwd?) ?:|madame, monsieur|cordialement|objet ?:|salutations",
}
_SIGNS = {kind: re.compile(signs) for kind, signs in SIGNS.items()}


@dataclass(frozen=True, slots=True)
class Guess:
    """A kind, and the words that suggest it."""

    kind: ExhibitKind
    why: str = ""


def guess_kind(name: str, text: str = "", *, mail: bool = False) -> Guess:
    """Return what a document seems to be; `other` where nothing says it.

    The name of the file says most, then the first lines, then the rest. Of equal kinds, the one named
    first: a delivery note names the invoice to come, a credit note the one it corrects. A message
    speaks of papers and is none of them: what it encloses is guessed apart.
    """
    if mail:
        return Guess(ExhibitKind.LETTER, "message")
    file = name_key(re.sub(r"[._]+", " ", name))
    words = name_key(text[:TEXT_CHARACTERS])
    title = words[:TITLE_CHARACTERS]
    best, found, most = ExhibitKind.OTHER, "", (0, 0)
    for kind, signs in _SIGNS.items():
        weight, first = 0, 0
        seen = ""
        for place, worth in ((file, IN_NAME), (title, IN_TITLE), (words, IN_TEXT)):
            if sign := signs.search(place):
                weight += worth
                first = first or -1 - sign.start()
                seen = seen or sign.group().strip()
        if (weight, first) > most or not most[0]:
            best, found, most = kind, seen, (weight, first)
    if most[0] >= ENOUGH:
        return Guess(best, found)
    return Guess(ExhibitKind.OTHER)
