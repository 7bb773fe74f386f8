"""A complete tenant that touches nothing real, with the rules and the delays of the real one."""
