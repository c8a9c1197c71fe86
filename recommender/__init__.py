"""From a snapshot of a person to verdicts, recommendations and bundles; pure: no network, no database, no clock."""
