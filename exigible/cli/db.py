"""`exigible db`: start, stop and look at the embedded database."""

import typer

from exigible.cli._command import JsonOption, write, write_json
from exigible.domain.refusals import Refused
from exigible.hosting.environment import Environment, read_environment

cli = typer.Typer(help="Démarre, arrête ou décrit la base de données embarquée.")


@cli.command(help="Démarre la base embarquée, la crée au besoin, et la laisse tourner.")
def start(as_json: JsonOption = False) -> None:
    from exigible.hosting import embedded

    environment = _embedded_only()
    started = embedded.ensure_running(environment)
    if as_json:
        write_json({**_status(environment), "started": started})
    else:
        write("La base est démarrée." if started else "La base tournait déjà.")


@cli.command(help="Arrête la base embarquée. Une commande qui en a besoin la redémarrera.")
def stop(as_json: JsonOption = False) -> None:
    from exigible.hosting import embedded

    environment = _embedded_only()
    stopped = embedded.stop(environment)
    if as_json:
        write_json({**_status(environment), "stopped": stopped})
    else:
        write("La base est arrêtée." if stopped else "La base ne tournait pas.")


@cli.command(help="Dit si la base embarquée tourne, et où elle se trouve.")
def status(as_json: JsonOption = False) -> None:
    found = _status(_embedded_only())
    if as_json:
        write_json(found)
        return
    words = {
        "running": "en marche",
        "starting": "en cours de démarrage",
        "stopped": "arrêtée",
        "absent": "pas encore créée",
    }
    write(f"État       {words[str(found['state'])]}")
    write(f"Données    {found['data']}")
    write(f"Adresse    {found['address']}")
    write(f"Messages   {found['log']}")


def _status(environment: Environment) -> dict[str, object]:
    from exigible.hosting import embedded

    found = embedded.status(environment)
    return {
        "state": found.state,
        "pid": found.pid,
        "data": str(found.data),
        "address": found.address,
        "log": str(found.log),
    }


def _embedded_only() -> Environment:
    environment = read_environment()
    if environment.database is not None:
        raise Refused(
            "external_database",
            "EXIGIBLE_DATABASE_URL désigne un serveur : il se démarre et s’arrête par ses propres "
            "outils. Les commandes « exigible db » ne concernent que la base embarquée.",
            field="EXIGIBLE_DATABASE_URL",
        )
    return environment
