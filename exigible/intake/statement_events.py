"""Reading what happened to the claims of a case: one reader a fact, each contradiction refused.

The fields of each fact are told in `docs/guide/calcul.md`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from exigible.domain.case import (
    Assignment,
    Capitalisation,
    CaseClaim,
    Cost,
    CreditNote,
    CreditorKind,
    Event,
    FormalNotice,
    GracePeriod,
    IncreaseRelief,
    InsolvencyOpening,
    Judgment,
    Overindebtedness,
    Payment,
    PaymentPlan,
    PaymentReturned,
    PaymentSource,
    PlanPenalties,
    SetOff,
    Tariff,
    TitleKind,
)
from exigible.domain.french import day as french_day
from exigible.domain.statement.model import BUCKET_OF_COMPONENT
from exigible.intake.json_fields import Fields, shown, wrong

MAX_EVENTS = 50_000


@dataclass(frozen=True, slots=True)
class _About:
    """What an event may name, and the days it cannot contradict."""

    claims: tuple[CaseClaim, ...]
    positions: dict[str, int]
    payments: dict[str, int]  # positions of the payments in the events, by reference or by rank
    dates: list[date | None]  # of the payments, by position

    def named(self, item: Fields) -> int | None:
        """Return the position of the claim that an event names, None for all."""
        ref = item.raw("claim", required=False)
        if ref is None:
            return None
        if not isinstance(ref, str) or ref not in self.positions:
            raise wrong(
                item.at("claim"), f"{shown(ref)} n’est la référence d’aucune créance du dossier"
            )
        return self.positions[ref]

    def one(self, item: Fields, why: str) -> int:
        """Return the claim that an event cannot go without: the one named, or the only one."""
        claim = self.named(item)
        if claim is None and len(self.claims) == 1:
            return 0
        if claim is None:
            raise wrong(item.at("claim"), f"ce champ manque : {why}")
        return claim

    def born_on(self, claim: int | None) -> date | None:
        """Return the day before which nothing can happen to a claim, or to any; None if unknown."""
        concerned = [self.claims[claim]] if claim is not None else list(self.claims)
        issued = [one.issued_on for one in concerned if one.issued_on is not None]
        return min(issued) if len(issued) == len(concerned) else None

    def after_birth(self, item: Fields, name: str, claim: int | None) -> date:
        """Read a day that cannot come before the (named, or first) claim was issued."""
        on = item.day(name)
        born = self.born_on(claim)
        if born is not None and on < born:
            raise wrong(
                item.at(name),
                f"le {french_day(on)} précède l’émission de la créance ({french_day(born)})",
            )
        return on


def read_events(root: Fields, claims: tuple[CaseClaim, ...]) -> tuple[Event, ...]:
    """Return the facts of a case, in the order they were given; raise WrongInput by field."""
    items = root.objects("events")
    if len(items) > MAX_EVENTS:
        raise wrong("events", f"{len(items)} faits, {MAX_EVENTS} au plus par dossier")
    about = _About(
        claims=claims,
        positions={claim.ref: position for position, claim in enumerate(claims)},
        payments={},
        dates=[],
    )
    for position, item in enumerate(items):
        paid = item.raw("type") == "payment"
        about.dates.append(item.day("on") if paid else None)
        if paid:
            about.payments.setdefault(str(position + 1), position)
            if item.text("ref"):
                about.payments[item.text("ref")] = position
    return tuple(_event(item, about) for item in items)


def _event(item: Fields, about: _About) -> Event:
    kind = item.raw("type")
    reader = READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        known = ", ".join(READERS)
        raise wrong(item.at("type"), f"{shown(kind)} n’est pas connu ; valeurs possibles : {known}")
    return reader(item, about)


# ---- what happened, one reader an event


def _formal_notice(item: Fields, about: _About) -> FormalNotice:
    claim = about.named(item)
    on = about.after_birth(item, "on", claim)
    presented = item.optional_day("presented_on")
    if presented is not None and presented < on:
        raise wrong(
            item.at("presented_on"),
            f"la présentation ({french_day(presented)}) précède l’envoi ({french_day(on)})",
        )
    return FormalNotice(on=on, claim=claim, presented_on=presented, act=item.text("act"))


def _payment(item: Fields, about: _About) -> Payment:
    source = item.choice("source", PaymentSource, PaymentSource.DEBTOR)
    if source is PaymentSource.SEIZURE:
        claim: int | None = about.one(item, "une somme saisie va à la créance saisie")
    else:
        claim = about.named(item)
    target = item.raw("to", required=False)
    target = "" if target is None else target
    order: tuple[str, ...] = ()
    if isinstance(target, list):
        order = _agreed_order(item, target)
    elif target not in ("", "principal"):
        raise wrong(
            item.at("to"),
            f"{shown(target)} n’est pas connu ; écrivez principal, ou la liste des composantes "
            "dans l’ordre convenu",
        )
    return Payment(
        on=about.after_birth(item, "on", claim),
        amount_cents=item.cents("amount"),
        claim=claim,
        to_principal=target == "principal",
        order=order,
        source=source,
        ref=item.text("ref"),
    )


def _agreed_order(item: Fields, names: list[object]) -> tuple[str, ...]:
    for index, name in enumerate(names):
        if not isinstance(name, str) or name not in BUCKET_OF_COMPONENT or name in names[:index]:
            known = ", ".join(BUCKET_OF_COMPONENT)
            raise wrong(
                f"{item.at('to')}[{index}]",
                f"{shown(name)} n’est pas une composante, ou est déjà nommée ; "
                f"valeurs possibles : {known}",
            )
    if not names:
        raise wrong(item.at("to"), "au moins une composante est nécessaire")
    return tuple(str(name) for name in names)


def _payment_returned(item: Fields, about: _About) -> PaymentReturned:
    ref = item.raw("payment")
    position = about.payments.get(str(ref)) if isinstance(ref, str | int) else None
    if position is None:
        raise wrong(
            item.at("payment"),
            f"{shown(ref)} n’est ni la référence (ref) ni le rang d’un paiement du dossier",
        )
    on, paid_on = item.day("on"), about.dates[position]
    if paid_on is not None and on < paid_on:
        raise wrong(
            item.at("on"),
            f"le retour ({french_day(on)}) précède le paiement ({french_day(paid_on)})",
        )
    return PaymentReturned(on=on, payment=position)


def _set_off(item: Fields, about: _About) -> SetOff:
    claim = about.one(item, "la compensation vise une créance")
    other = item.day("other_due_on")
    effect = max(other, about.claims[claim].due_on)
    invoked = item.optional_day("invoked_on") or effect
    return SetOff(
        on=effect,
        amount_cents=item.cents("amount"),
        invoked_on=invoked,
        claim=claim,
        connected=item.flag("connected"),
    )


def _credit_note(item: Fields, about: _About) -> CreditNote:
    effect = item.text("effect") or "from_date"
    if effect not in ("from_date", "from_invoice"):
        raise wrong(
            item.at("effect"),
            f"{shown(effect)} n’est pas connu ; valeurs possibles : from_date, from_invoice",
        )
    if effect == "from_invoice":
        claim: int | None = about.one(item, "un avoir qui corrige une facture la désigne")
    else:
        claim = about.named(item)
    return CreditNote(
        on=about.after_birth(item, "on", claim),
        amount_cents=item.cents("amount"),
        claim=claim,
        from_invoice=effect == "from_invoice",
        ref=item.text("ref"),
    )


def _judgment(item: Fields, about: _About) -> Judgment:
    claim = about.named(item)
    on, served_on = about.after_birth(item, "on", claim), item.optional_day("served_on")
    if served_on is not None and served_on < on:
        raise wrong(
            item.at("served_on"),
            f"la signification ({french_day(served_on)}) précède le jugement ({french_day(on)})",
        )
    final_on = item.optional_day("final_on")
    if final_on is not None and final_on < on:
        raise wrong(
            item.at("final_on"),
            f"la décision serait définitive ({french_day(final_on)}) avant d’être rendue",
        )
    return Judgment(
        on=on,
        served_on=served_on,
        provisionally_enforceable=item.flag("provisionally_enforceable", default=True),
        final_on=final_on,
        claim=claim,
        kind=item.choice("kind", TitleKind, TitleKind.JUDGMENT),
        legal_rate=item.flag("legal_rate"),
    )


def _increase_relief(item: Fields, about: _About) -> IncreaseRelief:
    claim = about.named(item)
    return IncreaseRelief(
        on=about.after_birth(item, "on", claim),
        points=item.percent("points", limit=5) if item.has("points") else 0,
        claim=claim,
    )


def _assignment(item: Fields, about: _About) -> Assignment:
    return Assignment(
        on=about.after_birth(item, "on", None),
        creditor_kind=item.choice("creditor_kind", CreditorKind),
    )


def _capitalisation(item: Fields, about: _About) -> Capitalisation:
    """A request in court cannot come before the debt; a term of the contract may."""
    claim = about.named(item)
    ground = item.text("ground") or "court"
    if ground not in ("court", "contract"):
        raise wrong(
            item.at("ground"), f"{shown(ground)} n’est pas connu ; écrivez court ou contract"
        )
    if ground == "contract":
        requested = item.day("requested_on")
    else:
        requested = about.after_birth(item, "requested_on", claim)
    return Capitalisation(requested_on=requested, claim=claim)


def _insolvency_opening(item: Fields, about: _About) -> InsolvencyOpening:
    on, withdrawn = item.day("on"), item.optional_day("withdrawn_on")
    if withdrawn is not None and withdrawn < on:
        raise wrong(
            item.at("withdrawn_on"),
            f"la rétractation ({french_day(withdrawn)}) précède l’ouverture ({french_day(on)})",
        )
    return InsolvencyOpening(on=on, withdrawn_on=withdrawn)


def _period(item: Fields) -> tuple[date, date]:
    first, last = item.day("from"), item.day("to")
    if last < first:
        raise wrong(
            item.at("to"),
            f"le délai finit ({french_day(last)}) avant de commencer ({french_day(first)})",
        )
    return first, last


def _missed_on(item: Fields, name: str, first: date) -> date | None:
    day = item.optional_day(name)
    if day is not None and day < first:
        raise wrong(
            item.at(name),
            f"l’échéance manquée ({french_day(day)}) précède le délai ({french_day(first)})",
        )
    return day


def _grace_period(item: Fields, about: _About) -> GracePeriod:
    first, last = _period(item)
    return GracePeriod(
        first_day=first,
        last_day=last,
        claim=about.named(item),
        rate=item.percent("rate") if item.has("rate") else None,
        principal_first=item.flag("principal_first"),
        lapsed_on=_missed_on(item, "lapsed_on", first),
        revives=item.flag("revives"),
    )


def _payment_plan(item: Fields, about: _About) -> PaymentPlan:
    first, last = _period(item)
    return PaymentPlan(
        first_day=first,
        last_day=last,
        penalties=item.choice("penalties", PlanPenalties, PlanPenalties.MAINTAINED),
        broken_on=_missed_on(item, "broken_on", first),
        revives=item.flag("revives"),
        claim=about.named(item),
    )


def _overindebtedness(item: Fields, about: _About) -> Overindebtedness:
    last = None
    if item.has("to"):
        first, last = _period(item)
    else:
        first = item.day("from")
    return Overindebtedness(
        first_day=first,
        last_day=last,
        rate=item.percent("rate") if item.has("rate") else 0,
        claim=about.named(item),
    )


def _cost(item: Fields, about: _About) -> Cost:
    bearer = item.raw("borne_by")
    if bearer not in ("debtor", "creditor"):
        raise wrong(
            item.at("borne_by"),
            f"{shown(bearer)} n’est pas connu ; valeurs possibles : debtor, creditor",
        )
    tariff = item.choice("tariff", Tariff) if item.has("tariff") else None
    if tariff is not None and item.has("amount"):
        raise wrong(
            item.at("amount"),
            "le tarif donne le montant : donnez la somme encaissée (collected), sans montant",
        )
    return Cost(
        on=item.day("on"),
        amount_cents=0 if tariff else item.cents("amount"),
        label=item.text("label") or _COST_LABELS[tariff],
        borne_by_debtor=bearer == "debtor",
        claim=about.named(item),
        prescribed_by_law=item.flag("prescribed_by_law"),
        tariff=tariff,
        collected_cents=item.cents("collected") if tariff else 0,
    )


_COST_LABELS = {
    None: "frais",
    Tariff.A444_31: "droit de recouvrement (C. com. art. A. 444-31)",
    Tariff.A444_32: "droit de recouvrement (C. com. art. A. 444-32)",
}

READERS: dict[str, Callable[[Fields, _About], Event]] = {
    "formal_notice": _formal_notice,
    "payment": _payment,
    "payment_returned": _payment_returned,
    "set_off": _set_off,
    "credit_note": _credit_note,
    "judgment": _judgment,
    "increase_relief": _increase_relief,
    "assignment": _assignment,
    "capitalisation": _capitalisation,
    "insolvency_opening": _insolvency_opening,
    "grace_period": _grace_period,
    "payment_plan": _payment_plan,
    "overindebtedness": _overindebtedness,
    "cost": _cost,
}
