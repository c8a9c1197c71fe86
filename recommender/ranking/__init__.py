"""Rankers: programme attributes and person bins in, scores and probabilities out."""
