"""Facts other than dates that a deadline may hang on, and where the debtor lives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

type FactValue = bool | int | str


class Place(StrEnum):
    """Where the debtor lives, for distance."""

    METROPOLE = "metropole"
    OUTRE_MER = "outre_mer"
    ETRANGER = "etranger"


class FactKind(StrEnum):
    """How a fact is given."""

    FLAG = "flag"  # true or false
    CHOICE = "choice"  # one of several words
    AMOUNT = "amount"  # euros; cents here
    DAYS = "days"  # a number of days


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact other than a date that a deadline may hang on; `meaning` is for users."""

    kind: FactKind
    meaning: str
    choices: tuple[str, ...] = ()


_COURTS = ("tribunal_judiciaire", "tribunal_de_commerce", "tribunal_des_activites_economiques")

_JUDGMENTS = ("contradictoire", "repute_contradictoire", "par_defaut")

FACTS: Mapping[str, Fact] = {
    "amount": Fact(FactKind.AMOUNT, "montant de la demande ou de la créance, en euros"),
    "appeared": Fact(FactKind.FLAG, "la partie a comparu"),
    "corporate_landlord": Fact(
        FactKind.FLAG, "le bailleur est une personne morale autre qu’une SCI familiale"
    ),
    "court": Fact(FactKind.CHOICE, "tribunal saisi", _COURTS),
    "creditor_place": Fact(FactKind.CHOICE, "lieu du créancier", tuple(Place)),
    "debtor_kind": Fact(
        FactKind.CHOICE,
        "qualité du débiteur",
        ("professional", "consumer", "public_purchaser"),
    ),
    "dwelling": Fact(FactKind.FLAG, "les biens sont dans un local d’habitation"),
    "granted_days": Fact(
        FactKind.DAYS, "jours accordés par la mise en demeure, le juge, le contrat ou la police"
    ),
    "hearing_announced_early": Fact(
        FactKind.FLAG, "la date d’audience a été communiquée plus de quinze jours à l’avance"
    ),
    "judgment_kind": Fact(FactKind.CHOICE, "qualification du jugement", _JUDGMENTS),
    "known_schedule": Fact(
        FactKind.FLAG, "le paiement est une échéance d’un échéancier connu du créancier"
    ),
    "life_insurance": Fact(FactKind.FLAG, "le contrat est une assurance sur la vie"),
    "old_court_file": Fact(FactKind.FLAG, "saisie engagée au greffe avant le 1er juillet 2025"),
    "sans_frais": Fact(FactKind.FLAG, "l’effet porte la clause « sans frais »"),
    "served_to_person": Fact(
        FactKind.FLAG, "l’ordonnance a été signifiée à la personne du débiteur"
    ),
    "third_party_holder": Fact(FactKind.FLAG, "le bien ou la somme est entre les mains d’un tiers"),
}

MAX_GRANTED_DAYS = 3650
