"""The budget ledger: signed, append-only entries that an auditor verifies offline."""
