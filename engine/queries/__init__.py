"""Queries of one client: pull (a snapshot, answered once) and push (rows that keep coming). Nothing here is durable."""
