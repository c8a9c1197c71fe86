"""What changes for a person between two days, and on which days it can."""
