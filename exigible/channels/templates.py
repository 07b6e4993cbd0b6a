"""The texts sent to debtors: read from files, filled with the facts of one message.

A template is a text file `<key>.<audience>.txt` in `channels/<channel>/templates/`: headers
(`subject`, `nature`, `version`, …), a line of three dashes, then paragraphs apart by blank lines.
See docs/how_to/add_a_template.md. In a paragraph or a subject:

- `{amount}` is replaced by a value of the message (`VALUES` lists them);
- `{la somme|les sommes}` takes the singular for one claim, the plural for several;
- a paragraph that starts with `[when accessories]` is kept only where it is so (`CONDITIONS`);
- a paragraph that is only `[claims]`, `[totals]` or `[payment]` is that table;
- a paragraph left empty by its values is dropped.

Values are never read as template text: what a debtor is called cannot add a variable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from exigible.domain.correspondence import (
    Audience,
    Block,
    ClaimsTable,
    Correspondence,
    Demand,
    LawText,
    Nature,
    Paragraph,
    PaymentBox,
    TotalsTable,
)
from exigible.domain.french import NO_BREAK, euros, long_day
from exigible.domain.refusals import Refused

FOLDERS = {"email": "email", "letter": "letter", "lrar": "letter"}
ANY_AUDIENCE = "any"

# CPCE art. R. 124-4, 5°: an agency's letter reproduces the second and third paragraphs.
L_111_8 = LawText(
    "Code des procédures civiles d’exécution, article L. 111-8, alinéas 2 et 3",
    (
        "« Les frais de recouvrement entrepris sans titre exécutoire restent à la charge du "
        "créancier, sauf s’ils concernent un acte dont l’accomplissement est prescrit par la loi "
        "au créancier. Toute stipulation contraire est réputée non écrite, sauf disposition "
        "législative contraire.",
        "Cependant, le créancier qui justifie du caractère nécessaire des démarches entreprises "
        "pour recouvrer sa créance peut demander au juge de l’exécution de laisser tout ou partie "
        "des frais ainsi exposés à la charge du débiteur de mauvaise foi. »",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One version of one text, for one channel and one audience (`any` for all)."""

    key: str
    version: int
    channel: str  # the folder: "email" or "letter"
    audience: str
    name: str
    nature: Nature
    subject: str
    paragraphs: tuple[str, ...]
    prints_accessories: bool = False
    days_to_pay: int = 0

    @property
    def prose(self) -> str:
        """The words of the template, its variables left out."""
        text = "\n".join((self.subject, *self.paragraphs))
        return _VARIABLE.sub(
            lambda found: found[1].replace("|", " ") if "|" in found[1] else " ", text
        )


def _contact(demand: Demand) -> str:
    """« Écrivez à … ou appelez le … », whichever of the two is known."""
    ways = []
    if demand.sender.email:
        ways.append(f"écrivez à {demand.sender.email}")
    if demand.sender.phone:
        ways.append(f"appelez le {demand.sender.phone}")
    return f"Pour toute question, {' ou '.join(ways)}." if ways else ""


def _signature(demand: Demand) -> str:
    lines = [demand.sender.signatory] if demand.sender.signatory and not demand.agency else []
    return "\n".join((*lines, demand.writer))


VALUES: Mapping[str, tuple[str, Callable[[Demand], str]]] = {
    "account": ("numéro du compte client", lambda d: d.account_number),
    "address_of_creditor": ("adresse du créancier", lambda d: ", ".join(d.sender.address)),
    "amount": ("principal réclamé", lambda d: euros(d.principal_cents)),
    "claims_counted": ("nombre de créances", lambda d: d.claims_counted),
    "contact": ("comment joindre l’expéditeur", _contact),
    "creditor": ("nom du créancier", lambda d: d.sender.name),
    "daily_interest": (
        "intérêts par jour",
        lambda d: euros(d.accessories.daily_interest_cents),
    ),
    "days_to_pay": ("délai pour payer, en jours", lambda d: str(d.days_to_pay)),
    "deadline": (
        "dernier jour pour payer",
        lambda d: long_day(d.on + timedelta(days=d.days_to_pay)),
    ),
    "debtor": ("nom du débiteur", lambda d: d.recipient.name),
    "first_due_on": (
        "première échéance",
        # A message with nothing to claim is still rendered: the gate then says why it stays.
        lambda d: long_day(min((line.due_on for line in d.claims), default=d.on)),
    ),
    "promised_amount": (
        "montant promis",
        lambda d: euros(d.promise.amount_cents) if d.promise else "",
    ),
    "promised_on": ("jour promis", lambda d: long_day(d.promise.due_on) if d.promise else ""),
    "promise_made_on": (
        "jour de la promesse",
        lambda d: long_day(d.promise.made_on) if d.promise else "",
    ),
    "reference": ("référence du message", lambda d: d.reference),
    "signature": ("signature", _signature),
    "today": ("jour du message", lambda d: long_day(d.on)),
    "total": ("total réclamé, accessoires compris", lambda d: euros(d.total_cents)),
    "writer": ("qui écrit : l’agence, sinon le créancier", lambda d: d.writer),
}

