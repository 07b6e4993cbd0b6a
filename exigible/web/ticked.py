"""The rows ticked in a list: one by one, or the whole view that an address shows."""

from dataclasses import dataclass

from django.http import HttpRequest, QueryDict

from exigible.web.typed import row_numbers


@dataclass(frozen=True, slots=True)
class Ticked:
    """What was ticked. A dialog sends it back as it came (`components/_ticked.html`)."""

    field: str  # the name of the box that ticks a row
    ids: list[int]
    whole: bool
    query: str  # the address of the view

    @property
    def view(self) -> QueryDict:
        """The address of the view, read."""
        return QueryDict(self.query)


def ticked(request: HttpRequest, field: str, *, most: int | None = None) -> Ticked:
    """Return what the form of a list ticks, `most` rows at the most when they are one by one.

    A plain link ticks nothing: it asks for the whole view.
    """
    if request.method != "POST":
        return Ticked(field, [], whole=True, query=request.GET.urlencode())
    whole = bool(request.POST.get("tout"))
    ids = [] if whole else row_numbers(request.POST.getlist(field)[:most])
    return Ticked(field, ids, whole, request.POST.get("requete", ""))
