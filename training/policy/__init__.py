"""What another way of offering would have brought: off-policy values, and the difference that an offer makes."""
