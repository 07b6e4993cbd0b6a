"""The registers that may be asked: API Recherche d’entreprises, Sirene (INSEE), RNE (INPI)."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlencode

from exigible.channels.registers.transport import OutOfReach, ask


class Register(Protocol):
    """One register. `key` names it in the cache and among the readers of `intake.registers`."""

    @property
    def key(self) -> str: ...
    @property
    def label(self) -> str: ...

    def company(self, siren: str) -> bytes | None:
        """Return the raw answer about a SIREN, None where it is unknown; raise OutOfReach."""
        ...


class RegisterSettings(Protocol):
    """What is needed of `hosting.environment.Environment`."""

    @property
    def recherche_url(self) -> str: ...
    @property
    def sirene_url(self) -> str: ...
    @property
    def sirene_key(self) -> str: ...
    @property
    def rne_url(self) -> str: ...
    @property
    def rne_user(self) -> str: ...
    @property
    def rne_password(self) -> str: ...


@dataclass(frozen=True, slots=True)
class RechercheEntreprises:
    """Open to all without a key; the only one that searches by name."""

    base: str
    key: str = "recherche"
    label: str = "Recherche d’entreprises"

    def company(self, siren: str) -> bytes | None:
        return self._search({"q": siren, "page": "1", "per_page": "1"})

    def named(self, words: str, postcode: str = "") -> bytes | None:
        """Return the raw answer to a search by name, narrowed to a postcode where there is one."""
        asked = {"q": words[:200], "page": "1", "per_page": "10"}
        return self._search(asked | ({"code_postal": postcode} if postcode else {}))

    def _search(self, asked: dict[str, str]) -> bytes | None:
        return ask(f"{self.base}/search?{urlencode(asked)}")


@dataclass(frozen=True, slots=True)
class Sirene:
    """INSEE's API 3.11, with the key of an integration."""

    base: str
    secret: str = field(repr=False)
    key: str = "sirene"
    label: str = "Sirene (INSEE)"

    def company(self, siren: str) -> bytes | None:
        asked = urlencode({"q": f"siren:{siren} AND etablissementSiege:true", "nombre": "1"})
        return ask(
            f"{self.base}/siret?{asked}", headers={"X-INSEE-Api-Key-Integration": self.secret}
        )


@dataclass(slots=True)
class Rne:
    """INPI's API, with the account of a person: a token is taken and kept until it is refused."""

    base: str
    user: str
    password: str = field(repr=False)
    key: str = "rne"
    label: str = "RNE (INPI)"
    _token: str = field(default="", repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def company(self, siren: str) -> bytes | None:
        url = f"{self.base}/companies/{siren}"
        with self._lock:
            token = self._token
        if token:
            try:
                return ask(url, headers={"Authorization": f"Bearer {token}"})
            except OutOfReach as refusal:
                if refusal.status not in (401, 403):
                    raise
        return ask(url, headers={"Authorization": f"Bearer {self._sign_in()}"})

    def _sign_in(self) -> str:
        answer = ask(
            f"{self.base}/sso/login", body={"username": self.user, "password": self.password}
        )
        try:
            token = json.loads(answer or b"")["token"]
        except (ValueError, KeyError, TypeError, RecursionError):
            token = None
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise OutOfReach("L’INPI n’a pas ouvert de session : vérifiez le compte des réglages.")
        with self._lock:
            self._token = token
        return token


def registers_of(settings: RegisterSettings) -> tuple[Register, ...]:
    """Return the registers that the settings open."""
    found: list[Register] = []
    if settings.recherche_url:
        found.append(RechercheEntreprises(settings.recherche_url))
    if settings.sirene_url and settings.sirene_key:
        found.append(Sirene(settings.sirene_url, settings.sirene_key))
    if settings.rne_url and settings.rne_user:
        found.append(Rne(settings.rne_url, settings.rne_user, settings.rne_password))
    return tuple(found)
