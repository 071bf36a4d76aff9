"""SQL types: their names, casts and widening, and the calendar types they become at the edges.

Nothing here knows of queries, formats or batches' meta columns.
"""
