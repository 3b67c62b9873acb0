"""A file that was sent from outside, kept under its own name while it is imported and no longer, and the mapping that goes with it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from puhui.calculations.faults import Fault, FaultsError
from puhui.evidence.saved_mappings import saved_mapping


@contextmanager
def kept(upload: UploadedFile[Any]) -> Iterator[Path]:
    """The path of a copy in a folder of its own, which is gone afterwards. Raises FaultsError for a file beyond the setting's size."""
    most, size = settings.PUHUI_UPLOAD_LIMIT_BYTES, upload.size or 0
    if size > most:
        raise FaultsError([Fault("file", f"{size} bytes", f"at most {most // 1_000_000} MB", "Split the file.")])
    with tempfile.TemporaryDirectory(prefix="puhui-upload-") as folder:
        path = Path(folder) / Path(upload.name or "upload").name
        with path.open("wb") as file:
            for chunk in upload.chunks():
                file.write(chunk)
        yield path


@contextmanager
def kept_mapping(upload: UploadedFile[Any] | None, name: str) -> Iterator[Path | None]:
    """The mapping file that was sent along, or the one that is kept under `name`; none where neither is given. Raises FaultsError for both,
    for a name that nothing is kept under, and for a file beyond the setting's size."""
    name = name.strip()
    if upload is not None and name:
        raise FaultsError([Fault("mapping", f"a file and the name {name!r}", "one of the two", "Leave one out.")])
    if upload is None:
        yield saved_mapping(name, settings.PUHUI_CATALOGUE) if name else None
        return
    with kept(upload) as path:
        yield path
