"""The words everything else is written in: papers, taxonomy, settings, errors, clock."""
