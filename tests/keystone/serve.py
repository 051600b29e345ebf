"""Keystone in one process on loopback, so that a test can stop all of it, hold it, and start it again.

    serve.py PORT [CERTIFICATE KEY]

Port 0 takes a free one; the one line on stdout says which. Every request leaves a line in `requests.log`: method, path,
and the first bytes of the SHA-256 of the token it asks about.
"""

import hashlib
import ssl
import sys
import warnings
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

port, *certificate = sys.argv[1:]
warnings.filterwarnings("ignore")
# Keystone reads the command line of whoever imports it.
sys.argv = ["keystone", "--config-file", "keystone.conf"]

from keystone.wsgi.api import application  # noqa: E402

requests = open("requests.log", "a", buffering=1)


def counted(environ, start_response):
    subject = environ.get("HTTP_X_SUBJECT_TOKEN", "")
    digest = hashlib.sha256(subject.encode("latin-1")).hexdigest()[:16]
    requests.write(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} {digest}\n")
    return application(environ, start_response)


class Server(ThreadingMixIn, WSGIServer):
    """A thread for each request: Keystone keeps answers of its database by thread, and a thread that has served one
    request before would answer the next from what it knew then."""

    daemon_threads = True
    request_queue_size = 128


class Handler(WSGIRequestHandler):
    def log_message(self, *_):
        pass

    def address_string(self):
        return self.client_address[0]


server = Server(("127.0.0.1", int(port)), Handler)
server.set_app(counted)
if certificate:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
