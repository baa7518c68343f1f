"""Main's end of the exchange with safe: what is told to it, sealed batches that nobody here can open, what officers release."""
