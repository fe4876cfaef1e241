"""Search: papers by words and by meaning, similar papers, saved searches."""
