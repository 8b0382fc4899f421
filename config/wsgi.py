"""The WSGI application that servers load."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
# What is loaded now stays for good: the collector need not go through it again during requests.
gc.collect()
gc.freeze()
