"""What the decisions tell: how far reviewers agree, and whether reading may stop."""
