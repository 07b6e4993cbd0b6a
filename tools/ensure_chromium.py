"""Make sure the browser tests find a Chromium: on Debian as root it is installed with apt."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main() -> int:
    if any(shutil.which(name) for name in NAMES):
        return 0
    if Path("/etc/debian_version").exists() and hasattr(os, "geteuid") and os.geteuid() == 0:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=True, env=environment)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
            check=True,
            env=environment,
        )
        return 0
    sys.stderr.write(
        "Les tests de navigateur ont besoin de Chromium ou de Google Chrome. Installez-le "
        "(Debian, Ubuntu : sudo apt install chromium ; macOS : brew install --cask chromium), "
        "puis relancez « make test ».\n"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
