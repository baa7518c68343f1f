"""The same mails by Flask-Mail's own loop, as its documentation shows it: `python -m bench.flask_mail_loop FILE`."""

import json
import sys
import time
from pathlib import Path

import flask
import flask_mail

from bench.turns import most_megabytes


def main() -> None:
    """Say "ready", wait for a line, send all, and say how many megabytes it took at the most, and how many seconds of processor."""
    known = json.loads(Path(sys.argv[1]).read_text())
    app = flask.Flask(__name__)
    app.config |= {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": known["port"], "MAIL_DEFAULT_SENDER": known["sender"]}
    mail = flask_mail.Mail(app)
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.process_time()
    with app.app_context(), mail.connect() as connection:
        for number, (address, language) in enumerate(known["recipients"]):
            subject, text, html = known["words"][language]
            token = f"{number:032x}"
            leave = f"<https://consult.example.org/{language}/leave/{token}>"
            message = flask_mail.Message(
                subject,
                recipients=[address],
                body=text.replace("…", token),
                html=html.replace("…", token),
                extra_headers={"List-Unsubscribe": leave, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
            )
            connection.send(message)
    print(most_megabytes(), time.process_time() - began, flush=True)


if __name__ == "__main__":
    main()
