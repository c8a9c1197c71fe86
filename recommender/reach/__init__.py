"""Whom a draft rule reaches: a whole population as bits, sorted by where people live, and rules counted over them."""
