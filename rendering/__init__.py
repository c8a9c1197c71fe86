"""Rendering: the one place that makes HTML, from values and templates that escape whatever they are given."""
