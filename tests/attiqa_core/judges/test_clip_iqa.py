import json
import math

import numpy as np
import open_clip
import pytest
import torch
from fixtures.json_lines import rows_of
from fixtures.photographs import photograph
from fixtures.rated import write_mos
from fixtures.seeded import seeded
from fixtures.tiny_clip import RESNET, VIT, write_clip
from fixtures.tolerances import CLIP_SCORE
from skimage import data

from attiqa_core.attributes import ATTRIBUTES, TABLE_1_PROMPTS, PromptPair
from attiqa_core.errors import InputError, UsageError
from attiqa_core.judges.clip_iqa import clip_iqa, find_clip_iqa, frozen_clip
from attiqa_core.judges.clip_iqa_plus import ContextPrompts, embed_views, load_prompts, save_prompts
from attiqa_core.judges.judge import create_metric
from attiqa_core.training.clip_iqa_plus import Rated, train_prompts
from attiqa_core.training.recipe import ClipIqaRecipe


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Folder with two tiny, random CLIPs that open_clip knows: `judge-vit` and `judge-rn`."""
    folder = tmp_path_factory.mktemp("clips")
    for name, vision in (("judge-vit", VIT), ("judge-rn", RESNET)):
        write_clip(folder, name, vision, quick_gelu=True)
    return folder


@pytest.fixture(scope="module")
def vit(weights):
    return clip_iqa("judge-vit", str(weights / "judge-vit.safetensors"), "crop", crops=1)


@pytest.fixture(scope="module")
def native(weights):
    return clip_iqa("judge-rn", str(weights / "judge-rn.safetensors"))


@pytest.fixture
def images():
    picture = photograph() / 255.0
    return torch.stack([picture[:, 20:92, 40:136], picture[:, 200:272, 200:296], picture[:, 300:372, 10:106]])


def network_of(weights, name):
    return open_clip.create_model_from_pretrained(name, str(weights / f"{name}.safetensors"))


def softmax_score(network, image_embedding, pair, name):
    """The definition, in float64 and through the two-way softmax itself."""
    texts = network.encode_text(open_clip.get_tokenizer(name)(list(pair))).double().detach().numpy()
    image = image_embedding.double().detach().numpy()
    cosines = [float(image @ text / np.linalg.norm(image) / np.linalg.norm(text)) for text in texts]
    positive, negative = (math.exp(100 * cosine) for cosine in cosines)
    return positive / (positive + negative)


@pytest.mark.slow
def test_the_score_is_the_softmax_over_good_photo_and_bad_photo(vit, weights, images):
    network, _ = network_of(weights, "judge-vit")
    network.eval()
    mean, std = (torch.tensor(network.visual.preprocess_cfg[key]).view(1, 3, 1, 1) for key in ("mean", "std"))
    square = images[:, :, 4:36, 4:36]  # already of the encoder's size, so that resizing does not come in
    embedded = network.encode_image((square - mean) / std)
    scores, attributes = vit.read(square)
    for index in range(len(square)):
        expected = softmax_score(network, embedded[index], ("Good photo.", "Bad photo."), "judge-vit")
        assert float(scores[index]) == pytest.approx(expected, abs=CLIP_SCORE)
        for column, name in enumerate(ATTRIBUTES):
            expected = softmax_score(network, embedded[index], TABLE_1_PROMPTS[name], "judge-vit")
            assert float(attributes[index, column].sigmoid()) == pytest.approx(expected, abs=CLIP_SCORE)


@pytest.mark.slow
def test_several_pairs_are_averaged_and_a_swapped_pair_is_the_complement(weights, images):
    def judge(*pairs):
        return clip_iqa("judge-vit", str(weights / "judge-vit.safetensors"), "crop", pairs, crops=1)(images)

    one, two = PromptPair("Sharp photo.", "Blurry photo."), PromptPair("Clean photo.", "Noisy photo.")
    torch.testing.assert_close(judge(one, two), (judge(one) + judge(two)) / 2)
    torch.testing.assert_close(judge(one), 1 - judge(PromptPair(one.negative, one.positive)))


def test_five_crops_are_the_mean_of_the_single_ones(vit, images):
    wide = images[:, :, :32]
    resized_crops = vit.view(wide, 5)
    each = torch.stack([vit.with_crops(1)(crop) for crop in resized_crops])
    torch.testing.assert_close(vit.with_crops(5)(wide), each.mean(0))


def test_the_native_view_is_attention_pooling_without_positions(native, weights, images):
    network, _ = network_of(weights, "judge-rn")
    network.eval()
    visual = network.visual
    mean, std = (torch.tensor(visual.preprocess_cfg[key]).view(1, 3, 1, 1) for key in ("mean", "std"))
    maps = visual.layer4(visual.layer3(visual.layer2(visual.layer1(visual.stem((images - mean) / std)))))
    tokens = maps.flatten(2).permute(0, 2, 1)
    tokens = torch.cat([tokens.mean(1, keepdim=True), tokens], 1)
    pooling, heads = visual.attnpool, visual.attnpool.num_heads
    query, key, value = (
        layer(tokens).unflatten(2, (heads, -1)).transpose(1, 2)
        for layer in (pooling.q_proj, pooling.k_proj, pooling.v_proj)
    )
    attended = (query[:, :, :1] @ key.transpose(2, 3) / query.shape[-1] ** 0.5).softmax(-1) @ value
    expected = pooling.c_proj(attended.transpose(1, 2).flatten(2))[:, 0]
    torch.testing.assert_close(native.tower(images), expected, atol=1e-5, rtol=1e-4)
    assert tuple(images.shape[2:]) == (72, 96)  # not the 64 px of CLIP's crop


def test_a_native_view_of_a_vision_transformer_is_refused(weights):
    with pytest.raises(UsageError, match="RN50"):
        clip_iqa("judge-vit", str(weights / "judge-vit.safetensors"), "native")


@pytest.mark.parametrize("which", ["vit", "native"])
def test_gradients_reach_the_image_and_neighbours_do_not_matter(which, images, request):
    judge = request.getfixturevalue(which)
    leaf = images.clone().requires_grad_(True)
    scores = judge(leaf)
    scores.sum().backward()
    assert leaf.grad is not None and leaf.grad.abs().sum() > 0
    alone = torch.cat([judge(image[None]) for image in images])
    assert (scores - alone).abs().max() <= CLIP_SCORE and torch.equal(judge.score(images), alone)


def test_a_reference_finds_the_same_judge_again(weights, images):
    pairs = (PromptPair("Crisp photo.", "Soft photo."), PromptPair("100% good & fine", "so-so"))
    judge = clip_iqa("judge-vit", str(weights / "judge-vit.safetensors"), "crop", pairs)
    again = create_metric(judge.reference)
    assert torch.equal(again.score(images), judge.score(images)) and again.sha256 == judge.sha256
    other = clip_iqa("judge-vit", str(weights / "judge-vit.safetensors"), "crop", pairs[:1])
    assert other.sha256 != judge.sha256


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        ("clip-iqa?size=3", "does not know size"),
        ("clip-iqa?view=wide", "view=wide"),
        ("clip-iqa?prompts=Good photo.", "antonym pair"),
    ],
)
def test_a_wrong_reference_is_refused(reference, says):
    with pytest.raises(UsageError, match=says):
        find_clip_iqa(reference)


@pytest.fixture
def clip(weights):
    return frozen_clip("judge-vit", str(weights / "judge-vit.safetensors"), "crop")


def test_a_context_of_the_words_own_embeddings_gives_the_plain_prompt(clip):
    prompts = ContextPrompts(clip, PromptPair("Good photo.", "Bad photo."), tokens=3, shared=False)
    words = clip.tokenizer(["very nice sunny Good photo.", "very nice sunny Bad photo."])
    prompts.context.data = clip.network.token_embedding(words[:, 1:4])
    expected = clip.text([PromptPair("very nice sunny Good photo.", "very nice sunny Bad photo.")])[0]
    torch.testing.assert_close(prompts(), expected, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.slow
def test_learned_prompts_fit_the_scores_and_leave_clip_alone(clip, shared, tmp_path):
    generator = seeded()
    before = {name: value.clone() for name, value in clip.network.state_dict().items()}
    views = torch.nn.functional.normalize(torch.randn(24, 1, 32, generator=generator), dim=-1)
    planted = torch.nn.functional.normalize(torch.randn(32, generator=generator), dim=0)
    rated = Rated(views, (20 * views[:, 0] @ planted).sigmoid())
    prompts = ContextPrompts(clip, tokens=4, shared=shared, generator=generator)
    assert prompts.context.shape == (1 if shared else 2, 4, 32) and list(prompts.state_dict()) == ["context"]
    recipe = ClipIqaRecipe(epochs=30, batch=24, lr=5e-2)
    train_prompts(prompts, rated, recipe, held_out=rated, run=tmp_path, quiet=True)
    rows = rows_of(tmp_path / "metrics.jsonl")
    assert rows[-1]["loss"] < 0.8 * rows[0]["loss"] and rows[-1]["held_out"]["srocc"] > rows[0]["held_out"]["srocc"]
    assert all(torch.equal(before[name], value) for name, value in clip.network.state_dict().items())


def test_one_context_is_learned_for_both_prompts_unless_two_are_asked_for(clip):
    from experiments.options.clip_iqa import Config

    one, two = ContextPrompts(clip, tokens=4, shared=True), ContextPrompts(clip, tokens=4, shared=False)
    assert len(one.context) == 1 and len(two.context) == 2 and Config(scores=None).shared  # type: ignore[arg-type]
    words = [PromptPair("nice nice nice nice Good photo.", "nice nice nice nice Bad photo.")]
    embedded = clip.network.token_embedding(clip.tokenizer(list(words[0]))[:1, 1:5])
    one.context.data = embedded
    torch.testing.assert_close(one(), clip.text(words)[0], atol=1e-6, rtol=1e-5)


@pytest.fixture
def stored(clip, tmp_path):
    prompts = ContextPrompts(clip, tokens=4, shared=True, generator=seeded(1))
    return save_prompts(tmp_path / "plus", clip, prompts, {"data": "none"})


def test_stored_prompts_come_back_as_a_judge(stored, clip, images):
    judge = create_metric(stored, crops=5)
    pictures = (images * 255).round().byte()
    sides = ContextPrompts(clip, tokens=4, shared=True, generator=seeded(1))().detach()
    views = embed_views(clip, iter(pictures))
    expected = (100 * views @ (sides[0] - sides[1])).sigmoid().mean(1)
    torch.testing.assert_close(judge.score(pictures / 255.0), expected, atol=CLIP_SCORE, rtol=0)
    assert create_metric(judge.reference).sha256 == judge.sha256


def test_other_clip_weights_or_a_changed_file_are_refused(stored, weights, tmp_path):
    other = write_clip(tmp_path, "judge-other", seed=7)
    with pytest.raises(InputError, match="learned with CLIP weights"):
        load_prompts(stored, weights=str(other))
    path = stored / "clip_iqa.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(InputError, match="SHA-256"):
        load_prompts(stored)


def test_too_many_tokens_are_refused(clip):
    with pytest.raises(UsageError, match="has room for 1 to 19"):
        ContextPrompts(clip, tokens=20, shared=True)


@pytest.mark.slow
def test_the_command_trains_on_rated_images(weights, tmp_path):
    from PIL import Image

    from experiments.commands import clip_iqa as verb

    picture = data.astronaut()
    for index in range(8):
        Image.fromarray(picture[50 * index : 50 * index + 40 + index, 60:120]).save(tmp_path / f"{index}.png")
    write_mos(tmp_path / "mos.csv", {f"{index}.png": index for index in range(8)})
    config = verb.Config(
        tmp_path / "mos.csv", tmp_path / "run", "judge-rn", str(weights / "judge-rn.safetensors"), tokens=4, epochs=2,
        held_out=0.25, batch=4, device="cpu",
    )  # fmt: skip
    judge = create_metric(verb.run(config).path)
    described = json.loads((tmp_path / "run/clip_iqa.json").read_text())
    assert described["provenance"]["images"] == 6 and described["view"] == "native"
    assert 0 <= float(judge.score(torch.rand(1, 3, 64, 80))) <= 1  # random weights saturate
