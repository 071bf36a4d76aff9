"""The corpus: statements of every form, in `corpus/*.sql`."""

from __future__ import annotations

from pathlib import Path

from ksql.parser import Piece, split

FOLDER = Path(__file__).parent / "corpus"


def pieces(pattern: str = "*.sql") -> dict[str, Piece]:
    """Statements by `file:line`, which is also how a failing test is called."""
    return {
        f"{file.name}:{piece.line}": piece
        for file in sorted(FOLDER.glob(pattern))
        for piece in split(file.read_text(encoding="utf-8"))
    }
