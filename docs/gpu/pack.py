"""What a training of a reward needs on a machine without a network, in one folder of a stated size.

`python docs/gpu/pack.py MOS.CSV GOOD_PHOTOS PACK --wheels WHEELS --most-mib 45` copies the rated photos as they are, packages that the
machine lacks (`pip download --no-deps`; two of them slimmed), and of the good photos as many as fit, evenly spread, as JPEG.
"""

import argparse
import io
import shutil
import zipfile
from pathlib import Path

import torch
from PIL import Image

QUALITY = 92  # of JPEG, without subsampling
MIB = 2**20
CODECS = ("imcd", "shared", "cms", "png")
"""What of imagecodecs is imported where photos are JPEG and PNG; all of it is 27 MiB."""


def main() -> None:
    """Read the command line and pack."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("scores", type=Path, help="CSV with the columns image,mos; the images lie beside it or below")
    parser.add_argument("good", type=Path, help="folder of good photos")
    parser.add_argument("pack", type=Path, help="new folder")
    parser.add_argument("--wheels", type=Path, help="folder of packages that the machine lacks")
    parser.add_argument("--most-mib", type=float, default=40.0, help="largest size of the folder")
    given = parser.parse_args()
    if given.pack.exists():
        parser.error(f"{given.pack}: is there already; name a new folder")
    shutil.copytree(given.scores.parent, given.pack / "rated")
    for wheel in sorted(given.wheels.glob("*.whl")) if given.wheels else ():
        slim_wheel(wheel, given.pack / "wheels" / wheel.name)
    left = given.most_mib * MIB - size_of(given.pack)
    if left <= 0:
        parser.error(f"--most-mib {given.most_mib:g}: rated photos and wheels alone are larger")
    kept = pack_good(given.good, given.pack / "good", int(left))
    print(f"{kept} good photos; {size_of(given.pack) / MIB:.1f} MiB in {given.pack}")


def pack_good(photos: Path, folder: Path, most_bytes: int) -> int:
    """Write as many photos of a folder as fit, evenly spread over their names, and return how many there are."""
    folder.mkdir(parents=True)
    made = []
    for path in sorted(each for each in photos.iterdir() if each.suffix.lower() in {".png", ".jpg", ".jpeg", ".webp"}):
        made.append(folder / f"{path.stem}.jpg")
        with Image.open(path) as photo:
            photo.convert("RGB").save(made[-1], quality=QUALITY, subsampling=0)
    share = min(1.0, most_bytes / max(1, size_of(folder)))
    while True:
        kept = {made[int(place / share)] for place in range(int(len(made) * share))}
        if sum(path.stat().st_size for path in kept) <= most_bytes:
            break
        share *= 0.98
    for path in set(made) - kept:
        path.unlink()
    return len(kept)


def slim_wheel(wheel: Path, slim: Path) -> None:
    """Write a wheel without the codecs that no photo needs, and with network weights as fp16."""
    slim.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel) as whole, zipfile.ZipFile(slim, "w", zipfile.ZIP_DEFLATED) as written:
        for name in whole.namelist():
            if is_needed(name):
                content = whole.read(name)
                written.writestr(name, as_fp16(content) if name.endswith(".pth") else content)


def is_needed(name: str) -> bool:
    """Return whether a member of a wheel is imported; of all but imagecodecs everything is."""
    folder, _, file = name.rpartition("/")
    if folder == "imagecodecs" and ".so" in file:
        return file.startswith(tuple(f"_{codec}" for codec in CODECS))
    return folder != "imagecodecs.libs" or file.startswith(("liblcms2", "libpng", "libz-", "libz.", "libdeflate"))


def as_fp16(content: bytes) -> bytes:
    """Return a file of weights with its floats in half the bytes; they are read into a network of fp32."""
    weights = torch.load(io.BytesIO(content), weights_only=True)
    halved = {name: each.half() if each.is_floating_point() else each for name, each in weights.items()}
    stored = io.BytesIO()
    torch.save(halved, stored)
    return stored.getvalue()


def size_of(folder: Path) -> int:
    """Return the bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    main()
