"""Files that an invoice carries inside itself, decoded within bounds."""

from __future__ import annotations

import base64
import binascii
import re

from lxml import etree

from exigible.intake.problems import Problems

MAX_ATTACHMENT = 32 * 1024 * 1024
LONGEST_NAME = 150
# Names that a system would take for something else than a file to read.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f<>:\"/\\|?*]+")


def decoded(binary: etree._Element | None, problems: Problems) -> tuple[bytes | None, str, str]:
    """Return the content of an embedded file, its media type and its name; None where there is none."""
    if binary is None or not binary.text:
        return None, "", ""
    media_type = (binary.get("mimeCode") or "").strip().lower()[:100]
    name = safe_name(binary.get("filename") or "")
    if len(binary.text) > MAX_ATTACHMENT * 4 // 3:
        problems.add(
            "attachment_too_large",
            f"Ligne {binary.sourceline} : la pièce « {name} » dépasse "
            f"{MAX_ATTACHMENT // 1024 // 1024} Mo ; elle est laissée.",
            line=binary.sourceline,
            blocking=False,
        )
        return None, media_type, name
    try:
        return base64.b64decode("".join(binary.text.split()), validate=True), media_type, name
    except binascii.Error:
        problems.add(
            "attachment",
            f"Ligne {binary.sourceline} : la pièce « {name} » est illisible (base 64) ; elle est "
            "laissée.",
            line=binary.sourceline,
            blocking=False,
        )
        return None, media_type, name


def safe_name(name: str) -> str:
    """Return the last part of a path, without what a file system could take for something else."""
    bare = name.replace("\\", "/").rpartition("/")[2]
    return _UNSAFE.sub("_", bare).strip(" .")[:LONGEST_NAME] or "piece"
