"""Training runs: exact, private, student; promotion; canaries."""
