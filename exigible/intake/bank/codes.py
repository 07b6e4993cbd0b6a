"""What banks' codes mean: how the money moved, whether it comes back, and why.

Four families of codes: the interbank operation codes of CFONB records (published by the CFONB), the
type codes of SWIFT MT940 field 61, the ISO 20022 bank transaction codes, the OFX transaction types.
Reasons of return are those of ISO 20022's external list; a code not listed keeps the bank's words.
"""

from __future__ import annotations

from exigible.intake.bank.shapes import Nature

_T, _D, _Q, _C, _B, _M, _F, _I, _O = (
    Nature.TRANSFER,
    Nature.DIRECT_DEBIT,
    Nature.CHEQUE,
    Nature.CARD,
    Nature.BILL,
    Nature.CASH,
    Nature.FEE,
    Nature.INTEREST,
    Nature.OTHER,
)

# CFONB: nature, whether an earlier operation comes back, sign by itself (1 credit, -1 debit, 0 both).
CFONB: dict[str, tuple[Nature, bool, int]] = {
    "01": (_Q, False, -1),
    "02": (_Q, False, 1),
    "03": (_Q, True, -1),
    "04": (_M, False, 1),
    "05": (_T, False, 1),
    "06": (_T, False, -1),
    "07": (_B, False, -1),
    "08": (_D, False, -1),
    "09": (_D, False, 1),
    "10": (_D, True, 0),
    "11": (_C, False, 0),
    "12": (_T, True, 1),
    "13": (_T, False, 1),
    "14": (_T, False, -1),
    "15": (_Q, False, 1),
    "18": (_T, False, 1),
    "21": (_T, False, -1),
    "22": (_D, False, -1),
    "24": (_D, False, 1),
    "26": (_D, True, -1),
    "27": (_D, True, 0),
    "28": (_C, False, -1),
    "29": (_M, False, -1),
    "30": (_C, False, 1),
    "31": (_B, False, 1),
    "32": (_B, False, 1),
    "33": (_B, True, -1),
    "34": (_B, True, 0),
    "35": (_B, False, 1),
    "36": (_C, False, -1),
    "37": (_B, False, 1),
    "38": (_C, True, -1),
    "39": (_T, False, 1),
    "41": (_T, False, 0),
    "44": (_T, False, -1),
    "45": (_T, False, 1),
    "61": (_I, False, 0),
    "62": (_F, False, -1),
    "63": (_I, False, 1),
    "64": (_F, False, -1),
    "65": (_F, False, -1),
    "66": (_F, False, -1),
    "67": (_F, False, -1),
    "70": (_I, False, -1),
    "88": (_F, False, -1),
    "90": (_B, False, -1),
    "96": (_D, False, -1),
    "97": (_D, False, 1),
    "98": (_D, True, -1),
    "A1": (_D, False, 1),
    "A2": (_D, False, 1),
    "A3": (_D, True, 1),  # the account is the debtor's: his debit is given back
    "A4": (_D, True, 1),
    "B1": (_D, False, -1),
    "B2": (_D, False, -1),
    "B3": (_D, True, -1),  # the account is the creditor's: what he collected is taken back
    "B4": (_D, True, -1),
    "C1": (_T, False, -1),
    "C2": (_T, False, 1),
    "C3": (_T, True, 1),
    "C4": (_T, True, -1),
    "C5": (_T, True, 1),
}

SWIFT: dict[str, tuple[Nature, bool]] = {
    "TRF": (_T, False),
    "CLR": (_Q, False),
    "CHK": (_Q, False),
    "TCK": (_Q, False),
    "STO": (_T, False),
    "DDT": (_D, False),
    "BOE": (_B, False),
    "RTI": (_O, True),
    "CHG": (_F, False),
    "COM": (_F, False),
    "INT": (_I, False),
    "CMI": (_T, False),
    "CMT": (_T, False),
    "MSC": (_O, False),
}
# German business transaction codes (first three characters of field 86) of returns.
GVC_RETURNS = frozenset({"108", "109", "159", "181", "182", "183", "184"})

