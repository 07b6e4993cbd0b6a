"""Remittances in columns: a number, an amount, sometimes fees and the net, by their headings."""

from __future__ import annotations

from pathlib import Path

from exigible.domain.text_keys import ref_key
from exigible.intake.cells import Illegible, read_cents, read_day
from exigible.intake.remittances.model import ReadItem, ReadRemittance, UnreadableRemittance
from exigible.intake.tables import read_table

MAX_ITEMS = 20_000
_NAMES = {
    "reference": "facture,n° facture,no facture,numero,numero facture,numero de facture,piece,reference,"
    "ref,votre reference,vos references,n° piece,invoice,invoice number,document,dossier creance,"
    "reference creancier,references",
    "cheque": "cheque,n° cheque,no cheque,numero cheque,numero de cheque,cheque number",
    "debtor": "debiteur,client,tireur,emetteur,nom,nom du debiteur,raison sociale,drawer,debtor,societe",
    "amount": "montant,montant paye,montant regle,montant ttc,encaisse,montant encaisse,recouvre,"
    "montant recouvre,principal recouvre,brut,montant brut,amount,paid,paid amount,payment amount,regle",
    "fees": "frais,honoraires,honoraires ttc,commission,commissions,frais et honoraires,retenue,retenues,"
    "droit proportionnel,emolument,emoluments,fees",
    "net": "net,montant net,reverse,montant reverse,net reverse,net a reverser,net amount",
    "on": "date,date encaissement,date de paiement,date reglement,payment date",
}
HEADINGS = {ref_key(word): field for field, words in _NAMES.items() for word in words.split(",")}
_TOTALS = ("total", "totaux", "sommetotale", "totalgeneral")


def read_table_remittance(path: Path) -> ReadRemittance:
    """Return the items of a table; raise Unreadable for no table, UnreadableRemittance for no item."""
    table = read_table(path, HEADINGS, ["amount"])
    slip = "cheque" in table.fields
    if not slip and "reference" not in table.fields:
        raise UnreadableRemittance(
            "no_reference",
            "Aucune colonne ne porte les numéros de facture (« Facture », « Référence »).",
        )
    items: list[ReadItem] = []
    fees = net = stated = 0
    dated_on = None
    for number, row in table.rows:
        if len(items) > MAX_ITEMS:
            raise UnreadableRemittance("too_many", f"Ce document a plus de {MAX_ITEMS} lignes.")
        try:
            cents = read_cents(row.get("amount", ""))
            kept = abs(read_cents(row.get("fees", "")))
            left = read_cents(row.get("net", ""))
            if dated_on is None and row.get("on"):
                dated_on = read_day(row["on"])
        except Illegible as error:
            raise UnreadableRemittance(error.code, f"Ligne {number} : {error}.") from None
        reference = row.get("cheque" if slip else "reference", "")
        debtor = row.get("debtor", "")
        said = ref_key(reference) or ref_key(debtor)
        if said.startswith(_TOTALS) or (not reference and not debtor):
            stated = stated or cents
            continue
        fees, net = fees + kept, net + left
        if cents:
            items.append(ReadItem(reference, cents, debtor))
    if not items:
        raise UnreadableRemittance(
            "empty", "Aucune ligne de ce document n’a de numéro et de montant."
        )
    gross = sum(item.cents for item in items)
    if "net" in table.fields and net and gross - fees != net:
        raise UnreadableRemittance(
            "sum",
            "Les montants, moins les frais, ne font pas les montants nets. Vérifiez les colonnes.",
        )
    if stated and stated != gross:
        raise UnreadableRemittance("sum", "Les lignes ne font pas le total du document.")
    return ReadRemittance(
        kind="slip" if slip else "agent" if fees else "advice",
        items=tuple(items),
        fees_cents=fees,
        dated_on=dated_on,
        checked=bool(stated or net),
    )
