"""Acts on who a debtor is: what registers say of him, what is taken from them, the accounts he pays from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from exigible.channels.registers import Register, registers_of
from exigible.domain import french
from exigible.domain.identity.company import Company, differences, told
from exigible.domain.identity.reliability import Reliability, assess
from exigible.domain.refusals import Refused
from exigible.domain.roles import Capability
from exigible.operations import debtor_bank_accounts, registers
from exigible.operations.acts import By
from exigible.store.models import Account, Debtor, DebtorBankAccount, DebtorKind
from exigible.store.queries import duplicates as duplicate_reads
from exigible.store.queries.reliability import facts_of
from exigible.web import answers, clock, forms, identity_words
from exigible.web.access import account_or_404, page, person
from exigible.web.acting import Attempt, Data, Done, Frame
from exigible.web.answers import Undo

ACCEPTED = "register_accepted"  # in the session: what was taken from a register last, to undo it
PARTS = {
    "name": "Nom",
    "legal_form": "Forme juridique",
    "kind": "Qualité",
    "siret": "SIRET du siège",
    "address": "Adresse du siège",
}


@dataclass(frozen=True, slots=True)
class Proposed:
    """A part that the register says otherwise than the account."""

    key: str
    label: str
    ours: str
    theirs: str


def sources() -> tuple[Register, ...]:
    """Return the registers that the settings open."""
    return registers_of(settings.ENVIRONMENT)


def panel(found: Account) -> dict[str, Any]:
    """What the identity tab shows of registers, merges, bank accounts and reliability."""
    debtor = found.debtor
    said = registers.what_registers_say(debtor.siren)
    return {
        "register": said,
        "register_on": said.on,
        "register_names": [registers.LABELS[key] for key in said.days],
        "register_open": bool(sources()),
        "register_searches": any(one.key == "recherche" for one in sources()),
        "proposed": proposed(debtor, said.company) if said.company else [],
        "bank_accounts": debtor.bank_accounts.filter(ended_at=None).order_by("pk"),
        "merges": duplicate_reads.merges_into(debtor.pk),
        "reliability": assess(facts_of(found.pk)),
    }


def proposed(debtor: Debtor, company: Company) -> list[Proposed]:
    """Return what may be taken from the register, part by part."""
    lines = (
        debtor.address_line1,
        debtor.address_line2,
        debtor.address_line3,
        f"{debtor.postcode} {debtor.city}".strip(),
    )
    ours = {
        "name": debtor.name,
        "legal_form": debtor.legal_form,
        "kind": "" if debtor.kind == DebtorKind.UNKNOWN else debtor.kind,
        "siret": debtor.siret,
        "address": ", ".join(filter(None, lines)),
    }

    def words(part: str, value: str) -> str:
        if part == "kind" and value:
            return str(DebtorKind(value).label)
        return value

    return [
        Proposed(part, PARTS[part], words(part, here), words(part, there))
        for part, here, there in differences(ours, company)
    ]


def warnings(found: Account) -> list[tuple[str, str]]:
    """Return what registers say that must be seen before anything else: (tone, words)."""
    said = registers.what_registers_say(found.debtor.siren)
    if said.company is None or said.on is None:
        return []
    made = []
    when = french.day(said.on)
    if said.company.struck_off:
        ceased = said.company.ceased_on
        since = f" depuis le {french.day(ceased)}" if ceased else ""
        made.append(
            (
                "wax",
                f"Le registre dit cette entreprise cessée ou radiée{since} (réponse du {when}). Voyez qui la "
                "représente avant tout acte ; rien n’a été changé au compte.",
            )
        )
    if said.company.insolvent and found.debtor.insolvency_opened_on is None:
        latest = said.company.mentions[0]
        on = f" du {french.day(latest.on)}" if latest.on else ""
        made.append(
            (
                "wax",
                f"Le registre porte une mention{on} de procédure collective, que le compte n’a pas : "
                f"« {latest.text[:160]} ». Vérifiez au BODACC : la créance se déclare dans les deux mois de la "
                "publication (C. com. art. R. 622-24).",
            )
        )
    return made


def reliability_of(found: Account) -> tuple[Reliability, object]:
    """Return how far an account can be relied on, and its chip."""
    made = assess(facts_of(found.pk))
    return made, identity_words.reliability_chip(made)


# ---- registers


@page(Capability.COMPLETE_DATA, section="accounts")
@require_POST
def ask_register(request: HttpRequest, account_id: int) -> HttpResponse:
    """Ask the registers about the debtor; what they say shows on the page, and changes nothing."""
    found = account_or_404(request, account_id)
    act = Attempt(request, account_id)
    try:
        done = registers.look_up(
            found.pk,
            registers=sources(),
            on=act.today,
            by=By.user(person(request)),
            at=clock.now(),
        )
    except Refused as refusal:
        return answers.refused(request, refusal, back=_tab(act))
    if done.failures and not done.told.company:
        away = Refused(
            "out_of_reach",
            f"{' '.join(done.failures)} Tout le reste fonctionne : complétez à la main, ou réessayez plus tard.",
        )
        return answers.refused(request, away, back=_tab(act))
    words = "Le registre a répondu." if done.told.company else "Aucun registre ne connaît ce SIREN."
    if done.failures:
        words += f" {' '.join(done.failures)}"
    return answers.acted(request, words, back=_tab(act))


@page(Capability.COMPLETE_DATA, section="accounts")
@require_POST
def accept_register(request: HttpRequest, account_id: int) -> HttpResponse:
    """Take from the register the parts named, or all that differ."""
    act = Attempt(request, account_id)
    parts = [part for part in request.POST.getlist("partie") if part in PARTS]
    if request.POST.get("tout"):
        company = registers.what_registers_say(act.account.debtor.siren).company
        parts = [one.key for one in proposed(act.account.debtor, company)] if company else []
    before = registers.before_accepting(act.account.pk, parts)
    try:
        registers.accept(
            act.account.pk, parts, on=act.today, by=By.user(person(request)), at=clock.now()
        )
    except Refused as refusal:
        return answers.refused(request, refusal, back=_tab(act))
    after = registers.before_accepting(act.account.pk, parts)
    request.session[ACCEPTED] = {"account": act.account.pk, "before": before, "after": after}
    taken = ", ".join(PARTS[part].lower() for part in parts)
    return answers.acted(
        request,
        f"Repris du registre : {taken}.",
        back=_tab(act),
        undo=Undo(reverse("take_back_register", args=[act.account.pk])),
    )


@page(Capability.COMPLETE_DATA, section="accounts")
@require_POST
def take_back_register(request: HttpRequest, account_id: int) -> HttpResponse:
    """Undo what this person last took from the register for this account."""
    act = Attempt(request, account_id)
    kept = request.session.get(ACCEPTED)
    try:
        if not kept or kept["account"] != act.account.pk:
            raise Refused(
                "nothing_accepted",
                "Rien à défaire ici : la reprise est trop ancienne, ou déjà défaite.",
            )
        registers.take_back(
            act.account.pk,
            kept["before"],
            kept["after"],
            on=act.today,
            by=By.user(person(request)),
            at=clock.now(),
        )
    except Refused as refusal:
        return answers.refused(request, refusal, back=_tab(act))
    del request.session[ACCEPTED]
    return answers.acted(request, "Reprise défaite : la fiche est comme avant.", back=_tab(act))


@page(Capability.COMPLETE_DATA, section="accounts")
def search_register(request: HttpRequest, account_id: int) -> HttpResponse:
    """Look for the debtor by name in the register, and say which company he is."""
    act = Attempt(request, account_id)
    form = act.form(forms.RegisterSearchForm, words=act.account.debtor.name)
    found: Sequence[Company] = ()
    refused: Refused | None = None
    chosen = request.POST.get("siren", "")
    asked = form.is_valid() and not chosen
    if asked:
        try:
            found = registers.candidates(
                account_id, form.cleaned_data["words"], registers=sources()
            )
        except Refused as refusal:
            refused = refusal
    elif form.is_valid():
        try:
            registers.choose_company(
                account_id,
                chosen,
                on=act.today,
                by=By.user(person(request)),
                at=clock.now(),
                expected_version=form.cleaned_data["version"],
            )
        except Refused as refusal:
            refused = refusal
        else:
            return answers.acted(
                request,
                f"SIREN {french_siren(chosen)} noté. Interrogez le registre.",
                back=_tab(act),
            )
    return answers.dialog(
        request,
        "accounts/acts/register_search.html",
        title="Chercher au registre",
        action=request.path,
        back=_tab(act),
        form=form,
        refused=refused,
        verb="Chercher",
        found=[(one, told(one)["address"]) for one in found],
        asked=asked and refused is None,
    )


def french_siren(number: str) -> str:
    return f"{number[:3]} {number[3:6]} {number[6:9]}".replace(" ", french.NO_BREAK)


# ---- bank accounts


@page(Capability.COMPLETE_DATA, section="accounts")
def iban(request: HttpRequest, account_id: int) -> HttpResponse:
    """Note an account that the debtor pays from."""
    act = Attempt(request, account_id)
    form = act.form(forms.IbanForm)

    def operate(data: Data, frame: Frame) -> Done:
        made = debtor_bank_accounts.add_bank_account(
            account_id, data["iban"], holder=data["holder"], **frame.signed
        )
        return Done("IBAN noté.", undo=act.undo("end_iban", made.pk, "Annuler"))

    return act.answer(form, operate, title="Compte bancaire du débiteur", verb="Enregistrer")


@page(Capability.COMPLETE_DATA, section="accounts")
@require_POST
def end_iban(request: HttpRequest, account_id: int, debtor_iban_id: int) -> HttpResponse:
    """Say that an account is no longer the debtor's."""
    act = Attempt(request, account_id)
    row = DebtorBankAccount.objects.filter(
        pk=debtor_iban_id, debtor_id=act.account.debtor_id
    ).first()
    return act.at_once(
        "IBAN retiré.",
        lambda by, at: debtor_bank_accounts.end_bank_account(
            account_id, row.pk if row else 0, by=by, at=at
        ),
    )


def _tab(act: Attempt) -> str:
    return f"{act.back}?onglet=identite"
