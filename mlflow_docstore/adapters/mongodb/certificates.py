"""Certificates of authorities that no machine trusts by itself: where they lie, where they are had.

Amazon signs the certificates of its databases by authorities of its own, one set a region.
See https://docs.aws.amazon.com/documentdb/latest/developerguide/security.encryption.ssl.html
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

PLACES = (".", "/etc/ssl/certs", "/etc/pki/tls/certs", "/usr/local/share/ca-certificates")
"""Directories in which a bundle is looked for."""

TRUSTED_BY_ENVIRONMENT = "SSL_CERT_FILE"
"""The variable that names what OpenSSL trusts, in place of what the machine does."""

_REGION = re.compile(r"\.([a-z]{2}(?:-[a-z]+)+-\d)\.docdb\.amazonaws\.com(?:\.cn)?$")
_EVERY_REGION = "global"
_CHINA = "https://rds-truststore.s3.cn-north-1.amazonaws.com.cn"


def bundle(hosts: Sequence[str], environment: Mapping[str, str]) -> Path | None:
    """The bundle of the hosts' region, or of all, if it lies where such things do."""
    places = [Path(place) for place in PLACES]
    if home := environment.get("HOME"):
        places.append(Path(home) / ".ssl")
    named = (place / f"{name}-bundle.pem" for name in _names(hosts) for place in places)
    return next((path for path in named if path.is_file()), None)


def advice(hosts: Sequence[str], authority: str) -> str:
    """How to get a bundle, on one line."""
    name = next(_names(hosts))
    address = f"{_server(name, hosts, authority)}/{name}/{name}-bundle.pem"
    return f"curl -O {address}, then name it in the URI: tlsCAFile={name}-bundle.pem"


def _names(hosts: Sequence[str]) -> Iterator[str]:
    found = (_REGION.search(host.lower()) for host in hosts)
    yield from dict.fromkeys(match.group(1) for match in found if match)
    yield _EVERY_REGION


def _server(name: str, hosts: Sequence[str], authority: str) -> str:
    if name.startswith("us-gov-"):
        return authority.replace(".rds.", f".{name}.rds.")
    return _CHINA if hosts and hosts[0].endswith(".cn") else authority
