"""The composition root: builds what a verb needs from settings, files, environment and clock."""
