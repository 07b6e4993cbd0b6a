"""Copy the browser assets that npm installed into the folder the pages are served from.

Only the files the product serves are taken: the two variable fonts (Latin subset, upright) and
their licences. axe-core stays in node_modules, where the browser tests read it.
"""

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "exigible" / "web" / "static" / "vendor"
FONTS = {
    "source-sans-3": (
        "@fontsource-variable/source-sans-3",
        "source-sans-3-latin-wght-normal.woff2",
    ),
    "source-serif-4": (
        "@fontsource-variable/source-serif-4",
        "source-serif-4-latin-wght-normal.woff2",
    ),
}


def main() -> int:
    VENDOR.mkdir(parents=True, exist_ok=True)
    for name, (package, font) in FONTS.items():
        folder = ROOT / "node_modules" / package
        for source, target in (
            (folder / "files" / font, f"{name}.woff2"),
            (folder / "LICENSE", f"{name}.LICENSE.txt"),
        ):
            if not source.is_file():
                sys.stderr.write(f"Fichier absent : {source}. Relancez « make assets ».\n")
                return 1
            shutil.copyfile(source, VENDOR / target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
