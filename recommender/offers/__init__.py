"""Offers: application windows, utility, bundles and the ordered recommendations of one person."""
