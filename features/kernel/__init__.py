"""The compiled kernel that computes features, the lowering that feeds it, and the oracle that proves it."""
