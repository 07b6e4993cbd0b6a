"""Every address of the product."""

from django.urls import include, path

from exigible.web.health import health

urlpatterns = [
    path("sante", health, name="health"),
    path("", include("exigible.web.urls")),
    path("comptes-utilisateur/", include("allauth.urls")),
]
