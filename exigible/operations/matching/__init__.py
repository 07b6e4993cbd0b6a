"""Matching the money in the database: bank lines to the claims they pay.

`running.run_matching` reads a creditor's waiting lines and open claims as columns, asks the engine
(`domain.matching`), books what is certain through `operations.payments` and keeps the other proposals
for the page. `deciding` holds what people do, `booking` how a line is written and undone, `learning`
what their decisions teach, `settings` what a creditor allows, `remittances` the documents that say
what a sum pays, `ledger` how accounting takes over what the bank told first.
"""
