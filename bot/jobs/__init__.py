"""What the job worker does: messages, cards that follow their request, checks and orders."""
