"""The named cases of matching, one small test each."""

from datetime import date

import pytest

from exigible.domain.matching import Cheque, Customer, Discount, Gap, Kind, Learned, Plan
from tests.domain.matching.small_book import DUE, ON, VAUBAN, alone, claim, decide, line, one, paid

THREE = [claim("FA-26-00011", 647.13), claim("FA-26-00012", 521.08), claim("FA-26-00013", 334.9)]
NAME = "VIR MENUISERIE VAUBAN"


# --- several invoices ----------------------------------------------------------------------------


def test_several_numbers_to_the_cent():
    found = one(THREE, f"{NAME} FA-26-00011 FA2600013", 982.03)
    assert alone(found) == {"FA-26-00011": 647.13, "FA-26-00013": 334.9}


def test_several_without_a_number_when_one_set_only_gives_the_sum():
    found = one(THREE, NAME, 1168.21)  # 647.13 + 521.08
    assert alone(found) == {"FA-26-00011": 647.13, "FA-26-00012": 521.08}


def test_two_sets_that_give_the_sum_are_never_automatic():
    claims = [*THREE, claim("FA-26-00014", 1168.21 - 334.9)]  # 833.31 + 334.90 as well
    found = one(claims, NAME, 1168.21)
    assert not found.automatic
    assert found.allocations == ()
    assert len(found.candidates) >= 2


def test_equal_invoices_cannot_be_told_apart():
    found = one([claim("A-0001", 49.9), claim("A-0002", 49.9)], NAME, 49.9)
    assert found.allocations == ()


def test_equal_invoices_are_told_apart_once_another_line_cites_one():
    claims = [claim("A-0001", 49.9), claim("A-0002", 49.9)]
    before = line(f"{NAME} A-0001", 49.9, id="1", on=date(2026, 10, 5))
    bare = line(NAME, 49.9, id="2")
    assert alone(decide(claims, [bare, before])[0]) == {"A-0002": 49.9}
    later = line(f"{NAME} A-0001", 49.9, id="3", on=date(2026, 11, 5))
    assert not decide(claims, [bare, later])[0].automatic  # on its day, both were open


def test_a_list_cut_by_the_bank_is_completed_by_the_amount():
    found = one(THREE, f"{NAME} FA-26-00011 FA-26-0", 982.03)
    assert alone(found) == {"FA-26-00011": 647.13, "FA-26-00013": 334.9}


def test_the_whole_balance():
    found = one([*THREE, claim("AV-26-00002", -81.44)], f"{NAME} SOLDE", 1421.67)
    assert len(alone(found)) == 4


def test_five_hundred_open_items_stay_fast_and_unsure():
    claims = [claim(f"G-{n:05}", 100 + n * 7.31 % 900) for n in range(500)]
    total = sum(c.cents for c in claims[100:104]) / 100
    assert not one(claims, NAME, total).automatic
    cited = one(claims, f"{NAME} G-00100 G-00101 G-00102 G-00103", total)
    assert len(alone(cited)) == 4


# --- deductions ----------------------------------------------------------------------------------


def test_a_credit_note_deducted_and_cited():
    found = one([*THREE, claim("AV-26-00002", -81.44)], f"{NAME} FA-26-00011 - AV-26-00002", 565.69)
    assert alone(found) == {"FA-26-00011": 647.13, "AV-26-00002": -81.44}


def test_a_credit_note_deducted_without_being_cited():
    found = one([*THREE, claim("AV-26-00002", -81.44)], f"{NAME} FA-26-00011", 565.69)
    assert alone(found) == {"FA-26-00011": 647.13, "AV-26-00002": -81.44}


def discounted(days: int) -> Customer:
    return VAUBAN._replace(discount=Discount(20_000, days))  # 2 %


def test_a_discount_taken_in_time():
    found = one(
        [claim("FA-26-00011", 1000)],
        f"{NAME} FA-26-00011 ESC",
        980,
        on=date(2026, 9, 8),
        customers=[discounted(8)],
    )
    assert alone(found) == {"FA-26-00011": 980}
    assert (found.gap, found.gap_cents) == (Gap.DISCOUNT_DUE, 2000)


def test_a_discount_taken_late_stays_owed():
    found = one(
        [claim("FA-26-00011", 1000)],
        f"{NAME} FA-26-00011 ESC",
        980,
        on=date(2026, 9, 30),
        customers=[discounted(8)],
    )
    assert alone(found) == {"FA-26-00011": 980}
    assert (found.gap, found.gap_cents) == (Gap.DISCOUNT_UNDUE, 2000)
    assert "escompte indu" in found.reason


