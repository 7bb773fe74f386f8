"""One test file against every implementation of a port, or against the real thing."""
