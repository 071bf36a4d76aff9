"""Statements through the engine's door: what they make of sources, what they write, and what they refuse."""
