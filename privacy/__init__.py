"""The gate around people's data: nothing is learned from a person except through here, at a stated price."""
