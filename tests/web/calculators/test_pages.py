"""*Calculettes*: who opens them, links that keep everything, live answers, PDF."""

import io
import json
import re
from collections.abc import Callable
from html import unescape
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from exigible.domain.roles import Role
from exigible.web.views.calculators import CALCULATORS
from tests.factories import WORLD_DAY
from tests.web.calculators.questions import HTMX, QUESTIONS, asked, plain, working

# ---- who may open them


@pytest.mark.parametrize("role", list(Role))
def test_everyone_but_a_partner_calculates(sign_in: Callable[[Role], Client], role: Role) -> None:
    client = sign_in(role)
    expected = 404 if role is Role.PARTNER else 200
    assert client.get("/calculettes/").status_code == expected
    for kind in CALCULATORS:
        assert client.get(f"/calculettes/{kind.slug}/").status_code == expected, kind.slug
        pdf = client.get(f"/calculettes/{kind.slug}/pdf/?{QUESTIONS[kind.slug]}")
        assert pdf.status_code == expected


def test_the_index_leads_to_each(collector: Client) -> None:
    page = collector.get(reverse("calculators")).content.decode()
    for kind in CALCULATORS:
        assert f'href="/calculettes/{kind.slug}/"' in page
        assert kind.purpose in unescape(page)
    assert collector.get("/calculettes/inconnue/").status_code == 404


def test_every_calculator_has_a_question_here() -> None:
    assert set(QUESTIONS) == {kind.slug for kind in CALCULATORS}


# ---- the link, the rows, the live answer


@pytest.mark.parametrize("slug", list(QUESTIONS))
def test_a_permanent_link_keeps_the_whole_question(collector: Client, slug: str) -> None:
    page = collector.get(f"/calculettes/{slug}/?{QUESTIONS[slug]}")
    link = page.context["link"]
    assert link.startswith("http")
    assert f'value="{link.replace("&", "&amp;")}"' in page.content.decode()
    again = collector.get(link)
    assert again.context["link"] == link
    assert again.context["calculator"].outcome.working == page.context["calculator"].outcome.working


def test_a_link_holds_the_day_it_was_made_on(collector: Client) -> None:
    page = collector.get("/calculettes/interets/?f1-montant=10&f1-echeance=-300")
    query = dict(parse_qsl(urlsplit(page.context["link"]).query))
    assert query["au"] == WORLD_DAY.isoformat()  # never « today »
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", query["f1-echeance"])  # never « 300 days ago »
    assert query["f1-montant"] == "10.00"


def test_rows_are_added_and_removed_without_script(collector: Client) -> None:
    query = QUESTIONS["interets"]
    more = asked(collector, "interets", f"{query}&plus=f")
    assert [form.prefix for form in more.groups[1].forms] == ["f1", "f2", "f3"]
    assert more.outcome.working is not None  # the blank row changes nothing
    less = asked(collector, "interets", f"{query}&moins=f1")
    [kept] = less.groups[1].forms
    assert kept.answers["montant"] == 865_040
    assert "f2-montant" not in dict(less.link)
    shown = plain(collector.get(f"/calculettes/interets/?{query}&moins=p1").content.decode())
    assert "-3000,00" not in shown


def test_rows_are_bounded(collector: Client) -> None:
    query = urlencode(
        [
            pair
            for rank in range(1, 40)
            for pair in ((f"f{rank}-montant", "10"), (f"f{rank}-echeance", "2026-02-10"))
        ]
    )
    found = asked(collector, "interets", f"{query}&plus=f")
    assert len(found.groups[1].forms) == 20


def test_a_live_answer_is_the_working_alone(collector: Client) -> None:
    found = asked(collector, "interets", QUESTIONS["interets"])
    live = collector.get(
        f"/calculettes/interets/?{QUESTIONS['interets']}&forme={found.shape}", headers=HTMX
    )
    html = live.content.decode()
    assert '<section class="working" id="working"' in html
    assert "<form" not in html
    assert live["HX-Replace-Url"].startswith("/calculettes/interets/?")
    events = json.loads(live["HX-Trigger-After-Settle"])
    assert plain(events["announce"]).startswith("Total dû au 22/11/2026 : 19831,07 €")
    assert events["field-errors"] == {}


def test_a_live_error_is_sent_to_its_field(collector: Client) -> None:
    found = asked(collector, "interets", "f1-montant=abc")
    live = collector.get(f"/calculettes/interets/?f1-montant=abc&forme={found.shape}", headers=HTMX)
    errors = json.loads(live["HX-Trigger-After-Settle"])["field-errors"]
    assert "n’est pas un montant" in errors["id_f1-montant"]


def test_a_form_whose_fields_change_is_redrawn(collector: Client) -> None:
    found = asked(collector, "delais", "procedure=injonction_de_payer")
    live = collector.get(f"/calculettes/delais/?procedure=appeal&forme={found.shape}", headers=HTMX)
    assert live["HX-Retarget"] == live["HX-Reselect"] == "#calculator"
    assert "le_notification_of_judgment" in live.content.decode()


# ---- PDF


@pytest.mark.parametrize("slug", list(QUESTIONS))
def test_the_pdf_holds_the_figures(collector: Client, slug: str) -> None:
    shown = working(collector, slug)
    answer = collector.get(f"/calculettes/{slug}/pdf/?{QUESTIONS[slug]}")
    assert answer["Content-Type"] == "application/pdf"
    assert slug in answer["Content-Disposition"]
    assert answer.content.startswith(b"%PDF")
    printed = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    printed = re.sub(r"\s+", "", printed.replace("\u202f", ""))

    def holds(text: str) -> bool:
        return re.sub(r"\s+", "", text.replace("\u202f", "")) in printed

    assert holds(shown.answer.value)
    lines = [line for table in shown.tables for line in table.lines]
    for line in lines:
        assert holds(line.result), line
    if slug != "interets":  # the décompte has its own layout
        printed_lines = [
            line for table in shown.tables if table.why_printed for line in table.lines
        ]
        assert all(holds(sentence) for line in printed_lines for sentence in line.why)
        # A page may end inside the text: its foot is not of it.
        for written in shown.text.splitlines():
            assert holds(written), written
