"""Why something outside the program failed, in words for people."""

from __future__ import annotations


def reason(error: Exception) -> str:
    """What an error says, without the number and the file's name that Python adds to those of the system."""
    if isinstance(error, UnicodeDecodeError):
        return f"it is not UTF-8 text (byte {error.start:,})"
    text = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return text[:1].lower() + text[1:]
