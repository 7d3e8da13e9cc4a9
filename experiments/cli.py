"""The `attiqa` command: finds the verb, reads its options, and runs it."""

import difflib
import importlib
import sys
from importlib import metadata

from attiqa_core.errors import UsageError
from attiqa_core.remote.address import as_written
from experiments.running.command_line import module_of, parse
from experiments.running.lasting import lasting_stderr
from experiments.running.signals import heeded
from experiments.running.streams import EXIT_SOME_FAILED, guarded, open_closed_streams

GROUPS: dict[str, dict[str, str]] = {
    "tune the ISP": {
        "demo": "the whole chain in minutes: raws, agent, pictures, benchmark, A/B page",
        "bake": "raws and photos as a store of contexts to train on",
        "imitate": "a fast, differentiable copy of another program, trained on its pictures",
        "fit": "the parameters that reproduce given pictures of raws, and what is left over",
        "train": "train an agent that tunes the ISP for each raw",
        "render": "render raws at full size with a policy, given parameters or a benchmark's",
        "recipe": "a recipe for Camera Raw, for RawTherapee, or as a 3D LUT",
        "look": "a page of rendered pictures: before and after, 1:1, parameters, histograms",
        "chart": "measure a ColorChecker in a raw: Delta E, white balance, noise, sharpness",
        "benchmark": "compare tuners on held-out raws at stated budgets",
        "audit": "safe, doubtful or hacked: whether a policy's gain is real, on one page",
        "report": "one HTML page of a benchmark: pictures, tables, and what was not proved",
    },
    "retouch finished pictures": {
        "tools networks": "train the learned tools: denoise, deblur, dejpeg, super-resolution, exposure, white balance, colour and tone",
        "tools train": "train an agent that picks tools one after another and knows when to stop",
        "tools compare": "such an agent beside chance, greedy steps, a beam and oracles",
        "tools apply": "retouch pictures at full size as such an agent says",
    },
    "work with MIT-Adobe FiveK": {
        "fivek get": "raws, experts' renderings and inputs from its server: resumed, verified, in part or as a whole",
        "fivek splits": "FiveK's splits by name, what is wrong with each, and how much is here",
        "fivek catalogue": "what FiveK's experts did in Lightroom, as a CSV, without Lightroom",
        "evaluate-fivek": "pictures or renders beside an expert's, under a named protocol",
    },
    "score pictures": {
        "score": "score photographs with ATTIQA",
        "compare": "score and attribute differences of two images or two folders",
        "gate": "ask whether a scorer sees through spoiled pictures, before it is a reward",
        "export": "a scorer or a policy as one ONNX file, or as a folder with a card",
    },
    "ask people": {
        "study plan": "raters and pairs for a half width, from a pilot or from assumptions",
        "study export": "make a blind study of two or more rendered folders: pages, or one to be served",
        "study serve": "serve a study to raters, each by a link of their own, and keep their votes",
        "study rehearse": "try a study with simulated raters before real ones come",
        "study recruit": "make a study on Prolific: what it costs, the draft, and publish it",
        "study analyse": "win rates and intervals from collected votes, to a sentence one can publish",
        "study lists": "whom of Prolific's raters to pay, and whose votes to use",
        "study remove": "remove a rater of a served study, down to the bytes",
        "study import": "votes from Mechanical Turk, jsPsych, Label Studio or a plain CSV",
    },
    "share one command's work": {
        "sweep": "a training over many settings, each a run of its own; the validation part chooses",
        "merge": "prove that all parts of a run are there, and join them",
    },
    "train a scorer": {
        "doctor": "what this machine can do, what data is here, and where to get the rest",
        "prompts": "choose CLIP's antonym prompts by two proxy tasks",
        "label": "pseudo-labels of photos from a teacher",
        "pretrain": "attribute-aware pretraining",
        "finetune": "fine-tune on human scores or people's votes into a frozen scorer",
        "distil": "a fast scorer that scores as a good one does",
        "settings": "a scorer that reads by how much a picture's settings are off",
        "evaluate": "every protocol of the paper: splits, less data, probes, other sets, votes",
        "qualiclip": "train QualiCLIP on pristine photos",
        "clip-iqa": "train CLIP-IQA+ prompts on rated images",
        "naturalness": "fit NIQE and colour naturalness on pristine photos",
        "plot": "training curves, predicted against MOS, ranking accuracy of runs",
        "speed": "time everything that users wait for on this machine",
    },
}
VERBS: dict[str, str] = {verb: text for verbs in GROUPS.values() for verb, text in verbs.items()}
"""Verb -> one line of help. Its options are `experiments.options.VERB.Config`, which loads fast; the work is
`experiments.commands.VERB.run`, loaded once the options are known to be right."""


