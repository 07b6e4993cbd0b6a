"""What comes in from outside: folders that others write into, mailboxes of an IMAP server."""
