#!/usr/bin/env python3
"""Stands in for odoo-bin: finds its package beside itself and its modules on the path of odoo.conf, and answers /web/health.

It says what it was started with, for the gate to look at. Real Odoo is in `smoke`.
"""

import configparser
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

import odoo.release


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"status": "pass"}')


config = configparser.RawConfigParser()
config.read(os.environ["ODOO_RC"])
path = config["options"]["addons_path"].split(",")
for directory in path:
    if not os.path.isdir(directory):
        sys.exit(f"no such directory: {directory}")
found = []
for directory in path:
    found += [name for name in os.listdir(directory) if os.path.exists(f"{directory}/{name}/__manifest__.py")]
print("series", *odoo.release.version_info[:2])
print("beside", os.path.dirname(os.path.abspath(odoo.release.__file__)))
print("modules", *sorted(found))
print("options", *sys.argv[1:], flush=True)
if "--stop-after-init" not in sys.argv:
    HTTPServer(("", 8069), Handler).serve_forever()
