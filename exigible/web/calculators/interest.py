"""*Intérêts et pénalités*: invoices, payments, a day; the statement of `exigible statement`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django import forms

from exigible.documents import decompte
from exigible.documents.working import Column, Fact, Line, Working
from exigible.domain.french import MINUS, NO_BREAK, amount, count, euros, grouped, long_day, typeset
from exigible.domain.french import day as french_day
from exigible.domain.refusals import Refused
from exigible.domain.statement import statement_answer, statements
from exigible.intake.statement_case import read_case
from exigible.web.calculators.base import (
    TODAY,
    Calculator,
    CalculatorForm,
    Group,
    Outcome,
    PercentField,
)
from exigible.web.calculators.words import capital
from exigible.web.forms import AmountField, DayField

MOST_INVOICES, MOST_PAYMENTS = 20, 20
CREDITORS = {
    "professional": "un professionnel",
    "individual": "un particulier",
    "public": "une personne publique",
}
DEBTORS = {
    "professional": "un professionnel",
    "consumer": "un consommateur",
    "public_purchaser": "un acheteur public",
}
KINDS = {
    "invoice": "facture",
    "rent": "loyer",
    "loan_instalment": "échéance de prêt",
    "insurance_premium": "prime d’assurance",
    "bill": "effet de commerce",
    "cheque": "chèque",
    "other": "autre créance",
}
INTEREST = {
    "auto": "ceux de la loi, ou du contrat",
    "legal_interest": "l’intérêt légal",
    "none": "aucun",
}


class PartiesForm(CalculatorForm):
    creancier = forms.ChoiceField(
        label="Le créancier est", choices=list(CREDITORS.items()), initial="professional"
    )
    debiteur = forms.ChoiceField(
        label="Le débiteur est", choices=list(DEBTORS.items()), initial="professional"
    )
    nature = forms.ChoiceField(
        label="Nature de la créance", choices=list(KINDS.items()), initial="invoice"
    )
    au = DayField(label="Arrêté au", initial=TODAY)


class InvoiceForm(CalculatorForm):
    ref = forms.CharField(label="Référence", max_length=60, required=False)
    montant = AmountField(label="Montant TTC")
    emise = DayField(label="Émise le", required=False)
    echeance = DayField(label="Échéance")


class PaymentForm(CalculatorForm):
    le = DayField(label="Reçu le")
    montant = AmountField(label="Montant")


class TermsForm(CalculatorForm):
    interets = forms.ChoiceField(label="Intérêts", choices=list(INTEREST.items()), initial="auto")
    taux = PercentField(
        what="un taux annuel",
        example="12,40",
        label="Taux annuel du contrat",
        required=False,
        help_text="En pour cent, s’il est écrit au contrat ou sur la facture.",
    )
    indemnite = forms.ChoiceField(
        label=f"Indemnité de 40{NO_BREAK}€",
        choices=[("oui", "comptée si elle est due"), ("non", "non demandée")],
        initial="oui",
    )


class ActsForm(CalculatorForm):
    demeure = DayField(label="Mise en demeure du", required=False)
    jugement = DayField(label="Jugement du", required=False)
    signifie = DayField(label="Signifié le", required=False)


class Interest(Calculator):
    slug = "interets"
    title = "Intérêts et pénalités"
    purpose = "Ce qui est dû un jour donné : principal, intérêts, 40 €, paiements déduits."
    empty = "Le décompte s’affiche ici dès que le montant et l’échéance sont donnés."

    def build(self) -> list[Group]:
        self.parties = self.form(PartiesForm)
        self.invoices = self.rows(InvoiceForm, "f", least=1, most=MOST_INVOICES)
        self.payments = self.rows(PaymentForm, "p", most=MOST_PAYMENTS)
        self.terms = self.form(TermsForm)
        self.acts = self.form(ActsForm)
        return [
            Group("Qui, quoi, quel jour", [self.parties]),
            Group(
                "Factures",
                self.invoices,
                prefix="f",
                one="Facture",
                more="Ajouter une facture",
                least=1,
                most=MOST_INVOICES,
            ),
            Group(
                "Paiements reçus",
                self.payments,
                prefix="p",
                one="Paiement",
                more="Ajouter un paiement",
                least=0,
                most=MOST_PAYMENTS,
                hint="Le jour où l’argent vous est parvenu.",
            ),
            Group("Taux et indemnité", [self.terms], folded=True, free=True),
            Group("Mise en demeure, jugement", [self.acts], folded=True),
        ]

    def document(self) -> dict[str, Any]:
        """Return the case as `exigible statement` reads it."""
        parties, terms = self.parties.answers, self.terms.answers
        interest: dict[str, Any] = {"regime": terms["interets"]}
        if terms["taux"]:
            interest["rate"] = terms["taux"]
        claims = []
        for rank, form in enumerate(self._typed_in(self.invoices, keep_first=True), 1):
            invoice = form.answers
            claim = {
                "ref": invoice["ref"] or f"{capital(KINDS[parties['nature']])} {rank}",
                "kind": parties["nature"],
                "due_on": invoice["echeance"].isoformat(),
                "principal": _text(invoice["montant"]),
                "interest": interest,
                "fixed_indemnity": terms["indemnite"] == "oui",
            }
            if invoice["emise"]:
                claim["issued_on"] = invoice["emise"].isoformat()
            claims.append(claim)
        return {
            "creditor": {"kind": parties["creancier"]},
            "debtor": {"kind": parties["debiteur"]},
            "as_of": parties["au"].isoformat(),
            "claims": claims,
            "events": self._events(),
        }

    def _events(self) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = [
            {
                "type": "payment",
                "on": form.answers["le"].isoformat(),
                "amount": _text(form.answers["montant"]),
            }
            for form in self._typed_in(self.payments)
        ]
        acts = self.acts.answers
        if acts["demeure"]:
            events.append({"type": "formal_notice", "on": acts["demeure"].isoformat()})
        if acts["jugement"]:
            judgment = {"type": "judgment", "on": acts["jugement"].isoformat()}
            if acts["signifie"]:
                judgment["served_on"] = acts["signifie"].isoformat()
            events.append(judgment)
        elif acts["signifie"]:
            raise Refused(
                "wrong_input", "jugement : la date du jugement signifié manque.", field="jugement"
            )
        return events

    @staticmethod
    def _typed_in[F: CalculatorForm](forms: list[F], *, keep_first: bool = False) -> list[F]:
        return [
            form for rank, form in enumerate(forms) if not form.blank or (keep_first and not rank)
        ]

    def field_of(self, path: str) -> tuple[CalculatorForm, str] | None:
        found = re.fullmatch(r"(claims|events)\[(\d+)\]\.(\w+)", path)
        if found is None:
            return {"jugement": (self.acts, "jugement")}.get(path)
        kind, rank, name = found[1], int(found[2]), found[3]
        if kind == "claims":
            fields = {
                "due_on": "echeance",
                "issued_on": "emise",
                "principal": "montant",
                "ref": "ref",
            }
            return (
                (self._typed_in(self.invoices, keep_first=True)[rank], fields[name])
                if name in fields
                else None
            )
        paid = self._typed_in(self.payments)
        if rank < len(paid):
            return (paid[rank], {"on": "le", "amount": "montant"}[name])
        return {"served_on": (self.acts, "signifie")}.get(name)

    def compute(self) -> Working:
        case, as_of = read_case(self.document(), None)
        [answer] = statements([(case, as_of)], self.law)
        if isinstance(answer, Refused):
            raise answer
        self.reply = statement_answer(answer)
        return self._working(self.reply, as_of)

    def _refused(self, refused: Refused) -> Outcome:
        """A rate that is not known yet: say until when the statement can be made."""
        outcome = super()._refused(refused)
        unknown_on = refused.facts.get("day")
        if outcome.stop is None or not outcome.stop.unknown or not isinstance(unknown_on, str):
            return outcome
        last = date.fromisoformat(unknown_on) - timedelta(days=1)
        kept = [(key, value) for key, value in self.link if key != "au"]
        way_out = (
            f"?{urlencode([*kept, ('au', last.isoformat())])}",
            f"Arrêter le décompte au {french_day(last)}",
        )
        return Outcome(stop=replace(outcome.stop, way_out=way_out))

    def pdf(self, *, at: datetime) -> bytes:
        """Return the *décompte* itself."""
        parties, reply = self.parties.answers, self.reply
        claims = self.document()["claims"]
        return decompte.render(
            reply,
            creditor=decompte.Party(name="Le créancier", kind=parties["creancier"]),
            debtor=decompte.Party(name="Le débiteur", kind=parties["debiteur"]),
            claims=[
                decompte.ClaimFacts(
                    ref=claim["ref"],
                    issued_on=_day(claim.get("issued_on")),
                    due_on=_day(claim["due_on"]),
                )
                for claim in claims
            ],
            at=at,
        )

    def _working(self, reply: Mapping[str, Any], as_of: date) -> Working:
        parts = {name: _cents(text) for name, text in reply["components"].items()}
        interest = parts["interest"] + parts["capitalised_interest"]
        facts = [
            Fact(label=f"Total dû au {french_day(as_of)}", value=_euros(reply["total"])),
            Fact(label="Principal", value=euros(parts["principal"])),
            Fact(label="Intérêts", value=euros(interest)),
        ]
        if parts["fixed_indemnity"]:
            facts.append(
                Fact(label=f"Indemnités de 40{NO_BREAK}€", value=euros(parts["fixed_indemnity"]))
            )
        if parts["payments"]:
            facts.append(Fact(label="Paiements", value=euros(-parts["payments"])))
        if _cents(reply["credit_balance"]):
            facts.append(Fact(label="Trop-perçu", value=_euros(reply["credit_balance"])))
        facts.append(Fact(label="Intérêts par jour", value=_euros(reply["daily_interest"])))
        whys = {claim["ref"]: claim["why"] for claim in reply["claims"]}
        return Working(
            title=self.title,
            given=(),
            facts=tuple(facts),
            columns=(
                Column(label="Créance", weight=4),
                Column(label="Nature", weight=4),
                Column(label="Du", numeric=True, weight=3),
                Column(label="Au", numeric=True, weight=3),
                Column(label="Jours", numeric=True),
                Column(label="Base, €", numeric=True, weight=3),
                Column(label="Taux", numeric=True),
                Column(label="Montant, €", numeric=True, weight=3),
            ),
            lines=tuple(map(partial(_line, reply=reply, whys=whys), reply["lines"])),
            total=f"Total au {french_day(as_of)} : {_euros(reply['total'])}",
            lines_title="Le décompte, ligne par ligne",
            warnings=tuple(typeset(text) for text in reply["warnings"]),
            notes=(
                "Base × taux × jours ÷ 365 ; le premier jour compté est le lendemain de l’échéance, "
                "le dernier celui de l’arrêté. Chaque ligne est arrondie au centime.",
                f"Imputation des paiements : {reply['conventions']['allocation']}.",
            ),
            text=_letter(reply, as_of),
            verified=all(line.get("verified", True) for line in reply["lines"]),
        )


def _line(line: Mapping[str, Any], *, reply: Mapping[str, Any], whys: Mapping[str, str]) -> Line:
    cents = _cents(line["amount"])
    name = decompte.COMPONENTS.get(line["component"], line["component"])
    ranged = line["rate"] is not None
    if line["component"] == "fixed_indemnity":
        name = "Indemnité forfaitaire"
    elif line["component"] == "payments":
        name = "Paiement"
    return Line(
        cells=(
            line["claim"] or "Toutes",
            name,
            _shown(line.get("from")),
            _shown(line.get("to")),
            grouped(line["days"]) if ranged else "",
            amount(_cents(line["base"])) if ranged else "",
            _rate(line["rate"]) if ranged else "",
            amount(cents),
        ),
        why=tuple(typeset(text) for text in _why(line, reply, whys)),
        source=typeset(line["source"]),
        verified=line.get("verified", True),
    )


def _why(line: Mapping[str, Any], reply: Mapping[str, Any], whys: Mapping[str, str]) -> list[str]:
    """Explain a line in plain French: the arithmetic, then what it rests on."""
    match line["component"]:
        case "interest":
            because = capital(whys.get(line["claim"], ""))
            return [
                f"{_euros(line['base'])} × {_rate(line['rate'])} × {count(line['days'], 'jour')} ÷ "
                f"{line['divisor']} = {_euros(line['amount'])}, arrondi au centime.",
                *([f"{because}."] if because else []),
                f"Ce taux vaut du {_long(line['from'])} au {_long(line['to'])} inclus ; la base est "
                "le principal qui restait dû ces jours-là.",
            ]
        case "principal" if _cents(line["amount"]) >= 0:
            return [f"Montant de la créance, {line['label']}."]
        case "fixed_indemnity":
            return [
                f"{_euros(line['amount'])} par facture payée après l’échéance, de plein droit, entre "
                "professionnels et par les acheteurs publics ; jamais par un consommateur."
            ]
        case "payments":
            on = line.get("from")
            parts = [
                f"{_euros(part['amount'])} sur {_of(part['component'])}"
                + (f" de {part['claim']}" if part["claim"] else "")
                for part in reply["allocations"]
                if part["on"] == on
            ]
            told = f"Imputation des paiements de ce jour : {', '.join(parts)}." if parts else ""
            return [
                f"{capital(line['label'])}.",
                *([told] if told else []),
                "Un paiement règle d’abord les frais, puis les indemnités et les intérêts, enfin le "
                "principal (C. civ. art. 1343-1).",
            ]
        case _:
            return [f"{capital(line['label'] or line['component'])}."]


def _of(component: str) -> str:
    return {
        "costs": "les frais",
        "fixed_indemnity": "l’indemnité forfaitaire",
        "penalty_clause": "la clause pénale",
        "capitalised_interest": "les intérêts capitalisés",
        "interest": "les intérêts",
        "principal": "le principal",
    }.get(component, component)


def _letter(reply: Mapping[str, Any], as_of: date) -> str:
    """Return the paragraph of a letter: the sum, what it is made of, what each day adds."""
    parts = {name: _cents(text) for name, text in reply["components"].items()}
    interest = parts["interest"] + parts["capitalised_interest"]
    made = [f"{euros(parts['principal'])} en principal"]
    if interest:
        made.append(f"{euros(interest)} d’intérêts de retard")
    if parts["fixed_indemnity"]:
        made.append(
            f"{euros(parts['fixed_indemnity'])} d’indemnité forfaitaire pour frais de recouvrement"
        )
    joined = made[0] if len(made) == 1 else f"{', '.join(made[:-1])} et {made[-1]}"
    paid = f", déduction faite de {euros(parts['payments'])} reçus" if parts["payments"] else ""
    articles = list(
        dict.fromkeys(
            line["source"].partition(" : ")[0].partition(", arrêté")[0]  # the article alone
            for line in reply["lines"]
            if line["component"] in ("interest", "fixed_indemnity")
        )
    )
    whole = [one for one in articles if not any(one in other for other in articles if other != one)]
    ground = f" ({' ; '.join(whole)})" if whole else ""
    text = (
        f"Au {long_day(as_of)}, la somme due s’élève à {_euros(reply['total'])}, soit {joined}"
        f"{ground}{paid}."
    )
    if _cents(reply["daily_interest"]):
        text += (
            f" Les intérêts continuent de courir à raison de {_euros(reply['daily_interest'])} par "
            f"jour à compter du lendemain de cette date, jusqu’au paiement complet."
        )
    return typeset(text)


def _cents(text: str) -> int:
    return int(Decimal(text) * 100)


def _euros(text: str) -> str:
    return euros(_cents(text))


def _text(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _rate(text: str) -> str:
    return f"{text.replace('.', ',').replace('-', MINUS)}{NO_BREAK}%"


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _shown(text: str | None) -> str:
    return french_day(date.fromisoformat(text)) if text else ""


def _long(text: str) -> str:
    return long_day(date.fromisoformat(text))
