"""What others read: the aged balance, exports. Figures come from the ledger's facts alone."""
