"""The door for assistants: what litmine knows, as tools of the Model Context Protocol.

Read-only, over the local database, without the web server: `reader` (what the tools do), `advice`
(evidence for advice), `shapes` (what they answer), `server` (how they are described), `serving`
(standard input and output, or HTTP on this machine).
"""
