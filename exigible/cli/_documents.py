"""What every calculator of the outside contract shares: reading JSON, answering one case or many.

A calculator reads one object or an array of them. An array is answered in its order, each item an
answer or a refusal: one process serves thousands of cases.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from exigible.cli._command import say, write_json
from exigible.domain.law import Law
from exigible.domain.refusals import Refused, WrongInput

MAX_BYTES = 512 * 1024 * 1024
LawOption = Annotated[
    str | None,
    typer.Option(
        "--law",
        metavar="FICHIER",
        help="Ajoute au droit livré les valeurs écrites par « exigible law export ».",
    ),
]


def read_law(source: str | None) -> Law | None:
    """Return the shipped law with the values of a file, None without one.

    What the product has shipped since is left out, and said on standard error.
    """
    if source is None:
        return None
    from exigible.intake.law_values import law_with

    found = law_with(read_json(source))
    for _, refusal in found.left_out:
        say(f"{source}, valeur laissée de côté : {refusal.message}")
    return found.law


def reply[T](
    source: str,
    compute: Callable[[object], T],
    *,
    answer: Callable[[T], dict[str, object]],
    show: Callable[[T], None],
    as_json: bool,
) -> None:
    """Answer the document of a file: an array as JSON in its order, one as JSON or to be read."""
    document = read_json(source)
    if isinstance(document, list):
        write_json(answer_each(document, lambda one: answer(compute(one))))
    elif as_json:
        write_json(answer(compute(document)))
    else:
        show(compute(document))


def answer_each(
    documents: list[object], answer: Callable[[object], dict[str, object]]
) -> list[dict[str, object]]:
    """Answer each document, in order; a refused one says why."""
    replies = []
    for document in documents:
        try:
            replies.append(answer(document))
        except Refused as refusal:
            replies.append(refusal_answer(refusal))
    return replies


def refusal_answer(refusal: Refused) -> dict[str, object]:
    """Return a refusal as the outside contract has it."""
    error: dict[str, object] = {"code": refusal.code, "message": refusal.message}
    if refusal.field:
        error["field"] = refusal.field
    if refusal.article:
        error["article"] = refusal.article
    return {"error": error}


def read_json(source: str) -> object:
    """Read one JSON document from a file or, for « - », standard input."""
    name = "l’entrée standard" if source == "-" else f"« {source} »"
    if source == "-":
        data = sys.stdin.buffer.read(MAX_BYTES + 1)
    else:
        with Path(source).open("rb") as handle:
            data = handle.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise WrongInput("too_large", f"{name} dépasse 512 Mo.", field="file")
    try:
        return json.loads(data.decode("utf-8-sig"), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise WrongInput("not_json", f"{name} n’est pas un texte UTF-8.", field="file") from None
    except json.JSONDecodeError as error:
        raise WrongInput(
            "not_json",
            f"{name} n’est pas un document JSON : ligne {error.lineno}, colonne {error.colno}.",
            field="file",
        ) from None
    except (RecursionError, ValueError):
        raise WrongInput(
            "not_json", f"{name} n’est pas un document JSON lisible.", field="file"
        ) from None


def _no_constant(name: str) -> None:
    raise ValueError(name)
