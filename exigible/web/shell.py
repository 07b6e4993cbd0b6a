"""What every page shows around its content: menu, counts, the person, the creditor."""

from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, object]:
    return {}
