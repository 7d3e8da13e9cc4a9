"""Addresses of servers that somebody else is sent to, or a token."""

from urllib.parse import urlsplit

OWN_MACHINE = ("localhost", "127.0.0.1", "::1")


def wrong_address(url: str) -> str | None:
    """Return what is wrong with the address of a server that participants, or our token, are sent to; None where nothing is."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        return f"is no address ({error})"
    if parts.scheme not in ("http", "https") or not host or any(letter.isspace() for letter in url):
        return "give an address as https://HOST/"
    if parts.scheme == "http" and host not in OWN_MACHINE:
        return "give https://, or anyone in between reads along"
    if parts.query or parts.fragment or parts.username:
        return "give it without ?, # and @"
    return None
