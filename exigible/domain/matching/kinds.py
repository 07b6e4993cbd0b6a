"""What a line is, from the words of the bank: a payment, a slip, a return, an agent's funds, or none.

The words only sort: a line that names an open claim by its number and its amount is a payment
whatever they say, and a word that belongs to the recognised payer's own name says nothing.
"""

from __future__ import annotations

import re

_CHEQUES = re.compile(
    r"\b(?:REM(?:ISE)?S?\.?(?: DE)? ?(?:CHQS?|CHEQUES?)|REM ?CHQ|REMCHQ|CHQ REM(?:ISE)?|REMISE CH|RC[HQ]+|"
    r"CHEQUES? REMIS|BORDEREAU(?: DE)? REMISE|ENC(?:AISSEMENT)? ?CH(?:Q|EQUE)S?|DEPOT CH(?:Q|EQUE)S?|"
    r"REMISE [0-9]+ CH(?:Q|EQUE)S?|VERSEMENT CH(?:Q|EQUE)S?|VRST CHQ|CHEQUES? (?:DEPOSES?|ENCAISSES?)|"
    r"REMISE(?: N[O°]?)? ?[0-9]{4,})\b"
)
_RETURN = re.compile(
    r"\b(?:REJ(?:ET|ETE|ETEE|ETS)?|RJT|IMPAYES?|IMP|RETOURN?(?:E|S)?|RETURN(?:ED)?|INCIDENT|"
    r"EXTOURNE|REFUSE?|REVERSAL|CONTRE.?PASS\w*|UNPAID|CHARGEBACK|RECALL|RECHQ|RTN|R.TRANSACTION|"
    r"AC0[146]|AG0[12]|AM0[4]|BE05|CNOR|DNOR|MD0[167]|MS0[23]|RR0[1-4]|SL01|FF01)\b|"
    r"\bANNUL\w*\b|\bREVERSE\w*\b|NON PAYE|SANS PROVISION|PROVISION INSUFFISANTE|OPPOSITION DEBITEUR"
)
_TRANSFER = re.compile(r"^\W*(?:VIR|VRT|SCT|TRF)|\bVIREMENT")
_AGENT = re.compile(
    r"\b(?:COMMISSAIRES? DE JUSTICE|COMM?\.? ?JUSTICE|HUISSIERS?|CDJ|AVOCATS?|CARPA|SELARL|SCP|ETUDE|"
    r"RECOUVREMENTS?|REVERSEMENTS?|REVERST|REVERS|INTRUM|EOS|CREDIREC|CABOT|CONTENTIEUX|FACTOR\w*|"
    r"FACTO|AFFACTURAGE|EUROFACTOR|COFACE|EULER|ATRADIUS|ALLIANZ TRADE|ASSURANCE.?CREDIT|"
    r"MANDATAIRE|LIQUIDATEUR|ADMINISTRATEUR JUDICIAIRE|MANDATAIRES? JUDICIAIRES?|SEQUESTRE|NOTAIRES?|"
    r"REMISE NETTE|FONDS DE TIERS|CPTE CLIENTS|COMPTE CLIENTS|RELEVE DE REVERSEMENT)\b"
)
TAXES = "impôts, cotisations ou organismes sociaux"
# A public accountant pays the invoices of a public purchaser by mandate.
_PUBLIC = re.compile(r"\b(?:SGC|MANDATS?|MDT|PAIERIE|TRESORERIE|HELIOS|REGIE|CHORUS)\b")
_OUTSIDE: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), reason)
    for pattern, reason in (
        (
            r"\b(?:SALAIRES?|PAIES?|PAYE|NOTE DE FRAIS|NDF|IJSS|INDEMNITES? JOURNALIERES?)\b",
            "salaires et frais de personnel",
        ),
        (
            r"\b(?:URSSAF|DGFIP|DIRECTION GENERALE DES FINANCES|IMPOTS?|SIE|TVA|CVAE|CFE|TAXES?|DOUANES?|PAS DSN|"
            r"CREDIT D.?IMPOT|CICE|CIR|TRESOR PUBLIC|AGIRC|ARRCO|CPAM|AMELI|FRANCE TRAVAIL|POLE EMPLOI|"
            r"MSA|RSI|SSI|PREVOYANCE|MUTUELLE|RETRAITE|MALAKOFF|AG2R|PRO ?BTP|OPCO|AGEFIPH|SUBVENTIONS?)\b",
            TAXES,
        ),
        (
            r"\b(?:VIR(?:EMENT)?S? ?INTERNES?|INTERNE|COMPTE A COMPTE|CPT A CPT|CPTE A CPTE|NIVELLEMENT|"
            r"CASH ?POOL\w*|EQUILIBRAGE|APPROVISIONNEMENT|ALIMENTATION|TRESO|DE COMPTE A COMPTE|"
            r"ENTRE COMPTES|MON COMPTE|LIVRET|CAT|COMPTE A TERME|PLACEMENTS?|RACHAT|SICAV|OPCVM|INTRA ?GROUPE)\b",
            "virement entre comptes de la maison ou placement",
        ),
        (
            r"\b(?:PRETS?|EMPRUNTS?|DEBLOCAGE|AMORTISSEMENT|CREDIT[ -]?BAIL|LEASING|MISE A DISPOSITION|"
            r"FINANCEMENT|DAILLY|ESCOMPTE COMMERCIAL|AVANCE TRESO\w*|PGE|BPI ?FRANCE)\b",
            "prêt ou financement",
        ),
        (
            r"\b(?:INTERETS?|AGIOS|REMUNERATION|COUPONS?|DIVIDENDES?|INT CREDITEURS?|ARRETE DE COMPTE|"
            r"INT\.? ?CRED\w*)\b",
            "intérêts ou produits financiers",
        ),
        (
            r"\b(?:REM(?:ISE)?S?(?: DE)? ?C(?:B|ARTES?)(?: BANCAIRES?)?|REMCB|TELECOLLECTE|COMMERCANT|CB REM\w*|ENCAISSEMENTS? (?:CB|CARTES?)|"
            r"STRIPE|SUMUP|PAYPAL|ZETTLE|ADYEN|MOLLIE|WORLDLINE|PAYPLUG|LYRA|MONETIQUE|TPE|VAD|PAYOUT|"
            r"AMEX|AMERICAN EXPRESS|TICKETS? RESTAURANT|EDENRED|SODEXO PASS|CONECS|ALMA|KLARNA|SHOPIFY|AMAZON PAYMENTS?)\b",
            "règlement de cartes ou d’un prestataire de paiement",
        ),
        (
            r"\b(?:FRAIS|COMMISSIONS?|COTISATION|COM INTERV|COMM|TENUE DE COMPTE|ABONNEMENT|FORFAIT|EXTOURNE COMMISSION|"
            r"GESTE COMMERCIAL|RISTOURNE)\b",
            "frais ou commissions de la banque",
        ),
        (
            r"\b(?:REMB(?:OURSEMENT|OURST?|T)?S?|RBT|RBST|RMBT|AVOIR FOURN\w*|FOURNISSEURS?|RFA|TROP ?PERCU|"
            r"DEPOT DE GARANTIE|CAUTION|RETROCESSION|CONSIGNE)\b",
            "remboursement d’un fournisseur",
        ),
        (
            r"\b(?:SINISTRES?|INDEMNITES? (?:D.?ASSURANCE|SINISTRE)|INDEMNISATION|ASSURANCES?|MACIF|MAIF|GROUPAMA|AXA|GENERALI)\b",
            "indemnité d’assurance",
        ),
        (
            r"\b(?:VERSEMENTS? ESPECES?|VRST ESPECES?|ESPECES|DEPOT ESPECES?|VERST ESP\w*|VRT ESP\w*|DAB|GAB|MONNAIE)\b",
            "versement d’espèces",
        ),
        (
            r"\b(?:APPORTS?|ASSOCIES?|CCA|AUGMENTATION (?:DE )?CAPITAL|CAPITAL SOCIAL)\b",
            "apport ou compte courant d’associé",
        ),
        (
            r"\b(?:REM(?:ISE)?S?(?: DE| D)? ?(?:LCR|EFFETS?|BOR|TRAITES?|PRLV|PRELEVEMENTS?|SDD)|ENCAISSEMENT EFFETS?)\b",
            "remise globale d’effets ou de prélèvements, sans détail",
        ),
    )
)


