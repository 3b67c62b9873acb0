"""Whether this machine can draw a PDF. WeasyPrint draws text with Pango, a library of the system. Needs no Django."""

from __future__ import annotations

__all__ = ["MEND", "missing_library"]

MEND = (
    "Install Pango: on Debian and Ubuntu `apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0`, on macOS `brew install "
    "pango`. Until then take the document as XLSX."
)


def missing_library() -> str:
    """What keeps WeasyPrint from drawing, empty when nothing does."""
    try:
        import weasyprint  # noqa: F401
    except (ImportError, OSError) as error:
        return str(error).splitlines()[0]
    return ""