def main() -> None:
    """Run the command line and exit with its code; a traceback is shown only with --debug."""
    open_closed_streams()
    words = sys.argv[1:]
    debug = "--debug" in words
    with heeded(), lasting_stderr():
        sys.exit(guarded(run_command, words, debug=debug))


def run_command(words: list[str]) -> int:
    """Run one verb and return its exit code.

    The last line on stdout is the result's path, where there is one; the last on stderr is a sentence with counts.
    """
    if words[:1] == ["help"]:
        words = [*words[1:], "--help"]
    if not words or words[0] in ("-h", "--help"):
        print(_overview())
        return 0
    if words[0] == "completion":
        from experiments.options.completion import print_completion

        return print_completion(words[1:], {verb: f"experiments.options.{module_of(verb)}" for verb in VERBS})
    if words[0] == "--version":
        print(metadata.version("attiqa-isp"))
        return 0
    verb, rest = _split_verb(words)
    from experiments.options.outcome import say
    from experiments.running.begun import begun, refuse_busy_places  # so that --help needs no package of others
    from experiments.running.places_afar import refuse_addresses
    from experiments.scaling.remote_out import told_as, working_here

    config = parse(verb, rest)
    refuse_addresses(verb, config)
    refuse_busy_places(verb, config)
    config.check()
    with working_here(config, verb) as here, begun(verb, here):
        outcome = importlib.import_module(f"experiments.commands.{module_of(verb)}").run(here)
    outcome = told_as(outcome, here, config, verb)
    for failure in outcome.told_failures:
        say(failure)
    if outcome.path is not None:
        print(as_written(outcome.path))
    sys.stdout.flush()
    say(outcome.sentence)
    return EXIT_SOME_FAILED if outcome.failures else 0


def _split_verb(words: list[str]) -> tuple[str, list[str]]:
    for length in (2, 1):
        verb = " ".join(words[:length])
        if verb in VERBS:
            return verb, words[length:]
    of_two = [verb for verb in VERBS if verb.startswith(words[0] + " ")]
    second = [word for word in words[1:2] if of_two and word != "--help"]
    if of_two and not second:
        raise UsageError(f"attiqa {words[0]}: needs a second word: {', '.join(of_two)}")
    asked = " ".join([words[0], *second])
    near = difflib.get_close_matches(asked, of_two or VERBS, n=1)
    if near:
        raise UsageError(f"attiqa {asked}: no such command; did you mean {near[0]}?")
    if of_two:
        raise UsageError(f"attiqa {asked}: no such command; there are {', '.join(of_two)}")
    raise UsageError(f"attiqa {asked}: no such command; `attiqa --help` lists them")


def _overview() -> str:
    lines = []
    for group, verbs in GROUPS.items():
        lines += [f"{group}:", *(f"  {verb:<14} {text}" for verb, text in verbs.items())]
    return "\n".join(
        [
            "usage: attiqa COMMAND [OPTIONS]    (attiqa help COMMAND explains its options)",
            "",
            "Tune a raw-to-RGB pipeline to what people like.",
            "",
            *lines,
            "",
            "every command: --config FILE.toml stands for the flags in it; --debug shows a traceback",
            'attiqa completion bash|zsh|fish prints what completes them all: eval "$(attiqa completion bash)"',
            "exit codes: 0 done, 2 usage, 3 bad input, 4 some items failed, 5 disk or memory full, 129 hung up, 130 interrupted, 143 terminated",
        ]
    )


if __name__ == "__main__":
    main()
