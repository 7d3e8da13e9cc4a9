"""Say in a sentence what pip-audit's JSON holds, and end with 1 for a weakness or a package nobody could tell about: python audited.py FILE SERVICE."""

import json
import sys
from pathlib import Path


def main(file: str, service: str) -> int:
    """Return the exit code."""
    packages = json.loads(Path(file).read_text())["dependencies"]
    weak = [(each, found) for each in packages for found in each.get("vulns", [])]
    for each, found in weak:
        print(
            f"{each['name']} {each['version']}: {found['id']}, mended in {', '.join(found['fix_versions']) or 'no version'}"
        )
    unknown = [f"{each['name']} ({each['skip_reason']})" for each in packages if "skip_reason" in each]
    for each in unknown:
        print(f"not audited: {each}")
    print(
        f"audit: {len(packages)} packages, {len(weak)} known weaknesses, {len(unknown)} that {service} knows nothing of"
    )
    return 1 if weak or unknown else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
