"""The rules of a move between entities: pure, without I/O, clock or framework."""
