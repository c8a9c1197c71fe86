"""Everybody at once, from files to files: what each person is newly offered, or what changed for them since a day."""
