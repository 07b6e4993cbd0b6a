"""Documents dropped as they are (PDF, images, e-mails): what they say, and what they look like."""

from exigible.intake.exhibits.reading import (
    MAX_FILE,
    ReadExhibit,
    UnreadableExhibit,
    media_type_of,
    read_exhibit,
    safe_name,
)

__all__ = [
    "MAX_FILE",
    "ReadExhibit",
    "UnreadableExhibit",
    "media_type_of",
    "read_exhibit",
    "safe_name",
]
