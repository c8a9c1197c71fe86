"""reading: what a service's text asks of a person, as clauses that cite their words; what cannot be read is said."""
