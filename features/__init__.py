"""What is known about a person, and when it was known: events in, snapshots out."""
