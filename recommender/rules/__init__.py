"""Rules: programmes and clauses, compiled, judged in three values, and explained."""
