"""Driving queries: reading topics in merged order, committing what a batch makes, restoring what was known."""