_ANY_OUTSIDE = re.compile("|".join(f"(?:{pattern.pattern})" for pattern, _ in _OUTSIDE))


def is_cheque_slip(label: str) -> bool:
    """Say whether a plain label is that of cheques paid in."""
    return _CHEQUES.search(label) is not None


def is_return(label: str) -> bool:
    """Say whether a plain label is that of a debit or cheque that comes back unpaid."""
    return _RETURN.search(label) is not None


def is_transfer(label: str) -> bool:
    """Say whether a plain label is that of a transfer."""
    return _TRANSFER.search(label) is not None


def is_agent(label: str) -> bool:
    """Say whether a plain label is that of funds sent by someone who collects or pays for others."""
    return _AGENT.search(label) is not None


def outside(label: str, known_words: frozenset[str]) -> str:
    """Return why a plain label is not that of a customer's payment; empty if nothing says so.

    `known_words` belong to the name of a recognised payer: « Mutuelle des Transports » may well be
    a customer.
    """
    if _ANY_OUTSIDE.search(label) is None:  # most lines: one search instead of a dozen
        return ""
    public = _PUBLIC.search(label) is not None
    for pattern, reason in _OUTSIDE:
        if public and reason == TAXES:
            continue
        for found in pattern.finditer(label):
            if not set(re.findall(r"[A-Z0-9]+", found[0])) <= known_words:
                return reason
    return ""
