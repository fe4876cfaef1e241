"""What approvals become: lists, formats, the site, suggestions, the digest."""
