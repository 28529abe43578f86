"""Data shipped with the router: the table of platforms and the trained weights."""
