"""Reading the case of a statement from JSON, as the outside contract has it.

Every wrong field is named by its path; contradictions between facts (a payment before its claim, a
judgment served before it was made) are refused with what contradicts what. The optional fields are
told in `docs/guide/calcul.md`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice

from exigible.domain.case import (
    AgreedTerm,
    Case,
    CaseClaim,
    ClaimKind,
    Clause,
    ConsumerCredit,
    CreditorKind,
    DayCount,
    DebtorKind,
    InterestTerms,
    NoticeDay,
    Regime,
)
from exigible.domain.french import day as french_day
from exigible.domain.law import Law, shipped_law
from exigible.domain.terms import (
    LONGEST_TERM_DAYS,
    MaximumTerm,
    TermMethod,
    counted_from,
    due_date,
    lawful_due_on,
)
from exigible.intake.json_fields import Fields, read_day, shown, wrong
from exigible.intake.statement_events import read_events

MAX_CLAIMS = 20_000
MAX_LATER_DAYS = 1000
MAX_CONTRACT_MONTHS = 1200
MAX_UNREAD = 20
_RANK = re.compile(r"\[\d+\]")
_DESCRIPTIVE = ("ref", "label", "note", "name", "why")  # said of a fact, not always used here


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
        events=read_events(root, claims),
        day_count=day_count,
        most_burdensome_first=order == "most_burdensome",
        notice_day=notice_day,
        interest_on_opening_day=on_opening_day,
        if_paid_on=_later_days(root, day),
    )
    return replace(case, unread=_unread(root)), day


def _unread(root: Fields) -> tuple[str, ...]:
    """Return a warning for each field nobody knows, once a kind: a misspelt one is not lost."""
    first: dict[str, str] = {}
    for path in root.unread(_DESCRIPTIVE):
        first.setdefault(_RANK.sub("[]", path), path)
    return tuple(
        f"{path[:100]} : ce champ n’est pas connu ici et n’a pas servi ; vérifiez son nom."
        for path in islice(first.values(), MAX_UNREAD)
    )


def _conventions(root: Fields) -> tuple[DayCount, NoticeDay, bool]:
    conventions = root.object("conventions", required=False)
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
    terms = item.object("payment_terms")
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
        clause = item.object("penalty_clause")
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
    credit = item.object("credit")
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
    interest = item.object("interest", required=False)
    regime = interest.choice("regime", Regime, Regime.AUTO)
    clause = None
    if interest.has("rate") and interest.has("clause"):
        raise wrong(interest.at("rate"), "un taux et une clause d’index s’excluent")
    if interest.has("rate"):
        clause = Clause(rate=interest.percent("rate"))
    elif interest.has("clause"):
        clause = _clause(interest.object("clause"))
    if regime is Regime.CONTRACT and clause is None:
        raise wrong(
            interest.at("rate"), "le régime « contract » demande un taux (rate) ou une clause"
        )
    holder = interest if interest.has("runs_from") else item
    runs_from, why = None, ""
    if holder.has("runs_from"):
        start = holder.object("runs_from")
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
