"""From an analysed query to a plan of operators. One file per kind of operator; `planner.plan` puts them together."""
