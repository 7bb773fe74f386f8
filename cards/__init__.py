"""One pure function per Adaptive Card: no I/O and no decisions, only what the screen shows."""
