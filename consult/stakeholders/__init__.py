"""The registry of stakeholders: organisations and people, what they consent to, and the import of lists."""
