"""Who is asking: sessions, tokens, login links, passwords, OpenID Connect."""
