"""HTTP: one person's facts or events in, decisions and offers out."""
