"""Runs cases kept outside this project (statements, input records, expected output records) and judges the answers."""
