"""Catalogues of any size whose programmes do not exist, drawn from counts of what real programmes ask and give."""