_ISO_FAMILY = {
    "RCDT": _T,
    "ICDT": _T,
    "RRCT": _T,
    "IRCT": _T,
    "RDDT": _D,
    "IDDT": _D,
    "RCHQ": _Q,
    "ICHQ": _Q,
    "LBOX": _Q,
    "CCRD": _C,
    "MCRD": _C,
    "CNTR": _M,
    "DRFT": _B,
}
_ISO_FEES = frozenset({"FEES", "CHRG", "COMM", "COME", "COMI", "COMT"})
_ISO_INTEREST = frozenset({"INTR"})
_ISO_RETURNS = frozenset(
    {"UPDD", "PRDD", "RCDD", "ARRT", "RRTN", "RPCR", "UPCQ", "CQRV", "UPCT", "UDFT"}
)

OFX: dict[str, tuple[Nature, bool]] = {
    "XFER": (_T, False),
    "DIRECTDEP": (_T, False),
    "DIRECTDEBIT": (_D, False),
    "REPEATPMT": (_T, False),
    "CHECK": (_Q, False),
    "POS": (_C, False),
    "ATM": (_M, False),
    "CASH": (_M, False),
    "FEE": (_F, False),
    "SRVCHG": (_F, False),
    "INT": (_I, False),
}

# Why a payment came back (ISO 20022 external return reason codes), in our words.
REASONS = {
    "AC01": "numéro de compte erroné",
    "AC03": "compte du bénéficiaire erroné",
    "AC04": "compte clos",
    "AC06": "compte bloqué",
    "AC13": "compte d’un particulier : prélèvement interentreprises impossible",
    "AG01": "opération interdite sur ce type de compte",
    "AG02": "code d’opération erroné",
    "AM04": "provision insuffisante",
    "AM05": "opération en double",
    "AM09": "montant différent de celui convenu",
    "ARDT": "déjà retourné",
    "BE04": "adresse du créancier absente",
    "BE05": "identifiant du créancier erroné",
    "CNOR": "banque du créancier inconnue de ce circuit",
    "CUST": "demande du client",
    "DNOR": "banque du débiteur inconnue de ce circuit",
    "DT01": "date erronée",
    "DUPL": "paiement en double",
    "ED05": "règlement interbancaire impossible",
    "FF01": "format du message erroné",
    "FF05": "type de prélèvement erroné",
    "FOCR": "retour de fonds demandé",
    "FRAD": "fraude",
    "LEGL": "décision de justice ou autorité",
    "MD01": "mandat inexistant ou révoqué",
    "MD02": "données du mandat incomplètes ou erronées",
    "MD06": "contesté par le débiteur",
    "MD07": "débiteur décédé",
    "MS02": "refus du débiteur, sans motif",
    "MS03": "motif non communiqué par la banque",
    "NOAS": "sans réponse du client",
    "NOOR": "virement d’origine introuvable",
    "RC01": "BIC erroné",
    "RC07": "BIC du bénéficiaire erroné",
    "RR01": "motif réglementaire : compte ou identification du débiteur",
    "RR02": "motif réglementaire : nom ou adresse du débiteur",
    "RR03": "motif réglementaire : nom ou adresse du créancier",
    "RR04": "motif réglementaire",
    "SL01": "service particulier de la banque du débiteur (liste d’opposition)",
    "TECH": "incident technique",
    "TM01": "remis après l’heure limite",
    "UPAY": "paiement indu",
}


def cfonb(code: str) -> tuple[Nature, bool, int]:
    """Return nature, return or not, and sign of an interbank operation code; unknown: other, both."""
    return CFONB.get(code.strip().upper(), (Nature.OTHER, False, 0))


def iso(domain: str, family: str, sub_family: str) -> tuple[Nature, bool]:
    """Return nature and return or not of an ISO 20022 bank transaction code."""
    comes_back = sub_family in _ISO_RETURNS
    if sub_family in _ISO_FEES:
        return Nature.FEE, comes_back
    if sub_family in _ISO_INTEREST:
        return Nature.INTEREST, comes_back
    return _ISO_FAMILY.get(family, Nature.OTHER), comes_back


def reason(code: str, words: str = "") -> str:
    """Word why a payment came back: ours where the code is known, else the bank's."""
    return REASONS.get(code, "") or words
