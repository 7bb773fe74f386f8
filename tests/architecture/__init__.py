"""What must hold of the project as a whole."""
