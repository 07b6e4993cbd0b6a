"""Small electronic invoices written by tests: CII, UBL, statuses, and PDFs that carry them."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Mapping, Sequence
from decimal import Decimal
from html import escape

import pikepdf

CEFACT = "urn:un:unece:uncefact:data:standard:"
SELLER = ("Négoce SA", "732829320")
BUYER = ("Dupont et Fils SARL", "552100554")
FRENCH_KEY = 12


def vat_number(siren: str) -> str:
    """Return the French VAT number of a SIREN: its key is (12 + 3 × (SIREN mod 97)) mod 97."""
    return f"FR{(FRENCH_KEY + 3 * (int(siren) % 97)) % 97:02d}{siren}"


def cii(
    number: str = "F-1",
    *,
    amount: str = "120.00",
    issued: str = "20260105",
    due: str = "20260204",
    kind: str = "380",
    currency: str = "EUR",
    seller: tuple[str, str] = SELLER,
    buyer: tuple[str, str] = BUYER,
    buyer_id: str = "",
    prepaid: str = "0.00",
    payable: str | None = None,
    terms: str = "",
    preceding: Sequence[tuple[str, str]] = (),
    attachments: Mapping[str, bytes] | None = None,
    profile: str = "urn:cen.eu:en16931:2017",
    payee: str = "",
    extra: str = "",
) -> bytes:
    """Write an invoice of one line at 20 %; `amount` includes VAT. A blank SIREN is not written."""
    gross = Decimal(amount)
    net = (gross / Decimal("1.2")).quantize(Decimal("0.01"))
    due_amount = payable if payable is not None else str(gross - Decimal(prepaid))
    files = "".join(
        f"""<ram:AdditionalReferencedDocument><ram:IssuerAssignedID>{escape(name)}</ram:IssuerAssignedID>
        <ram:TypeCode>916</ram:TypeCode><ram:AttachmentBinaryObject mimeCode="application/pdf"
        filename="{escape(name)}">{base64.b64encode(content).decode()}</ram:AttachmentBinaryObject>
        </ram:AdditionalReferencedDocument>"""
        for name, content in (attachments or {}).items()
    )
    before = "".join(
        f"""<ram:InvoiceReferencedDocument><ram:IssuerAssignedID>{ref}</ram:IssuerAssignedID>
        <ram:FormattedIssueDateTime><qdt:DateTimeString format="102">{on}</qdt:DateTimeString>
        </ram:FormattedIssueDateTime></ram:InvoiceReferencedDocument>"""
        for ref, on in preceding
    )
    paid_to = (
        f"<ram:PayeeTradeParty><ram:Name>{payee}</ram:Name></ram:PayeeTradeParty>" if payee else ""
    )
    due_day = (
        f'<ram:DueDateDateTime><udt:DateTimeString format="102">{due}</udt:DateTimeString>'
        "</ram:DueDateDateTime>"
        if due
        else ""
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice xmlns:rsm="{CEFACT}CrossIndustryInvoice:100"
 xmlns:ram="{CEFACT}ReusableAggregateBusinessInformationEntity:100"
 xmlns:qdt="{CEFACT}QualifiedDataType:100" xmlns:udt="{CEFACT}UnqualifiedDataType:100">
 <rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter>
  <ram:ID>{profile}</ram:ID></ram:GuidelineSpecifiedDocumentContextParameter>
 </rsm:ExchangedDocumentContext>
 <rsm:ExchangedDocument><ram:ID>{number}</ram:ID><ram:TypeCode>{kind}</ram:TypeCode>
  <ram:IssueDateTime><udt:DateTimeString format="102">{issued}</udt:DateTimeString>
  </ram:IssueDateTime></rsm:ExchangedDocument>
 <rsm:SupplyChainTradeTransaction>
  <ram:IncludedSupplyChainTradeLineItem>
   <ram:AssociatedDocumentLineDocument><ram:LineID>1</ram:LineID></ram:AssociatedDocumentLineDocument>
   <ram:SpecifiedTradeProduct><ram:Name>Fournitures</ram:Name></ram:SpecifiedTradeProduct>
   <ram:SpecifiedLineTradeAgreement><ram:NetPriceProductTradePrice>
    <ram:ChargeAmount>{abs(net)}</ram:ChargeAmount></ram:NetPriceProductTradePrice>
   </ram:SpecifiedLineTradeAgreement>
   <ram:SpecifiedLineTradeDelivery><ram:BilledQuantity unitCode="C62">{1 if net >= 0 else -1}</ram:BilledQuantity>
   </ram:SpecifiedLineTradeDelivery>
   <ram:SpecifiedLineTradeSettlement><ram:ApplicableTradeTax><ram:TypeCode>VAT</ram:TypeCode>
    <ram:CategoryCode>S</ram:CategoryCode><ram:RateApplicablePercent>20.00</ram:RateApplicablePercent>
    </ram:ApplicableTradeTax><ram:SpecifiedTradeSettlementLineMonetarySummation>
    <ram:LineTotalAmount>{net}</ram:LineTotalAmount></ram:SpecifiedTradeSettlementLineMonetarySummation>
   </ram:SpecifiedLineTradeSettlement>
  </ram:IncludedSupplyChainTradeLineItem>
  <ram:ApplicableHeaderTradeAgreement>
   {_cii_party("Seller", *seller)}{_cii_party("Buyer", *buyer, plain=buyer_id)}
   <ram:BuyerOrderReferencedDocument><ram:IssuerAssignedID>BC-77</ram:IssuerAssignedID>
   </ram:BuyerOrderReferencedDocument>{files}
  </ram:ApplicableHeaderTradeAgreement>
  <ram:ApplicableHeaderTradeDelivery/>
  <ram:ApplicableHeaderTradeSettlement>
   <ram:InvoiceCurrencyCode>{currency}</ram:InvoiceCurrencyCode>{paid_to}
   <ram:ApplicableTradeTax><ram:CalculatedAmount>{gross - net}</ram:CalculatedAmount>
    <ram:TypeCode>VAT</ram:TypeCode><ram:BasisAmount>{net}</ram:BasisAmount>
    <ram:CategoryCode>S</ram:CategoryCode><ram:RateApplicablePercent>20.00</ram:RateApplicablePercent>
   </ram:ApplicableTradeTax>
   <ram:SpecifiedTradePaymentTerms><ram:Description>{terms}</ram:Description>{due_day}
   </ram:SpecifiedTradePaymentTerms>
   <ram:SpecifiedTradeSettlementHeaderMonetarySummation>
    <ram:LineTotalAmount>{net}</ram:LineTotalAmount>
    <ram:TaxBasisTotalAmount>{net}</ram:TaxBasisTotalAmount>
    <ram:TaxTotalAmount currencyID="{currency}">{gross - net}</ram:TaxTotalAmount>
    <ram:GrandTotalAmount>{gross}</ram:GrandTotalAmount>
    <ram:TotalPrepaidAmount>{prepaid}</ram:TotalPrepaidAmount>
    <ram:DuePayableAmount>{due_amount}</ram:DuePayableAmount>
   </ram:SpecifiedTradeSettlementHeaderMonetarySummation>{before}{extra}
  </ram:ApplicableHeaderTradeSettlement>
 </rsm:SupplyChainTradeTransaction>
</rsm:CrossIndustryInvoice>""".encode()


