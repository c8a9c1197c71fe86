"""What the service said, to whom, and the rights of those it speaks of: kept beside the event log in its database."""
