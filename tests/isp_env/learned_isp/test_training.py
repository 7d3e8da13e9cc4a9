from dataclasses import replace

import pytest
import torch
from fixtures.seeded import seeded
from fixtures.toy_program import DEFAULT, PROFILE, ToyIsp, toy_pictures, toy_proxies

from attiqa_core.errors import InputError
from attiqa_core.files.whole import read_json, write_json
from attiqa_core.srgb import linear_from_srgb
from isp_env.learned_isp.description import DESCRIPTION
from isp_env.learned_isp.files import LearnedModel, load_learned, save_learned
from isp_env.learned_isp.held_out import at_ends, errors_of, nearest_row, summary
from isp_env.learned_isp.network import Architecture, built
from isp_env.learned_isp.raw_pictures import gathered, load_pictures, save_pictures
from isp_env.learned_isp.recipe import ImitationRecipe
from isp_env.learned_isp.training import drawn_windows, train
from isp_env.learned_isp.vectors import drawn_actions, end_actions
from isp_env.parameters.profile_files import find_profile

SMALL = Architecture(2, width=12, detail=4, gates=4)
BRIEF = ImitationRecipe(steps=6, batch_size=3, window_px=20, steps_per_epoch=2)


@pytest.fixture(scope="module")
def pictures():
    return toy_pictures(2, 4)


@pytest.mark.slow
def test_gain_and_gamma_are_learned_for_new_raws_and_new_actions():
    net = built(SMALL, DEFAULT, 0)
    train(
        net,
        toy_pictures(4, 8),
        ImitationRecipe(steps=100, batch_size=6, window_px=20, lr=1e-2, average=0.9),
        seed=0,
        quiet=True,
    )
    held = toy_pictures(2, 6, seed=1)
    figures = summary([error for raw in held for error in errors_of(net, raw)])["proxy"]
    assert figures["learned"]["mean_delta_e_2000"] < 2.5 < 5 < figures["default"]["mean_delta_e_2000"]
    assert figures["learned"]["mean_delta_e_2000"] < 0.6 * figures["nearest"]["mean_delta_e_2000"]


@pytest.mark.slow
def test_a_training_that_was_interrupted_ends_with_the_same_weights(pictures, tmp_path):
    whole, parts = built(SMALL, DEFAULT, 0), built(SMALL, DEFAULT, 0)
    for name in ("whole", "parts"):
        (tmp_path / name).mkdir()
    train(whole, pictures, BRIEF, seed=3, run=tmp_path / "whole", quiet=True)

    class Stopped(Exception):
        pass

    def stopping(*_):
        if len(seen) == 5:
            raise Stopped
        seen.append(1)

    seen: list[int] = []
    handle = parts.register_forward_hook(stopping)
    with pytest.raises(Stopped):
        train(parts, pictures, BRIEF, seed=3, run=tmp_path / "parts", quiet=True)
    handle.remove()
    resumed = built(SMALL, DEFAULT, 0)
    train(resumed, pictures, BRIEF, seed=3, run=tmp_path / "parts", quiet=True)
    assert all(map(torch.equal, whole.state_dict().values(), resumed.state_dict().values()))


def test_windows_hold_a_view_and_the_picture_of_the_same_place_under_the_same_action(pictures):
    brighter = torch.tensor([1.0, 0.0]), torch.tensor([-1.0, 0.0])
    raws = [replace(raw, actions=raw.actions[:0]) for raw in pictures]
    for proxy in toy_proxies(2):
        raws.append(gathered(proxy, ToyIsp(), PROFILE, torch.stack(brighter))[0])
    views, _, shrinking, actions, wanted = drawn_windows(raws, replace(BRIEF, batch_size=16), seeded())
    assert views.shape == (16, 11, 20, 20) and 1.0 in shrinking and shrinking.max() > 1
    change = (linear_from_srgb(wanted.float() / 255) / linear_from_srgb(views[:, :3]))[:, 1].flatten(1).median(1).values
    torch.testing.assert_close(change.log2(), actions[:, 0], atol=0.1, rtol=0)


def test_a_failure_of_the_program_is_one_sentence_and_the_others_are_kept():
    (proxy,) = toy_proxies(1)
    actions = torch.tensor([[0.9, 0.0], [0.1, 0.2], [0.7, 0.1]])
    raw, failures = gathered(proxy, ToyIsp(fails_above_ev=0.5), PROFILE, actions)
    assert failures == ["toy: it fell over at 0.9 EV", "toy: it fell over at 0.7 EV"]
    assert torch.equal(raw.actions, actions[1:2]) and len(raw.stacks[0].pictures) == len(raw.stacks[1].pictures) == 1
    with pytest.raises(InputError, match="toy: it fell over"):
        gathered(proxy, ToyIsp(fails_above_ev=-1), PROFILE, actions)


