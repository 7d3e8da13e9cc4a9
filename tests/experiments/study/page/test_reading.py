"""Languages of the raters' page: the same texts in each, and a user's own file checked against them."""

import re

import pytest

from attiqa_core.errors import InputError
from experiments.study.page.assembly import PARTS, SCRIPTS
from experiments.study.page.languages.reading import FOLDER, SHIPPED, language_name, languages_of, read_language

ENGLISH = FOLDER / "en.toml"


@pytest.mark.parametrize("name", SHIPPED)
def test_every_language_has_every_text_and_no_other(name):
    assert list(read_language(name)) == list(read_language("en"))


@pytest.mark.parametrize("name", [each for each in SHIPPED if each != "en"])
def test_a_translation_says_nothing_in_english_but_what_is_no_word(name):
    english = read_language("en")
    same = [key for key, text in read_language(name).items() if text == english[key]]
    assert same == ["trial.place"]


def test_every_language_that_lies_there_ships():
    assert sorted(path.stem for path in FOLDER.glob("*.toml")) == sorted(SHIPPED)


def used_texts() -> set[str]:
    """Every key that page and script name, those put together at run time as patterns."""
    script = "\n".join((PARTS / name).read_text() for name in SCRIPTS)
    page = (PARTS / "page.html").read_text()
    return set(re.findall(r'data-(?:text|label)="([^"]+)"', page)) | set(
        re.findall(r'["`]([a-z]+\.[a-z_${}.A-Z]+)["`]', script)
    )


def test_the_page_names_only_texts_that_there_are():
    known = read_language("en")
    plain = {
        key for key in used_texts() if "$" not in key and key.split(".")[0] in {each.split(".")[0] for each in known}
    }
    assert len(plain) > 60 and not plain - set(known)


def test_no_text_is_left_in_the_scripts_or_the_markup():
    page = re.sub(
        r"<style>.*?</style>|<script.*?</script>|<title>.*?</title>",
        "",
        (PARTS / "page.html").read_text(),
        flags=re.DOTALL,
    )
    assert not re.findall(r">\s*[^<>%\s][^<>]*<", page)
    for name in SCRIPTS:
        code = re.sub(r"^\s*//.*$|\s//\s.*$", "", (PARTS / name).read_text(), flags=re.MULTILINE)
        said = [
            text
            for text in re.findall(r'"([^"\n]*)"', code)
            if re.search(r"[A-Za-z]{2,}[ ,.!?][A-Za-z ]*[a-z]{2,}", text)
        ]
        keys = [text for text in said if re.fullmatch(r"[a-z]+\.[A-Za-z_-]+", text)]
        assert set(said) - set(keys) <= {"use strict", "plain main"}, name


def test_an_own_file_is_read_and_called_by_its_name(tmp_path):
    path = tmp_path / "nl.toml"
    path.write_text(ENGLISH.read_text().replace("Which picture do you prefer?", "Welke foto vindt u mooier?"))
    texts = languages_of(["en", str(path)])
    assert list(texts) == ["en", "nl"] and texts["nl"]["question.default"] == "Welke foto vindt u mooier?"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('agree = "I agree and take part"\n', "", "lacks consent.agree"),
        ('agree = "', 'agreed = "x"\nagree = "', "consent.agreed: the page has no such text"),
        ("for {days} days", "for long", "consent.kept: its text has to hold days in braces"),
        ('agree = "I agree and take part"', "agree = 3", "consent.agree: is not a text"),
        ("[consent]", "[consent", "cannot be read as TOML"),
    ],
)
def test_an_own_file_with_a_mistake_is_refused_by_its_name_and_the_text(tmp_path, old, new, said):
    path = tmp_path / "nl.toml"
    path.write_text(ENGLISH.read_text().replace(old, new, 1))
    with pytest.raises(InputError, match=rf"nl\.toml: {re.escape(said)}"):
        read_language(str(path))


@pytest.mark.parametrize(("entry", "said"), [("xx", "is no language that ships"), ("gone.toml", "no such file")])
def test_a_language_that_is_not_there_is_refused(entry, said):
    with pytest.raises(InputError, match=said):
        languages_of([entry])


def test_no_language_at_all_is_refused():
    with pytest.raises(InputError, match="name at least one"):
        languages_of([])


def test_a_file_whose_name_is_no_tag_of_a_language_is_refused(tmp_path):
    assert language_name(str(tmp_path / "pt-BR.toml")) == "pt-BR"
    with pytest.raises(InputError, match="call a language file by its language's tag"):
        language_name("my language.toml")
