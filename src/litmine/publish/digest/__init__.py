"""What a night brought, told by mail and to a webhook."""
