"""XMP sidecars as files: our fields merged into what is there already, everything else kept.

Source: XMP Specification part 1 (ISO 16684-1), RDF/XML; Adobe, XMP Specification part 2, Camera Raw schema.
"""

import io
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

from attiqa_core.errors import InputError

CRS = "http://ns.adobe.com/camera-raw-settings/1.0/"
ATTIQA = "urn:attiqa-isp:xmp/1.0/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
META = "adobe:ns:meta/"
PREFIXES = {"x": META, "rdf": RDF, "crs": CRS, "attiqa": ATTIQA}
OPENING = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
CLOSING = '\n<?xpacket end="w"?>\n'
LARGEST_BYTES = 16 * 2**20

Fields = Mapping[str, str | tuple[str, ...]]


def merged(existing: bytes | None, crs: Fields, own: Mapping[str, str], replaced: tuple[str, ...], name: str) -> str:
    """Return the sidecar's text with these fields of crs and of our namespace.

    `replaced`: names of crs that go, besides those set: what stood there of an earlier recipe. Ratings, keywords, and all
    other fields stay, whichever way they were written. Raises: InputError if `existing` is no XMP; `name` is its file.
    """
    for prefix, address in PREFIXES.items():
        ElementTree.register_namespace(prefix, address)
    root = _empty() if existing is None else _parsed(existing, name)
    rdf = root if root.tag == f"{{{RDF}}}RDF" else root.find(f"{{{RDF}}}RDF")
    if rdf is None:
        raise InputError(f"{name}: holds no rdf:RDF, so it is no XMP sidecar; move it away and run the command again")
    for description in rdf.findall(f"{{{RDF}}}Description"):
        _remove(description, {f"{{{CRS}}}{each}" for each in (*crs, *replaced)})
        _remove(description, {key for key in (*description.keys(), *(e.tag for e in description)) if ATTIQA in key})
    _add(_description(rdf), crs, own)
    ElementTree.indent(root, " ")
    return OPENING + ElementTree.tostring(root, encoding="unicode") + CLOSING


def read_crs(content: bytes, name: str = "XMP") -> dict[str, str | tuple[str, ...]]:
    """Return the fields of crs in a sidecar. Raises: InputError if it is no XMP."""
    found: dict[str, str | tuple[str, ...]] = {}
    for description in _parsed(content, name).iter(f"{{{RDF}}}Description"):
        found |= {key.removeprefix(f"{{{CRS}}}"): text for key, text in description.items() if CRS in key}
        for element in description:
            if CRS in element.tag:
                points = tuple(each.text or "" for each in element.iter(f"{{{RDF}}}li"))
                found[element.tag.removeprefix(f"{{{CRS}}}")] = points or (element.text or "")
    return found


def read_existing(*places: Path) -> tuple[bytes | None, str]:
    """Return the content of the first of these sidecars that is there, and its name. Raises: InputError if it is huge."""
    for place in places:
        if place.is_file():
            if place.stat().st_size > LARGEST_BYTES:
                raise InputError(
                    f"{place}: {place.stat().st_size:,} bytes are too many for an XMP sidecar; move it away"
                )
            return place.read_bytes(), str(place)
    return None, ""


def _parsed(content: bytes, name: str) -> ElementTree.Element:
    """The root; the prefixes that the file uses are kept for writing it."""
    try:
        for _, (prefix, address) in ElementTree.iterparse(io.BytesIO(content), events=("start-ns",)):
            if prefix and address not in PREFIXES.values() and not prefix.startswith("ns"):
                ElementTree.register_namespace(prefix, address)
        return ElementTree.fromstring(content)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise InputError(f"{name}: not valid XML ({error}); move it away and run the command again") from error


def _empty() -> ElementTree.Element:
    root = ElementTree.Element(f"{{{META}}}xmpmeta")
    rdf = ElementTree.SubElement(root, f"{{{RDF}}}RDF")
    ElementTree.SubElement(rdf, f"{{{RDF}}}Description", {f"{{{RDF}}}about": ""})
    return root


def _description(rdf: ElementTree.Element) -> ElementTree.Element:
    """The first description; one is made where there is none."""
    first = rdf.find(f"{{{RDF}}}Description")
    return first if first is not None else ElementTree.SubElement(rdf, f"{{{RDF}}}Description", {f"{{{RDF}}}about": ""})


def _remove(description: ElementTree.Element, names: set[str]) -> None:
    for key in names & set(description.keys()):
        del description.attrib[key]
    for element in [each for each in description if each.tag in names]:
        description.remove(element)


def _add(description: ElementTree.Element, crs: Fields, own: Mapping[str, str]) -> None:
    for key, text in own.items():
        description.set(f"{{{ATTIQA}}}{key}", text)
    for key, value in crs.items():
        if isinstance(value, str):
            description.set(f"{{{CRS}}}{key}", value)
            continue
        sequence = ElementTree.SubElement(ElementTree.SubElement(description, f"{{{CRS}}}{key}"), f"{{{RDF}}}Seq")
        for point in value:
            ElementTree.SubElement(sequence, f"{{{RDF}}}li").text = point