def test_a_discount_on_several_invoices_is_shared_as_each_bears_it():
    found = one(THREE[:2], f"{NAME} FA-26-00011 FA-26-00012 ESC 2%", 1144.85)  # 634.19 + 510.66
    assert alone(found) == {"FA-26-00011": 634.19, "FA-26-00012": 510.66}


def test_bank_fees_taken_on_the_way():
    found = one(THREE, f"{NAME} FA-26-00011 CHARGES SHA", 632.13)
    assert alone(found) == {"FA-26-00011": 632.13}
    assert (found.gap, found.gap_cents) == (Gap.BANK_FEES, 1500)


# --- less, more, again ---------------------------------------------------------------------------


def test_a_part_payment_with_its_number():
    found = one(THREE, f"{NAME} ACOMPTE FA-26-00011", 300)
    assert alone(found) == {"FA-26-00011": 300}
    assert found.gap is Gap.PARTIAL


def test_a_part_payment_without_a_number_is_proposed_on_the_only_claim():
    found = one(THREE[:1], NAME, 300)
    assert paid(found) == {"FA-26-00011": 300}
    assert not found.automatic


def test_a_round_payment_on_account_may_be_of_another_invoice_than_that_of_its_amount():
    claims = [claim("FA-26-00011", 230), claim("FA-26-00012", 521.08)]
    assert alone(one(claims, NAME, 230)) == {"FA-26-00011": 230}
    found = one(claims, f"{NAME} ACOMPTE", 230)
    assert not found.automatic
    assert "acompte" in found.reason


def test_a_number_cut_at_the_end_of_a_list_is_not_one_that_lost_a_zero():
    claims = [
        claim("FA-26-00011", 647.13),
        claim("FA-26-04330", 510.34),
        claim("FA-26-43302", 255.40),
        claim("FA-26-43307", 255.40),
    ]
    found = one(claims, f"{NAME} FA-26-00011 + FA-26-4330", 1157.93)  # 0,46 beyond the first two
    assert not found.automatic
    assert "peut-être coupé" in found.reason
    found = one(claims, f"{NAME} FA-26-00011 + FA-26-4330", 1157.47)  # to the cent: it is that one
    assert alone(found) == {"FA-26-00011": 647.13, "FA-26-04330": 510.34}


def test_part_then_rest():
    lines = [line(f"{NAME} FA-26-00011", 300, id="1"), line(f"{NAME} FA-26-00011", 347.13, id="2")]
    assert [alone(one) for one in decide(THREE, lines)] == [
        {"FA-26-00011": 300},
        {"FA-26-00011": 347.13},
    ]


def test_forty_euros_on_top_pay_no_principal():
    found = one(THREE[:1], f"{NAME} FA-26-00011 + INDEMNITE", 687.13)
    assert alone(found) == {"FA-26-00011": 647.13}
    assert (found.gap, found.gap_cents) == (Gap.ACCESSORIES, -4000)


def test_an_overpayment_leaves_its_excess_unallocated():
    found = one(THREE[:1], f"{NAME} FA-26-00011", 657.13)
    assert alone(found) == {"FA-26-00011": 647.13}


def test_the_same_payment_twice_pays_once():
    lines = [
        line(f"{NAME} FA-26-00011", 647.13, id="1"),
        line(f"{NAME} FA-26-00011", 647.13, id="2"),
    ]
    first, second = decide(THREE, lines)
    assert alone(first) == {"FA-26-00011": 647.13}
    assert (second.kind, second.allocations) == (Kind.DUPLICATE, ())
    assert "ligne 1" in second.reason


# --- plans, cheques, returns ---------------------------------------------------------------------

PLAN = Plan("P-07", "C-100", ("FA-26-00011", "FA-26-00012"), 4, 29205, 29206, date(2026, 10, 10))


def test_instalments_pay_the_claims_of_the_plan_in_order():
    lines = [line(NAME, 292.05, id=str(n), on=date(2026, 9 + n, 11)) for n in (1, 2, 3)]
    lines.append(line(NAME, 292.06, id="4", on=date(2027, 1, 11)))
    found = decide(THREE, lines, plans=[PLAN])
    assert [alone(one) for one in found] == [
        {"FA-26-00011": 292.05},
        {"FA-26-00011": 292.05},
        {"FA-26-00011": 63.03, "FA-26-00012": 229.02},
        {"FA-26-00012": 292.06},
    ]


