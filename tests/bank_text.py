"""Bank messages written in a few words, for tests: amounts in euros as text, "+" in, "-" out."""

from collections.abc import Sequence
from decimal import Decimal

IBAN = "FR7630006000011234567890189"
OTHER_IBAN = "DE89370400440532013000"


def cents(amount: str) -> int:
    return int(Decimal(amount) * 100)


# ---- CAMT

Movement = tuple[str, str, str] | tuple[str, str, str, str]  # day, amount, label, bank reference


def camt_entry(day: str, amount: str, label: str, ref: str = "", inside: str = "") -> str:
    side = "DBIT" if amount.startswith("-") else "CRDT"
    details = inside or f"<TxDtls><RmtInf><Ustrd>{label}</Ustrd></RmtInf></TxDtls>"
    return (
        f'<Ntry><Amt Ccy="EUR">{amount.lstrip("+-")}</Amt><CdtDbtInd>{side}</CdtDbtInd>'
        f"<Sts>BOOK</Sts><BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt>"
        + (f"<AcctSvcrRef>{ref}</AcctSvcrRef>" if ref else "")
        + f"<NtryDtls>{details}</NtryDtls></Ntry>"
    )


def camt_balance(code: str, amount: str, day: str, currency: str = "EUR") -> str:
    side = "DBIT" if amount.startswith("-") else "CRDT"
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="{currency}">{amount.lstrip("+-")}</Amt><CdtDbtInd>{side}</CdtDbtInd>'
        f"<Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def camt(
    entries: Sequence[Movement | str],
    *,
    opening: str | None = "0.00",
    closing: str | None = None,
    message: str = "053",
    version: str = "02",
    iban: str = IBAN,
    number: str = "1",
    opened_on: str = "2026-10-31",
    closed_on: str = "2026-11-30",
) -> str:
    """Return a message of one account; the closing balance follows from the entries if it is None."""
    root, block = {
        "052": ("BkToCstmrAcctRpt", "Rpt"),
        "053": ("BkToCstmrStmt", "Stmt"),
        "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
    }[message]
    balances = ""
    if opening is not None:
        moved = sum(Decimal(entry[1]) for entry in entries if not isinstance(entry, str))
        closing = closing if closing is not None else str(Decimal(opening) + moved)
        balances = camt_balance("OPBD", opening, opened_on) + camt_balance(
            "CLBD", closing, closed_on
        )
    account = f"<Acct><Id><IBAN>{iban}</IBAN></Id></Acct>" if iban else ""
    body = "".join(one if isinstance(one, str) else camt_entry(*one) for one in entries)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{message}.001.{version}"><{root}>'
        f"<GrpHdr><MsgId>M1</MsgId></GrpHdr>\n<{block}><Id>S{number}</Id>"
        f"<ElctrncSeqNb>{number}</ElctrncSeqNb>{account}{balances}\n{body}</{block}></{root}>"
        "</Document>"
    )


# ---- CFONB 120

BANK, BRANCH, ACCOUNT = "30006", "00001", "12345678901"


def signed(amount: str) -> str:
    value = cents(amount)
    last = ("{ABCDEFGHI" if value >= 0 else "}JKLMNOPQR")[abs(value) % 10]
    return f"{abs(value) // 10:013d}{last}"


def record(code: str, day: str, amount: str = "", **fields: str) -> str:
    """Return a record of 120 characters; `day` is JJMMAA."""
    inner, label = fields.get("inner", ""), fields.get("label", "")
    text = (
        f"{code}{BANK}{fields.get('own', ''):4}{BRANCH}{fields.get('currency', 'EUR')}"
        f"{fields.get('decimals', '2')} {fields.get('account', ACCOUNT)}{inner:2}{day}"
    )
    if code in ("01", "07"):
        return f"{text}{'':50}{amount}{'':16}"[:120].ljust(120)
    if code == "04":
        return (
            f"{text}{fields.get('motive', ''):2}{day}{label:31}  {fields.get('entry', ''):7}  "
            f"{amount}{fields.get('reference', ''):16}"
        ).ljust(120)
    return f"{text}     {fields.get('qualifier', ''):3}{label:70}".ljust(120)


def cfonb120(*movements: tuple[str, str, str], opening: str = "0.00", closing: str = "") -> str:
    """Return one statement; a movement is (JJMMAA, amount, label)."""
    end = closing or str(Decimal(opening) + sum(Decimal(amount) for _, amount, _ in movements))
    return "\n".join(
        [
            record("01", "311026", signed(opening)),
            *(
                record("04", day, signed(amount), label=label, inner="05")
                for day, amount, label in movements
            ),
            record("07", "301126", signed(end)),
            "",
        ]
    )


# ---- MT940, OFX


def mt940(*movements: tuple[str, str, str], opening: str = "0,00", closing: str) -> str:
    """Return one statement; a movement is (AAMMJJ, "C100,00", text)."""
    lines = [":20:T1", f":25:{IBAN}", ":28C:1/1", f":60F:C261031EUR{opening}"]
    for day, amount, text in movements:
        lines += [f":61:{day}{day[2:]}{amount}NTRFNONREF//R{len(lines)}", f":86:{text}"]
    return "\r\n".join([*lines, f":62F:C261130EUR{closing}", "-", ""])


OFX_HEAD = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:USASCII\nCHARSET:1252\n\n"


def ofx(*transactions: str, account: str = IBAN, currency: str = "EUR", balance: str = "") -> str:
    """Return one statement; a transaction is the tags inside STMTTRN."""
    inside = "".join(f"<STMTTRN>\n{one}\n</STMTTRN>\n" for one in transactions)
    return (
        f"{OFX_HEAD}<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS>\n<CURDEF>{currency}\n<BANKACCTFROM>"
        f"<BANKID>1<ACCTID>{account}</BANKACCTFROM>\n<BANKTRANLIST>\n{inside}</BANKTRANLIST>"
        f"{balance}</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
    )
