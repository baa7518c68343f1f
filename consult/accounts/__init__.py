"""Staff: who they are, what their roles allow, how they sign in. Sessions are rows."""
