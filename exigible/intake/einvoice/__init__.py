"""Electronic invoices and their life-cycle messages: CII, UBL, Factur-X and ZUGFeRD, CDAR.

`reading.read_file` turns a file into documents (`model.Invoice`, `life_cycle.StatusMessage`), with the
problems of each; `rules.broken_rules` says which rules of EN 16931 an invoice breaks.
"""
