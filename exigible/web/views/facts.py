"""Acts on what an account is: who follows it, who the debtor is, what a claim says."""

from django.http import Http404, HttpRequest, HttpResponse

from exigible.domain import french
from exigible.domain.roles import Capability
from exigible.operations import assigning, completing
from exigible.store.models import Claim, Contact, DueOnSource
from exigible.store.queries.people import colleagues
from exigible.web import forms
from exigible.web.access import page, person
from exigible.web.acting import Attempt, Data, Done, Frame, strategy_choices
from exigible.web.templatetags.french import typed_amount
from exigible.web.typed import row_number


@page(Capability.ASSIGN_ACCOUNTS, section="accounts")
def assign(request: HttpRequest, account_id: int) -> HttpResponse:
    act = Attempt(request, account_id)
    form = act.form(forms.AssignForm, collector=str(act.account.collector_id or ""))
    form.choose("collector", colleagues(person(request)), nobody="personne")

    def operate(data: Data, frame: Frame) -> Done:
        assigning.assign_collector(account_id, row_number(data["collector"]), **frame.signed)
        return Done("Compte confié.")

    return act.answer(form, operate, title="Confier le compte", verb="Confier")


@page(Capability.ASSIGN_ACCOUNTS, section="accounts")
def strategy(request: HttpRequest, account_id: int) -> HttpResponse:
    act = Attempt(request, account_id)
    form = act.form(forms.StrategyForm, strategy=str(act.account.strategy_id or ""))
    form.choose("strategy", strategy_choices(act.account))

    def operate(data: Data, frame: Frame) -> Done:
        assigning.assign_strategy(account_id, int(data["strategy"]), **frame.dated)
        return Done("Stratégie changée.")

    return act.answer(form, operate, title="Changer de stratégie", verb="Changer la stratégie")


@page(Capability.COMPLETE_DATA, section="accounts")
def identity(request: HttpRequest, account_id: int) -> HttpResponse:
    """Change who the debtor is and where to write."""
    act = Attempt(request, account_id)
    names = [name for name in forms.DebtorForm.base_fields if name not in {"version", "etape"}]
    form = act.form(forms.DebtorForm, **{name: getattr(act.account.debtor, name) for name in names})

    def operate(data: Data, frame: Frame) -> Done:
        facts = completing.DebtorFacts(**{name: data[name] for name in names})
        completing.complete_debtor(account_id, facts, **frame.dated)
        return Done("Identité enregistrée.")

    return act.answer(form, operate, title="Identité du débiteur", verb="Enregistrer")


@page(Capability.COMPLETE_DATA, section="accounts")
def contact(request: HttpRequest, account_id: int, contact_id: int | None = None) -> HttpResponse:
    """Add or change someone to write to or call."""
    act = Attempt(request, account_id)
    names = ("name", "role", "title", "email", "phone", "hours", "active")
    known = None
    if contact_id is not None:
        known = Contact.objects.filter(pk=contact_id, debtor_id=act.account.debtor_id).first()
        if known is None:
            raise Http404
    if known is None:
        form = act.form(forms.ContactForm, main=not act.account.debtor.contacts.exists())
    else:
        typed = {name: getattr(known, name) for name in names}
        form = act.form(forms.ContactForm, main=known.is_main, **typed)

    def operate(data: Data, frame: Frame) -> Done:
        completing.save_contact(
            account_id,
            completing.ContactFacts(main=data["main"], **{name: data[name] for name in names}),
            contact_id=contact_id,
            **frame.signed,
        )
        return Done("Contact enregistré.")

    title = "Modifier le contact" if known else "Ajouter un contact"
    return act.answer(form, operate, title=title, verb="Enregistrer")


@page(Capability.COMPLETE_DATA, section="accounts")
def terms(request: HttpRequest, account_id: int) -> HttpResponse:
    """Change the account's own terms: delay, limit, waivers."""
    act = Attempt(request, account_id)
    account = act.account
    form = act.form(
        forms.TermsForm,
        term_days=account.term_days,
        term_method=account.term_method,
        credit_limit=typed_amount(account.credit_limit_cents),
        discount_rate=""
        if account.discount_rate is None
        else french.decimal(account.discount_rate),
        discount_days=account.discount_days,
        waives_accessories=account.waives_accessories,
        never_chased=account.never_chased,
        never_chased_reason=account.never_chased_reason,
    )

    def operate(data: Data, frame: Frame) -> Done:
        completing.set_account_terms(
            account_id,
            term_days=data["term_days"],
            term_method=data["term_method"],
            credit_limit_cents=data["credit_limit"],
            waives_accessories=data["waives_accessories"],
            never_chased=data["never_chased"],
            never_chased_reason=data["never_chased_reason"],
            discount_rate=data["discount_rate"] or None,
            discount_days=data["discount_days"],
            **frame.dated,
        )
        return Done("Conditions enregistrées.")

    return act.answer(form, operate, title="Conditions du compte", verb="Enregistrer")


@page(Capability.COMPLETE_DATA, section="accounts")
def claim(request: HttpRequest, account_id: int, claim_id: int) -> HttpResponse:
    """Complete a claim: number, nature, dates."""
    act = Attempt(request, account_id)
    known = act.own(Claim, claim_id)
    derived = known.due_on_source == DueOnSource.DERIVED
    form = act.form(
        forms.ClaimForm,
        ref=known.ref,
        kind=known.kind,
        issued_on=french.day(known.issued_on) if known.issued_on else "",
        due_on=french.day(known.due_on),
    )

    def operate(data: Data, frame: Frame) -> Done:
        completing.complete_claims(
            account_id,
            [known.pk],
            ref=data["ref"],
            kind=data["kind"],
            issued_on=data["issued_on"],
            due_on=data["due_on"] if derived or data["due_on"] != known.due_on else None,
            **frame.dated,
        )
        return Done("Créance complétée.")

    return act.answer(
        form,
        operate,
        title=f"Compléter {known}",
        verb="Enregistrer",
        intro="L’échéance est déduite des conditions de paiement : l’enregistrer la confirme."
        if derived
        else "",
    )
