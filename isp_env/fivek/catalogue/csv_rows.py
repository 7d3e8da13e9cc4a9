"""Edits as rows of a CSV: one for each photo and collection, the same columns whatever was edited."""

from collections.abc import Sequence

from isp_env.fivek.catalogue.develop import DevelopSettings
from isp_env.fivek.catalogue.edits import Edit
from isp_env.fivek.catalogue.slider_table import BY_KEY
from isp_env.fivek.catalogue.translation import Translation
from isp_env.parameters.table import NAMES

OF_THE_PHOTO = ("number", "photo", "collection", "copy_name", "camera", "orientation")
OF_THE_EDIT = ("process", "process_version", "white_balance", "temperature_k", "tint")
AFTER_THE_SLIDERS = (
    "tone_curve_name",
    "tone_curve",
    "camera_profile",
    "is_grey",
    "local",
    "auto",
    "written",
    "unknown",
)
TRANSLATED = (*NAMES, "defringe")
NOTES = ("left_out", "limited")
SEPARATOR = "; "


def columns(with_params: bool = False) -> tuple[str, ...]:
    """Return the names of the columns; those of our parameters and what these do not carry come last."""
    known = (*OF_THE_PHOTO, *OF_THE_EDIT, *BY_KEY, *AFTER_THE_SLIDERS)
    return (*known, *TRANSLATED, *NOTES) if with_params else known


def row(edit: Edit, settings: DevelopSettings, translation: Translation | None = None) -> tuple[str, ...]:
    """Return the cells of one edit, in the order of `columns`.

    A slider that is not written is what that means, and `written` does not name it; an empty cell is Auto, which `auto` names, or
    what only the raw knows. `temperature_k` and `tint` are of the white balance that counts, empty where it is as shot.
    """
    of_the_photo = (edit.number, edit.name, edit.collection.label, edit.copy_name, edit.camera, edit.orientation)
    is_as_shot = settings.is_as_shot
    white = (None, None) if is_as_shot else (settings.temperature_k, settings.tint)
    of_the_edit = (settings.process, settings.process_version, settings.white_balance, *white)
    sliders = (settings[key] for key in BY_KEY)
    curve = SEPARATOR.join(f"{place:g} {value:g}" for place, value in settings.tone_curve)
    lists = (settings.local, settings.auto, [key for key in BY_KEY if key not in settings.missing], settings.unknown)
    after = (settings.tone_curve_name, curve, settings.camera_profile, settings.is_grey, *map(SEPARATOR.join, lists))
    cells = [*of_the_photo, *of_the_edit, *sliders, *after]
    if translation is not None:
        cells += [translation.params.get(name) for name in TRANSLATED]
        cells += [SEPARATOR.join(translation.left_out), SEPARATOR.join(translation.limited)]
    return _shown(cells)


def _shown(cells: Sequence[object]) -> tuple[str, ...]:
    return tuple(_cell(value) for value in cells)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.10g}" if isinstance(value, int | float) else str(value)
