"""What is held about a person, everywhere: for themselves, and for retention."""
