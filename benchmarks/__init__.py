"""Proffer beside its peers: each file one benchmark, one run, equal results checked."""
