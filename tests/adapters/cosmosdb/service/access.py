"""Where a stand-in listens, and by which key it is asked."""

import base64

HOST = "127.0.0.1"
KEY = base64.b64encode(b"the key of a stand-in: no secret").decode()
