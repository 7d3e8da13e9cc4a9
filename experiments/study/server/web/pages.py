"""The pages that are served: the raters', the experimenter's, and the languages."""

from pathlib import Path

from experiments.study.folder import Study
from experiments.study.page.assembly import served_page
from experiments.study.page.languages.reading import languages_of
from experiments.study.server.web.app import Pages

EXPERIMENTER = Path(__file__).with_name("experimenter.html")


def pages_of(study: Study) -> Pages:
    """Return what anyone may read: nothing in it is of this study but the languages it is offered in.

    Raises: InputError for a language that cannot be read.
    """
    texts = languages_of(study.protocol.question.languages)
    return Pages(served_page(), EXPERIMENTER.read_text(encoding="utf-8"), texts)
