"""Where a paper was published: DOIs, and venues read from what authors wrote."""
