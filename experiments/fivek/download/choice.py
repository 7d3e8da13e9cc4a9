"""Which photos are wanted: by number or split, licence, camera and count."""

from collections.abc import Mapping, Sequence

from attiqa_core.errors import InputError


def listed_and_licensed(
    names: Mapping[int, str], licences: Mapping[int, str], order: Sequence[int] | None, licence: str | None
) -> list[int]:
    """Return the photos in their order, all where it is None, under this licence, any where it is None.

    Raises: InputError for a photo that the lists do not name, or if none is left.
    """
    for number in order or ():
        if number not in names:
            raise InputError(f"photo {number}: the lists of licences name no such photo; give one that they name")
    found = [each for each in (sorted(names) if order is None else order) if licence in (None, licences[each])]
    if not found:
        raise InputError(
            f"no photo of those asked for is under the licence {licence}; leave --licence out, or name other photos"
        )
    return found
