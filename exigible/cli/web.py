"""`exigible web`: the pages alone."""

from exigible.hosting.environment import read_environment


def web() -> None:
    """Lance les pages seules (« serve » lance tout). S’arrête par Ctrl C."""
    from exigible.cli._command import say
    from exigible.hosting import embedded, web_process

    environment = read_environment()
    for taken in web_process.open_sockets(environment):
        taken.close()
    embedded.ensure_running(environment)
    say(f"Pages : {environment.base_url}")
    web_process.run_web(environment)
