"""Reading the case of a statement from JSON, as the outside contract has it.

Every wrong field is named by its path; contradictions between facts (a payment before its claim, a
judgment served before it was made) are refused with what contradicts what. The optional fields are
told in `docs/guide/calcul.md`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from exigible.domain.case import (
    AgreedTerm,
    Assignment,
    Capitalisation,
    Case,
    CaseClaim,
    ClaimKind,
    Clause,
    ConsumerCredit,
    Cost,
    CreditNote,
    CreditorKind,
    DayCount,
    DebtorKind,
    Event,
    FormalNotice,
    GracePeriod,
    IncreaseRelief,
    InsolvencyOpening,
    InterestTerms,
    Judgment,
    NoticeDay,
    Overindebtedness,
    Payment,
    PaymentPlan,
    PaymentReturned,
    PaymentSource,
    PlanPenalties,
    Regime,
    SetOff,
    Tariff,
    TitleKind,
)
from exigible.domain.french import day as french_day
from exigible.domain.law import Law, shipped_law
from exigible.domain.statement.model import BUCKET_OF_COMPONENT
from exigible.domain.terms import (
    LONGEST_TERM_DAYS,
    MaximumTerm,
    TermMethod,
    counted_from,
    due_date,
    lawful_due_on,
)
from exigible.intake.json_fields import Fields, read_day, shown, wrong

MAX_CLAIMS = 20_000
MAX_EVENTS = 50_000
MAX_LATER_DAYS = 1000
MAX_CONTRACT_MONTHS = 1200


def read_case(value: object, as_of: date | None, law: Law | None = None) -> tuple[Case, date]:
    """Return a case and its as-of day; its own `as_of` wins over the one given.

    `law` gives the maximum payment terms. Raise WrongInput naming the first wrong field.
    """
    root = Fields(value, "")
    creditor = Fields(root.raw("creditor"), "creditor")
    debtor = Fields(root.raw("debtor"), "debtor")
    own = root.optional_day("as_of")
    day = own or as_of
    if day is None:
        raise wrong("as_of", "la date d’arrêté manque : donnez-la dans le dossier ou par --as-of")
    debtor_kind = debtor.choice("kind", DebtorKind)
    claims = _claims(root, debtor_kind, law or shipped_law())
    issued = [claim.issued_on for claim in claims if claim.issued_on is not None]
    if len(issued) == len(claims) and day < min(issued):
        raise wrong(
            "as_of",
            f"le {french_day(day)} précède l’émission de toutes les créances "
            f"({french_day(min(issued))})",
        )
    day_count, notice_day, on_opening_day = _conventions(root)
    order = root.text("allocation_order") or "oldest_due"
    if order not in ("oldest_due", "most_burdensome"):
        raise wrong(
            "allocation_order",
            f"{shown(order)} n’est pas connu ; valeurs possibles : oldest_due, most_burdensome",
        )
    case = Case(
        creditor_kind=creditor.choice("kind", CreditorKind),
        debtor_kind=debtor_kind,
        creditor_name=creditor.text("name"),
        debtor_name=debtor.text("name"),
        claims=claims,
        events=_events(root, claims),
        day_count=day_count,
        most_burdensome_first=order == "most_burdensome",
        notice_day=notice_day,
        interest_on_opening_day=on_opening_day,
        if_paid_on=_later_days(root, day),
    )
    return case, day


def _conventions(root: Fields) -> tuple[DayCount, NoticeDay, bool]:
    conventions = Fields(root.raw("conventions", required=False) or {}, "conventions")
    day_count = conventions.choice("day_count", DayCount, DayCount.FIXED_365)
    rounding = conventions.text("rounding", "per_line")
    if rounding != "per_line":
        raise wrong("conventions.rounding", f"{shown(rounding)} n’est pas connu ; écrivez per_line")
    notice_day = conventions.choice("formal_notice", NoticeDay, NoticeDay.PRESENTED)
    last = conventions.text("insolvency") or "eve"
    if last not in ("eve", "judgment_day"):
        raise wrong(
            "conventions.insolvency",
            f"{shown(last)} n’est pas connu ; valeurs possibles : eve, judgment_day",
        )
    conventions.done()
    return day_count, notice_day, last == "judgment_day"


def _later_days(root: Fields, as_of: date) -> tuple[date, ...]:
    """Return the days to say the balance of: on or after the as-of day, each once, in order."""
    value = root.raw("if_paid_on", required=False)
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MAX_LATER_DAYS:
        raise wrong("if_paid_on", f"une liste de {MAX_LATER_DAYS} dates au plus est attendue")
    days = set()
    for index, item in enumerate(value):
        day = read_day(item, f"if_paid_on[{index}]")
        if day < as_of:
            raise wrong(
                f"if_paid_on[{index}]",
                f"le {french_day(day)} précède le jour de l’arrêté ({french_day(as_of)})",
            )
        days.add(day)
    return tuple(sorted(days))


def _claims(root: Fields, debtor: DebtorKind, law: Law) -> tuple[CaseClaim, ...]:
    items = root.objects("claims", required=True)
    if not items:
        raise wrong("claims", "au moins une créance est nécessaire")
    if len(items) > MAX_CLAIMS:
        raise wrong("claims", f"{len(items)} créances, {MAX_CLAIMS} au plus par dossier")
    claims: list[CaseClaim] = []
    seen: set[str] = set()
    for item in items:
        claim = _claim(item, debtor, law)
        if claim.ref in seen:
            raise wrong(item.at("ref"), f"{shown(claim.ref)} désigne déjà une autre créance")
        seen.add(claim.ref)
        claims.append(claim)
    return tuple(claims)


def _claim(item: Fields, debtor: DebtorKind, law: Law) -> CaseClaim:
    ref = item.text("ref")
    if not ref:
        raise wrong(item.at("ref"), "la référence de la créance manque")
    issued_on = item.optional_day("issued_on")
    due_on, term = _due_date(item, issued_on, law)
    if issued_on is not None and issued_on > due_on:
        raise wrong(
            item.at("due_on"),
            f"l’échéance ({french_day(due_on)}) précède l’émission ({french_day(issued_on)})",
        )
    kind = item.choice("kind", ClaimKind, ClaimKind.INVOICE)
    principal = item.cents("principal")
    penalty = _PenaltyClause.read(item)
    claim = CaseClaim(
        ref=ref,
        kind=kind,
        issued_on=issued_on,
        due_on=due_on,
        principal_cents=principal,
        interest=_interest(item),
        fixed_indemnity=item.flag("fixed_indemnity"),
        penalty_clause_cents=penalty.cents,
        penalty_clause_without_notice=penalty.without_notice,
        penalty_clause_judged_cents=penalty.judged,
        vat_cents=_vat(item, principal),
        contract_on=_contract_day(item, due_on),
        contract_months=item.whole("contract_months", least=0, most=MAX_CONTRACT_MONTHS)
        if item.has("contract_months")
        else None,
        due_date_is_notice=item.flag("due_date_is_notice"),
        credit=_credit(item, kind, debtor),
        term=term,
    )
    runs_from = claim.interest.runs_from
    if runs_from is not None and issued_on is not None and runs_from < issued_on:
        raise wrong(
            item.at("runs_from.on"),
            f"les intérêts ne courent pas avant la créance ({french_day(issued_on)})",
        )
    return claim


def _due_date(item: Fields, issued_on: date | None, law: Law) -> tuple[date, AgreedTerm | None]:
    """Return the due date given, or counted from the terms; and how it stands to the maximum."""
    if not item.has("payment_terms"):
        return item.day("due_on"), None
    terms = Fields(item.raw("payment_terms"), item.at("payment_terms"))
    method = terms.choice("method", TermMethod, TermMethod.END_OF_MONTH)
    if item.has("due_on"):
        due_on = item.day("due_on")
    elif issued_on is None:
        raise wrong(item.at("issued_on"), "cette date manque : l’échéance se compte depuis elle")
    else:
        if not terms.has("method"):
            method = TermMethod.NET
        days = terms.whole("days", least=0, most=LONGEST_TERM_DAYS)
        due_on = due_date(issued_on, days, method)
    if not terms.has("maximum"):
        return due_on, None
    maximum = terms.choice("maximum", MaximumTerm)
    start = terms.optional_day("from")
    if start is None and counted_from(maximum) == "facture":
        start = issued_on
    if start is None:
        day = counted_from(maximum)
        raise wrong(terms.at("from"), f"cette date manque : le délai maximal se compte de : {day}")
    lawful = lawful_due_on(maximum, start, law, method)
    if due_on <= lawful.on:
        return due_on, None
    applied = terms.flag("apply_maximum")
    term = AgreedTerm(
        maximum=maximum.value,
        agreed_due_on=due_on,
        lawful_due_on=lawful.on,
        applied=applied,
        source=lawful.source,
        verified=lawful.verified,
    )
    return (lawful.on if applied else due_on), term


@dataclass(frozen=True, slots=True)
class _PenaltyClause:
    cents: int = 0
    without_notice: bool = False
    judged: int | None = None

    @classmethod
    def read(cls, item: Fields) -> _PenaltyClause:
        if not item.has("penalty_clause"):
            return cls()
        clause = Fields(item.raw("penalty_clause"), item.at("penalty_clause"))
        return cls(
            cents=clause.cents("amount"),
            without_notice=clause.flag("without_notice"),
            judged=_cents_or_zero(clause, "judged") if clause.has("judged") else None,
        )


def _cents_or_zero(item: Fields, name: str) -> int:
    cents = item.cents(name, positive=False)
    if cents < 0:
        raise wrong(item.at(name), f"un montant ne peut être négatif, pas {shown(item.raw(name))}")
    return cents


def _vat(item: Fields, principal: int) -> int | None:
    """Return the tax of an invoice; with its net amount, they add up to the principal."""
    vat = _cents_or_zero(item, "vat") if item.has("vat") else None
    if item.has("net"):
        net = item.cents("net")
        if vat is None:
            vat = principal - net
        if vat < 0 or net + vat != principal:
            raise wrong(
                item.at("net"),
                "le montant hors taxes et la TVA ne font pas le principal, qui est TTC",
            )
    elif vat is not None and vat >= principal:
        raise wrong(item.at("vat"), "la TVA dépasse le principal, qui est TTC")
    return vat


def _contract_day(item: Fields, due_on: date) -> date | None:
    day = item.optional_day("contract_on")
    if day is not None and day > due_on:
        raise wrong(
            item.at("contract_on"),
            f"le contrat ({french_day(day)}) suivrait l’échéance ({french_day(due_on)})",
        )
    return day


def _credit(item: Fields, kind: ClaimKind, debtor: DebtorKind) -> ConsumerCredit | None:
    if not item.has("credit"):
        return None
    if kind is not ClaimKind.LOAN_INSTALMENT or debtor is not DebtorKind.CONSUMER:
        raise wrong(
            item.at("credit"),
            "un crédit à la consommation est une créance loan_instalment envers un consumer",
        )
    if not item.has("contract_on"):
        raise wrong(item.at("contract_on"), "la date du contrat manque : elle choisit la loi")
    credit = Fields(item.raw("credit"), item.at("credit"))
    accelerated, deferred = credit.flag("accelerated"), credit.flag("deferred")
    if accelerated and deferred:
        raise wrong(credit.at("deferred"), "une échéance reportée n’est pas un crédit résilié")
    if credit.has("capital") and not accelerated:
        raise wrong(credit.at("capital"), "le capital restant dû suppose la déchéance du terme")
    return ConsumerCredit(
        accelerated=accelerated,
        capital_cents=credit.cents("capital") if credit.has("capital") else None,
        deferred=deferred,
        percent=credit.percent("percent", limit=100) if credit.has("percent") else None,
        interest_forfeited=credit.flag("interest_forfeited"),
    )


def _interest(item: Fields) -> InterestTerms:
    path = item.at("interest")
    interest = Fields(item.raw("interest", required=False) or {}, path)
    regime = interest.choice("regime", Regime, Regime.AUTO)
    clause = None
    if interest.has("rate") and interest.has("clause"):
        raise wrong(interest.at("rate"), "un taux et une clause d’index s’excluent")
    if interest.has("rate"):
        clause = Clause(rate=interest.percent("rate"))
    elif interest.has("clause"):
        clause = _clause(Fields(interest.raw("clause"), interest.at("clause")))
    if regime is Regime.CONTRACT and clause is None:
        raise wrong(
            interest.at("rate"), "le régime « contract » demande un taux (rate) ou une clause"
        )
    holder = interest if interest.has("runs_from") else item
    runs_from, why = None, ""
    if holder.has("runs_from"):
        start = Fields(holder.raw("runs_from"), holder.at("runs_from"))
        runs_from, why = start.day("on"), start.text("why")
    return InterestTerms(regime=regime, clause=clause, runs_from=runs_from, runs_from_why=why)


def _clause(item: Fields) -> Clause:
    index = item.text("index")
    if index not in ("ecb", "legal"):
        raise wrong(
            item.at("index"), f"{shown(index)} n’est pas connu ; valeurs possibles : ecb, legal"
        )
    return Clause(
        index=index,
        plus=item.percent("plus") if item.has("plus") else 0,
        times=item.percent("times", limit=100) if item.has("times") else 10_000,
    )


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


def _events(root: Fields, claims: tuple[CaseClaim, ...]) -> tuple[Event, ...]:
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
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        known = ", ".join(_READERS)
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

_READERS: dict[str, Callable[[Fields, _About], Event]] = {
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
