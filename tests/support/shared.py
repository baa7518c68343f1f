"""What all tests of a process share because it depends on the code alone: compiled templates, statements and addresses.

Every test has an application and a database of its own; to compile the same sources anew for each was half of the time of a run.
"""

from types import CodeType
from typing import Any

import sqlalchemy
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine, event
from werkzeug.routing import Rule

from consult.core import engines


class InMemory(BytecodeCache):
    """Kept for the process. A bucket's key names the template and its checksum the source, so a changed one is compiled."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self.kept[bucket.key, bucket.checksum] = bucket.code


_templates = InMemory()
_statements: dict[Any, Any] = {}  # SQLAlchemy's own key: dialect, statement, columns
_connected: dict[str, Engine] = {}  # by driver: the first engine that reached its database, and so knows its version
_builders: dict[Any, Any] = {}


def share_templates(app: Flask) -> Flask:
    """Let an application take its templates compiled."""
    app.jinja_env.bytecode_cache = _templates
    return app


def share_statements() -> None:
    """Let every database in use take its statements compiled. They are kept by dialect, so all of a kind speak through one."""
    engines.create_engine = create_engine


def create_engine(url: str, **options: Any) -> Engine:
    """SQLAlchemy's, with the dialect of the first of its kind that connected, and the statements compiled for it."""
    engine = sqlalchemy.create_engine(url, **options)
    engine.update_execution_options(compiled_cache=_statements)
    if engine.driver in _connected:
        engine.dialect = _connected[engine.driver].dialect
    else:
        event.listen(engine, "connect", lambda *_: _connected.setdefault(engine.driver, engine), once=True)
    return engine


def share_addresses() -> None:
    """Let every application take the functions that write its addresses; werkzeug makes each from a syntax tree of its own."""
    compile_builder = Rule._compile_builder

    def compile_once(rule: Rule, append_unknown: bool = True) -> Any:
        if rule.defaults:
            return compile_builder(rule, append_unknown)  # their values are written into the function
        key = (rule.rule, tuple(rule._trace), append_unknown)
        if key not in _builders:
            _builders[key] = compile_builder(rule, append_unknown)
        return _builders[key]

    Rule._compile_builder = compile_once  # type: ignore[method-assign]
