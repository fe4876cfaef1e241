"""A list kept elsewhere, changed by a commit and a pull request that people decide on."""
