import pytest
import torch
from fixtures.photographs import photograph
from torchvision.transforms.v2 import functional as F

from attiqa_core.photos.images import to_images
from attiqa_core.training import loop
from isp_env.tools.defects import DEFECTS, Defect
from isp_env.tools.learned import training
from isp_env.tools.learned.measure import HIGHEST_DB, before_and_after, middles
from isp_env.tools.learned.recipe import NetworkRecipe
from isp_env.tools.learned.samples import local_pairs, planted, whole_pairs
from isp_env.tools.learned.table import Network
from isp_env.tools.tool import Tool

PHOTOS = [F.resize(photograph(name), [64], antialias=True) for name in ("astronaut", "coffee")]
GREENED = Defect("greened", lambda images, severity, generator: green(images), frozenset())
SMALL = Network("small-3", "denoise", "greened", "residual", 3, 8)
RECIPE = NetworkRecipe(steps=24, steps_of_round=12, batch=2, patch=16, clean=0.0, lr=1e-2)


def green(images):
    """A toy defect: as much green for every picture."""
    return (images + images.new_tensor([0.0, 0.1, 0.0])[:, None, None]).clamp(0, 1)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def trained(monkeypatch, **options):
    monkeypatch.setitem(training.DEFECTS, "greened", GREENED)
    return training.train_network(SMALL, PHOTOS, RECIPE, quiet=True, **options)


@pytest.mark.slow
def test_a_few_steps_against_a_toy_defect_mend_half_of_it(monkeypatch):
    net = trained(monkeypatch)
    images = to_images(torch.stack([photo[:, :48, :48] for photo in PHOTOS]))
    before = training.charbonnier(green(images), images)
    with torch.no_grad():
        after = training.charbonnier(net(green(images), torch.ones(2)), images)
    assert after < before / 2


@pytest.mark.slow
def test_the_same_seed_gives_the_same_weights_and_a_killed_run_goes_on_to_them(monkeypatch, tmp_path):
    whole = trained(monkeypatch).state_dict()
    save = loop.save_checkpoint

    def die_after_saving(*arguments):
        save(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(loop, "save_checkpoint", die_after_saving)
    try:
        trained(monkeypatch, run=tmp_path)
    except KeyboardInterrupt:
        monkeypatch.setattr(loop, "save_checkpoint", save)
    resumed = trained(monkeypatch, run=tmp_path).state_dict()
    assert all(torch.equal(value, resumed[name]) for name, value in whole.items())


def test_pairs_differ_by_the_defect_alone_and_follow_the_generator():
    for pairs in (local_pairs, whole_pairs):
        wanted, shown = pairs(PHOTOS, DEFECTS["dark"], 32, 0.0, generator())
        assert wanted.shape == shown.shape == (2, 3, 32, 32) and (shown <= wanted + 1e-5).all()
        again = pairs(PHOTOS, DEFECTS["dark"], 32, 0.0, generator())
        assert torch.equal(again[0], wanted) and torch.equal(again[1], shown)


@pytest.mark.slow
def test_about_the_share_that_is_asked_for_is_shown_as_it_is():
    grey = torch.full((400, 3, 2, 2), 0.5)
    same = (planted(grey, DEFECTS["dark"], 0.25, generator()) == grey).all(3).all(2).all(1)
    assert abs(int(same.sum()) - 100) < 5 * (400 * 0.25 * 0.75) ** 0.5  # five sigma of a binomial


def test_a_perfect_tool_brings_every_photo_back_and_a_photo_that_is_clean_stays():
    images = middles(PHOTOS, 32, whole=False)
    perfect = Tool("perfect", "exposure", lambda given, strength: images[: len(given)])
    rows = before_and_after(perfect, "dark", images[:1])
    assert [rows[each]["better"] for each in ("0", "0.25", "0.5", "1")] == [0, 1, 1, 1]
    assert rows["0"]["before"] == rows["0"]["after"] == rows["1"]["after"] == HIGHEST_DB > rows["0.25"]["before"]


def test_the_middle_of_a_photo_is_at_its_own_pixels_or_all_of_its_short_edge():
    wide = (torch.arange(90) * torch.ones(3, 60, 1)).byte()
    own, whole = (middles([wide], 30, whole=each)[0, 0, 0] * 255 for each in (False, True))
    assert own[0] == 30 and own[-1] == 59
    assert 15 <= whole[0] < 17 and 73 <= whole[-1] <= 75
