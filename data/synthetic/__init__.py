"""People who do not exist: a population, its life courses, a legacy notice board, and take-up with a known truth."""
