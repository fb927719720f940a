#!/usr/bin/env python3
"""Make the virtual environment of requirements.txt, once, and print the path of its Python.

    python3 environment.py TARGET

It lies in TARGET/moto-venv-HASH, where HASH is that of the requirements and of this Python, so that a change of
either makes a new one. Any number of processes may ask at the same time: the first makes it, the others wait.
Standard library only; what is missing is said on standard error, with what to do about it.
"""

import fcntl
import hashlib
import pathlib
import shutil
import subprocess
import sys

REQUIREMENTS = pathlib.Path(__file__).resolve().with_name("requirements.txt")
OLDEST = (3, 10)


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if sys.version_info < OLDEST:
        sys.exit(f"moto needs Python {OLDEST[0]}.{OLDEST[1]} or newer; {sys.executable} is {sys.version.split()[0]}.")
    target = pathlib.Path(sys.argv[1]).resolve()
    target.mkdir(parents=True, exist_ok=True)
    identity = REQUIREMENTS.read_bytes() + sys.version.encode() + sys.executable.encode()
    folder = target / f"moto-venv-{hashlib.sha256(identity).hexdigest()[:12]}"
    with open(folder.with_suffix(".lock"), "w") as lock:
        # Let go when this process ends, however it ends.
        fcntl.flock(lock, fcntl.LOCK_EX)
        complete = folder / "complete"
        if not complete.exists():
            make(folder)
            complete.touch()
    print(python_in(folder))


def python_in(folder: pathlib.Path) -> pathlib.Path:
    return folder / "bin" / "python"


def make(folder: pathlib.Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)  # what an interrupted attempt has left
    run(
        [sys.executable, "-m", "venv", folder],
        "python3 cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv",
    )
    run(
        [python_in(folder), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS],
        f"pip cannot install {REQUIREMENTS.name}. It needs PyPI, or a mirror of it in pip's configuration.",
    )


def run(command, advice: str) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    if done.returncode != 0:
        sys.exit(f"{done.stdout.strip()}\n\n{advice}")


if __name__ == "__main__":
    main()
