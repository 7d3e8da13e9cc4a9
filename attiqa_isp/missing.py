"""A package that cannot be imported is a broken installation, not a mistake in a file and not a bug of ours."""

import sys

from attiqa_isp.ours import DISTRIBUTION, PACKAGES


def missing(error: ImportError) -> str:
    """Return one sentence about the package of others that an import failed for, with the cure; "" if it is ours or not named."""
    while not error.name and isinstance(error.__cause__ or error.__context__, ImportError):  # numpy wraps its own
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    name = (error.name or "").partition(".")[0]
    if not name or name in (*PACKAGES, "attiqa_isp"):
        return ""
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
    if name in sys.stdlib_module_names:
        return f"{sys.executable}: this Python was built without its module {name} ({reason}); take another Python"
    cure = f"`pip install {DISTRIBUTION}` installs what is missing, with --force-reinstall also what is broken"
    return f"{name}: cannot be imported ({reason}); {cure}; `attiqa doctor` looks for more of that kind"
