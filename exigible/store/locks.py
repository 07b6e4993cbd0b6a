"""The advisory locks that the processes share: PostgreSQL knows them by number, so they are all named here.

Each is a class, the first of two keys; the second says of what (an account, a creditor, an import). The
numbers stay: two versions may run side by side for the time of an upgrade.
"""

from typing import Final

JOURNAL_CHAIN: Final = 7341  # of an account: one writer at a time
IMPORTS_OF_CREDITOR: Final = 7342
IMPORT_BATCH: Final = 7343
EXHIBITS_OF_CREDITOR: Final = 7344
MATCHING_OF_CREDITOR: Final = 7345
WATCHED_FOLDER: Final = 7347
MAILBOX: Final = 7348
DUPLICATE_SEARCH: Final = 7349  # one for the house: its second key is 0
ARRIVALS_OF_CREDITOR: Final = 7350
LETTERS_OF_CREDITOR: Final = 0x4558_0001
# Of a message being sent: one key of 64 bits, which holds the message's number below.
MESSAGE_SPACE: Final = 0x4558_0000_0000_0000

CLASSES: Final = (
    JOURNAL_CHAIN,
    IMPORTS_OF_CREDITOR,
    IMPORT_BATCH,
    EXHIBITS_OF_CREDITOR,
    MATCHING_OF_CREDITOR,
    WATCHED_FOLDER,
    MAILBOX,
    DUPLICATE_SEARCH,
    ARRIVALS_OF_CREDITOR,
    LETTERS_OF_CREDITOR,
)
