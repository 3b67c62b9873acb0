"""A file that was sent from outside, kept under its own name while it is imported, and no longer."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from puhui.calculations.faults import Fault, FaultsError


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
