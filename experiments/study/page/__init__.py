"""The page that raters see: one HTML file, which works from a folder by itself and from a server."""

from experiments.study.page.assembly import page_of, served_page
from experiments.study.page.languages.reading import languages_of

__all__ = ["languages_of", "page_of", "served_page"]
