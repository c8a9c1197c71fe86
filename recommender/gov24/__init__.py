"""gov24: the open API's rows of public services read into programmes, pure and without guessing."""
