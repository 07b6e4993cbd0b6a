"""Every address of the API. Routes and the OpenAPI document both come from this list."""

from __future__ import annotations

from typing import Any

from exigible.api import depositing, openapi, reading
from exigible.api.frame import MOST_ROWS, ROWS, Endpoint, Param
from exigible.api.pushing import PUSHES
from exigible.intake.formats import Format
from exigible.store.models import ApiToken, ImportBatch, Phase
from exigible.store.queries.ways import Way

Scope = ApiToken.Scope
_ID = {"type": "integer", "minimum": 1}
_IMPORT = Param("import_id", "Le numéro de l’import.", _ID, in_path=True)
_CREDITOR = Param("creditor", "Un seul créancier, par son numéro ou son SIREN.")
_PAGE = (
    Param(
        "limit",
        f"Lignes par page, {ROWS} sans ce paramètre.",
        {"type": "integer", "minimum": 1, "maximum": MOST_ROWS},
    ),
    Param("cursor", "La suite : ce que « next » a donné."),
)


def _among(values: list[str]) -> dict[str, Any]:
    return {"type": "string", "enum": values}


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        method="GET",
        path="openapi.json",
        name="api_openapi",
        act=openapi.document,
        scope=None,
        says="Ce document.",
        answers={200: "OpenApi"},
    ),
    Endpoint(
        method="GET",
        path="creditors",
        name="api_creditors",
        act=reading.creditors,
        scope=Scope.FOLLOW,
        says="Les créanciers pour lesquels le jeton vaut.",
        answers={200: "Creditors"},
    ),
    Endpoint(
        method="POST",
        path="imports",
        name="api_imports",
        act=depositing.deposit_file,
        scope=Scope.IMPORT,
        says="Déposer un fichier : export comptable, relevé, facture électronique, tableau, document.",
        body={
            "multipart/form-data": {
                "type": "object",
                "properties": {
                    "file": {"type": "string", "contentMediaType": "application/octet-stream"},
                    "creditor": {"type": ["integer", "string"]},
                    "format": _among([one.value for one in Format]),
                },
                "required": ["file"],
            }
        },
        answers={202: "Deposit", 200: "Deposit"},
    ),
    *(
        Endpoint(
            method="POST",
            path=push.name,
            name=f"api_{push.name}",
            act=depositing.pushed(push),
            scope=Scope.IMPORT,
            says=push.says,
            body={"application/json": push.schema},
            answers={202: "Deposit", 200: "Deposit"},
        )
        for push in PUSHES
    ),
    Endpoint(
        method="GET",
        path="imports",
        name="api_imports",
        act=reading.imports,
        scope=Scope.FOLLOW,
        says="Les imports, le dernier d’abord.",
        params=(
            _CREDITOR,
            Param("state", "Leur état.", _among(list(ImportBatch.Status.values))),
            Param(
                "way", "La voie par laquelle ils sont venus.", _among([one.value for one in Way])
            ),
            *_PAGE,
        ),
        answers={200: "Imports"},
    ),
    Endpoint(
        method="GET",
        path="imports/<int:import_id>",
        name="api_import",
        act=reading.one_import,
        scope=Scope.FOLLOW,
        says="Un import : son état, ce qu’il a compté, ce qu’il a écrit.",
        params=(_IMPORT,),
        answers={200: "Import"},
    ),
    Endpoint(
        method="GET",
        path="imports/<int:import_id>/problems",
        name="api_import_problems",
        act=reading.problems,
        scope=Scope.FOLLOW,
        says="Ce qui ne va pas dans un import, ligne par ligne.",
        params=(_IMPORT, *_PAGE),
        answers={200: "Problems"},
    ),
    Endpoint(
        method="POST",
        path="imports/<int:import_id>/undo",
        name="api_import_undo",
        act=reading.undo,
        scope=Scope.UNDO,
        says="Annuler un import en entier, si rien n’en dépend : par contrepassation, rien n’est effacé.",
        params=(_IMPORT,),
        answers={200: "Import"},
    ),
    Endpoint(
        method="GET",
        path="documents/<uuid:drop_id>",
        name="api_documents",
        act=reading.documents,
        scope=Scope.FOLLOW,
        says="Ce que sont devenus des documents déposés.",
        params=(Param("drop_id", "Le dépôt.", {"type": "string", "format": "uuid"}, in_path=True),),
        answers={200: "Documents"},
    ),
    Endpoint(
        method="GET",
        path="accounts",
        name="api_accounts",
        act=reading.accounts,
        scope=Scope.READ,
        says="Les comptes.",
        params=(
            _CREDITOR,
            Param("search", "Nom, SIREN ou début du code client."),
            Param("number", "Le code client, exactement."),
            Param("phase", "Où en est le recouvrement.", _among(list(Phase.values))),
            *_PAGE,
        ),
        answers={200: "Accounts"},
    ),
    Endpoint(
        method="GET",
        path="accounts/<int:account_id>",
        name="api_account",
        act=reading.account,
        scope=Scope.READ,
        says="Un compte : qui est le débiteur, ce qu’il doit.",
        params=(Param("account_id", "Le numéro du compte.", _ID, in_path=True),),
        answers={200: "Account"},
    ),
    Endpoint(
        method="GET",
        path="claims",
        name="api_claims",
        act=reading.claims,
        scope=Scope.READ,
        says="Les créances ; seulement celles qui restent dues, sauf open=false.",
        params=(
            _CREDITOR,
            Param("account", "Celles d’un compte.", _ID),
            Param("reference", "Celles d’un numéro de facture."),
            Param("open", "« false » pour toutes.", _among(["true", "false"])),
            Param("due_from", "Échues à partir de ce jour.", {"type": "string", "format": "date"}),
            Param("due_to", "Échues jusqu’à ce jour.", {"type": "string", "format": "date"}),
            *_PAGE,
        ),
        answers={200: "Claims"},
    ),
)
