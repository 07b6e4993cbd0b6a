"""How an act on an account is done: it opens a dialog, calls one operation, answers with a toast.

Acts serve *Ma journée* and the account page alike; `etape` names the step an act carries out. Every
form carries the version its page showed, so that nothing is done on an account that changed since.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from exigible.domain import french
from exigible.domain.refusals import Refused
from exigible.operations.acts import By
from exigible.store.models import Account, Claim, Contact, Strategy
from exigible.store.queries.ordering import by_name
from exigible.web import answers, clock, forms
from exigible.web.access import account_or_404, person
from exigible.web.answers import Undo

type Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Done:
    """What an act that succeeded says."""

    words: str
    undo: Undo | None = None


class Attempt:
    """One act on one account: its form, its operation, its dialog."""

    def __init__(self, request: HttpRequest, account_id: int) -> None:
        self.request = request
        self.account = account_or_404(request, account_id)
        self.today = clock.today()

    def form[F: forms.ActForm](self, kind: type[F], /, **initial: object) -> F:
        """Bind the form to what was posted; `initial` fills it the first time."""
        return kind(
            self.request.POST if self.request.method == "POST" else None,
            today=self.today,
            initial={
                "version": self.account.version,
                "etape": self.request.GET.get("etape", ""),
                **initial,
            },
        )

    def answer(
        self,
        form: forms.ActForm,
        operate: Callable[[Data, "Frame"], Done],
        *,
        title: str,
        verb: str,
        intro: str = "",
        template: str = "components/form_dialog.html",
        refused: Refused | None = None,
        **context: object,
    ) -> HttpResponse:
        """Carry out the act if its form is good; else show the dialog, with what was refused."""
        if form.is_valid() and refused is None:
            data = form.cleaned_data
            frame = Frame(
                on=self.today,
                by=By.user(person(self.request)),
                at=clock.now(),
                expected_version=data["version"],
                step=data["etape"],
            )
            try:
                done = operate(data, frame)
            except Refused as refusal:
                refused = refusal
            else:
                return answers.acted(
                    self.request,
                    done.words,
                    back=self.back,
                    undo=done.undo,
                    events=step_done(frame.step),
                )
        return answers.dialog(
            self.request,
            template,
            title=title,
            action=self.request.get_full_path(),
            back=self.back,
            form=form,
            refused=refused,
            verb=verb,
            intro=intro,
            account=self.account,
            today=self.today,
            **context,
        )

    def at_once(
        self,
        words: str,
        operate: Callable[[By, datetime], object],
        *,
        undo: Undo | None = None,
        events: Mapping[str, object] | None = None,
    ) -> HttpResponse:
        """Carry out an act that asks nothing: a toast, or a notice if it was refused."""
        try:
            operate(By.user(person(self.request)), clock.now())
        except Refused as refusal:
            return answers.refused(self.request, refusal, back=self.back)
        return answers.acted(self.request, words, back=self.back, undo=undo, events=events)

    def own[T: Any](self, model: type[T], row_id: int) -> T:
        """Return a row of this account; another's does not exist."""
        row = model.objects.filter(pk=row_id, account=self.account).first()  # type: ignore[attr-defined]
        if row is None:
            raise Http404
        return row

    def undo(self, name: str, row_id: int, words: str = "Contrepasser") -> Undo:
        return Undo(reverse(name, args=[self.account.pk, row_id]), words)

    @property
    def back(self) -> str:
        return reverse("account", args=[self.account.pk])


@dataclass(frozen=True, slots=True)
class Frame:
    """Who acts, when, on what they saw; `step` is the proposal the act carries out."""

    on: date
    by: By
    at: datetime
    expected_version: int | None
    step: int | None

    @property
    def signed(self) -> Data:
        return {"by": self.by, "at": self.at, "expected_version": self.expected_version}

    @property
    def dated(self) -> Data:
        return {"on": self.on, **self.signed}


def open_claims(account: Account) -> list[Claim]:
    """Return the account's open claims, oldest due first."""
    return list(Claim.objects.filter(account=account, balance_cents__gt=0).order_by("due_on", "pk"))


def claim_choices(account: Account) -> list[tuple[str, str]]:
    """Word the open claims for a choice."""
    return [
        (
            str(one.pk),
            f"{one} · {french.euros(one.balance_cents)} · échéance {french.day(one.due_on)}",
        )
        for one in open_claims(account)
    ]


def strategy_choices(account: Account) -> list[tuple[str, str]]:
    """Return the strategies in force for that kind of debtor, the house's and the creditor's."""
    found = Strategy.objects.filter(
        Q(creditor_id__isnull=True) | Q(creditor_id=account.creditor_id),
        in_force=True,
        audience=account.debtor.kind,
    )
    return [(str(one.pk), one.name) for one in found.order_by(by_name())]


def offer_contacts(form: forms.ActForm, account: Account) -> None:
    """Offer the debtor's contacts in the field `contact`."""
    known = Contact.objects.filter(debtor_id=account.debtor_id, active=True)
    form.choose(
        "contact",
        [
            (str(one.pk), one.name or one.phone or one.email)
            for one in known.order_by("-is_main", "pk")
        ],
        nobody="personne en particulier",
    )


def step_done(step: int | None) -> dict[str, object]:
    """The event that strikes the row of a step in *Ma journée*."""
    return {"step-done": f"etape-{step}"} if step else {}
