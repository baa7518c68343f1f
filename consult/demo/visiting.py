"""Walking through the pages as a browser does: load a page, fill one of its forms, press its button, follow where it leads."""

from collections.abc import Mapping
from typing import Any

from flask import Flask
from lxml import html
from werkzeug.test import TestResponse


class Astray(Exception):
    """A page of the demonstration answered otherwise than it should."""


class Visitor:
    """Someone with a browser: cookies are kept, form tokens are sent."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()

    def read(self, address: str) -> str:
        """The text of a page. Raises Astray where it is not there."""
        return self._well(address, self.client.get(address)).text

    def load(self, address: str) -> bytes:
        """The bytes of a file. Raises Astray where it is not there."""
        return self._well(address, self.client.get(address)).get_data()

    def submit(self, address: str, fields: Mapping[str, Any] | None = None, *, action: str = "") -> TestResponse:
        """Load a page, fill the form whose address ends in `action`, send it.

        Returns the answer: a page, or where it leads.  Raises Astray where there is no such form, or it is refused.
        """
        return self.send(address, self.read(address), fields, action=action)

    def send(
        self, address: str, page: str, fields: Mapping[str, Any] | None = None, *, action: str = ""
    ) -> TestResponse:
        """The same with a page that is loaded already."""
        root: Any = html.fromstring(page.encode())  # lxml's types do not know that this is an HTML element
        forms = [one for one in root.forms if one.method.upper() == "POST"]
        form = next((one for one in forms if (one.get("action") or address).endswith(action or address)), None)
        if form is None:
            raise Astray(f"{address} has no form for {action or address}")
        values: dict[str, Any] = {}
        for name, value in form.form_values():
            values.setdefault(name, []).append(value)
        for chosen in form.xpath(".//input[@type='radio'][@checked][@value='']"):  # which lxml takes for "on"
            values[chosen.name] = [""]
        values.update(fields or {})
        to = form.get("action") or address
        return self._well(to, self.client.post(to, data=values, headers={"Sec-Fetch-Site": "same-origin"}))

    def _well(self, address: str, answer: TestResponse) -> TestResponse:
        if answer.status_code >= 400:
            raise Astray(f"{address} answered {answer.status_code}")
        return answer
