"""Pages made of several packages: home, a consultation, the staff's Today."""