CONDITIONS: Mapping[str, Callable[[Demand], bool]] = {
    "accessories": lambda d: d.accessories.total_cents > 0,
    "no accessories": lambda d: d.accessories.total_cents == 0,
    "daily interest": lambda d: d.accessories.daily_interest_cents > 0,
    "indemnity": lambda d: d.accessories.fixed_indemnity_cents > 0,
    "professional creditor": lambda d: d.sender.kind == "professional",
}

_TABLES: Mapping[str, Block] = {
    "[claims]": ClaimsTable(),
    "[totals]": TotalsTable(),
    "[payment]": PaymentBox(),
}
_VARIABLE = re.compile(r"\{([^{}]*)\}")
_CONDITION = re.compile(r"\[when ([a-z ]+)\]\s+")


class WrongTemplate(Exception):
    """A template file that cannot be read: our mistake, or an administrator's."""


def template_for(key: str, channel: str, debtor_kind: str) -> Template:
    """Return the latest version of a text for a channel and a kind of debtor.

    A debtor of unknown kind is written to as a consumer: nothing is claimed beside the principal.
    A public purchaser gets the professionals' text where none is written for him.
    """
    folder = FOLDERS.get(channel, channel)
    found = [one for one in templates() if one.key == key and one.channel == folder]
    audiences = {
        "professional": ("professional",),
        "public_purchaser": ("public_purchaser", "professional"),
    }.get(debtor_kind, ("consumer",))
    for audience in (*audiences, ANY_AUDIENCE):
        versions = [one for one in found if one.audience == audience]
        if versions:
            return max(versions, key=lambda one: one.version)
    raise Refused(
        "no_template",
        f"Aucun modèle « {key} » n’est écrit pour ce canal ({channel}) et ce débiteur. Choisissez "
        "un autre canal ou un autre modèle.",
        field="template",
        facts={"template": key, "channel": channel, "debtor_kind": debtor_kind},
    )


def render(template: Template, demand: Demand) -> Correspondence:
    """Fill a template with the facts of a message; add what the law wants of an agency."""
    blocks: list[Block] = []
    for paragraph in template.paragraphs:
        condition = _CONDITION.match(paragraph)
        if condition and not CONDITIONS[condition[1]](demand):
            continue
        text = paragraph[condition.end() :] if condition else paragraph
        block = _TABLES.get(text) or Paragraph(_fill(text, demand))
        if block != Paragraph(""):
            blocks.append(block)
    if demand.agency:
        blocks = _with_agency(blocks, demand)
    return Correspondence(
        template=template.key,
        version=template.version,
        nature=template.nature,
        audience=_audience(template, demand),
        subject=_fill(template.subject, demand),
        blocks=tuple(blocks),
        prose=template.prose,
        demand=demand,
    )


@cache
def templates() -> tuple[Template, ...]:
    """Return every template shipped, checked; raise WrongTemplate naming the first bad one."""
    found: list[Template] = []
    for folder in sorted(set(FOLDERS.values())):
        place = resources.files("exigible.channels") / folder / "templates"
        found += [
            read_template(folder, file)
            for file in sorted(place.iterdir(), key=lambda file: file.name)
            if file.name.endswith(".txt")
        ]
    seen: set[tuple[object, ...]] = set()
    for one in found:
        identity = (one.channel, one.key, one.audience, one.version)
        if identity in seen:
            raise WrongTemplate(f"{one.channel}/{one.key}.{one.audience} : version en double.")
        seen.add(identity)
    return tuple(found)


