"""What the machine says about a paper: relevance, cells, techniques, and the evidence for them."""
