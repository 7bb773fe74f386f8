"""One file per step; never change one that has been released."""
