"""Documents kept by their hash: what is read is what was stored, or an error."""

import hashlib
import io
import os
import stat
from pathlib import Path

import pytest
from pytest_django import Settings

from exigible.operations.documents import (
    DamagedDocument,
    NewDocument,
    open_document,
    path_of,
    read_document,
    store_document,
    store_documents,
)
from exigible.store.models import StoredDocument
from tests.builders import AT

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.DOCUMENTS_FOLDER = tmp_path / "documents"
    return tmp_path / "documents"


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_document_is_found_under_its_hash(folder: Path):
    stored = store_document(b"Bonjour", name="lettre.pdf", media_type="application/pdf", at=AT)
    sha256 = hashlib.sha256(b"Bonjour").hexdigest()
    assert (stored.sha256, stored.size_bytes, stored.created_at) == (sha256, 7, AT)
    assert files(folder) == [f"{sha256[:2]}/{sha256[2:]}"]
    assert read_document(StoredDocument.objects.get()) == b"Bonjour"


def test_a_large_file_is_read_as_a_stream(folder: Path):
    content = os.urandom(3_500_000)
    stored = store_document(io.BytesIO(content), name="fec.txt", media_type="text/plain", at=AT)
    assert stored.size_bytes == len(content)
    with open_document(stored) as file:
        assert file.read() == content


def test_the_same_content_is_kept_once_under_several_names(folder: Path):
    rows = store_documents(
        [NewDocument(b"x", "un.pdf", "application/pdf"), NewDocument(b"x", "deux.pdf", "a/b")],
        at=AT,
    )
    assert [row.name for row in rows] == ["un.pdf", "deux.pdf"]
    assert all(row.pk for row in rows)
    assert len(files(folder)) == 1


def test_files_and_folders_are_closed_to_others(folder: Path):
    stored = store_document(b"secret", name="a", media_type="b", at=AT)
    path = path_of(stored.sha256)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_an_altered_file_is_never_served(folder: Path):
    stored = store_document(b"12,00", name="a", media_type="b", at=AT)
    path_of(stored.sha256).write_bytes(b"12,01")
    with pytest.raises(DamagedDocument, match="altered"):
        read_document(stored)
    with pytest.raises(DamagedDocument, match="altered"), open_document(stored):
        pass


def test_a_missing_file_is_said_missing(folder: Path):
    stored = store_document(b"x", name="a", media_type="b", at=AT)
    path_of(stored.sha256).unlink()
    with pytest.raises(DamagedDocument, match="missing"):
        read_document(stored)
    with pytest.raises(DamagedDocument, match="missing"), open_document(stored):
        pass


class Broken(io.RawIOBase):
    """An upload cut in the middle."""

    def __init__(self) -> None:
        self.reads = 0

    def read(self, size: int = -1) -> bytes:
        self.reads += 1
        if self.reads > 1:
            raise ConnectionResetError
        return b"half"


def test_a_file_that_fails_leaves_nothing_behind(folder: Path):
    with pytest.raises(ConnectionResetError):
        store_documents(
            [NewDocument(b"first", "a", "b"), NewDocument(Broken(), "c", "d")],  # type: ignore[arg-type]
            at=AT,
        )
    assert files(folder) == []
    assert not StoredDocument.objects.exists()


def test_stored_again_a_damaged_file_is_mended(folder: Path):
    stored = store_document(b"right", name="a", media_type="b", at=AT)
    path_of(stored.sha256).write_bytes(b"wrong")
    store_document(b"right", name="a", media_type="b", at=AT)
    assert read_document(stored) == b"right"
