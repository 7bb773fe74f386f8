"""Everything the screen says, and how it is made safe to show; a leaf."""
