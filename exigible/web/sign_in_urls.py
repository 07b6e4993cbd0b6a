"""Signing in and securing one's account: only the parts of django-allauth that the product uses.

No registration, no e-mail change, no third-party account: those addresses do not exist.
"""

from allauth.account import views as account_views
from allauth.mfa.base import views as mfa_views
from allauth.mfa.recovery_codes import views as code_views
from allauth.mfa.totp import views as totp_views
from django.urls import path

from exigible.web.access import personal, public
from exigible.web.first_access import first_access

_own = personal()

urlpatterns = [
    path("premier-acces/<str:token>/", first_access, name="first_access"),
    path("connexion/", public(account_views.login), name="account_login"),
    path("connexion/code/", public(mfa_views.authenticate), name="mfa_authenticate"),
    path("connexion/suspendue/", public(account_views.account_inactive), name="account_inactive"),
    path("deconnexion/", public(account_views.logout), name="account_logout"),
    path("profil/confirmer/", _own(account_views.reauthenticate), name="account_reauthenticate"),
    path("profil/confirmer/code/", _own(mfa_views.reauthenticate), name="mfa_reauthenticate"),
    path(
        "profil/mot-de-passe/",
        _own(account_views.password_change),
        name="account_change_password",
    ),
    path("profil/double-authentification/", _own(mfa_views.index), name="mfa_index"),
    path(
        "profil/double-authentification/activer/",
        _own(totp_views.activate_totp),
        name="mfa_activate_totp",
    ),
    path(
        "profil/double-authentification/desactiver/",
        _own(totp_views.deactivate_totp),
        name="mfa_deactivate_totp",
    ),
    path(
        "profil/codes-de-secours/",
        _own(code_views.view_recovery_codes),
        name="mfa_view_recovery_codes",
    ),
    path(
        "profil/codes-de-secours/nouveaux/",
        _own(code_views.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "profil/codes-de-secours/telecharger/",
        _own(code_views.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
]
