"""What the program costs, beside its peers, measured in one run."""
