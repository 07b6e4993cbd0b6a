"""A month at the bank for the demonstration: what the ledger knows already, and every case of a real queue.

The statement is written as the bank would send it, brought in through the import, and matched by the
same run as any other; what is left to do is for whoever looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from xml.sax.saxutils import escape

from exigible.domain.calendar import is_working_day
from exigible.simulation import doing
from exigible.simulation.play import Play, moment
from exigible.simulation.world import House
from exigible.store.models import Claim, Payment

DAYS = 30
OPENING_CENTS = 8_421_355
FRESH_DAYS = 25  # an invoice issued since then may still be discounted
DISCOUNT_RATE, DISCOUNT_DAYS, VAT_RATE = 20_000, 30, 200_000
AGENT = "SELARL LORIN AUBRAC COMMISSAIRES DE JUSTICE"


@dataclass(frozen=True, slots=True)
class Line:
    """A movement as the bank tells it."""

    on: date
    cents: int
    label: str
    payer: str = ""
    iban: str = ""


def bring_month(play: Play, house: House, today: date) -> None:
    """Bring in the statement of the month that ends the day before, its documents, and match it."""
    until = today - timedelta(days=1)
    days = [until - timedelta(days=number) for number in range(DAYS)][::-1]
    last = [day for day in days if is_working_day(day)][-4:]
    if len(last) < 4:
        return
    claims = _claims(house, days[-1])
    if len(claims) < 14:
        return
    cases = _Cases(claims, last)
    received = doing.receipts(house, days[0], until)
    lines = [
        Line(one.value_date, one.amount_cents, _label(one), one.account.debtor.name)
        for one in received
    ]
    lines += [*cases.lines(), *_others(days, last), *_returned(received, last)]
    lines.sort(key=lambda line: line.on)
    by = play.colleagues["comptable"]
    doing.set_matching(
        house,
        {
            "discount_rate": DISCOUNT_RATE,
            "discount_days": DISCOUNT_DAYS,
            "discount_vat_rate": VAT_RATE,
        },
        by=play.colleagues["credit"],
        at=moment(today, 5, 50),
    )
    doing.import_file(
        house,
        camt053(house.iban, lines, days[0], until),
        name=f"releve_{until:%Y_%m}.xml",
        by=by,
        at=moment(today, 5, 55),
    )
    for name, content in cases.papers():
        doing.drop_remittance(house, name, content, by=by, at=moment(today, 5, 58))
    doing.match_lines(house, at=moment(today, 6))


def camt053(iban: str, lines: Sequence[Line], first: date, last: date) -> bytes:
    """Return a statement in CAMT.053, its balances following from its lines."""
    closing = OPENING_CENTS + sum(line.cents for line in lines)
    body = "".join(_entry(number, line) for number, line in enumerate(lines, 1))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>DEMO-{last:%Y%m%d}</MsgId></GrpHdr><Stmt><Id>{last:%Y%m}</Id>"
        f"<ElctrncSeqNb>{last:%m}</ElctrncSeqNb><Acct><Id><IBAN>{iban}</IBAN></Id></Acct>"
        f"{_balance('OPBD', OPENING_CENTS, first)}{_balance('CLBD', closing, last)}{body}"
        "</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def _balance(code: str, cents: int, on: date) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="EUR">{_euros(cents)}</Amt><CdtDbtInd>{_side(cents)}</CdtDbtInd>'
        f"<Dt><Dt>{on}</Dt></Dt></Bal>"
    )


def _entry(number: int, line: Line) -> str:
    party = ""
    if line.payer:
        account = f"<DbtrAcct><Id><IBAN>{line.iban}</IBAN></Id></DbtrAcct>" if line.iban else ""
        party = f"<RltdPties><Dbtr><Nm>{escape(line.payer)}</Nm></Dbtr>{account}</RltdPties>"
    return (
        f'<Ntry><Amt Ccy="EUR">{_euros(line.cents)}</Amt>'
        f"<CdtDbtInd>{_side(line.cents)}</CdtDbtInd><Sts>BOOK</Sts>"
        f"<BookgDt><Dt>{line.on}</Dt></BookgDt><ValDt><Dt>{line.on}</Dt></ValDt>"
        f"<AcctSvcrRef>OP{line.on:%y%m%d}{number:04d}</AcctSvcrRef><NtryDtls><TxDtls>{party}"
        f"<RmtInf><Ustrd>{escape(line.label)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )


def _euros(cents: int) -> str:
    return f"{abs(cents) // 100}.{abs(cents) % 100:02d}"


def _side(cents: int) -> str:
    return "DBIT" if cents < 0 else "CRDT"


# --- cases --------------------------------------------------------------------------------------


def _claims(house: House, on: date) -> list[list[Claim]]:
    """Return the open invoices of healthy accounts, an account after another, the fewest first."""
    by_account: dict[int, list[Claim]] = {}
    for claim in doing.payable_claims(house, on):
        by_account.setdefault(claim.account_id, []).append(claim)
    return sorted(by_account.values(), key=lambda found: (len(found), found[0].ref))


class _Cases:
    """Each case of the queue, on an account of its own."""

    def __init__(self, claims: Sequence[list[Claim]], days: Sequence[date]) -> None:
        self.days = days
        fresh = days[-1] - timedelta(days=FRESH_DAYS)
        self._single = [found for found in claims if len(found) == 1]
        self._several = [found for found in claims if len(found) > 1]
        self._fresh = [
            found for found in claims if found[-1].issued_on and found[-1].issued_on > fresh
        ]
        self._used: set[int] = set()
        self.slip: list[tuple[str, str, int]] = []
        self.agents: list[tuple[Claim, int]] = []
        self.agent_fees = 0

    def _take(self, among: Sequence[list[Claim]]) -> list[Claim]:
        for found in (*among, *self._single, *self._several):
            if found[0].account_id not in self._used:
                self._used.add(found[0].account_id)
                return found
        raise AssertionError("more cases than accounts")

    def lines(self) -> Iterator[Line]:
        """Yield the lines of the last days that nothing has recorded yet."""
        d1, d2, d3, d4 = self.days
        one = self._take(self._single)[0]
        yield _vir(d1, one, one.balance_cents, one.ref)
        some = self._take(self._several)[:3]
        refs = " ".join(claim.ref.replace("-", "") for claim in some)
        yield _vir(d2, some[0], sum(claim.balance_cents for claim in some), refs)
        fresh = self._take(self._fresh)[-1]
        paid = fresh.balance_cents - (fresh.balance_cents * DISCOUNT_RATE + 500_000) // 1_000_000
        yield _vir(d4, fresh, paid, f"{fresh.ref} ESC")
        late = self._take(self._single)[0]
        paid = late.balance_cents - (late.balance_cents * DISCOUNT_RATE + 500_000) // 1_000_000
        yield _vir(d4, late, paid, f"{late.ref} MOINS ESCOMPTE")
        part = self._take(self._several)[0]
        yield _vir(
            d3, part, max(part.balance_cents * 3 // 1000 * 100, 5_000), f"ACOMPTE {part.ref}"
        )
        equal = self._take(self._single)[0]
        yield _vir(d4, equal, equal.balance_cents, "VOTRE FACTURE")
        costs = self._take(self._single)[0]
        yield _vir(d3, costs, costs.balance_cents - 1_250, costs.ref)
        forty = self._take(self._single)[0]
        yield _vir(d3, forty, forty.balance_cents + 4_000, f"{forty.ref} + INDEMNITE 40")
        third = self._take(self._several)[0]
        yield Line(d4, third.balance_cents, "VIR SEPA REGLEMENT POUR COMPTE", "SCI DES GLENAN", "")
        self.agents = [
            (claim, claim.balance_cents)
            for claim in (self._take(self._several)[0], self._take(self._single)[0])
        ]
        gross = sum(cents for _, cents in self.agents)
        self.agent_fees = gross * 8 // 100
        yield Line(d4, gross - self.agent_fees, "VIR SEPA REVERSEMENT DOSSIERS ARMORIAL", AGENT)
        cheques = [self._take(self._several)[0] for _ in range(3)]
        self.slip = [
            (f"{4_512_700 + rank}", claim.account.debtor.name, claim.balance_cents)
            for rank, claim in enumerate(cheques)
        ]
        yield Line(d3, sum(cents for *_, cents in self.slip), "REMISE CHEQUES 0045127 3 CHQ")
        yield Line(d2, 418_000, "VIR SEPA CABINET AUBRAC CPTE CLIENTS CARPA", "CARPA BRETAGNE")
        yield Line(d4, 91_240, "VIR SEPA MARQUES ET FILS 77120", "MARQUES ET FILS")

    def papers(self) -> Iterator[tuple[str, bytes]]:
        """Yield the documents that say what two of the lines pay."""
        rows = ["Référence;Débiteur;Montant encaissé;Honoraires;Net reversé"]
        left = self.agent_fees
        for rank, (claim, cents) in enumerate(self.agents):
            fees = left if rank == len(self.agents) - 1 else cents * 8 // 100
            left -= fees
            rows.append(
                f"{claim.ref};{claim.account.debtor.name};{_comma(cents)};{_comma(fees)};"
                f"{_comma(cents - fees)}"
            )
        yield "reversement_lorin_aubrac.csv", "\r\n".join(rows).encode()
        rows = ["N° chèque;Tireur;Montant"]
        rows += [f"{number};{drawer};{_comma(cents)}" for number, drawer, cents in self.slip]
        yield "bordereau_0045127.csv", "\r\n".join(rows).encode()


def _vir(on: date, claim: Claim, cents: int, words: str) -> Line:
    name = claim.account.debtor.name
    return Line(on, cents, f"VIR SEPA {name.upper()} {words}"[:140], name)


def _comma(cents: int) -> str:
    return f"{cents // 100},{cents % 100:02d}"


def _label(payment: Payment) -> str:
    words = payment.reference or payment.label or "REGLEMENT"
    kind = "VIR SEPA" if payment.kind != "cheque" else "REMISE CHQ"
    return f"{kind} {payment.account.debtor.name.upper()} {words}"[:140]


def _others(days: Sequence[date], last: Sequence[date]) -> Iterator[Line]:
    """Yield what a bank account sees that no customer pays."""
    yield Line(days[1], -4_820, "FRAIS DE TENUE DE COMPTE")
    yield Line(days[6], -1_284_000, "VIR SEPA LOYER ENTREPOT SCI KERGUELEN")
    yield Line(days[9], -3_918_440, "VIR SALAIRES")
    yield Line(days[14], 231_700, "VIR DGFIP REMBOURSEMENT CREDIT TVA")
    yield Line(days[18], -862_355, "PRLV SEPA URSSAF BRETAGNE")
    yield Line(last[1], 184_260, "REMISE CARTES BANCAIRES TPE 0412")
    yield Line(last[2], 1_500_000, "VIREMENT INTERNE LIVRET VERS COMPTE COURANT")


def _returned(received: Sequence[Payment], last: Sequence[date]) -> Iterator[Line]:
    """Yield a debit that comes back, and an invoice paid twice."""
    settled = [
        one
        for one in received
        if one.allocated_cents == one.amount_cents and one.value_date < last[0]
    ]
    if len(settled) < 2:
        return
    back, twice = settled[-1], settled[-2]
    yield Line(
        last[3],
        -back.amount_cents,
        f"PRLV SEPA REJETE {back.account.debtor.name.upper()} MD01 ORDRE NON RECONNU",
        back.account.debtor.name,
    )
    yield Line(last[3], twice.amount_cents, _label(twice), twice.account.debtor.name)
