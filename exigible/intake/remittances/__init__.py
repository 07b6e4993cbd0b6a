"""Documents that say what a sum received pays: remittance advices, agents' statements, cheque slips.

A table (CSV, XLSX) is read by its headings; a PDF or an e-mail by the numbers and amounts of its lines,
in the process apart of `intake.exhibits`. Either way the items must make the total where one is stated.
"""

from exigible.intake.remittances.model import ReadItem, ReadRemittance, UnreadableRemittance
from exigible.intake.remittances.reading import read_remittance

__all__ = ["ReadItem", "ReadRemittance", "UnreadableRemittance", "read_remittance"]
