"""A catalogue's rules of one day in a small file that a browser or an app judges by, with nobody asked."""
