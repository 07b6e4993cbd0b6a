"""Components that templates call by name; the larger ones are partials in templates/components/.

`docs/how_to/add_a_page.md` shows each in use.
"""

from datetime import date

from django import template
from django.forms import BoundField
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from exigible.domain import french
from exigible.domain.calendar import add_working_days
from exigible.domain.states import Chip
from exigible.web.forms import AmountField, DayField

register = template.Library()

NEAR_WORKING_DAYS, LAST_WORKING_DAYS = 10, 5


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """`{% icon "phone" %}`, `{% icon "x" "s" %}`: always beside a word, hidden from readers."""
    return format_html(
        '<svg class="ico{}" aria-hidden="true"><use href="{}#i-{}"/></svg>',
        f" {size}" if size else "",
        static("icons.svg"),
        name,
    )


@register.simple_tag
def chip(state: Chip | None, label: str = "") -> SafeString | str:
    """`{% chip state %}`; `label` replaces the word where it carries a count."""
    if state is None:
        return ""
    return format_html(
        '<span class="chip{}"><svg viewBox="0 0 9 9" aria-hidden="true"><use href="{}#g-{}"/></svg>{}</span>',
        f" {state.tone}" if state.tone else "",
        static("icons.svg"),
        state.glyph,
        label or state.label,
    )


@register.simple_tag
def due(last_day: date | None, today: date, legal: bool = False) -> SafeString:
    """A deadline badge: the day, then what is left. Wax only where a right is lost (`legal`)."""
    if last_day is None:
        return chip(Chip("date à confirmer", "tri", "todo"))
    left = (last_day - today).days
    tone = ""
    if legal and last_day <= add_working_days(today, LAST_WORKING_DAYS):
        tone = " last"
    elif last_day <= add_working_days(today, NEAR_WORKING_DAYS):
        tone = " near"
    words = (
        f"{-left}{french.NO_BREAK}j de retard"
        if left < 0
        else f"J{french.MINUS}{left}"
        if left
        else "jour J"
    )
    shown = f"{last_day:%d/%m}" if last_day.year == today.year else french.day(last_day)
    return format_html(
        '<span class="due{}"><span><time datetime="{}">{}</time></span><span>{}</span></span>',
        tone,
        last_day.isoformat(),
        shown,
        words,
    )


@register.simple_tag
def kbd(key: str) -> SafeString:
    return format_html("<kbd>{}</kbd>", key)


@register.simple_tag
def key_line(*pairs: str) -> SafeString:
    """`{% key_line "A" "appeler" "↑ ↓" "parcourir" %}`: the keys of the screen, in words."""
    items = zip(pairs[::2], pairs[1::2], strict=True)
    return format_html_join(
        "",
        "<span>{} {}</span>",
        (
            (format_html_join(" ", "<kbd>{}</kbd>", ((k,) for k in keys.split())), words)
            for keys, words in items
        ),
    )


@register.simple_tag
def bar(value: int, most: int, tone: str = "accent") -> SafeString:
    """A thin bar of `value` out of `most`; the figure itself stands beside it in text."""
    width = 0 if most <= 0 else max(1, min(100, round(100 * value / most)))
    return format_html(
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="f-rule" y="3.5" width="100" height="1"/>'
        '<rect class="{}" width="{}" height="8"/></svg>',
        tone if tone.startswith("s") else f"f-{tone}",
        width,
    )


@register.inclusion_tag("components/inline_field.html")
def inline_field(bound: BoundField, form_id: str, label: str, css: str = "") -> dict[str, object]:
    """A box in a line of a list: its label is spoken, its error stands under it."""
    attrs: dict[str, object] = {
        **bound.field.widget.attrs,
        "class": " ".join(filter(None, ["input s", css])),
        "form": form_id,
        "aria-label": label,
        "placeholder": bound.label,
    }
    if bound.errors:
        attrs |= {"aria-invalid": "true", "aria-describedby": f"{bound.auto_id}-error"}
    return {"bound": bound, "widget": bound.as_widget(attrs=attrs)}


_KINDS = {AmountField: "money", DayField: "date"}


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, kind: str = "") -> dict[str, object]:
    """A form field: label above, hint under it, width of the answer, error at the field.

    `kind` is "money", "date" or "short"; it only sets the width, which amounts and days know.
    """
    kind = kind or _KINDS.get(type(bound.field), "")
    described = [
        name
        for name, present in (
            (f"{bound.auto_id}-hint", bound.help_text),
            (f"{bound.auto_id}-error", bound.errors),
        )
        if present
    ]
    widget = bound.field.widget
    css = " ".join(filter(None, ["input", kind, widget.attrs.get("class", "")]))
    attrs: dict[str, object] = {}
    if widget.__class__.__name__ in {"RadioSelect", "CheckboxSelectMultiple"}:
        attrs = {}
    elif getattr(widget, "input_type", "") != "checkbox":
        attrs["class"] = css
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if bound.errors:
        attrs["aria-invalid"] = "true"
    return {
        "bound": bound,
        "widget": bound.as_widget(attrs={**widget.attrs, **attrs}),
        "group": widget.__class__.__name__ in {"RadioSelect", "CheckboxSelectMultiple"},
        "checkbox": getattr(widget, "input_type", "") == "checkbox"
        and widget.__class__.__name__ == "CheckboxInput",
    }
