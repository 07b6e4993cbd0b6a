"""Code lists that rules compare with: currencies, countries, types of document, categories, schemes.

Lists that grow every half-year (units, item classes, reasons of exemption) are told by their shape, so
that a code published since is not called wrong.
"""

from __future__ import annotations


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


# UNTDID 1001: invoices and credit notes, and what they are called.
INVOICE_TYPES = {
    "71": "demande de paiement", "80": "note de débit", "82": "facture de services mesurés",
    "84": "note de débit", "102": "facture d’acompte", "130": "fiche de facturation",
    "202": "demande de paiement direct", "203": "demande de paiement provisoire",
    "204": "situation de travaux", "211": "situation intermédiaire", "218": "demande de paiement final",
    "219": "demande de paiement", "295": "facture de variation de prix", "325": "facture pro forma",
    "326": "facture partielle", "331": "facture avec colisage", "380": "facture",
    "382": "facture de commission", "383": "note de débit", "384": "facture rectificative",
    "385": "facture consolidée", "386": "facture d’acompte", "387": "facture de location",
    "388": "facture fiscale", "389": "facture autofacturée", "390": "facture ducroire",
    "393": "facture affacturée", "394": "facture de crédit-bail", "395": "facture de consignation",
    "456": "note de débit", "457": "annulation de débit", "471": "facture rectificative autofacturée",
    "472": "facture rectificative affacturée", "473": "facture rectificative autofacturée affacturée",
    "500": "facture d’acompte autofacturée", "501": "facture autofacturée affacturée",
    "527": "note de débit autofacturée", "553": "facture de transport", "575": "facture d’assureur",
    "623": "facture de transitaire", "633": "facture de port", "751": "facture pour information",
    "780": "facture de fret", "817": "avis de sinistre", "870": "facture consulaire",
    "875": "facture partielle de travaux", "876": "facture finale partielle de travaux",
    "877": "facture finale de travaux", "935": "facture de douane",
}  # fmt: skip
CREDIT_NOTE_TYPES = {
    "81": "avoir sur livraison", "83": "avoir financier", "261": "avoir autofacturé",
    "262": "avoir global", "296": "avoir de variation de prix", "308": "avoir ducroire",
    "381": "avoir", "396": "avoir affacturé", "420": "avoir de paiement optique",
    "458": "annulation d’avoir", "502": "avoir autofacturé affacturé", "503": "avoir d’acompte",
    "532": "avoir de transitaire",
}  # fmt: skip
CURRENCIES = _codes("""AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP
    BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR
    FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES
    KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK
    MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD
    SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX
    USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XAG XAU XBA XBB XBC XBD XCD XCG XDR XOF XPD XPF XPT
    XSU XTS XUA XXX YER ZAR ZMW ZWG ZWL""")
# Currencies whose amounts have no decimals; those with three cannot be kept in hundredths.
WHOLE_CURRENCIES = _codes("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF")
COUNTRIES = _codes("""AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS
    BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG
    EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR
    HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR
    LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG
    NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE
    SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA
    UG UM US UY UZ VA VC VE VG VI VN VU WF WS XI YE YT ZA ZM ZW 1A XK""")
VAT_CATEGORIES = {
    "S": "taux normal ou réduit",
    "Z": "taux zéro",
    "E": "exonération",
    "AE": "autoliquidation",
    "K": "livraison intracommunautaire",
    "G": "exportation",
    "O": "hors champ de la TVA",
    "L": "IGIC des Canaries",
    "M": "IPSI de Ceuta et Melilla",
    "B": "TVA transférée (Italie)",
}
VAT_POINT_CODES = frozenset({"3", "35", "432", "5", "29", "72"})
PAYMENT_MEANS = frozenset({*map(str, range(1, 71)), "74", "75", "76", "77", "78", "91", "92", "93",
                           "94", "95", "96", "97", "98", "ZZZ"})  # fmt: skip
CREDIT_TRANSFERS = frozenset({"30", "58"})
DIRECT_DEBITS = frozenset({"49", "59"})
ATTACHMENT_TYPES = frozenset(
    {
        "application/pdf",
        "image/png",
        "image/jpeg",
        "text/csv",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.oasis.opendocument.spreadsheet",
        "application/xml",
        "text/xml",
    }
)
# UNTDID 5189 and 7161: reasons of discounts and charges.
ALLOWANCE_REASONS = _codes("""41 42 60 62 63 64 65 66 67 68 70 71 88 95 100 102 103 104 105""")
UNASSIGNED = frozenset({"0181", "0182"})  # of ISO 6523
# UNTDID 7143: classes of items.
ITEM_CLASSES = _codes("""AA AB AC AD AE AF AG AH AI AJ AK AL AM AN AO AP AQ AR AS AT AU AV AW AX AY AZ BA BB BC BD BE BF BG
    BH BI BJ BK BL BM BN BO BP BQ BR BS BT BU BV BW BX BY BZ CC CG CL CR CV DR DW EC EF EMD EN FS GB GMN
    GN GS HS IB IN IS IT IZ MA MF MN MP NB ON PD PL PO PPI PV QS RC RN RU RY SA SG SK SN SRS SRT SRU SRV
    SRW SRX SRY SRZ SS SSA SSB SSC SSD SSE SSF SSG SSH SSI SSJ SSK SSL SSM SSN SSO SSP SSQ SSR SSS SST
    SSU SSV SSW SSX SSY SSZ ST STA STB STC STD STE STF STG STH STI STJ STK STL STM STN STO STP STQ STR
    STS STT STU STV STW STX STY STZ SUA SUB SUC SUD SUE SUF SUG SUH SUI SUJ SUK SUL SUM TG TSN TSO TSP
    TSQ TSR TSS TST TSU UA UP VN VP VS VX ZZZ""")


def is_iso6523(scheme: str) -> bool:
    """Say whether a scheme has the shape of the ISO 6523 list: four digits, within those assigned."""
    return (
        len(scheme) == 4
        and scheme.isascii()
        and scheme.isdigit()
        and 2 <= int(scheme) <= 250
        and scheme not in UNASSIGNED
    )


def is_electronic_address_scheme(scheme: str) -> bool:
    """Say whether a scheme is of the list of electronic addresses: ISO 6523, 99xx, or a network's."""
    return (
        is_iso6523(scheme)
        or (len(scheme) == 4 and scheme.startswith("99") and scheme.isdigit() and scheme <= "9959")
        or scheme in {"AN", "AQ", "AS", "AU", "EM"}
    )


def is_reason_code(code: str, *, charge: bool) -> bool:
    if not charge:
        return code in ALLOWANCE_REASONS
    return 1 <= len(code) <= 3 and code.isascii() and code.isalnum() and code.upper() == code


def type_label(type_code: str) -> str:
    """Word a type of document: « facture rectificative »."""
    return INVOICE_TYPES.get(type_code) or CREDIT_NOTE_TYPES.get(type_code) or "facture"
