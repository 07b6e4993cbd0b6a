"""`exigible migrate`: bring the database to the schema of this release."""

from exigible.cli._command import JsonOption, open_database, write, write_json


def migrate(as_json: JsonOption = False) -> None:
    """Met la base de données au niveau de cette version. « serve » le fait de lui-même."""
    from exigible.cli._command import say

    open_database(bring_up_to_date=False)
    from exigible.hosting import schema

    applied = schema.bring_up_to_date(say=say)
    if as_json:
        write_json({"applied": applied})
    else:
        write(f"{len(applied)} migrations appliquées." if applied else "La base est à jour.")
