"""What tests stand on: a real PostgreSQL, a real SMTP sink, a real browser, a real server."""
