"""Bank statements and returns, whatever the bank sends: one typed shape for every format.

`files.recognise` says what a file is from its first bytes, `files.open_file` gives a `BankFile` whose
`lines()` streams the movements; its `statements` and `problems` are complete once they have all been
read. Nothing here knows a creditor, a debtor or a database.
"""
