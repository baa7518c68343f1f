"""gunicorn's settings for the main application. `consult serve` uses them; so may systemd."""

from consult.core.settings import load

_settings = load()

bind = _settings.web_address
workers = _settings.web_workers
worker_class = "sync"
timeout = 60
graceful_timeout = 20
accesslog = None  # the application writes endpoint names; an access log would write paths and addresses
errorlog = "-"
control_socket_disable = True  # no second way in