def test_a_payment_on_account_may_be_of_an_invoice_outside_the_plan():
    day = {"on": date(2026, 10, 11), "plans": [PLAN]}
    apart = [*THREE, claim("FA-26-00099", 800.00, "C-100")]
    assert not one(apart, f"{NAME} ACOMPTE", 292.05, **day).automatic
    assert one(apart, f"{NAME} ACOMPTE PLAN P-07", 292.05, **day).automatic


def test_an_instalment_on_an_odd_day_is_asked():
    found = one(THREE, NAME, 292.05, on=date(2026, 9, 20), plans=[PLAN])
    assert not found.automatic


CHEQUES = [
    Cheque("0045127", "1", "MENUISERIE VAUBAN", 64713),
    Cheque("0045127", "2", "PHARMACIE PETIT", 8821),
]
DRAWN = [*THREE, claim("FA-26-00020", 88.21, "C-300")]


@pytest.mark.parametrize(
    "label", ["REM CHQ 0045127", "REMISE DE CHEQUES N° 45127", "REMISE CHEQUES"]
)
def test_a_cheque_slip_pays_what_each_cheque_pays(label: str):
    found = one(DRAWN, label, 735.34, cheques=CHEQUES)
    assert alone(found) == {"FA-26-00011": 647.13, "FA-26-00020": 88.21}


def test_a_slip_with_a_cheque_of_nobody_known_is_asked():
    cheques = [CHEQUES[0], Cheque("0045127", "2", "BOURDALOUE", 8821)]
    found = one(DRAWN, "REM CHQ 0045127", 735.34, cheques=cheques)
    assert not found.automatic
    assert "BOURDALOUE" in found.reason


def test_a_slip_credited_for_another_sum_is_asked():
    found = one(DRAWN, "REM CHQ 0045127", 700, cheques=CHEQUES)
    assert (found.automatic, found.allocations) == (False, ())


BACK = [
    claim("FA-26-00030", 750, collected=True),
    claim("FA-26-00031", 120, "C-200", collected=True),
]


@pytest.mark.parametrize(
    "label",
    [
        "PRLV SEPA REJETE FA-26-00030 AM04",
        "REJET PRELEVEMENT MENUISERIE VAUBAN MD01",
        "CHQ IMPAYE MENUISERIE VAUBAN",
    ],
)
def test_a_returned_debit_reopens_what_was_collected(label: str):
    found = one(BACK, label, -750)
    assert found.kind is Kind.RETURN
    assert alone(found) == {"FA-26-00030": -750}


@pytest.mark.parametrize("label", ["REJET VIR MENUISERIE VAUBAN", "REJET FA-26-00030", "REJET"])
def test_nothing_returns_before_it_was_received(label: str):
    received_since = [BACK[0]._replace(collected_on=date(2026, 10, 13))]
    found = one(received_since, label, -750)
    assert (found.automatic, found.allocations) == (False, ())
    assert not found.candidates
    known = [BACK[0]._replace(collected_on=ON)]
    assert one(known, label, -750).candidates or one(known, label, -750).allocations


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("PRLV SEPA REJETE INCONNU SARL AM04", Kind.RETURN),
        ("CHQ IMPAYE 0045127", Kind.RETURN),
        ("FRAIS REJET PRLV", Kind.OUTSIDE),
    ],
)
def test_an_unpaid_debit_that_nothing_explains_waits_for_a_person(label: str, kind: Kind):
    found = one([], label, -54)
    assert (found.kind, found.automatic, found.allocations) == (kind, False, ())


def test_what_a_bank_codes_as_returned_waits_whatever_its_words():
    found = one([], "", -12.5)
    assert found.kind is Kind.OUTSIDE
    [found] = decide([], [line("Max Beispiel", -12.5)._replace(back=True)])
    assert (found.kind, found.automatic) == (Kind.RETURN, False)


def test_fees_of_a_return_reopen_nothing():
    found = one(BACK, "PRLV SEPA REJETE FA-26-00030 AM04", -762)
    assert alone(found) == {"FA-26-00030": -750}
    assert (found.gap, found.gap_cents) == (Gap.BANK_FEES, 1200)


def test_what_came_back_may_be_paid_again():
    lines = [
        line("PRLV SEPA REJETE FA-26-00030", -750, id="1"),
        line(f"{NAME} FA-26-00030", 750, id="2", on=date(2026, 10, 20)),
    ]
    assert [alone(one) for one in decide(BACK, lines)] == [
        {"FA-26-00030": -750},
        {"FA-26-00030": 750},
    ]


