"""Every address of the product."""

from django.urls import include, path

from exigible.web.access import public
from exigible.web.health import health

urlpatterns = [
    path("sante", public(health), name="health"),
    path("api/", include("exigible.api.urls")),
    path("", include("exigible.web.urls")),
]

handler404 = "exigible.web.errors.not_found"
handler403 = "exigible.web.errors.denied"
handler400 = "exigible.web.errors.bad_request"
handler500 = "exigible.web.errors.broken"
