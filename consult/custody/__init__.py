"""What opens comments without a name: officers' public keys, consultation keys, files for safe. No secret key ever."""
