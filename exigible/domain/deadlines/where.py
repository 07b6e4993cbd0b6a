"""Where the parties are: the debtor's place and holidays, the months that distance adds.

CPC art. 643 and 644 (distance), C. com. art. R. 622-24 (a creditor away from the court).
"""

from __future__ import annotations

from dataclasses import dataclass

from exigible.domain.calendar import HolidayZone, zone_of_postcode
from exigible.domain.counting import in_words
from exigible.domain.deadlines.facts import FactValue, Place
from exigible.domain.deadlines.model import ProcedureCase
from exigible.domain.law.time_limits import DeadlineRule, distance
from exigible.domain.refusals import WrongInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """The debtor's place and holiday zone; postcodes are French, or empty."""

    place: Place
    zone: HolidayZone
    debtor_postcode: str
    court_postcode: str
    warnings: tuple[str, ...] = ()


def where(case: ProcedureCase) -> Where:
    """Return where a case takes place; raise WrongInput for a postcode that contradicts it."""
    code, place, zone = case.debtor_postcode, case.place, HolidayZone.METROPOLE
    warnings: tuple[str, ...] = ()
    if code:
        own = _place_of(code)
        if place is not None and place is not own:
            raise WrongInput(
                "wrong_input",
                f"debtor_postcode : {code} ne se trouve pas dans le lieu donné ({place.value}).",
                field="debtor_postcode",
            )
        place, zone = own, zone_of_postcode(code)
        if place is Place.OUTRE_MER and zone is HolidayZone.METROPOLE:
            warnings = (
                f"Les jours fériés propres à la collectivité du code postal {code} ne sont pas "
                "connus ; seuls les jours fériés légaux sont comptés.",
            )
    elif place is None:
        warnings = ("Lieu du débiteur non donné : France métropolitaine supposée.",)
    return Where(
        place=place or Place.METROPOLE,
        zone=zone,
        debtor_postcode=code,
        court_postcode=case.court_postcode,
        warnings=warnings,
    )


def creditor_away(place: FactValue | None, court_postcode: str) -> bool | None:
    """Say whether the creditor is outside the court's part of France (C. com. R. 622-24)."""
    if place is None:
        return None
    if not _overseas(court_postcode):
        return place != Place.METROPOLE
    return None if place == Place.OUTRE_MER else True


def distance_added(rule: DeadlineRule, found: Where) -> tuple[int, str | None]:
    """Return the months that distance adds to a deadline, and the words that say so.

    Raise WrongInput where a court overseas and a debtor overseas may share a collectivity.
    """
    if not rule.distance:
        return 0, None
    law = distance()
    if not _overseas(found.court_postcode):
        months, source = law.from_metropole[found.place.value], law.metropole_source
    else:
        months, source = law.from_overseas[_seen_from_overseas(found)], law.overseas_source
    if not months:
        return 0, None
    return months, f"{in_words(months)} mois de plus pour la distance ({source})"


def _seen_from_overseas(found: Where) -> str:
    if found.place is not Place.OUTRE_MER:
        return found.place.value
    if not found.debtor_postcode:
        raise WrongInput(
            "wrong_input",
            "debtor_postcode : le tribunal siège outre-mer ; ce code postal dit si le débiteur vit "
            "dans la même collectivité (CPC art. 644).",
            field="debtor_postcode",
            article=distance().overseas_source,
        )
    same = _collectivity(found.debtor_postcode) == _collectivity(found.court_postcode)
    return "same_collectivity" if same else found.place.value


def _overseas(postcode: str) -> bool:
    return bool(postcode) and postcode.startswith(distance().overseas_postcodes)


def _place_of(postcode: str) -> Place:
    if postcode.startswith(distance().abroad_postcodes):
        return Place.ETRANGER
    return Place.OUTRE_MER if _overseas(postcode) else Place.METROPOLE


def _collectivity(postcode: str) -> str:
    zone = zone_of_postcode(postcode)
    return postcode[:3] if zone is HolidayZone.METROPOLE else zone.value
