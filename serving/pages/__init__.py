"""Pages: what citizens, auditors, agencies and caseworkers see in a browser, by the desks that the API calls."""
