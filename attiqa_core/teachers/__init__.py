"""The teachers that a command line can name. To add one: a file in this folder and a row in TEACHERS.

This list loads without torch: a teacher's own module is imported when it is made.
"""

import pkgutil
from dataclasses import dataclass
from typing import Any

VERSIONS = 4  # of each photo in a lesson of the degradation teacher


@dataclass(frozen=True)
class TeacherRow:
    """How a teacher is made, and what it is good for.

    `about` is what the help says of it. `made_by` is "module:function" or "module:Class"; it is called with the teacher's
    options under the names that they have on the command line, and with `device` if it is `on_device`. `options` are those
    of every command; `labelling_options` are its own in `attiqa label` alone (`attiqa pretrain` has a --precision and a
    --compile too, which are about the network). `labels_photos`: it scores any image on its own (`LabellingTeacher`), for
    `attiqa label`. `teaches_crops`: `attiqa pretrain --teachers` offers it. `gives_probabilities`: its labels are
    differences of cosines, whose sigmoid is a probability, which `--objective l2` fits.
    """

    about: str
    made_by: str
    options: tuple[str, ...] = ()
    labelling_options: tuple[str, ...] = ()
    on_device: bool = False
    labels_photos: bool = True
    teaches_crops: bool = True
    gives_probabilities: bool = False

    def make(self, **options: Any) -> Any:
        """Return the teacher (`teachers.teacher.Teacher`); errors as its maker's."""
        return pkgutil.resolve_name(self.made_by)(**options)


TEACHERS: dict[str, TeacherRow] = {
    "clip": TeacherRow(
        "CLIP's antonym prompts",
        "attiqa_core.teachers.clip:from_options",
        options=("prompts", "prompt_set", "clip_model", "clip_weights", "clip_activation"),
        labelling_options=("precision", "compile"),
        on_device=True,
        gives_probabilities=True,
    ),
    "statistics": TeacherRow(
        "classical measures, which need no weights",
        "attiqa_core.teachers.statistics:StatisticsTeacher",
    ),
    "degradation": TeacherRow(
        "versions of one photo, whose distortions are known",
        "attiqa_core.teachers.degradation:DegradationTeacher",
        options=("versions",),
        labels_photos=False,
    ),
    "qualiclip": TeacherRow(
        "a CLIP tuned by `attiqa qualiclip`",
        "attiqa_core.teachers.qualiclip:from_options",
        options=("qualiclip",),
        on_device=True,
        teaches_crops=False,
        gives_probabilities=True,
    ),
}
"""Name -> row, in the order in which `attiqa label --help` lists them. `labels`, the rows that `attiqa label` cached, is no
teacher of this list: it needs no making (`labelling.cached_teacher`)."""
