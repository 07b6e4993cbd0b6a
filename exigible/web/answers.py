"""How a view answers an act: the dialog again, or a toast and the parts that changed.

With htmx, the dialog is one shared element: a refusal redraws it (422), a success closes it (event
`acted`), shows a toast and lets each part of the page that listens reload itself. Without script the
same views answer whole pages and redirects.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string

from exigible.domain.refusals import Refused, Stale
from exigible.store.models import Account
from exigible.web.stale import who_acted


@dataclass(frozen=True, slots=True)
class Undo:
    """What takes the act back, for ten minutes: the words of the button and where it posts."""

    address: str
    words: str = "Contrepasser"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal as a notice shows it: article, who acted meanwhile, the way out."""

    message: str
    article: str | None = None
    who: str = ""
    link: tuple[str, str] | None = None
    reload: bool = False

    @classmethod
    def of(cls, refused: Refused, *, page: str = "") -> "Refusal":
        if isinstance(refused, Stale):
            return cls(
                "Rien n’a été enregistré.",
                who=who_acted(refused),
                link=(page or "", "Relire"),
                reload=True,
            )
        link = refused.facts.get("link")
        way_out = (str(link[0]), str(link[1])) if isinstance(link, tuple) else None
        return cls(refused.message, refused.article, link=way_out)


def is_fragment(request: HttpRequest) -> bool:
    """Say whether htmx asks for a part of a page."""
    return bool(getattr(request, "htmx", False)) and not request.htmx.boosted  # type: ignore[attr-defined]


def dialog(
    request: HttpRequest,
    template: str,
    *,
    title: str,
    action: str,
    back: str,
    form: Form | None = None,
    refused: Refused | None = None,
    **context: Any,
) -> HttpResponse:
    """Draw an act's dialog (or its page, without script); 422 when it was refused."""
    field = (refused.field or "").removesuffix("_cents") if refused else ""
    in_field = form is not None and field in form.fields
    if refused is not None and form is not None and in_field:
        form.add_error(field, refused.message)
    wrong = refused is not None or (form is not None and form.is_bound and not form.is_valid())
    return render(
        request,
        template,
        {
            "layout": "components/dialog.html"
            if is_fragment(request)
            else "components/dialog_page.html",
            "page_title": title,
            "action": action,
            "back": back,
            "form": form,
            "refusal": Refusal.of(refused, page=back) if refused and not in_field else None,
            **context,
        },
        status=422 if wrong else 200,
    )


def acted(
    request: HttpRequest,
    words: str,
    *,
    back: str,
    undo: Undo | None = None,
    events: Mapping[str, object] | None = None,
) -> HttpResponse:
    """Answer an act that succeeded: its toast, and the events that let the page refresh itself."""
    if not is_fragment(request):
        messages.success(request, words, extra_tags="leaf")
        return HttpResponseRedirect(back)
    body = render_to_string(
        "components/toast.html", {"words": words, "undo": undo}, request=request
    )
    response = HttpResponse(body)
    response["HX-Reswap"] = "none"
    response["HX-Trigger"] = json.dumps({"acted": "", **(events or {})})
    return response


def acted_on_many(
    request: HttpRequest, words: str, *, aside: Sequence[tuple[Account, str]], back: str
) -> HttpResponse:
    """Answer an act on many accounts: its toast, or the accounts set aside, each with the reason."""
    if not aside:
        return acted(request, words, back=back)
    return dialog(
        request, "components/acted_on_many.html", title=words, action="", back=back, aside=aside
    )


def said(request: HttpRequest, words: str) -> None:
    """Have the next page say what was done."""
    messages.success(request, words, extra_tags="leaf")


def warned(request: HttpRequest, words: str) -> None:
    """Have the next page say what could not be done."""
    messages.error(request, words, extra_tags="wax")


def refused(request: HttpRequest, refusal: Refused, *, back: str) -> HttpResponse:
    """Answer a refused act that has no dialog: a notice in the page, which stays as it was."""
    shown = Refusal.of(refusal, page=back)
    if not is_fragment(request):
        messages.error(
            request, " ".join(filter(None, [shown.who, shown.message])), extra_tags="wax"
        )
        return HttpResponseRedirect(back)
    response = render(request, "components/refusal.html", {"refusal": shown})
    response["HX-Reswap"] = "none"
    return response


def go_to(request: HttpRequest, address: str) -> HttpResponse:
    """Lead to another page, whether htmx asked or the browser."""
    if not is_fragment(request):
        return HttpResponseRedirect(address)
    response = HttpResponse()
    response["HX-Redirect"] = address
    return response


def after_settle(response: HttpResponse, event: str, detail: Mapping[str, object]) -> HttpResponse:
    """Have the page hear an event once what was answered stands in it."""
    response["HX-Trigger-After-Settle"] = json.dumps({event: detail})
    return response


def announce(response: HttpResponse, words: str) -> HttpResponse:
    """Have the live region say what a swap shows: « 12 comptes affichés, 182 983,22 € échus »."""
    response["HX-Trigger-After-Settle"] = json.dumps({"announce": words})
    return response
