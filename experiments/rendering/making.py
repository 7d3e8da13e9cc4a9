"""What the options of `attiqa render` come to: parameters, device, lens, sensor, settings."""

from collections.abc import Callable
from functools import partial

from agents.audit.said import in_a_sentence
from attiqa_core.runs.device import pick_device
from experiments.options.lens import LensOptions
from experiments.options.outcome import say
from experiments.options.render import Config
from experiments.rendering.one_picture import Making
from experiments.rendering.settings import Settings, as_json, versions
from experiments.rendering.tuning import of_policy, of_values, on_program
from isp_env.lens_profiles.choice import with_lens
from isp_env.lens_profiles.lensfun import refuse_missing
from isp_env.lens_profiles.own import read_lens_file
from isp_env.raw import RawFrame


def making_of(config: Config) -> Making:
    """Return what all pictures of these options share; a policy is loaded. Raises: InputError as whatever is read."""
    device = pick_device(config.device)
    isp = config.program.opened_program()
    if config.policy is not None:
        tuning = of_policy(config.policy, config.scorer, device, config.goals(), isp)
        say(f"{in_a_sentence(config.policy)}")
    else:
        tuning = of_values(config.profile if isp is None else isp.profile, config.params, config.values())
    if isp is not None:
        tuning = on_program(tuning, isp, config.program.isp)
    settings = Settings(as_json(tuning.chosen), as_json(config.decides_pictures()), versions())
    return Making(
        config.out,
        tuning,
        settings,
        device,
        config.output,
        own=config.reading.description(),
        correct=_lens(config.lens_correction),
        sidecars=config.sidecars.sidecar,
        look=config.look,
        isp=isp,
    )


def _lens(options: LensOptions) -> Callable[[RawFrame], RawFrame]:
    """Return what gives a frame the corrections that are asked for."""
    if options.lens == "lensfun":
        refuse_missing()
    own = None if options.lens_file is None else read_lens_file(options.lens_file)
    return partial(with_lens, source=options.lens, lens_name=options.lens_name, own=own, scale=options.scale())
