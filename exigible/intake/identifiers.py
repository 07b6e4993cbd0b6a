"""Identifiers of French companies, as readers of files know them; the rules are the domain's."""

from exigible.domain.identity.numbers import is_siren, is_siret

__all__ = ["is_siren", "is_siret"]
