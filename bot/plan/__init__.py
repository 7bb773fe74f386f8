"""The plan of one order, made to be looked at: nothing is written to make it."""
