"""What calculators share: forms read from an address, refusals at their field, the permanent link."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar

from django import forms

from exigible.documents import working as documents
from exigible.documents.working import Working
from exigible.domain import french
from exigible.domain.law import Law, shipped_law
from exigible.domain.refusals import OutsideKnownLaw, Refused, WrongInput
from exigible.web.calculators.words import capital, readable
from exigible.web.forms import AmountField, DayField, TypedForm
from exigible.web.typed import cents_of, day_of, whole_number

MORE, LESS, SHAPE = "plus", "moins", "forme"  # what the form itself sends; not in a permanent link
TODAY = "+0"  # a day field that starts as today
MOST_TYPED = 200  # characters kept of an answer
_PERCENT = re.compile(r"(\d{1,3})(?:[.,](\d{1,4}))?")


class NumberField(forms.CharField):
    """A whole number, typed with or without spaces."""

    def __init__(self, *, least: int = 0, most: int, **options: Any) -> None:
        options.setdefault(
            "widget",
            forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        )
        self.least, self.most = least, most
        super().__init__(max_length=20, **options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            number = whole_number(text, most=self.most)
        except WrongInput:
            number = -1
        if number < self.least:
            raise forms.ValidationError(
                f"« {text[:40]} » n’est pas un nombre de {self.least} à {self.most}."
            )
        return number


class PercentField(forms.CharField):
    """A percentage typed « 12,40 », cleaned to « 12.40 »; `what` names it in a refusal."""

    def __init__(self, *, what: str, example: str, **options: Any) -> None:
        attrs = {"inputmode": "decimal", "autocomplete": "off", "class": "short"}
        self.what, self.example = what, example
        super().__init__(max_length=12, widget=forms.TextInput(attrs=attrs), **options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        found = _PERCENT.fullmatch(text.replace("%", "").strip())
        if found is None or not text.isascii():
            raise forms.ValidationError(
                f"« {text[:20]} » n’est pas {self.what}. Écrivez par exemple {self.example}."
            )
        return f"{int(found[1])}.{found[2] or '00'}"


class CalculatorForm(TypedForm):
    """One part of a question. What is missing is not an error: the working names it instead."""

    use_required_attribute = False

    def __init__(self, query: Mapping[str, str], *, today: date, prefix: str | None = None) -> None:
        self.typed = query
        super().__init__(query, today=today, prefix=prefix)
        self.data = self._rewritten(today)

    def _rewritten(self, today: date) -> dict[str, str]:
        """Return what was typed as it was understood: « 2211 » as « 22/11/2026 »."""
        data = {}
        for name, one in self.fields.items():
            key = self.add_prefix(name)
            typed = self.typed.get(key, one.initial or "")[:MOST_TYPED]
            try:
                if typed and isinstance(one, DayField):
                    typed = french.day(day_of(typed, today=today))
                elif typed and isinstance(one, AmountField):
                    typed = french.amount(cents_of(typed))
            except WrongInput:
                pass  # kept as it was typed: the field says what is wrong
            data[key] = typed
        return data

    def full_clean(self) -> None:
        super().full_clean()
        self._missing: list[forms.BoundField] = []
        for name, errors in list(self._errors.items()):
            if all(error.code == "required" for error in errors.as_data()):
                self._missing.append(self[name])
                del self._errors[name]

    @property
    def missing(self) -> list[forms.BoundField]:
        """The needed answers that were left empty."""
        return self._missing if self.errors is not None else []

    @property
    def answers(self) -> dict[str, Any]:
        """What was understood; nothing for a field left empty or wrong."""
        return self.cleaned_data if self.errors is not None else {}

    @property
    def blank(self) -> bool:
        """Say whether nothing was typed, choices and their defaults aside."""
        return not any(
            self.data[self.add_prefix(name)].strip()
            for name, one in self.fields.items()
            if not isinstance(one, forms.ChoiceField)
        )

    def link(self) -> Iterator[tuple[str, str]]:
        """Yield what a permanent link holds: days and amounts as programs write them."""
        for name in self.fields:
            key, value = self.add_prefix(name), self.answers.get(name)
            match value:
                case None | "":
                    if typed := self.data[key].strip():
                        yield key, typed
                case bool():
                    if value:
                        yield key, "oui"
                case date():
                    yield key, value.isoformat()
                case int() if isinstance(self.fields[name], AmountField):
                    yield key, f"{value // 100}.{value % 100:02d}"
                case _:
                    yield key, str(value)


@dataclass(slots=True)
class Group:
    """A part of the form: a heading and its fields, or rows of the same fields.

    `prefix` names the rows in the address (`f1-montant`); `more` words the button that adds one.
    """

    legend: str
    forms: Sequence[CalculatorForm]
    prefix: str = ""
    one: str = ""
    more: str = ""
    least: int = 1
    most: int = 1
    folded: bool = False
    free: bool = False  # no answer of it is needed: its labels need not say so
    hint: str = ""

    @property
    def rows(self) -> bool:
        return bool(self.prefix)

    @property
    def full(self) -> bool:
        return len(self.forms) >= self.most

    @property
    def opened(self) -> bool:
        """Say whether a folded part shows: something was answered, or is wrong, in it."""
        return not self.folded or any(not one.blank or one.errors for one in self.forms)

    @property
    def removable(self) -> bool:
        return len(self.forms) > self.least


@dataclass(frozen=True, slots=True)
class Stop:
    """A refusal that no field can carry: what it is called, its article."""

    message: str
    article: str | None = None
    unknown: bool = False  # a parameter of the law is missing, or the day is before it
    way_out: tuple[str, str] | None = None  # an address and its words
    parameter: str = ""  # of the law, that the day lacks


@dataclass(slots=True)
class Outcome:
    """What the question leads to: a working, what is missing, or what refuses it."""

    working: Working | None = None
    missing: list[tuple[str, str]] = field(default_factory=list)  # id of a field, its name
    stop: Stop | None = None


class Calculator(ABC):
    """One question of law, read from an address; `outcome` is its answer."""

    do_not_call_in_templates: ClassVar[bool] = True  # templates name the kinds, for the tabs
    slug: ClassVar[str]
    title: ClassVar[str]
    purpose: ClassVar[str]  # one sentence of the index
    empty: ClassVar[str]  # what the working will show, before anything is answered
    asks: ClassVar[str] = ""  # what introduces `open_questions`

    def __init__(self, query: Mapping[str, str], *, today: date, law: Law | None = None) -> None:
        self.law = law or shipped_law()
        self.query = {
            name: text[:MOST_TYPED]
            for name, text in query.items()
            if len(name) <= MOST_TYPED and name != SHAPE
        }
        self.today = today
        self.asked = bool(set(self.query) - {MORE, LESS})
        self.added = ""  # prefix of the row just added, which takes the focus
        self.groups = self.build()
        self.outcome = self._outcome()

    # ---- what each calculator says

    @abstractmethod
    def build(self) -> list[Group]:
        """Return the parts of the form."""

    @abstractmethod
    def compute(self) -> Working:
        """Return the answer; raise Refused. Called when every needed answer is there."""

    def field_of(self, path: str) -> tuple[CalculatorForm, str] | None:
        """Return the form and the field that a refusal's path names, if one does."""
        return None

    def pdf(self, *, at: datetime) -> bytes:
        """Return the working as a PDF."""
        assert self.outcome.working is not None
        return documents.render(self.outcome.working, at=at)

    @property
    def open_questions(self) -> Sequence[tuple[str, str]]:
        """Return the id and the name of what an answer given could still turn on."""
        return ()

    # ---- forms

    def form[F: CalculatorForm](self, kind: type[F], prefix: str | None = None) -> F:
        return kind(self.query, today=self.today, prefix=prefix)

    def rows[F: CalculatorForm](
        self, kind: type[F], prefix: str, *, least: int = 0, most: int
    ) -> list[F]:
        """Return the rows of an address (`f1-…`, `f2-…`), with the one added, without the one removed."""
        names = list(kind.base_fields)
        given: list[dict[str, str]] = []
        for rank in range(1, most + 1):
            keys = {name: f"{prefix}{rank}-{name}" for name in names}
            if not any(key in self.query for key in keys.values()):
                continue
            row = {name: self.query.pop(key, "") for name, key in keys.items()}
            if self.query.get(LESS) != f"{prefix}{rank}":
                given.append(row)
        if self.query.get(MORE) == prefix and len(given) < most:
            given = [*given, *({} for _ in range(max(least - len(given), 1)))]
            self.added = prefix
        given += [{} for _ in range(least - len(given))]
        for rank, row in enumerate(given, 1):
            self.query |= {f"{prefix}{rank}-{name}": text for name, text in row.items()}
        built = [self.form(kind, f"{prefix}{rank}") for rank in range(1, len(given) + 1)]
        if self.added == prefix:
            next(iter(built[-1].fields.values())).widget.attrs["autofocus"] = True
        return built

    @property
    def all_forms(self) -> list[CalculatorForm]:
        return [form for group in self.groups for form in group.forms]

    def _skipped(self, group: Group, form: CalculatorForm) -> bool:
        """A blank row is no answer, but where a first one is needed."""
        return group.rows and form.blank and (group.least == 0 or form is not group.forms[0])

    @property
    def shape(self) -> str:
        """What the form looks like: a live answer whose shape changed redraws the form too."""
        fields = [bound.html_name for form in self.all_forms for bound in form]
        return f"{len(fields)}.{sum(ord(c) * rank for rank, c in enumerate(''.join(fields), 1)):x}"

    @property
    def link(self) -> list[tuple[str, str]]:
        """The query of the permanent link: what was answered, days and amounts in one form."""
        if not self.asked:
            return []
        return [pair for form in self._answered() for pair in form.link()]

    def _answered(self) -> list[CalculatorForm]:
        return [
            form for group in self.groups for form in group.forms if not self._skipped(group, form)
        ]

    def lacks(self) -> list[tuple[str, str]]:
        """Return the id and the name of each answer still needed."""
        return [
            (bound.id_for_label, str(bound.label).lower())
            for form in self._answered()
            for bound in form.missing
        ]

    @property
    def errors(self) -> dict[str, str]:
        """What is wrong, by the id of its field."""
        return {
            form[name].id_for_label: str(errors[0])
            for form in self.all_forms
            for name, errors in form.errors.items()
            if name in form.fields
        }

    # ---- the answer

    def _outcome(self) -> Outcome:
        if not self.asked:
            return Outcome()
        missing = self.lacks()
        if missing or any(form.errors for form in self._answered()):
            return Outcome(missing=missing)
        try:
            return Outcome(working=self.compute())
        except Refused as refused:
            return self._refused(refused)

    def _refused(self, refused: Refused) -> Outcome:
        message = said(refused)
        place = self.field_of(refused.field) if refused.field else None
        if place is not None:
            form, name = place
            form.add_error(name, message)
            return Outcome()
        unknown = isinstance(refused, OutsideKnownLaw)
        parameter = str(refused.facts.get("parameter", "")) if unknown else ""
        return Outcome(stop=Stop(message, refused.article, unknown, parameter=parameter))


def said(refused: Refused) -> str:
    """Return a refusal without the path of its field, which the page shows by its place."""
    message = refused.message
    if refused.field:
        message = message.removeprefix(f"{refused.field} : ")
        message = message.removeprefix(f"{refused.field}\u00a0: ")
    return capital(readable(message))
