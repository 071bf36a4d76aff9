"""The streaming engine: catalog, analysis, planning, operators, state, formats, functions, runtime."""
