"""A small evaluation and a small export of a study, which the tests of several files take."""

from fixtures.evaluated import evaluation, evaluation_run, rated_set
from fixtures.exported import export, exportable

__all__ = ["evaluation", "evaluation_run", "export", "exportable", "rated_set"]