def read_template(folder: str, file: Traversable) -> Template:
    """Read one template file and check every name in it."""
    key, audience, *_ = file.name.split(".")
    if audience != ANY_AUDIENCE and audience not in set(Audience):
        raise WrongTemplate(f"{file.name} : destinataire « {audience} » inconnu.")
    head, separator, body = file.read_text(encoding="utf-8").partition("\n---\n")
    if not separator:
        raise WrongTemplate(f"{file.name} : la ligne « --- » manque.")
    headers = {}
    for line in head.splitlines():
        name, _, value = line.partition(":")
        headers[name.strip()] = value.strip()
    unknown = headers.keys() - {
        "name",
        "nature",
        "version",
        "subject",
        "accessories",
        "days_to_pay",
    }
    if unknown:
        raise WrongTemplate(f"{file.name} : en-tête inconnu « {sorted(unknown)[0]} ».")
    template = Template(
        key=key,
        version=int(headers["version"]),
        channel=folder,
        audience=audience,
        name=headers["name"],
        nature=Nature(headers["nature"]),
        subject=headers["subject"],
        paragraphs=tuple(_joined(part) for part in re.split(r"\n\s*\n", body.strip())),
        prints_accessories=headers.get("accessories") == "claimed",
        days_to_pay=int(headers.get("days_to_pay", "0")),
    )
    _check(template, file.name)
    return template


def _check(template: Template, name: str) -> None:
    """Refuse an unknown variable, condition or table, whatever the facts."""
    for text in (template.subject, *template.paragraphs):
        condition = _CONDITION.match(text)
        if condition and condition[1] not in CONDITIONS:
            raise WrongTemplate(f"{name} : condition « {condition[1]} » inconnue.")
        rest = text[condition.end() :] if condition else text
        if rest.startswith("[") and rest not in _TABLES:
            raise WrongTemplate(f"{name} : tableau « {rest[:40]} » inconnu.")
        for found in _VARIABLE.finditer(rest):
            if found[1].count("|") > 1 or ("|" not in found[1] and found[1] not in VALUES):
                raise WrongTemplate(f"{name} : variable « {found[0]} » inconnue.")
        if "{" in _VARIABLE.sub("", rest) or "}" in _VARIABLE.sub("", rest):
            raise WrongTemplate(f"{name} : accolade seule.")


def _joined(paragraph: str) -> str:
    """Join the lines of a paragraph; a line ended by two spaces keeps its end."""
    return re.sub(r"(?<!  )\n", " ", paragraph.strip()).replace("  \n", "\n")


def _fill(text: str, demand: Demand) -> str:
    def value(found: re.Match[str]) -> str:
        inner = found[1]
        if "|" in inner:
            one, many = inner.split("|")
            return one if len(demand.claims) == 1 else many
        return VALUES[inner][1](demand)

    return typographic(_VARIABLE.sub(value, text)).strip()


def typographic(text: str) -> str:
    """Put no-break spaces where French wants them: « », : ; ? ! % € and after « art. », « n° »."""
    text = re.sub(r" (?=[:;?!»%€])", NO_BREAK, text)
    return re.sub(r"(?<=«) |(?<=\bart\.) |(?<=\bn°) |(?<=\b[LRD]\.) ", NO_BREAK, text)


def _audience(template: Template, demand: Demand) -> Audience:
    """The audience that the law sees: the debtor's kind, not the file that was found."""
    try:
        return Audience(demand.debtor_kind)
    except ValueError:
        return Audience.CONSUMER


def _with_agency(blocks: list[Block], demand: Demand) -> list[Block]:
    """Say who collects for whom, recall the first letter, reproduce the law (CPCE R. 124-4)."""
    agency = demand.agency
    assert agency
    creditor = ", ".join((demand.sender.name, *demand.sender.address))
    place = f", {', '.join(agency.address)}" if agency.address else ""
    said = Paragraph(
        typographic(
            f"{agency.name}{place}, exerce une activité de recouvrement amiable et vous écrit pour "
            f"le compte de {creditor}."
        )
    )
    recalled = (
        [
            Paragraph(
                typographic(
                    f"Nous vous rappelons notre lettre du {long_day(demand.earlier_letter.sent_on)}, "
                    f"référence {demand.earlier_letter.reference}."
                )
            )
        ]
        if demand.earlier_letter
        else []
    )
    return [*blocks[:1], said, *recalled, *blocks[1:], L_111_8]
