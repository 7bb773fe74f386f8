"""The catalogue of cases, and the table of which test shows which case."""
