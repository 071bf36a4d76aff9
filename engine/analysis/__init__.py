"""From a parsed query to what it means: an ordered tuple of small passes (`passes.PASSES`), tree in and tree out."""
