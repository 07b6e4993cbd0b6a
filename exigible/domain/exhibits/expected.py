"""What a judge would ask for, by nature of claim, and what of it is missing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from exigible.domain.exhibits.kinds import ExhibitKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A fact to prove, the kinds of document that prove it (one is enough), the text that asks."""

    id: str
    label: str
    short: str  # in a list
    kinds: frozenset[ExhibitKind]
    why: str
    source: str


AGREEMENT = Need(
    id="agreement",
    label="la commande ou le contrat",
    short="commande ou contrat",
    kinds=frozenset({ExhibitKind.CONTRACT, ExhibitKind.ORDER, ExhibitKind.QUOTE}),
    why="Qui réclame l’exécution d’une obligation doit la prouver.",
    source="C. civ. art. 1353",
)
PERFORMANCE = Need(
    id="performance",
    label="la livraison ou l’exécution",
    short="livraison",
    kinds=frozenset({ExhibitKind.DELIVERY, ExhibitKind.ACKNOWLEDGEMENT}),
    why="Sans preuve de livraison, une contestation suffit à faire échouer l’injonction de payer.",
    source="C. civ. art. 1353",
)
INVOICE = Need(
    id="invoice",
    label="la facture",
    short="facture",
    kinds=frozenset({ExhibitKind.INVOICE}),
    why="La demande en paiement précise le montant et ses éléments ; la requête joint ses pièces.",
    source="CPC art. 1407",
)
FORMAL_NOTICE = Need(
    id="formal_notice",
    label="la mise en demeure",
    short="mise en demeure",
    kinds=frozenset({ExhibitKind.FORMAL_NOTICE}),
    why="Elle met le débiteur en retard et fait courir les intérêts là où ils n’ont pas couru déjà.",
    source="C. civ. art. 1344 et 1231-6",
)
LEASE = Need(
    id="agreement",
    label="le bail",
    short="bail",
    kinds=frozenset({ExhibitKind.CONTRACT}),
    why="Le loyer réclamé et sa révision se lisent dans le bail.",
    source="C. civ. art. 1353",
)
LOAN = Need(
    id="agreement",
    label="le contrat de prêt",
    short="contrat de prêt",
    kinds=frozenset({ExhibitKind.CONTRACT}),
    why="Le prêt se prouve par écrit ; le juge y vérifie le taux et les clauses.",
    source="C. civ. art. 1353 et 1359",
)
POLICY = Need(
    id="agreement",
    label="la police d’assurance",
    short="police",
    kinds=frozenset({ExhibitKind.CONTRACT}),
    why="La prime réclamée se lit dans la police.",
    source="C. civ. art. 1353",
)
UNPAID_CHEQUE = Need(
    id="unpaid",
    label="le certificat de non-paiement",
    short="certificat de non-paiement",
    kinds=frozenset({ExhibitKind.UNPAID}),
    why="Signifié, il devient un titre exécutoire.",
    source="CMF art. L. 131-73",
)
UNPAID_BILL = Need(
    id="unpaid",
    label="l’effet et l’avis de son rejet",
    short="effet et rejet",
    kinds=frozenset({ExhibitKind.UNPAID}),
    why="L’action se fonde sur l’effet lui-même.",
    source="C. civ. art. 1353",
)
TITLE = Need(
    id="title",
    label="le titre exécutoire",
    short="titre exécutoire",
    kinds=frozenset({ExhibitKind.DECISION}),
    why="L’exécution forcée part du titre.",
    source="CPCE art. L. 111-2",
)

SALE = (AGREEMENT, PERFORMANCE, INVOICE, FORMAL_NOTICE)
EXPECTED: dict[str, tuple[Need, ...]] = {
    "invoice": SALE,
    "instalment": SALE,
    "rent": (LEASE, FORMAL_NOTICE),
    "loan_instalment": (LOAN, FORMAL_NOTICE),
    "insurance_premium": (POLICY, FORMAL_NOTICE),
    "bill": (UNPAID_BILL, FORMAL_NOTICE),
    "cheque": (UNPAID_CHEQUE,),
    "title": (TITLE,),
    "public_title": (TITLE,),
}


def expected(claim_kind: str) -> tuple[Need, ...]:
    """Return what a claim of this kind is proved with; a kind of its own is proved as a sale is."""
    return EXPECTED.get(claim_kind, (AGREEMENT, FORMAL_NOTICE))


def missing(claim_kind: str, kinds: Collection[ExhibitKind]) -> tuple[Need, ...]:
    """Return what is not proved yet by documents of these kinds."""
    return tuple(need for need in expected(claim_kind) if not need.kinds & set(kinds))
