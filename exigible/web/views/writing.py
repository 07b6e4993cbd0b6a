"""Writing to a debtor: choose a text, read the very message, let it leave; the *décompte* as PDF."""

from django.http import Http404, HttpRequest, HttpResponse

from exigible.domain.roles import Capability
from exigible.web.access import account_or_404, page


@page(Capability.WORK_ACCOUNTS, section="accounts")
def write(request: HttpRequest, account_id: int) -> HttpResponse:
    account_or_404(request, account_id)
    raise Http404


@page(Capability.SEE_ACCOUNTS, section="accounts")
def statement_pdf(request: HttpRequest, account_id: int) -> HttpResponse:
    account_or_404(request, account_id)
    raise Http404
