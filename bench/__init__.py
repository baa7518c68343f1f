"""Speed, as ratios to bare Flask taken in one run on one machine: `make bench`. Never a test."""
