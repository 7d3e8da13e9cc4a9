"""What pictures and raws can be read and written here."""

from importlib.util import find_spec

from experiments.doctor.fact import Fact, Places


def raws(places: Places) -> list[Fact]:
    """Return LibRaw's version."""
    import rawpy

    return [Fact("LibRaw", f"{'.'.join(map(str, rawpy.libraw_version))}, through rawpy {rawpy.__version__}")]


def pictures(places: Places) -> list[Fact]:
    """Return which formats of pictures there are codecs for: what is missing is refused by name where it is asked for."""
    import imagecodecs
    from PIL import features

    has = {name: bool(features.check(key)) for name, key in
           {"JPEG": "jpg", "PNG": "zlib", "TIFF": "libtiff", "WebP": "webp", "JPEG 2000": "jpg_2000", "AVIF": "avif"}.items()}  # fmt: skip
    has["JPEG XL"] = bool(imagecodecs.JPEGXL.available)
    has["HEIC"] = find_spec("pillow_heif") is not None
    there, absent = ([name for name in has if has[name] == wanted] for wanted in (True, False))
    needed = [name for name in absent if name in ("JPEG", "PNG", "TIFF")]
    broken = f"Pillow: was built without {', '.join(needed)}; `pip install --force-reinstall pillow`" if needed else ""
    return [Fact("codecs", f"{', '.join(there)}" + (f"; not {', '.join(absent)}" if absent else ""), broken, has)]
