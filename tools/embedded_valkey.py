"""The embedded Valkey of `make demo` and `make run`: its files, its users, and how to reach it. All is in one folder."""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from shared.runtime.private_files import create_private
from tools.redis_users import OPERATOR, acl_file, kept_passwords, user_url, write_private, write_urls

_SOCKET_PATH_LIMIT = 100
_PASSWORDS = "redis-users.json"


class EmbeddedValkey:
    """The server whose files are in `folder`, whether it runs or not."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def socket(self) -> Path:
        """The socket's path. In a deep folder it is under the temporary folder, because the system allows 107 bytes at most."""
        path = self.folder / "valkey.sock"
        if len(os.fsencode(path)) <= _SOCKET_PATH_LIMIT:
            return path
        digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"valkey-{digest}.sock"

    @property
    def port(self) -> int:
        """The port on 127.0.0.1 that it was last started with; 0 if it has its socket only."""
        words = self._config.read_text("utf-8").split() if self._config.is_file() else []
        return int(words[words.index("port") + 1]) if "port" in words else 0

    def exists(self) -> bool:
        """Return whether somebody started it here and did not stop it."""
        return self.socket.is_socket() and self._passwords.is_file()

    def socket_url(self, user: str) -> str:
        """Return the REDIS_URL of one of the users in deploy/users.acl, over the socket that only this user of the system opens."""
        return user_url(f"unix://{self.socket}", user, self._known_passwords()[user])

    def write_users(self, shops: Iterable[str]) -> None:
        """Write the users with their passwords, which are made once and kept, for it to load at its start."""
        passwords = kept_passwords(self._passwords, shops)
        write_private(self.folder / "users.acl", acl_file(passwords))

    def write_urls(self) -> Mapping[str, Path]:
        """Write the REDIS_URL of the operator and of each shop's system to files beside the data; return the shops', by shop."""
        url = f"redis://127.0.0.1:{self.port}/0" if self.port else f"unix://{self.socket}"
        return write_urls(self.folder, url, self._known_passwords())

    def write_config(self, port: int) -> Path:
        """Write its configuration and return the file. It keeps all that it acknowledged."""
        create_private(self._config)
        self._config.write_text(
            f"bind 127.0.0.1\nport {port}\nunixsocket {self.socket}\nunixsocketperm 700\ndir {self.folder}\n"
            f'aclfile {self.folder / "users.acl"}\nappendonly yes\nappendfsync always\nsave ""\n'
            "maxmemory 512mb\nmaxmemory-policy noeviction\n"
        )
        return self._config

    def answers(self) -> bool:
        """Return whether it runs and has loaded its files."""
        try:
            with Redis.from_url(self.socket_url(OPERATOR), retry=None) as client:
                return bool(client.ping())
        except RedisError:
            return False

    def load_users(self) -> None:
        """Let it read the file of users again while it runs."""
        with Redis.from_url(self.socket_url(OPERATOR)) as client:
            client.acl_load()

    @property
    def _config(self) -> Path:
        return self.folder / "valkey.conf"

    @property
    def _passwords(self) -> Path:
        return self.folder / _PASSWORDS

    def _known_passwords(self) -> Mapping[str, str]:
        passwords: Mapping[str, str] = json.loads(self._passwords.read_text("utf-8"))
        return passwords
