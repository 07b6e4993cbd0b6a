"""Every address of the product."""

from django.urls import include, path

urlpatterns = [
    path("", include("exigible.web.urls")),
    path("comptes-utilisateur/", include("allauth.urls")),
]
