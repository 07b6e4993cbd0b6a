"""Ways in: folders watched, mailboxes read, tokens of other software; one road behind them all."""
