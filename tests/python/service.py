"""Starts the service as a separate process on a free port, with a data file, and stops it."""

import os
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PROGRAM = os.environ.get("SERVICE_UNDER_TEST", str(ROOT / "target/debug/backup-share"))


class Service:
    """`backup-share serve`, from `with` on until its end: with a data file, or without one as the demo."""

    def __init__(self, data=None):
        self.data = data

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="backup-share-python-")
        store = f"sqlite:{self.folder.name}/store.db"
        what = ["--database", store, "--data", self.data] if self.data else ["--demo"]
        command = [PROGRAM, "serve", "--listen", "127.0.0.1:0", *what]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            self.__exit__()
            raise RuntimeError(f"{PROGRAM} did not start: {line!r}, see above")
        self.address = line.removeprefix("listening on ").strip()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=60)
        self.process.stdout.close()
        self.folder.cleanup()
