"""Whether the links of a list still lead somewhere."""
