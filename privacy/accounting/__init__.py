"""Privacy accounting: mechanisms as data, and what they cost."""
