"""Proactive: what happens to people becomes offers on record, and messages that leave once and can be refused."""
