"""UN/CEFACT Cross Industry Invoice: the XML of Factur-X, ZUGFeRD 1 and 2, XRechnung and the reform.

ZUGFeRD 1 says the same things under other names of groups; both are read by one reader. Elements are
those of a tree without namespaces (`xml.without_namespaces`).
"""

from __future__ import annotations

from collections.abc import Iterator

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
    Profile,
    Reference,
    Syntax,
    Totals,
    VatLine,
    profile_of,
)
from exigible.intake.problems import Problems

E = etree._Element


class Names:
    """The names of the groups that changed between ZUGFeRD 1 and CII D16B."""

    context = "ExchangedDocumentContext"
    header = "ExchangedDocument"
    transaction = "SupplyChainTradeTransaction"
    agreement = "ApplicableHeaderTradeAgreement"
    delivery = "ApplicableHeaderTradeDelivery"
    settlement = "ApplicableHeaderTradeSettlement"
    summation = "SpecifiedTradeSettlementHeaderMonetarySummation"
    line_agreement = "SpecifiedLineTradeAgreement"
    line_delivery = "SpecifiedLineTradeDelivery"
    line_settlement = "SpecifiedLineTradeSettlement"
    line_summation = "SpecifiedTradeSettlementLineMonetarySummation"
    rate = "RateApplicablePercent"
    scheme = "FormattedIssueDateTime/DateTimeString"


class Zugferd1Names(Names):
    context = "SpecifiedExchangedDocumentContext"
    header = "HeaderExchangedDocument"
    transaction = "SpecifiedSupplyChainTradeTransaction"
    agreement = "ApplicableSupplyChainTradeAgreement"
    delivery = "ApplicableSupplyChainTradeDelivery"
    settlement = "ApplicableSupplyChainTradeSettlement"
    summation = "SpecifiedTradeSettlementMonetarySummation"
    line_agreement = "SpecifiedSupplyChainTradeAgreement"
    line_delivery = "SpecifiedSupplyChainTradeDelivery"
    line_settlement = "SpecifiedSupplyChainTradeSettlement"
    line_summation = "SpecifiedTradeSettlementMonetarySummation"
    rate = "ApplicablePercent"
    scheme = "IssueDateTime"


def read(root: E, problems: Problems) -> Invoice:
    """Return the invoice below a root, `CrossIndustryInvoice` or ZUGFeRD 1's."""
    old = root.tag == "CrossIndustryDocument"
    return _Cii(Zugferd1Names() if old else Names(), problems).read(
        root, Syntax.ZUGFERD1 if old else Syntax.CII
    )