def _cii_party(role: str, name: str, siren: str, *, plain: str = "") -> str:
    legal = vat = ""
    if siren:
        legal = f"""<ram:SpecifiedLegalOrganization><ram:ID schemeID="0002">{siren}</ram:ID>
        </ram:SpecifiedLegalOrganization>"""
        vat = f"""<ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">{vat_number(siren)}</ram:ID>
        </ram:SpecifiedTaxRegistration>"""
    number = f"<ram:ID>{plain}</ram:ID>" if plain else ""
    return f"""<ram:{role}TradeParty>{number}<ram:Name>{escape(name)}</ram:Name>{legal}
     <ram:PostalTradeAddress><ram:PostcodeCode>35000</ram:PostcodeCode>
      <ram:LineOne>4 rue des Lices</ram:LineOne><ram:CityName>Rennes</ram:CityName>
      <ram:CountryID>FR</ram:CountryID></ram:PostalTradeAddress>{vat}</ram:{role}TradeParty>"""


def ubl(
    number: str = "F-1",
    *,
    amount: str = "120.00",
    issued: str = "2026-01-05",
    due: str = "2026-02-04",
    credit: bool = False,
    seller: tuple[str, str] = SELLER,
    buyer: tuple[str, str] = BUYER,
    preceding: str = "",
) -> bytes:
    """Write a UBL invoice or credit note of one line at 20 %; `amount` includes VAT."""
    root = "CreditNote" if credit else "Invoice"
    gross = Decimal(amount)
    net = (gross / Decimal("1.2")).quantize(Decimal("0.01"))
    kind = (
        "<cbc:CreditNoteTypeCode>381</cbc:CreditNoteTypeCode>"
        if credit
        else ("<cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>")
    )
    due_day = f"<cbc:DueDate>{due}</cbc:DueDate>" if due and not credit else ""
    before = (
        "<cac:BillingReference><cac:InvoiceDocumentReference>"
        f"<cbc:ID>{preceding}</cbc:ID></cac:InvoiceDocumentReference></cac:BillingReference>"
        if preceding
        else ""
    )
    quantity = "CreditedQuantity" if credit else "InvoicedQuantity"
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<{root} xmlns="urn:oasis:names:specification:ubl:schema:xsd:{root}-2"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
 <cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID>
 <cbc:ID>{number}</cbc:ID><cbc:IssueDate>{issued}</cbc:IssueDate>{due_day}{kind}
 <cbc:Note>#PMT#Indemnité forfaitaire de 40 €</cbc:Note>
 <cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>{before}
 {_ubl_party("Supplier", *seller)}{_ubl_party("Customer", *buyer)}
 <cac:TaxTotal><cbc:TaxAmount currencyID="EUR">{gross - net}</cbc:TaxAmount>
  <cac:TaxSubtotal><cbc:TaxableAmount currencyID="EUR">{net}</cbc:TaxableAmount>
   <cbc:TaxAmount currencyID="EUR">{gross - net}</cbc:TaxAmount>
   <cac:TaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>20</cbc:Percent>
    <cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal>
 <cac:LegalMonetaryTotal><cbc:LineExtensionAmount currencyID="EUR">{net}</cbc:LineExtensionAmount>
  <cbc:TaxExclusiveAmount currencyID="EUR">{net}</cbc:TaxExclusiveAmount>
  <cbc:TaxInclusiveAmount currencyID="EUR">{gross}</cbc:TaxInclusiveAmount>
  <cbc:PayableAmount currencyID="EUR">{gross}</cbc:PayableAmount></cac:LegalMonetaryTotal>
 <cac:{root}Line><cbc:ID>1</cbc:ID><cbc:{quantity} unitCode="C62">1</cbc:{quantity}>
  <cbc:LineExtensionAmount currencyID="EUR">{net}</cbc:LineExtensionAmount>
  <cac:Item><cbc:Name>Fournitures</cbc:Name><cac:ClassifiedTaxCategory><cbc:ID>S</cbc:ID>
   <cbc:Percent>20</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>
   </cac:ClassifiedTaxCategory></cac:Item>
  <cac:Price><cbc:PriceAmount currencyID="EUR">{net}</cbc:PriceAmount></cac:Price></cac:{root}Line>
