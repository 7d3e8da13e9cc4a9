"""Make a folder of links to everything in this environment's site-packages that attiqa-isp needs without any extra: the folder is named."""

import site
import sys
import tomllib
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

sys.path.insert(0, str(Path(__file__).parent))
from constraints import ROOT, reached

project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
target = Path(sys.argv[1])
target.mkdir(parents=True)
packages = Path(site.getsitepackages()[0])
for name in reached([Requirement(row) for row in project["dependencies"]]):
    tops = {Path(file).parts[0] for file in metadata.distribution(name).files or [] if not str(file).startswith("..")}
    for top in sorted(tops):
        link = target / top
        if not link.exists():
            link.symlink_to(packages / top)
