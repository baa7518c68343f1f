"""Mailings: campaigns to a consultation, from the list of who gets them to the mail."""
