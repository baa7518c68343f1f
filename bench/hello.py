"""What everything is measured against: a bare Flask application that answers 12 bytes."""

from flask import Flask

app = Flask(__name__)


@app.get("/")
def hello() -> str:
    """Twelve bytes."""
    return "hello world\n"


@app.get("/healthz")
def healthz() -> str:
    """The process answers."""
    return "ok\n"
