"""The first access to a new house: a link printed where the server was started, good for a day.

Whoever reaches the pages first must not become their administrator: only someone who reads the
server's own messages holds the link, and it opens nothing once someone has an access.
"""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib.auth import login
from django.core.signing import BadSignature, TimestampSigner
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from exigible.domain.refusals import Refused
from exigible.operations.first_access import create_first_administrator, nobody_yet
from exigible.web import clock
from exigible.web.access import public
from exigible.web.forms import PasswordForm

_VALID_SECONDS = 24 * 3600
_signer = TimestampSigner(salt="premier-acces")


class FirstAccessForm(PasswordForm):
    """Who the first administrator is, and the password they choose."""

    name = forms.CharField(
        label="Prénom et nom",
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True}),
    )
    email = forms.EmailField(
        label="E-mail professionnel",
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )
    field_order = ("name", "email", "password", "again")


def invitation() -> str:
    """Return the sentence that gives the link, or nothing once someone has an access."""
    if not nobody_yet():
        return ""
    token = _signer.sign("administrateur")
    link = f"{settings.BASE_URL}{reverse('first_access', args=[token])}"
    return f"Personne n’a encore d’accès. Créez le vôtre (lien valable un jour) : {link}"


@public
@never_cache
@sensitive_post_parameters("password", "again")
def first_access(request: HttpRequest, token: str) -> HttpResponse:
    """Create the first administrator and sign them in."""
    if not nobody_yet():
        return redirect("account_login")
    try:
        _signer.unsign(token, max_age=_VALID_SECONDS)
    except BadSignature:
        raise Http404 from None
    form = FirstAccessForm(request.POST if request.method == "POST" else None, today=clock.today())
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            user = create_first_administrator(
                typed["name"], typed["email"], typed["password"], at=clock.now()
            )
        except Refused as refusal:
            form.refuse(refusal)
        else:
            login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
            return redirect("my_day")
    status = 422 if form.is_bound else 200
    return render(request, "account/first_access.html", {"form": form}, status=status)
