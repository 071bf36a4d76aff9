"""From an analysed query to operators."""
