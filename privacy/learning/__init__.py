"""Private learning: noise, the private step, and the audit by canaries."""
