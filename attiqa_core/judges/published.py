"""The published methods that the paper and its neighbours compare with, and what each is called in pyiqa."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Baseline:
    """A published no-reference method: its names in pyiqa, or why there is none."""

    method: str
    pyiqa: tuple[str, ...]
    note: str = ""


PUBLISHED_BASELINES = (
    Baseline("DBCNN", ("dbcnn",), "trained on KonIQ-10k"),
    Baseline("HyperIQA", ("hyperiqa",)),
    Baseline("MUSIQ", ("musiq", "musiq-spaq", "musiq-paq2piq", "musiq-ava"), "KonIQ-10k by default"),
    Baseline("TReS", ("tres", "tres-flive"), "KonIQ-10k by default"),
    Baseline("CLIP-IQA", ("clipiqa",), "also here: create_metric('clip-iqa')"),
    Baseline("CLIP-IQA+", ("clipiqa+", "clipiqa+_rn50_512", "clipiqa+_vitL14_512"), "trainable here: attiqa clip-iqa"),
    Baseline("LIQE", ("liqe", "liqe_mix"), "KonIQ-10k by default, or six sets"),
    Baseline("QualiCLIP", ("qualiclip",), "trainable here: attiqa qualiclip"),
    Baseline(
        "ARNIQA", ("arniqa", "arniqa-clive", "arniqa-spaq", "arniqa-flive", "arniqa-kadid"), "KonIQ-10k by default"
    ),
    Baseline("PaQ-2-PiQ", ("paq2piq",), "trained on FLIVE"),
    Baseline("NIMA", ("nima", "nima-koniq", "nima-spaq"), "aesthetics (AVA) by default"),
    Baseline("MANIQA", ("maniqa",), "trained on KonIQ-10k"),
    Baseline("TOPIQ", ("topiq_nr", "topiq_nr-flive", "topiq_nr-spaq"), "KonIQ-10k by default"),
    Baseline("Q-Align", ("qalign",), "a language model of 7 billion weights"),
    Baseline("CONTRIQUE", (), "not in pyiqa; a checkpoint of features exists, a regressor has to be fitted"),
    Baseline("Re-IQA", (), "not in pyiqa; encoders of features only, a regressor has to be fitted"),
    Baseline("CLIP", (), "not a metric: an encoder, `attiqa evaluate` fine-tunes or probes it"),
    Baseline("QPT", (), "no public weights found"),
    Baseline("ATTIQA", (), "no public weights or code; this project"),
)
"""The methods that the ATTIQA paper and its neighbours compare with. Names: pyiqa's own table of metrics, 2025."""