</{root}>""".encode()


def _ubl_party(role: str, name: str, siren: str) -> str:
    return f"""<cac:Accounting{role}Party><cac:Party>
  <cac:PostalAddress><cbc:StreetName>4 rue des Lices</cbc:StreetName><cbc:CityName>Rennes</cbc:CityName>
   <cbc:PostalZone>35000</cbc:PostalZone><cac:Country><cbc:IdentificationCode>FR</cbc:IdentificationCode>
   </cac:Country></cac:PostalAddress>
  <cac:PartyTaxScheme><cbc:CompanyID>{vat_number(siren)}</cbc:CompanyID>
   <cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>
  <cac:PartyLegalEntity><cbc:RegistrationName>{name}</cbc:RegistrationName>
   <cbc:CompanyID schemeID="0002">{siren}</cbc:CompanyID></cac:PartyLegalEntity>
 </cac:Party></cac:Accounting{role}Party>"""


def cdar(
    code: str,
    number: str = "F-1",
    *,
    issued: str = "20260105",
    at: str = "20260110100000",
    seller: str = SELLER[1],
    reason: tuple[str, str] | None = None,
    amount: str = "",
    message_id: str = "MSG-1",
) -> bytes:
    """Write the status of an invoice."""
    why = (
        f"<ram:ReasonCode>{reason[0]}</ram:ReasonCode><ram:Reason>{escape(reason[1])}</ram:Reason>"
        if reason
        else ""
    )
    sum_ = (
        "<ram:SpecifiedDocumentCharacteristic><ram:TypeCode>MEN</ram:TypeCode>"
        f'<ram:ValueAmount currencyID="EUR">{amount}</ram:ValueAmount>'
        "</ram:SpecifiedDocumentCharacteristic>"
        if amount
        else ""
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossDomainAcknowledgementAndResponse
 xmlns:rsm="{CEFACT}CrossDomainAcknowledgementAndResponse:100"
 xmlns:ram="{CEFACT}ReusableAggregateBusinessInformationEntity:100"
 xmlns:qdt="{CEFACT}QualifiedDataType:100" xmlns:udt="{CEFACT}UnqualifiedDataType:100">
 <rsm:ExchangedDocument><ram:ID>{message_id}</ram:ID>
  <ram:IssuerTradeParty><ram:Name>Dupont et Fils SARL</ram:Name><ram:RoleCode>BY</ram:RoleCode>
  </ram:IssuerTradeParty></rsm:ExchangedDocument>
 <rsm:AcknowledgementDocument>
  <ram:IssueDateTime><udt:DateTimeString format="204">{at}</udt:DateTimeString></ram:IssueDateTime>
  <ram:ReferenceReferencedDocument><ram:IssuerAssignedID>{number}</ram:IssuerAssignedID>
   <ram:TypeCode>380</ram:TypeCode>
   <ram:FormattedIssueDateTime><qdt:DateTimeString format="102">{issued}</qdt:DateTimeString>
   </ram:FormattedIssueDateTime>
   <ram:ProcessConditionCode>{code}</ram:ProcessConditionCode>
   <ram:IssuerTradeParty><ram:GlobalID schemeID="0002">{seller}</ram:GlobalID></ram:IssuerTradeParty>
   <ram:SpecifiedDocumentStatus>{why}{sum_}</ram:SpecifiedDocumentStatus>
  </ram:ReferenceReferencedDocument>
 </rsm:AcknowledgementDocument>
</rsm:CrossDomainAcknowledgementAndResponse>""".encode()


def factur_x(xml: bytes, *, others: Mapping[str, bytes] | None = None) -> bytes:
    """Return a PDF of one blank page that carries an invoice, and other files."""
    pdf = pikepdf.new()
    pdf.add_blank_page()
    for name, content in {"factur-x.xml": xml, **(others or {})}.items():
        pdf.attachments[name] = pikepdf.AttachedFileSpec(pdf, content, filename=name)
    stream = io.BytesIO()
    pdf.save(stream)
    return stream.getvalue()


def archive(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in files.items():
            zipped.writestr(name, content)
    return stream.getvalue()