def test_a_return_of_an_amount_only_is_asked():
    found = one(BACK, "PRLV SEPA REJETE MD01", -750)
    assert (found.automatic, found.allocations) == (False, ())


def test_a_claim_already_collected_is_not_paid_again():
    found = one(BACK, f"{NAME} FA-26-00030", 750)
    assert (found.kind, found.allocations) == (Kind.DUPLICATE, ())


# --- agents, currencies, dates -------------------------------------------------------------------


def test_a_factor_who_cites_numbers_and_their_sum():
    found = one(DRAWN, "VIR EUROFACTOR FA-26-00012 FA-26-00020", 609.29)
    assert found.kind is Kind.AGENT
    assert alone(found) == {"FA-26-00012": 521.08, "FA-26-00020": 88.21}


def test_funds_of_an_agent_less_fees_wait_for_the_statement_of_remittance():
    label = "VIR SELARL LORIN AUBRAC COMMISSAIRES DE JUSTICE FA-26-00012 FA-26-00020"
    found = one(DRAWN, label, 560.55)
    assert (found.automatic, found.allocations) == (False, ())
    assert "relevé de reversement" in found.reason


def test_an_agent_is_known_by_what_was_learned():
    learned = Learned(agents=frozenset({"ALTUS CONSEIL"}))
    assert (
        one(DRAWN, "VIR FA-26-00012", 500, who="ALTUS CONSEIL", learned=learned).allocations == ()
    )


def test_another_currency_pays_claims_of_that_currency_only():
    claims = [claim("FA-26-00040", 900, currency="USD"), claim("FA-26-00041", 900)]
    assert alone(one(claims, f"{NAME} FA-26-00040", 900, currency="USD")) == {"FA-26-00040": 900}
    assert not one(claims, f"{NAME} FA-26-00040", 900).automatic


def test_an_invoice_of_later_is_not_paid_without_its_number():
    claims = [claim("FA-26-00050", 77.7, issued=date(2026, 11, 1), due=date(2026, 12, 1))]
    assert not one(claims, NAME, 77.7).automatic


def test_an_order_of_days_and_not_of_rows():
    assert DUE < ON
    lines = [
        line(f"{NAME} FA-26-00011", 647.13, id="10"),
        line(f"{NAME} FA-26-00011", 647.13, id="9"),
    ]
    assert [one.automatic for one in decide(THREE, lines)] == [
        False,
        True,
    ]  # « 9 » comes before « 10 »


# --- what is no customer's payment ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "sign"),
    [
        ("VIR SALAIRE MME DUPUIS", -1),
        ("PRLV SEPA URSSAF BRETAGNE", -1),
        ("PRLV DGFIP TVA 3310CA3", -1),
        ("VIR SEPA EMIS KERBOIS FACT 11", -1),
        ("FRAIS TENUE DE COMPTE", -1),
        ("ECHEANCE PRET 00417", -1),
        ("VIR INTERNE DEPUIS LIVRET", 1),
        ("VIREMENT COMPTE A COMPTE", 1),
        ("REMISE CB 0512 CONTRAT 12345", 1),
        ("INTERETS CREDITEURS", 1),
        ("DEBLOCAGE PRET 00417", 1),
        ("VIR DGFIP REMBOURSEMENT CREDIT TVA", 1),
        ("VIR CPAM IJSS", 1),
        ("VERSEMENT ESPECES", 1),
        ("VIR STRIPE PAYOUT", 1),
        ("REMBOURSEMENT FOURNISSEUR KERBOIS", 1),
        ("VIR AXA INDEMNITE SINISTRE 2026", 1),
    ],
)
def test_what_is_no_payment_stays_out_whatever_its_amount(label: str, sign: int):
    found = one([*THREE, claim("FA-26-00011B", 647.13, "C-200")][:3], label, sign * 647.13)
    assert (found.kind, found.allocations, found.automatic) == (Kind.OUTSIDE, (), False)


def test_a_customer_whose_name_holds_such_a_word_still_pays():
    customers = [Customer("M", ("Mutuelle des Transports",))]
    found = one(
        [claim("FA-26-00060", 310.15, "M")],
        "VIR MUTUELLE DES TRANSPORTS",
        310.15,
        customers=customers,
    )
    assert alone(found) == {"FA-26-00060": 310.15}


def test_a_public_accountant_pays_by_mandate():
    claims = [claim("FA-26-00061", 4382.1)]
    found = one(claims, "VIR DGFIP SGC LILLE MANDAT 4471 FA-26-00061", 4382.1)
    assert alone(found) == {"FA-26-00061": 4382.1}
