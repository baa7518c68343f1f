"""Work outside of a request: Tasks that people can watch, and the queue that wakes the worker. Rows are the truth."""
