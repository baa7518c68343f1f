"""Comments without a name: an application of its own, with its own process, database and machine. Imports core only."""
