"""XML from outside: refused before parsing where it is hostile, with the reason and the place."""

from __future__ import annotations

import pytest

from exigible.intake import xml
from exigible.intake.problems import Unreadable
from exigible.intake.xml import RootName, read_xml, root_name, without_namespaces

BOMB = (
    b'<?xml version="1.0"?>\n<!-- rien -->\n<!DOCTYPE lolz [<!ENTITY lol "lol">'
    b'<!ENTITY lol2 "&lol;&lol;&lol;&lol;">]>\n<Invoice>&lol2;</Invoice>'
)
EXTERNAL = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'


def refusal(content: bytes, **limits: int) -> tuple[str, int | None]:
    with pytest.raises(Unreadable) as refused:
        read_xml(content, **limits)
    return refused.value.problem.code, refused.value.problem.line


@pytest.mark.parametrize("content", [BOMB, EXTERNAL, b"<!DOCTYPE a><a/>"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-8-sig"])
def test_a_doctype_is_refused_in_every_encoding(content: bytes, encoding: str):
    assert refusal(content.decode().encode(encoding))[0] == "doctype"


def test_a_doctype_behind_a_long_comment_is_refused():
    filler = b"<!--" + b" " * 200_000 + b"-->"
    assert refusal(filler + b"<!DOCTYPE a><a/>")[0] == "doctype"
    with pytest.raises(Unreadable):
        root_name(b"<!--x--><!DOCTYPE a><a/>")


def test_the_word_in_a_text_or_a_comment_is_no_doctype():
    content = b"<a><!-- <!DOCTYPE a> -->&lt;!DOCTYPE a&gt;<![CDATA[<!DOCTYPE a>]]></a>"
    assert read_xml(content).root.text == "<!DOCTYPE a><!DOCTYPE a>"


def test_an_undeclared_entity_is_refused():
    assert refusal(b"<a>&x;</a>")[0] == "xml"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"   \n", "empty_file"),
        (b"<a><b></a>", "xml"),
        (b"<a>", "xml"),
        (b"pas du XML", "xml"),
        ("<a>é</a>".encode("latin-1"), "encoding"),
        (b'<?xml version="1.0" encoding="UTF-7"?><a/>', "encoding"),
        (b'<?xml version="1.0" encoding="UTF-16"?><a/>', "encoding"),
        ("<a/>".encode("utf-32"), "encoding"),
        (b'\xef\xbb\xbf<?xml version="1.0" encoding="ISO-8859-1"?><a/>', "encoding"),
        (b"\xff\xfe<\x00a\x00/\x00>\x00\x00\xd8", "encoding"),
    ],
)
def test_what_is_unsound_is_refused_by_name(content: bytes, code: str):
    assert refusal(content)[0] == code


def test_the_line_of_a_fault_is_said():
    assert refusal(b"<a>\n<b>\n</c></a>") == ("xml", 3)


@pytest.mark.parametrize(
    ("declared", "codec", "shown"),
    [
        ("ISO-8859-1", "latin-1", "ISO-8859-1"),
        ("windows-1252", "cp1252", "Windows-1252"),
        ("ISO-8859-15", "iso-8859-15", "ISO-8859-15"),
        ("UTF-8", "utf-8", "UTF-8"),
        ("UTF-16", "utf-16", "UTF-16"),
    ],
)
def test_encodings_are_read_as_declared(declared: str, codec: str, shown: str):
    text = f'<?xml version="1.0" encoding="{declared}"?><a>Société d’Élan €</a>'
    if codec == "latin-1":
        text = text.replace("’", "'").replace("€", "EUR")
    if codec == "iso-8859-15":
        text = text.replace("’", "'")
    document = read_xml(text.encode(codec))
    assert document.encoding == shown
    assert "Élan" in (document.root.text or "")


def test_sizes_are_bounded_before_anything_is_built(monkeypatch: pytest.MonkeyPatch):
    assert refusal(b"<a>" + b"x" * 100 + b"</a>", max_bytes=50)[0] == "xml_too_large"
    assert refusal(b"<a>" + b"<b/>" * 100 + b"</a>", max_marks=50)[0] == "xml_too_large"
    monkeypatch.setattr(xml, "MAX_ATTRIBUTES", 10)
    wide = " ".join(f'a{n}="1"' for n in range(20)).encode()
    assert refusal(b"<a " + wide + b"/>")[0] == "xml_too_large"


def test_depth_is_bounded():
    assert refusal(b"<a>" * 5000 + b"</a>" * 5000)[0] == "xml"


def test_names_without_namespaces():
    document = read_xml(b'<x:a xmlns:x="urn:x"><x:b x:c="1"/></x:a>')
    without_namespaces(document.root)
    assert [element.tag for element in document.root.iter()] == ["a", "b"]


def test_the_root_is_told_from_the_first_bytes():
    head = b'<?xml version="1.0"?><!-- c --><x:a xmlns:x="urn:x"><b>'
    assert root_name(head) == RootName("urn:x", "a")
    assert root_name(b"<a") is None
    assert root_name(b"code;nom") is None


def test_a_long_licence_before_the_root_is_no_fault():
    assert read_xml(b"<!--" + b" " * 200_000 + b"--><a/>").root.tag == "a"


def test_an_encoding_that_nobody_knows_is_refused():
    content = b'<?xml version="1.0"  standalone="no" encoding="UTFTF-8"?><a/>'
    assert root_name(content) is None
    assert refusal(content)[0] in ("encoding", "xml")
    assert refusal(b'<?xml version="1.0" encoding="NaNUTF-8"?><a/>')[0] == "encoding"
