"""Stories of the dialect as text files, run against the whole engine. `story` says how they are written."""