def test_a_raw_without_crops_is_a_proxy_alone():
    (proxy,) = toy_proxies(1, crops=0)
    raw, _ = gathered(proxy, ToyIsp(), PROFILE, DEFAULT[None])
    assert len(raw.stacks) == 1


def test_pictures_come_back_from_their_file(pictures, tmp_path):
    save_pictures(tmp_path / "a.safetensors", pictures[0])
    back = load_pictures(tmp_path / "a.safetensors", pictures[0].name)
    assert torch.equal(back.actions, pictures[0].actions) and len(back.stacks) == 2
    for one, other in zip(back.stacks, pictures[0].stacks, strict=True):
        assert torch.equal(one.pictures, other.pictures) and one.shrinking == other.shrinking


def test_drawn_actions_stay_in_range_and_fewer_are_the_first_of_more():
    default = torch.tensor([0.0, -1.0, 0.5])
    many = drawn_actions(default, 5, 8, 0)
    assert len(many) == 5 and all(each.shape == (8, 3) and each.abs().max() <= 1 for each in many)
    assert torch.cat(many).unique(dim=0).shape == (40, 3)
    assert all(map(torch.equal, drawn_actions(default, 5, 3, 0), (each[:3] for each in many)))
    singles = torch.stack([each[3::4] for each in many]) != default
    assert (singles.sum(2) == 1).all() and singles.any(0).all()  # each control in some raw's


def test_ends_leave_out_the_one_that_is_the_default():
    actions, ends = end_actions(torch.tensor([0.0, -1.0]))
    assert ends == [(0, -1.0), (0, 1.0), (1, 1.0)]
    assert actions.tolist() == [[-1, -1], [1, -1], [0, 1]]


def test_errors_of_an_untrained_network_are_stated_by_parameter_and_end(pictures):
    actions, ends = end_actions(DEFAULT)
    (proxy,) = toy_proxies(1, seed=4)
    raw, _ = gathered(proxy, ToyIsp(), PROFILE, actions)
    table = at_ends(built(SMALL, DEFAULT, 0), [raw], ["gain", "gamma"], ends)
    assert list(table) == ["gain", "gamma"] and list(table["gain"]) == ["low", "high"]
    assert table["gain"]["low"]["default"] > 5
    assert nearest_row(torch.tensor([[0.0], [1.0], [0.9]]), 1) == 2 and nearest_row(torch.zeros(1, 1), 0) is None


def test_at_the_default_nothing_is_wrong(pictures):
    (proxy,) = toy_proxies(1)
    raw, _ = gathered(proxy, ToyIsp(), PROFILE, DEFAULT[None])
    for error in errors_of(built(SMALL, DEFAULT, 0), raw):
        assert error.figures["learned"] == error.figures["default"]
        assert error.figures["learned"][0] < 0.5  # pictures are kept with 8 bits


def stored(folder):
    profile = find_profile("exposure8")
    net = built(Architecture(len(profile.controls), width=8, detail=4, gates=3), torch.zeros(len(profile.controls)), 0)
    program = {"name": "toy", "sha256": "0" * 64}
    return save_learned(folder, LearnedModel(net, profile, program, 48, 1, {"seed": 0}, {"proxy": {}})), net


def test_a_stored_network_comes_back_whole(tmp_path):
    folder, net = stored(tmp_path / "learned")
    model = load_learned(folder)
    assert model.profile == find_profile("exposure8") and model.program["name"] == "toy" and model.proxy_px == 48
    assert all(map(torch.equal, model.network.state_dict().values(), net.state_dict().values()))
    save_learned(folder, model)
    assert len(list(folder.glob("*.safetensors"))) == 1


def test_a_damaged_folder_is_refused_by_name(tmp_path):
    folder, _ = stored(tmp_path / "learned")
    (weights,) = folder.glob("*.safetensors")
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(InputError, match=r"learned_isp-.*SHA-256"):
        load_learned(folder)
    described = read_json(folder / DESCRIPTION)
    described["architecture"]["width"] = 9999
    write_json(folder / DESCRIPTION, described)
    with pytest.raises(InputError, match="is damaged"):
        load_learned(folder)
    write_json(folder / DESCRIPTION, {**described, "format": "attiqa-learned-isp/7"})
    with pytest.raises(InputError, match=r"attiqa-learned-isp/7.*which this version reads; update attiqa-isp"):
        load_learned(folder)
