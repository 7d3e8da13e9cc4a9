"""How large a picture may be: what a file claims is looked at before a pixel of it is decoded."""

from PIL import Image

from attiqa_core.errors import InputError

MAX_PIXELS = 160_000_000
"""Of a picture that is decoded whole: the largest cameras have 151 million, and it takes 1.1 GB while it is decoded."""
MAX_JPEG_PIXELS = 4 * MAX_PIXELS
"""Of a JPEG, which is decoded at half its width and height above `MAX_PIXELS`: telephones have 200 million."""
MAX_BYTES = 1_500_000_000  # more than MAX_PIXELS of 16-bit RGBA take
Image.MAX_IMAGE_PIXELS = MAX_JPEG_PIXELS  # Pillow's own guard would refuse phone photos of 200 megapixels


def check_pixels(width: int, height: int, name: str, most: int = MAX_PIXELS) -> None:
    """Raises: InputError for a picture of no pixels, or of more than is read."""
    if width * height > most:
        raise InputError(f"{name}: {width}x{height} pixels are more than {most:,}; shrink it first")
    if width < 1 or height < 1:
        raise InputError(f"{name}: {width}x{height} is no size of a picture; fetch it again")
