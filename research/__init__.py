"""Challengers: private learners that lost to the shipped ranker, kept for comparison in benchmarks."""
