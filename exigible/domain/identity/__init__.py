"""Who a debtor is: numbers that identify, names told alike, what a register says, what is missing."""
