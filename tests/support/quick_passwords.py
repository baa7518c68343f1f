"""Passwords at the least cost that Argon2 knows: some thousand are set and tried in a run, and few tests are about what they cost."""

from argon2 import PasswordHasher

from consult.accounts import passwords

FULL_COST = passwords._hasher


def hash_quickly() -> None:
    """Let this process hash so. Servers that a test starts do not; they open what was hashed here, and hash it anew."""
    passwords._hasher = PasswordHasher(memory_cost=8, time_cost=1, parallelism=1)
    passwords._nobody = passwords._hasher.hash("for names that do not exist")
