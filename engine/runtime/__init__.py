"""Driving queries: reading their topics in merged order, committing what they make, restoring what they knew."""
