"""What a base install weighs: packages and megabytes of a fresh environment, without pip itself.

python benchmarks/install.py
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = str(Path(folder, "bin", "python"))
        subprocess.run([python, "-m", "pip", "install", "--quiet", str(ROOT)], check=True)
        listed = subprocess.run(
            [python, "-m", "pip", "list", "--format", "json"], check=True, capture_output=True, text=True
        )
        packages = [each["name"] for each in json.loads(listed.stdout) if each["name"] not in ("pip", "setuptools")]
        site = next(Path(folder).glob("lib/python*/site-packages"))
        own_tools = ("pip", "setuptools", "pkg_resources", "_distutils_hack")
        size = sum(
            file.stat().st_size
            for file in site.rglob("*")
            if file.is_file() and not file.relative_to(site).parts[0].startswith(own_tools)
        )
    print(f"base install, bytecode included: {len(packages)} packages, {size / 1e6:.0f} MB")
    print(f"  {', '.join(sorted(packages))}")


if __name__ == "__main__":
    main()
