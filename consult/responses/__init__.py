"""Answers to comments, and what of each comment may be shown."""
