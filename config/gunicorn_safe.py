"""gunicorn's settings for safe, one master for each listener: SAFE_LISTENER says which, `clearnet` or `onion`.

The label that people see follows the listener, so it is fixed here and no header can change it. Source: reference safe.md 3.7.
"""

import os
import resource

from consult.safe.gunicorn_parts import SafeLogger, SafeWorker
from consult.safe.settings import load

_settings = load()
_is_onion = os.environ.get("SAFE_LISTENER", "clearnet") == "onion"

resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core would hold what somebody is typing

bind = _settings.onion_bind if _is_onion else _settings.clearnet_bind
workers = _settings.web_workers
worker_class = SafeWorker
preload_app = True  # the key of the forms is made once, before the workers are forked
worker_tmp_dir = _settings.runtime_folder  # tmpfs
umask = 0o077 if not bind.startswith("unix:") else 0o007
timeout = 60
graceful_timeout = 20
accesslog = None
errorlog = "-"
logger_class = SafeLogger
control_socket_disable = True
forwarded_allow_ips = ""  # no proxy is believed about who or how: see the settings
limit_request_line = 2048
limit_request_fields = 60
