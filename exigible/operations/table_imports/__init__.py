"""Taking tables of any software into the database: one module a kind, all noted to be taken back.

Each takes a `Taking`, writes in the caller's transaction under the creditor's lock what the facts lack,
and returns an `ImportReport`. The same table twice changes nothing the second time.
"""
