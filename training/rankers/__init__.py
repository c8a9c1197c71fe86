"""Estimators: what fits a ranker to a ranking data set."""
