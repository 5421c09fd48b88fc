"""The guard of one run: a small process that outlives a killed owner just long enough to end its servers.

`python -m local.guard STATE_PATH SECONDS` reads its standard input, a pipe that nobody writes to and that ends with the
owner, however it ends. It also holds the folder's lock, so that the next run waits until the servers are gone. When
both are killed at once, the next run ends what the record names.
"""

import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalError
from local.home import Home
from local.processes import end_recorded


@dataclass(frozen=True, slots=True)
class Guard:
    """The owner's handle of its guard."""

    process: subprocess.Popen[bytes]

    @classmethod
    def post(cls, home: Home, stop_timeout: float) -> "Guard":
        """Start the guard of a folder that this process owns."""
        source = str(Path(__file__).parent.parent)
        with home.log_path("guard").open("a") as log:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "local.guard", str(home.state_path), str(stop_timeout)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=source,
                env={"PYTHONPATH": source, "PYTHONUNBUFFERED": "1"},
                pass_fds=(home.lock_fd,),
                start_new_session=True,
            )
        return cls(process)

    def dismiss(self) -> None:
        """Let it go, after the servers have ended: with an empty record it has nothing to do."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)


def main(state_path: Path, patience: float) -> int:
    """Wait for the owner's end, then end what is left. Returns the exit status."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    sys.stdin.buffer.read()
    try:
        end_recorded(state_path, patience)
    except LocalError as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), float(sys.argv[2])))
