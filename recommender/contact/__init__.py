"""Contact: which of what may be offered leaves in a message, through which channel and when, and why the rest waits."""
