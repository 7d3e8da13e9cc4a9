"""Make a page of rendered pictures: before and after, zoom to 1:1, parameters, histograms."""

from experiments.gallery.gallery import write_gallery
from experiments.options.look import Config
from experiments.options.outcome import Outcome, count


def run(config: Config) -> Outcome:
    """Write the page; pictures that cannot be read are shown as such and reported."""
    config.check()
    made = write_gallery(
        config.page, config.pictures, config.before or None, full_size=config.full_size, workers=config.workers
    )
    compared = f", {made.compared:,} with a before" if made.compared else ""
    return Outcome(made.path, f"{count(made.pictures, 'picture')} on the page{compared}", made.failures)
