"""Sending a form as a browser does: load the page, keep what its form holds, change some fields, post it."""

from collections.abc import Mapping
from typing import Any

from flask.testing import FlaskClient
from lxml import html
from werkzeug.test import TestResponse


def submit(
    client: FlaskClient,
    page: str,
    fields: Mapping[str, Any] | None = None,
    *,
    index: int = 0,
    base: str = "http://localhost",
) -> TestResponse:
    """Post the page's form (the first POST form unless `index` says another) with these fields changed. `base` may be https."""
    shown = client.get(page, base_url=base)
    assert shown.status_code == 200, f"{page} answered {shown.status_code}"
    form = [one for one in html.fromstring(shown.get_data()).forms if one.method.upper() == "POST"][index]
    values: dict[str, Any] = {}
    for name, value in form.form_values():
        values.setdefault(name, []).append(value)
    values.update(fields or {})
    return client.post(
        form.get("action") or page, data=values, base_url=base, headers={"Sec-Fetch-Site": "same-origin"}
    )
