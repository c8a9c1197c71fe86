"""youth: policies of the Korean youth-policy open API (온통청년) read into programmes, pure and without guessing."""
