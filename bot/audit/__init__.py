"""The audit while the program runs: refusals of the gate, and the anchor outside the database."""
