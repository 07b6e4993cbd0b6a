"""The person's own things: how pages look, keys, security, the creditor they work for."""

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from exigible.store.queries.access import visible_creditors
from exigible.store.queries.ordering import by_name
from exigible.web.access import person, personal
from exigible.web.forms import ProfileForm
from exigible.web.typed import row_number


@personal()
def profile(request: HttpRequest) -> HttpResponse:
    """Theme, density and keys; password and second factor are a link away."""
    user = person(request)
    form = ProfileForm(request.POST if request.method == "POST" else None, instance=user)
    if form.is_valid():
        form.save()
        messages.success(request, "Profil enregistré.", extra_tags="leaf")
        return HttpResponseRedirect(reverse("profile"))
    factors = Authenticator.objects.filter(user=user)
    return render(
        request,
        "profile/profile.html",
        {
            "form": form,
            "totp": factors.filter(type=Authenticator.Type.TOTP).first(),
            "codes": factors.filter(type=Authenticator.Type.RECOVERY_CODES).exists(),
            "portfolios": []
            if user.all_portfolios
            else user.portfolios.select_related("creditor").order_by(
                by_name("creditor__name"), by_name()
            ),
        },
    )


@personal()
@require_POST
def choose_creditor(request: HttpRequest) -> HttpResponse:
    """Work for one creditor at a time, or for all; then return where one was."""
    user = person(request)
    chosen = row_number(request.POST.get("creditor"))
    allowed = visible_creditors(user).filter(pk=chosen).first() if chosen else None
    user.current_creditor = allowed
    user.save(update_fields=["current_creditor"])
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = reverse("my_day")
    return HttpResponseRedirect(back)


@personal()
def stay(request: HttpRequest) -> HttpResponse:
    """Keep the session alive when its end was announced."""
    request.session.modified = True
    return HttpResponse(status=204)