class _Cii(Reader):
    def __init__(self, names: Names, problems: Problems) -> None:
        super().__init__(problems)
        self.n = names

    def read(self, root: E, syntax: Syntax) -> Invoice:
        n = self.n
        context, header = root.find(n.context), root.find(n.header)
        transaction = root.find(n.transaction)
        agreement = delivery = settlement = None
        if transaction is not None:
            agreement = transaction.find(n.agreement)
            delivery = transaction.find(n.delivery)
            settlement = transaction.find(n.settlement)
        specification = self.text(context, "GuidelineSpecifiedDocumentContextParameter/ID")
        invoice = Invoice(
            syntax=syntax,
            specification=specification,
            profile=Profile.ZUGFERD1 if syntax is Syntax.ZUGFERD1 else profile_of(specification),
            process=self.text(context, "BusinessProcessSpecifiedDocumentContextParameter/ID"),
            number=self.text(header, "ID", as_="number"),
            issued_on=self.day(header, "IssueDateTime/DateTimeString", as_="issued_on"),
            type_code=self.text(header, "TypeCode", as_="type_code"),
            notes=self._notes(header),
        )
        invoice.is_credit_note = invoice.type_code in CREDIT_TYPES
        self._agreement(invoice, agreement)
        self._delivery(invoice, delivery)
        self._settlement(invoice, settlement)
        if transaction is not None:
            invoice.lines = [
                self._line(item)
                for item in transaction.iterfind("IncludedSupplyChainTradeLineItem")
            ]
            if syntax is Syntax.ZUGFERD1:  # a line of text has no amount
                for line in invoice.lines:
                    if line.net is None and line.quantity is None:
                        line.kind = "INFORMATION"
        invoice.at = self.at
        return invoice

    def _notes(self, header: E | None) -> list[Note]:
        if header is None:
            return []
        return [
            Note(
                "\n".join(text_of(one) for one in note.iterfind("Content")),
                self.text(note, "SubjectCode"),
            )
            for note in header.iterfind("IncludedNote")
        ]

    # --- agreement, delivery ----------------------------------------------------------------------

    def _agreement(self, invoice: Invoice, agreement: E | None) -> None:
        if agreement is None:
            return
        invoice.buyer_reference = self.text(agreement, "BuyerReference")
        invoice.seller = self._party(agreement.find("SellerTradeParty"), "seller")
        invoice.buyer = self._party(agreement.find("BuyerTradeParty"), "buyer")
        invoice.tax_representative = self._party(
            agreement.find("SellerTaxRepresentativeTradeParty"), "tax_representative"
        )
        invoice.project = self.text(agreement, "SpecifiedProcuringProject/ID")
        invoice.contract = self._document(agreement, "ContractReferencedDocument")
        invoice.order = self._document(agreement, "BuyerOrderReferencedDocument")
        invoice.sales_order = self._document(agreement, "SellerOrderReferencedDocument")
        for document in agreement.iterfind("AdditionalReferencedDocument"):
            kind, number = self.text(document, "TypeCode"), self.text(document, "IssuerAssignedID")
            if kind == "130":
                invoice.object = invoice.object or number
            elif kind == "50":
                invoice.tender = invoice.tender or number
            else:
                invoice.attachments.append(self._attachment(document, number))

    def _document(self, element: E | None, group: str) -> str:
        return self.text(element, f"{group}/IssuerAssignedID") or self.text(element, f"{group}/ID")

    def _attachment(self, document: E, number: str) -> Attachment:
        binary = document.find("AttachmentBinaryObject")
        content, media_type, filename = decoded(binary, self.problems)
        return Attachment(
            reference=number or self.text(document, "ID"),
            description=self.text(document, "Name"),
            uri=self.text(document, "URIID"),
            content=content,
            media_type=media_type,
            filename=filename,
            at=document.sourceline,
        )

    def _delivery(self, invoice: Invoice, delivery: E | None) -> None:
        if delivery is None:
            return
        invoice.delivery = self._party(delivery.find("ShipToTradeParty"), "delivery")
        invoice.delivered_on = self.day(
            delivery, "ActualDeliverySupplyChainEvent/OccurrenceDateTime/DateTimeString"
        )
        invoice.despatch = self._document(
            delivery, "DespatchAdviceReferencedDocument"
        ) or self._document(delivery, "DeliveryNoteReferencedDocument")
        invoice.receipt = self._document(delivery, "ReceivingAdviceReferencedDocument")

    # --- parties ---------------------------------------------------------------------------------

    def _party(self, element: E | None, as_: str) -> Party | None:
        if element is None:
            return None
        self.at[as_] = element.sourceline or 0
        registrations = {
            (one.get("schemeID") or "").strip(): text_of(one)
            for one in element.iterfind("SpecifiedTaxRegistration/ID")
        }
        ids = [
            found
            for path in ("GlobalID", "ID")
            for one in element.iterfind(path)
            if (found := identifier_of(one))
        ]
        contact = element.find("DefinedTradeContact")
        email = self.text(contact, "EmailURIUniversalCommunication/URIID")
        return Party(
            name=self.text(element, "Name"),
            trade_name=self.text(element, "SpecifiedLegalOrganization/TradingBusinessName"),
            ids=ids,
            legal_id=self.identifier(element, "SpecifiedLegalOrganization/ID"),
            vat_number=registrations.get("VA", registrations.get("VAT", "")),
            tax_number=registrations.get("FC", ""),
            legal_text=self.text(element, "Description"),
            endpoint=self.identifier(element, "URIUniversalCommunication/URIID"),
            address=self._address(element.find("PostalTradeAddress")),
            contact_name=self.text(contact, "PersonName") or self.text(contact, "DepartmentName"),
            phone=self.text(contact, "TelephoneUniversalCommunication/CompleteNumber"),
            email=email or self.text(contact, "EmailURIUniversalCommunication/CompleteNumber"),
        )

    def _address(self, element: E | None) -> Address | None:
        if element is None:
            return None
        return Address(
            line1=self.text(element, "LineOne"),
            line2=self.text(element, "LineTwo"),
            line3=self.text(element, "LineThree"),
            postcode=self.text(element, "PostcodeCode"),
            city=self.text(element, "CityName"),
            subdivision=self.text(element, "CountrySubDivisionName"),
            country=self.text(element, "CountryID"),
        )

    # --- settlement ------------------------------------------------------------------------------

    def _settlement(self, invoice: Invoice, settlement: E | None) -> None:
        if settlement is None:
            return
        invoice.creditor_identifier = self.text(settlement, "CreditorReferenceID")
        invoice.remittance = self.text(settlement, "PaymentReference")
        invoice.currency = self.text(settlement, "InvoiceCurrencyCode", as_="currency")
        invoice.vat_currency = self.text(settlement, "TaxCurrencyCode")
        invoice.payee = self._party(settlement.find("PayeeTradeParty"), "payee")
        invoice.accounting_reference = self.text(
            settlement, "ReceivableSpecifiedTradeAccountingAccount/ID"
        )
        invoice.period = self._period(settlement.find("BillingSpecifiedPeriod"))
        invoice.means = [
            self._means(one) for one in settlement.iterfind("SpecifiedTradeSettlementPaymentMeans")
        ]
        invoice.vat = [self._vat(one) for one in settlement.iterfind("ApplicableTradeTax")]
        for tax in settlement.iterfind("ApplicableTradeTax"):
            invoice.vat_point_on = invoice.vat_point_on or self.day(tax, "TaxPointDate/DateString")
            invoice.vat_point_code = invoice.vat_point_code or self.text(tax, "DueDateTypeCode")
        invoice.allowances = [
            self._allowance(one) for one in settlement.iterfind("SpecifiedTradeAllowanceCharge")
        ] + [self._logistics(one) for one in settlement.iterfind("SpecifiedLogisticsServiceCharge")]
        self._terms(invoice, settlement)
        invoice.totals = self._totals(settlement.find(self.n.summation), invoice)
        for document in settlement.iterfind("InvoiceReferencedDocument"):
            self.at.setdefault("preceding", document.sourceline or 0)
            number = self.text(document, "IssuerAssignedID") or self.text(document, "ID")
            on = self.day(document, self.n.scheme) or self.day(
                document, "FormattedIssueDateTime/DateTimeString"
            )
            invoice.preceding.append(Reference(number, on))

    def _means(self, element: E) -> PaymentMeans:
        account = element.find("PayeePartyCreditorFinancialAccount")
        card = element.find("ApplicableTradeSettlementFinancialCard")
        return PaymentMeans(
            code=self.text(element, "TypeCode"),
            text=self.text(element, "Information"),
            iban=self.text(account, "IBANID") or self.text(account, "ProprietaryID"),
            account_name=self.text(account, "AccountName"),
            bic=self.text(element, "PayeeSpecifiedCreditorFinancialInstitution/BICID"),
            has_account=account is not None,
            card_number=None if card is None else self.text(card, "ID"),
            debited_iban=self.text(element, "PayerPartyDebtorFinancialAccount/IBANID"),
            at=element.sourceline,
        )

    def _vat(self, element: E) -> VatLine:
        return VatLine(
            base=self.amount(element, "BasisAmount"),
            tax=self.amount(element, "CalculatedAmount"),
            category=self.text(element, "CategoryCode"),
            rate=self.amount(element, self.n.rate),
            reason=self.text(element, "ExemptionReason"),
            reason_code=self.text(element, "ExemptionReasonCode"),
            at=element.sourceline,
        )

    def _allowance(self, element: E) -> AllowanceCharge:
        indicator = self.text(element, "ChargeIndicator/Indicator") or self.text(
            element, "ChargeIndicator"
        )
        return AllowanceCharge(
            is_charge=indicator.lower() in ("true", "1"),
            amount=self.amount(element, "ActualAmount"),
            base=self.amount(element, "BasisAmount"),
            percent=self.amount(element, "CalculationPercent"),
            category=self.text(element, "CategoryTradeTax/CategoryCode"),
            rate=self.amount(element, f"CategoryTradeTax/{self.n.rate}"),
            reason=self.text(element, "Reason"),
            reason_code=self.text(element, "ReasonCode"),
            at=element.sourceline,
        )

    def _logistics(self, element: E) -> AllowanceCharge:
        """Shipping charges of the extended profiles: charges like others."""
        return AllowanceCharge(
            is_charge=True,
            amount=self.amount(element, "AppliedAmount"),
            category=self.text(element, "AppliedTradeTax/CategoryCode"),
            rate=self.amount(element, f"AppliedTradeTax/{self.n.rate}"),
            reason=self.text(element, "Description"),
            at=element.sourceline,
        )

    def _terms(self, invoice: Invoice, settlement: E) -> None:
        texts = []
        for terms in settlement.iterfind("SpecifiedTradePaymentTerms"):
            self.at.setdefault("due_on", terms.sourceline or 0)
            texts.append(self.text(terms, "Description"))
            if due_on := self.day(terms, "DueDateDateTime/DateTimeString"):
                part = self.amount(terms, "PartialPaymentAmount")
                invoice.instalments.append(Instalment(due_on=due_on, amount=part))
            mandate = self.text(terms, "DirectDebitMandateID")
            if mandate and invoice.means:
                invoice.means[0].mandate = mandate
            for discount in terms.iterfind("ApplicableTradePaymentDiscountTerms"):
                self._discount(invoice, discount)
        invoice.terms = "\n".join(text for text in texts if text)
        if invoice.instalments:
            invoice.due_on = max(one.due_on for one in invoice.instalments)

    def _discount(self, invoice: Invoice, element: E) -> None:
        days = self.amount(element, "BasisPeriodMeasure")
        measure = element.find("BasisPeriodMeasure")
        in_days = measure is not None and measure.get("unitCode", "DAY") == "DAY"
        invoice.discounts.append(
            Discount(
                percent=self.amount(element, "CalculationPercent"),
                amount=self.amount(element, "ActualDiscountAmount"),
                days=int(days) if days is not None and in_days and days == int(days) else None,
                until=self.day(element, "BasisDateTime/DateTimeString"),
            )
        )

    def _totals(self, element: E | None, invoice: Invoice) -> Totals | None:
        if element is None:
            return None
        self.at["totals"] = element.sourceline or 0
        totals = Totals(
            lines=self.amount(element, "LineTotalAmount"),
            allowances=self.amount(element, "AllowanceTotalAmount"),
            charges=self.amount(element, "ChargeTotalAmount"),
            net=self.amount(element, "TaxBasisTotalAmount"),
            gross=self.amount(element, "GrandTotalAmount"),
            prepaid=self.amount(element, "TotalPrepaidAmount"),
            rounding=self.amount(element, "RoundingAmount"),
            payable=self.amount(element, "DuePayableAmount", as_="payable"),
        )
        for tax in element.iterfind("TaxTotalAmount"):
            currency = tax.get("currencyID", invoice.currency)
            if currency == invoice.currency or not invoice.vat_currency:
                totals.vat = self.amount_of(tax) if totals.vat is None else totals.vat
            elif currency == invoice.vat_currency:
                totals.vat_accounting = self.amount_of(tax)
        return totals

    def _period(self, element: E | None) -> Period | None:
        if element is None:
            return None
        return Period(
            starts_on=self.day(element, "StartDateTime/DateTimeString"),
            ends_on=self.day(element, "EndDateTime/DateTimeString"),
        )

    # --- lines -----------------------------------------------------------------------------------

    def _line(self, item: E) -> Line:
        n = self.n
        document = item.find("AssociatedDocumentLineDocument")
        agreement, settlement = item.find(n.line_agreement), item.find(n.line_settlement)
        product = item.find("SpecifiedTradeProduct")
        quantity = item.find(f"{n.line_delivery}/BilledQuantity")
        price = None if agreement is None else agreement.find("NetPriceProductTradePrice")
        tax = None if settlement is None else settlement.find("ApplicableTradeTax")
        period = None if settlement is None else settlement.find("BillingSpecifiedPeriod")
        return Line(
            id=self.text(document, "LineID"),
            kind=self.text(document, "LineStatusReasonCode").upper(),
            quantity=None if quantity is None else self.amount_of(quantity),
            unit="" if quantity is None else (quantity.get("unitCode") or "").strip(),
            net=self.amount(settlement, f"{n.line_summation}/LineTotalAmount"),
            name=self.text(product, "Name"),
            description=self.text(product, "Description"),
            price=self.amount(price, "ChargeAmount"),
            gross_price=self.amount(agreement, "GrossPriceProductTradePrice/ChargeAmount"),
            price_quantity=self.amount(price, "BasisQuantity"),
            category=self.text(tax, "CategoryCode"),
            rate=self.amount(tax, n.rate),
            allowances=[]
            if settlement is None
            else [
                self._allowance(one) for one in settlement.iterfind("SpecifiedTradeAllowanceCharge")
            ],
            period=self._period(period),
            item_id=self.identifier(product, "GlobalID"),
            classes=list(self._classes(product)),
            origin_country=self.text(product, "OriginTradeCountry/ID"),
            attributes=[]
            if product is None
            else [
                (self.text(one, "Description"), self.text(one, "Value"))
                for one in product.iterfind("ApplicableProductCharacteristic")
            ],
            at=item.sourceline,
        )

    def _classes(self, product: E | None) -> Iterator[Identifier]:
        if product is not None:
            for one in product.iterfind("DesignatedProductClassification/ClassCode"):
                yield Identifier(text_of(one), (one.get("listID") or "").strip())
