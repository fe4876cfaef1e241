"""What a paper claims and names, mined from its title and abstract."""
