"""Rounds: the window in which a draft version takes comments, and the comments as their authors wrote them."""
