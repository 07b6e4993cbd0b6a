"""Answers of public registers as small files of ours, and a local server that gives them."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.builders import fictional_siren

SIREN = fictional_siren(55_001)


def siret_of(siren: str, nic: int = 1) -> str:
    from stdnum import luhn

    base = f"{siren}{nic:04d}"
    return base + luhn.calc_check_digit(base)


def recherche(siren: str = SIREN, **changed: Any) -> dict[str, Any]:
    row = {
        "siren": siren,
        "nom_complet": "LESTRADE GARONNAIS (BTP LESTRADE)",
        "nom_raison_sociale": "LESTRADE GARONNAIS",
        "sigle": "BTP LESTRADE",
        "siege": {
            "siret": siret_of(siren),
            "adresse": "8 RUE DES SCIEURS 47000 AGEN",
            "code_postal": "47000",
            "libelle_commune": "AGEN",
        },
        "nature_juridique": "5710",
        "etat_administratif": "A",
        "date_creation": "2009-04-01",
        "statut_diffusion": "O",
        "tranche_effectif_salarie": "12",
        "annee_tranche_effectif_salarie": "2023",
        "dirigeants": [
            {"nom": "GARONNE", "prenoms": "LOUISE ANNE", "qualite": "Présidente de SAS"},
            {"siren": siren, "denomination": "HOLDING GARONNE", "qualite": "Directeur général"},
        ],
    }
    return {"results": [row | changed], "total_results": 1, "page": 1, "per_page": 1}


def sirene(siren: str = SIREN, **unit: Any) -> dict[str, Any]:
    return {
        "header": {"statut": 200, "message": "ok", "total": 1, "debut": 0, "nombre": 1},
        "etablissements": [
            {
                "siren": siren,
                "siret": siret_of(siren),
                "etablissementSiege": True,
                "statutDiffusionEtablissement": unit.get("statutDiffusionUniteLegale", "O"),
                "uniteLegale": {
                    "etatAdministratifUniteLegale": "A",
                    "statutDiffusionUniteLegale": "O",
                    "categorieJuridiqueUniteLegale": "5710",
                    "denominationUniteLegale": "LESTRADE GARONNAIS",
                    "trancheEffectifsUniteLegale": "12",
                }
                | unit,
                "adresseEtablissement": {
                    "numeroVoieEtablissement": "8",
                    "typeVoieEtablissement": "RUE",
                    "libelleVoieEtablissement": "DES SCIEURS",
                    "codePostalEtablissement": "47000",
                    "libelleCommuneEtablissement": "AGEN",
                },
            }
        ],
    }


def rne(siren: str = SIREN, *, mentions: tuple[str, ...] = (), **formality: Any) -> dict[str, Any]:
    return {
        "siren": siren,
        "formality": {
            "siren": siren,
            "formeJuridique": "5710",
            "diffusionINSEE": "O",
            "content": {
                "natureCreation": {"dateCreation": "2009-04-01", "formeJuridique": "5710"},
                "personneMorale": {
                    "identite": {
                        "entreprise": {
                            "denomination": "LESTRADE GARONNAIS",
                            "nicSiege": siret_of(siren)[9:],
                        }
                    },
                    "adresseEntreprise": {
                        "adresse": {
                            "codePays": "FRA",
                            "codePostal": "47000",
                            "commune": "AGEN",
                            "numVoie": "8",
                            "typeVoie": "RUE",
                            "voie": "DES SCIEURS",
                        }
                    },
                    "composition": {
                        "pouvoirs": [
                            {
                                "roleEntreprise": "73",
                                "actif": True,
                                "individu": {
                                    "descriptionPersonne": {
                                        "nom": "GARONNE",
                                        "prenoms": ["LOUISE"],
                                        "dateDeNaissance": "1970-01",
                                    },
                                    "adresseDomicile": {"commune": "SECRETVILLE"},
                                },
                            },
                            {
                                "roleEntreprise": "71",
                                "actif": True,
                                "entreprise": {"denomination": "AUDIT ET CIE"},
                            },
                        ]
                    },
                    "observations": {
                        "rcs": [
                            {"dateAjout": f"2026-0{rank + 1}-15", "texte": words}
                            for rank, words in enumerate(mentions)
                        ]
                    },
                },
            },
        }
        | formality,
    }


@dataclass
class Registers:
    """What the local server answers, by register: a status and a body, or a wait; and what it was asked."""

    base: str
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    wait: float = 0.0
    token: str = "jeton"


@contextmanager
def serving() -> Iterator[Registers]:
    """Run the three registers on a local port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path)
            registers.asked.append((self.path, dict(self.headers)))
            time.sleep(registers.wait)
            if path.path == "/recherche/search":
                self.give(*registers.answers.get("recherche", (404, {})))
            elif path.path == "/sirene/siret":
                key = self.headers.get("X-INSEE-Api-Key-Integration")
                wanted = parse_qs(path.query)["q"][0].startswith("siren:")
                self.give(
                    *(registers.answers.get("sirene", (404, {})) if key and wanted else (401, {}))
                )
            elif path.path.startswith("/rne/companies/"):
                right = self.headers.get("Authorization") == f"Bearer {registers.token}"
                self.give(*(registers.answers.get("rne", (404, {})) if right else (401, {})))
            else:
                self.give(404, {})

        def do_POST(self) -> None:
            registers.asked.append((self.path, dict(self.headers)))
            read = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            known = self.path == "/rne/sso/login" and read["password"] == "secret"
            self.give(*((200, {"token": registers.token}) if known else (401, {})))

        def give(self, status: int, body: Any) -> None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", "http://127.0.0.1:9/ailleurs")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(data)

        def log_message(self, *ignored: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    registers = Registers(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield registers
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
