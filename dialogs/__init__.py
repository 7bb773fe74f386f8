"""The conversations: what is asked, and what a message or a button press means."""
