"""What the project ships as data: the declaration, the catalogue, the regions, and people who do not exist."""
