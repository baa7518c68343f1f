"""Compiled templates that all applications of a test run share: compiling them anew for each was a third of a test's time."""

from types import CodeType

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class InMemory(BytecodeCache):
    """Kept for the process. A bucket's key names the template and its checksum the source, so a changed one is compiled."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self.kept[bucket.key, bucket.checksum] = bucket.code


_shared = InMemory()


def share_templates(app: Flask) -> Flask:
    """Let an application take its templates compiled."""
    app.jinja_env.bytecode_cache = _shared
    return app
