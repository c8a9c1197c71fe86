"""The event log: events, their storage and files, and each person's history as held at an instant."""
