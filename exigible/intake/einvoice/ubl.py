"""UBL 2.1 invoices and credit notes: Peppol, XRechnung and the reform.

Elements are those of a tree without namespaces (`xml.without_namespaces`). UBL has one field for a
note and none for its subject: the reform writes « #PMD#… » in front of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from lxml import etree

from exigible.intake.einvoice.attached import decoded
from exigible.intake.einvoice.fields import Reader, identifier_of, text_of
from exigible.intake.einvoice.model import (
    CREDIT_TYPES,
    Address,
    AllowanceCharge,
    Attachment,
    Discount,
    Identifier,
    Instalment,
    Invoice,
    Line,
    Note,
    Party,
    PaymentMeans,
    Period,
    Reference,
    Syntax,
    Totals,
    VatLine,
    profile_of,
)
from exigible.intake.problems import Problems

E = etree._Element
_SUBJECT = re.compile(r"#([A-Z]{3})#")
# XRechnung writes its discounts in the terms: « #SKONTO#TAGE=14#PROZENT=2.25# ».
_SKONTO = re.compile(r"#SKONTO#TAGE=([0-9]{1,3})#PROZENT=([0-9]{1,2}\.[0-9]{2})#")


def read(root: E, problems: Problems) -> Invoice:
    """Return the invoice or the credit note below a root, `Invoice` or `CreditNote`."""
    return _Ubl(problems).read(root)


class _Ubl(Reader):
    def read(self, root: E) -> Invoice:
        credit = root.tag == "CreditNote"
        specification = self.text(root, "CustomizationID")
        invoice = Invoice(
            syntax=Syntax.UBL,
            specification=specification,
            profile=profile_of(specification),
            process=self.text(root, "ProfileID"),
            number=self.text(root, "ID", as_="number"),
            issued_on=self.day(root, "IssueDate", as_="issued_on"),
            type_code=self.text(
                root, "CreditNoteTypeCode" if credit else "InvoiceTypeCode", as_="type_code"
            ),
            currency=self.text(root, "DocumentCurrencyCode", as_="currency"),
            vat_currency=self.text(root, "TaxCurrencyCode"),
            vat_point_on=self.day(root, "TaxPointDate"),
            vat_point_code=self.text(root, "InvoicePeriod/DescriptionCode"),
            due_on=self.day(root, "DueDate", as_="due_on")
            or self.day(root, "PaymentMeans/PaymentDueDate", as_="due_on"),
            buyer_reference=self.text(root, "BuyerReference"),
            accounting_reference=self.text(root, "AccountingCost"),
            project=self.text(root, "ProjectReference/ID"),
            contract=self.text(root, "ContractDocumentReference/ID"),
            order=self.text(root, "OrderReference/ID"),
            sales_order=self.text(root, "OrderReference/SalesOrderID"),
            receipt=self.text(root, "ReceiptDocumentReference/ID"),
            despatch=self.text(root, "DespatchDocumentReference/ID"),
            tender=self.text(root, "OriginatorDocumentReference/ID"),
            notes=[self._note(one) for one in root.iterfind("Note")],
            seller=self._party(root.find("AccountingSupplierParty/Party"), "seller"),
            buyer=self._party(root.find("AccountingCustomerParty/Party"), "buyer"),
            payee=self._party(root.find("PayeeParty"), "payee"),
            tax_representative=self._party(
                root.find("TaxRepresentativeParty"), "tax_representative"
            ),
            period=self._period(root.find("InvoicePeriod")),
            means=[self._means(one) for one in root.iterfind("PaymentMeans")],
            remittance=self.text(root, "PaymentMeans/PaymentID"),
            allowances=[self._allowance(one) for one in root.iterfind("AllowanceCharge")],
        )
        invoice.is_credit_note = credit or invoice.type_code in CREDIT_TYPES
        self._terms(invoice, root)
        self._delivery(invoice, root.find("Delivery"))
        self._documents(invoice, root)
        self._taxes(invoice, root)
        self._creditor(invoice)
        invoice.lines = [
            self._line(one, credit)
            for one in root.iterfind("CreditNoteLine" if credit else "InvoiceLine")
        ]
        invoice.at = self.at
        return invoice

    def _note(self, element: E) -> Note:
        text = text_of(element)
        found = _SUBJECT.match(text)
        return Note(text[found.end() :].strip(), found[1]) if found else Note(text)

    def _terms(self, invoice: Invoice, root: E) -> None:
        texts = []
        for terms in root.iterfind("PaymentTerms"):
            texts += [text_of(note) for note in terms.iterfind("Note")]
            due_on = self.day(terms, "PaymentDueDate")
            if due_on is not None:  # instalments, in extended profiles
                invoice.instalments.append(
                    Instalment(due_on=due_on, amount=self.amount(terms, "Amount"))
                )
        invoice.terms = "\n".join(text for text in texts if text)
        for found in _SKONTO.finditer(invoice.terms):
            invoice.discounts.append(Discount(days=int(found[1]), percent=Decimal(found[2])))
        if invoice.due_on is None and invoice.instalments:
            invoice.due_on = max(one.due_on for one in invoice.instalments)

    def _delivery(self, invoice: Invoice, delivery: E | None) -> None:
        if delivery is None:
            return
        invoice.delivered_on = self.day(delivery, "ActualDeliveryDate")
        location, party = delivery.find("DeliveryLocation"), delivery.find("DeliveryParty")
        if location is None and party is None:
            return
        self.at["delivery"] = delivery.sourceline or 0
        found = self.identifier(location, "ID")
        invoice.delivery = Party(
            name=self.text(party, "PartyName/Name"),
            ids=[found] if found else [],
            address=self._address(None if location is None else location.find("Address")),
        )

    def _documents(self, invoice: Invoice, root: E) -> None:
        for reference in root.iterfind("BillingReference"):
            self.at.setdefault("preceding", reference.sourceline or 0)
            document = reference.find("InvoiceDocumentReference")
            invoice.preceding.append(
                Reference(self.text(document, "ID"), self.day(document, "IssueDate"))
            )
        for document in root.iterfind("AdditionalDocumentReference"):
            if self.text(document, "DocumentTypeCode") == "130":
                invoice.object = invoice.object or self.text(document, "ID")
                continue
            content, media_type, filename = decoded(
                document.find("Attachment/EmbeddedDocumentBinaryObject"), self.problems
            )
            invoice.attachments.append(
                Attachment(
                    reference=self.text(document, "ID"),
                    description=self.text(document, "DocumentDescription"),
                    uri=self.text(document, "Attachment/ExternalReference/URI"),
                    content=content,
                    media_type=media_type,
                    filename=filename,
                    at=document.sourceline,
                )
            )

    def _taxes(self, invoice: Invoice, root: E) -> None:
        invoice.totals = totals = self._totals(root.find("LegalMonetaryTotal"))
        for tax in root.iterfind("TaxTotal"):
            amount = tax.find("TaxAmount")
            if amount is not None:
                totals = totals or Totals()
                invoice.totals = totals
                currency = amount.get("currencyID", invoice.currency)
                if currency != invoice.currency and currency == invoice.vat_currency:
                    totals.vat_accounting = self.amount_of(amount)
                elif totals.vat is None:
                    totals.vat = self.amount_of(amount, as_="vat")
                elif self.amount_of(amount, as_="vat") != totals.vat:
                    totals.vat_repeated = True
            invoice.vat += [self._vat(one) for one in tax.iterfind("TaxSubtotal")]

    def _creditor(self, invoice: Invoice) -> None:
        """The direct-debit creditor's identifier stands among those of the seller or the payee."""
        for party in (invoice.seller, invoice.payee):
            if party is not None:
                found = [one for one in party.ids if one.scheme == "SEPA"]
                party.ids = [one for one in party.ids if one.scheme != "SEPA"]
                if found and not invoice.creditor_identifier:
                    invoice.creditor_identifier = found[0].value

    # --- parties ---------------------------------------------------------------------------------

    def _party(self, element: E | None, as_: str) -> Party | None:
        if element is None:
            return None
        self.at[as_] = element.sourceline or 0
        vat = tax = ""
        for scheme in element.iterfind("PartyTaxScheme"):
            if self.text(scheme, "TaxScheme/ID").upper() == "VAT":
                vat = vat or self.text(scheme, "CompanyID")
            else:
                tax = tax or self.text(scheme, "CompanyID")
        legal, trade = (
            self.text(element, "PartyLegalEntity/RegistrationName"),
            self.text(element, "PartyName/Name"),
        )
        ids = [
            found
            for one in element.iterfind("PartyIdentification/ID")
            if (found := identifier_of(one))
        ]
        return Party(
            name=legal or (trade if as_ in ("payee", "tax_representative") else ""),
            trade_name=trade,
            ids=ids,
            legal_id=self.identifier(element, "PartyLegalEntity/CompanyID"),
            vat_number=vat,
            tax_number=tax,
            legal_text=self.text(element, "PartyLegalEntity/CompanyLegalForm"),
            endpoint=self.identifier(element, "EndpointID"),
            address=self._address(element.find("PostalAddress")),
            contact_name=self.text(element, "Contact/Name"),
            phone=self.text(element, "Contact/Telephone"),
            email=self.text(element, "Contact/ElectronicMail"),
        )

    def _address(self, element: E | None) -> Address | None:
        if element is None:
            return None
        return Address(
            line1=self.text(element, "StreetName"),
            line2=self.text(element, "AdditionalStreetName"),
            line3=self.text(element, "AddressLine/Line"),
            postcode=self.text(element, "PostalZone"),
            city=self.text(element, "CityName"),
            subdivision=self.text(element, "CountrySubentity"),
            country=self.text(element, "Country/IdentificationCode"),
        )

    # --- payment, amounts ------------------------------------------------------------------------

    def _means(self, element: E) -> PaymentMeans:
        account, card = element.find("PayeeFinancialAccount"), element.find("CardAccount")
        code = element.find("PaymentMeansCode")
        return PaymentMeans(
            code="" if code is None else text_of(code),
            text="" if code is None else (code.get("name") or "").strip(),
            iban=self.text(account, "ID"),
            account_name=self.text(account, "Name"),
            bic=self.text(account, "FinancialInstitutionBranch/ID"),
            has_account=account is not None,
            card_number=None if card is None else self.text(card, "PrimaryAccountNumberID"),
            mandate=self.text(element, "PaymentMandate/ID"),
            debited_iban=self.text(element, "PaymentMandate/PayerFinancialAccount/ID"),
            at=element.sourceline,
        )

    def _vat(self, element: E) -> VatLine:
        category = element.find("TaxCategory")
        return VatLine(
            base=self.amount(element, "TaxableAmount"),
            tax=self.amount(element, "TaxAmount"),
            category=self.text(category, "ID"),
            rate=self.amount(category, "Percent"),
            reason="\n".join(
                text_of(one) for one in element.iterfind("TaxCategory/TaxExemptionReason")
            ),
            reason_code=self.text(category, "TaxExemptionReasonCode"),
            at=element.sourceline,
        )

    def _allowance(self, element: E) -> AllowanceCharge:
        return AllowanceCharge(
            is_charge=self.text(element, "ChargeIndicator").lower() in ("true", "1"),
            amount=self.amount(element, "Amount"),
            base=self.amount(element, "BaseAmount"),
            percent=self.amount(element, "MultiplierFactorNumeric"),
            category=self.text(element, "TaxCategory/ID"),
            rate=self.amount(element, "TaxCategory/Percent"),
            reason=self.text(element, "AllowanceChargeReason"),
            reason_code=self.text(element, "AllowanceChargeReasonCode"),
            at=element.sourceline,
        )

    def _totals(self, element: E | None) -> Totals | None:
        if element is None:
            return None
        self.at["totals"] = element.sourceline or 0
        return Totals(
            lines=self.amount(element, "LineExtensionAmount"),
            allowances=self.amount(element, "AllowanceTotalAmount"),
            charges=self.amount(element, "ChargeTotalAmount"),
            net=self.amount(element, "TaxExclusiveAmount"),
            gross=self.amount(element, "TaxInclusiveAmount"),
            prepaid=self.amount(element, "PrepaidAmount"),
            rounding=self.amount(element, "PayableRoundingAmount"),
            payable=self.amount(element, "PayableAmount", as_="payable"),
        )

    def _period(self, element: E | None) -> Period | None:
        if element is None:
            return None
        return Period(
            starts_on=self.day(element, "StartDate"), ends_on=self.day(element, "EndDate")
        )

    # --- lines -----------------------------------------------------------------------------------

    def _line(self, element: E, credit: bool) -> Line:
        item, price = element.find("Item"), element.find("Price")
        quantity = element.find("CreditedQuantity" if credit else "InvoicedQuantity")
        category = None if item is None else item.find("ClassifiedTaxCategory")
        return Line(
            id=self.text(element, "ID"),
            kind=self.text(
                element, "BillingReference/InvoiceDocumentReference/DocumentStatusCode"
            ).upper(),
            quantity=None if quantity is None else self.amount_of(quantity),
            unit="" if quantity is None else (quantity.get("unitCode") or "").strip(),
            net=self.amount(element, "LineExtensionAmount"),
            name=self.text(item, "Name"),
            description=self.text(item, "Description"),
            price=self.amount(price, "PriceAmount"),
            gross_price=self.amount(price, "AllowanceCharge/BaseAmount"),
            price_quantity=self.amount(price, "BaseQuantity"),
            category=self.text(category, "ID"),
            rate=self.amount(category, "Percent"),
            allowances=[self._allowance(one) for one in element.iterfind("AllowanceCharge")],
            period=self._period(element.find("InvoicePeriod")),
            item_id=self.identifier(item, "StandardItemIdentification/ID"),
            classes=list(self._classes(item)),
            origin_country=self.text(item, "OriginCountry/IdentificationCode"),
            attributes=[]
            if item is None
            else [
                (self.text(one, "Name"), self.text(one, "Value"))
                for one in item.iterfind("AdditionalItemProperty")
            ],
            at=element.sourceline,
        )

    def _classes(self, item: E | None) -> Iterator[Identifier]:
        if item is not None:
            for one in item.iterfind("CommodityClassification/ItemClassificationCode"):
                yield Identifier(text_of(one), (one.get("listID") or "").strip())
