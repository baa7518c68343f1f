"""A whole safe in a folder of its own, with officers whose keys the test holds."""

import re

import pytest

import consult
from consult.core import i18n
from consult.safe.self_check import trial_settings
from consult.safe.trial import set_up_trial

TEXT = "The bridge at Tavo was never built."
FORM = "/en/upr/comment/2/"


@pytest.fixture
def settings(tmp_path):
    return trial_settings(tmp_path, sends_per_minute=10_000, returns_per_minute=10_000)


@pytest.fixture
def trial(settings):
    i18n.configure(settings.language_records(), settings.catalogue_folders())
    return set_up_trial(settings, "upr")


@pytest.fixture
def house(trial):
    return trial.house


@pytest.fixture
def app(trial, settings):
    return consult.create_safe_app(settings, listener="clearnet")


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """A visitor of a safe that nobody writes to, for tests that only read."""
    settings = trial_settings(tmp_path_factory.mktemp("read"))
    set_up_trial(settings, "upr")
    return consult.create_safe_app(settings, listener="clearnet").test_client()


class Person:
    """Somebody in front of the pages."""

    def __init__(self, client):
        self.client = client
        self.code = ""

    @staticmethod
    def token(answer):
        return re.search(r'name="token" value="([^"]+)"', answer.text)[1]

    def check(self, text=TEXT, **fields):
        answer = self.client.post(FORM, data={"text": text, "use": "paraphrase", "do": "check", **fields})
        self.code = "".join(re.findall(r"<span>(\d{5})</span>", answer.text)) or self.code
        return answer

    def send(self, text=TEXT, do="send", **fields):
        token = self.token(self.check(text))
        return self.client.post(FORM, data={"text": text, "use": "paraphrase", "do": do, "token": token, **fields})

    def come_back(self, code=None):
        return self.client.post("/en/return/", data={"code": code or self.code})

    def reply(self, text):
        status = self.come_back()
        number = re.search(r'name="number" value="([0-9]+)"', status.text)[1]
        return self.client.post("/en/return/reply/", data={"token": self.token(status), "text": text, "number": number})

    def withdraw(self):
        token = self.token(self.come_back())
        return self.client.post("/en/return/withdraw/", data={"token": token, "do": "withdraw"})


@pytest.fixture
def person(client):
    return Person(client)


def heading(answer):
    return re.search(r"<h1>(.*?)</h1>", answer.text)[1]
