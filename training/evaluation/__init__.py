"""Evaluation: measures, baselines, reports and pictures of a ranker on held-out people."""
