import copy
import json
import math

import numpy as np
import open_clip
import pytest
import safetensors
import torch
from fixtures.tiny_clip import TEXT, write_clip
from fixtures.tolerances import NETWORK
from PIL import Image
from safetensors.torch import load_file, save_file
from skimage import data
from torch.nn import functional

from attiqa_core.attributes import ATTRIBUTES, TABLE_1_PROMPTS, PromptPair
from attiqa_core.errors import InputError, UsageError
from attiqa_core.network import online
from attiqa_core.photos.images import to_picture
from attiqa_core.teachers.clip import ClipTeacher, pick_precision
from attiqa_core.teachers.golden import CLIP_PIXELS_SHA256, check_pixels, golden_image, pixels_sha256, same_encoder


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """The state dict of a tiny, randomly initialised CLIP that open_clip knows as `tiny-clip`."""
    folder = tmp_path_factory.mktemp("clip")
    path = write_clip(folder, "tiny-clip").rename(folder / "tiny.safetensors")
    write_clip(folder, "wide-clip", embed_dim=48)
    torch.save(load_file(path), folder / "tiny.pt")
    return path


@pytest.fixture(scope="module")
def teacher(weights):
    return ClipTeacher("tiny-clip", str(weights), quick_gelu=True)


@pytest.fixture(scope="module")
def pictures():
    return [Image.fromarray(read()) for read in (data.astronaut, data.coffee, data.chelsea)]


@pytest.fixture(scope="module")
def batch(pictures):
    crops = [np.array(picture.crop((20, 10, 270, 210))) for picture in pictures]
    return torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2) / 255.0


def embedded(teacher, images):
    """Embeddings of PIL images through open_clip's own preprocessing."""
    with torch.no_grad():
        return teacher.network.encode_image(torch.stack([teacher.preprocess(each) for each in images]))


@pytest.mark.slow
def test_labels_are_cosines_computed_the_plain_way(teacher, pictures):
    tokenizer = open_clip.get_tokenizer("tiny-clip")
    labels = teacher.labels(embedded(teacher, pictures))
    with torch.no_grad():
        for index, pair in enumerate(TABLE_1_PROMPTS.values()):
            texts = teacher.network.encode_text(tokenizer(list(pair)))
            for row, picture in enumerate(pictures):
                image = teacher.network.encode_image(teacher.preprocess(picture)[None])
                cosines = functional.cosine_similarity(image, texts)
                assert float(labels[row, index]) == pytest.approx(float(cosines[0] - cosines[1]), abs=NETWORK)


@pytest.mark.slow
def test_the_sigmoid_of_a_label_times_100_is_the_two_way_softmax(teacher, batch):
    labels = teacher.attributes(batch)
    image = functional.normalize(teacher.embed(batch), dim=1)
    with torch.no_grad():
        texts = teacher.network.encode_text(open_clip.get_tokenizer("tiny-clip")(list(TABLE_1_PROMPTS["contrast"])))
    softmax = (100 * image @ functional.normalize(texts, dim=1).T).softmax(1)[:, 0]
    torch.testing.assert_close(torch.sigmoid(100 * labels)[:, 1], softmax, atol=1e-4, rtol=0)


@pytest.mark.slow
def test_prompts_are_taken_by_attribute_and_not_by_position(teacher, weights, batch):
    backwards = dict(reversed(TABLE_1_PROMPTS.items()))
    other = ClipTeacher("tiny-clip", str(weights), prompts=backwards, quick_gelu=True)
    assert torch.equal(other.attributes(batch), teacher.attributes(batch))


@pytest.mark.slow
def test_swapped_antonyms_change_the_sign(teacher, weights, batch):
    swapped = {name: PromptPair(pair.negative, pair.positive) for name, pair in TABLE_1_PROMPTS.items()}
    other = ClipTeacher("tiny-clip", str(weights), prompts=swapped, quick_gelu=True)
    torch.testing.assert_close(other.attributes(batch), -teacher.attributes(batch))


def test_a_batch_equals_a_loop(teacher, batch, pictures):
    loop = torch.cat([teacher.attributes(image[None]) for image in batch])
    torch.testing.assert_close(teacher.attributes(batch), loop, atol=1e-5, rtol=0)
    alone = torch.cat([embedded(teacher, [picture]) for picture in pictures])
    torch.testing.assert_close(embedded(teacher, pictures), alone, atol=1e-5, rtol=0)


def test_preprocessing_is_antialiased_bicubic_in_pil_with_clips_statistics(teacher, pictures):
    picture = pictures[0].resize((64, 48))
    expected = np.asarray(picture.resize((42, 32), Image.Resampling.BICUBIC).crop((5, 0, 37, 32))) / 255.0
    mean, std = np.array([0.48145466, 0.4578275, 0.40821073]), np.array([0.26862954, 0.26130258, 0.27577711])
    np.testing.assert_allclose(teacher.preprocess(picture).permute(1, 2, 0), (expected - mean) / std, atol=1e-5)


def test_tensors_and_files_differ_by_rounding_only(teacher, pictures, batch):
    from_pil = embedded(teacher, [picture.crop((20, 10, 270, 210)) for picture in pictures])
    assert functional.cosine_similarity(teacher.embed(batch), from_pil).min() > 0.999


def test_resizing_without_antialias_would_be_noticed(teacher, pictures):
    pixels = torch.from_numpy(np.array(pictures[1].crop((0, 0, 384, 384)))).permute(2, 0, 1)[None] / 255.0
    aliased = functional.interpolate(pixels, size=(32, 32), mode="bicubic", antialias=False)
    mean, std = (torch.tensor(teacher.network.visual.preprocess_cfg[key]).view(3, 1, 1) for key in ("mean", "std"))
    wrong = teacher.network.encode_image((aliased.clamp(0, 1) - mean) / std)
    assert functional.cosine_similarity(teacher.embed(pixels), wrong) < 0.999


@pytest.mark.slow
def test_weights_load_from_torch_files_too(teacher, weights, batch):
    other = ClipTeacher("tiny-clip", str(weights.with_suffix(".pt")), quick_gelu=True)
    assert torch.equal(other.attributes(batch), teacher.attributes(batch))
    assert other.provenance()["weights_sha256"] == teacher.provenance()["weights_sha256"]


@pytest.mark.slow
def test_the_activation_matters_and_has_to_be_named_for_a_file(teacher, weights, batch):
    plain = ClipTeacher("tiny-clip", str(weights), quick_gelu=False)
    assert teacher.provenance()["quick_gelu"] and not plain.provenance()["quick_gelu"]
    assert not torch.allclose(plain.embed(batch), teacher.embed(batch), atol=1e-4)
    with pytest.raises(UsageError, match="--clip-activation"):
        ClipTeacher("tiny-clip", str(weights))


def test_openai_weights_by_tag_get_quick_gelu(monkeypatch):
    asked = {}

    def refuse(model, pretrained, **options):
        asked.update(options)
        raise RuntimeError("no network")

    monkeypatch.setattr(open_clip, "create_model_from_pretrained", refuse)
    monkeypatch.setattr(online, "answers", lambda url: True)
    for tag, quick_gelu in (("openai", True), ("laion2b_s34b_b88k", False)):
        with pytest.raises(InputError, match="--clip-weights"):
            ClipTeacher("ViT-B-16", tag)
        assert asked["force_quick_gelu"] is quick_gelu


def test_bad_sources_say_what_to_do(weights, tmp_path):
    with pytest.raises(UsageError, match="list_models"):
        ClipTeacher("no-such-model", "openai")
    with pytest.raises(InputError, match="neither a file nor"):
        ClipTeacher("ViT-B-16", str(tmp_path / "absent.safetensors"))
    for name in ("cut.safetensors", "cut.pt"):
        (tmp_path / name).write_bytes(weights.read_bytes()[:1000])
        with pytest.raises(InputError, match=name):
            ClipTeacher("tiny-clip", str(tmp_path / name), quick_gelu=True)
    with pytest.raises(UsageError, match="brightness"):
        ClipTeacher("tiny-clip", str(weights), prompts={"sharpness": PromptPair("a", "b")}, quick_gelu=True)


def test_damaged_and_foreign_weights_are_one_sentence(weights, tmp_path):
    state = load_file(weights)
    (tmp_path / "empty.pt").write_bytes(b"")
    save_file({**state, "visual.proj": state["visual.proj"] * torch.nan}, tmp_path / "nan.safetensors")
    save_file({name: value for name, value in state.items() if "proj" not in name}, tmp_path / "part.safetensors")
    save_file({"other": torch.zeros(2)}, tmp_path / "foreign.safetensors")
    for name, message in (
        ("empty.pt", "0 bytes"),
        ("nan", "NaN"),
        ("part", "does not|not a state"),
        ("foreign", "not a"),
    ):
        path = next(tmp_path.glob(f"{name}*"))
        with pytest.raises(InputError, match=rf"{path.name}: .*({message})") as caught:
            ClipTeacher("tiny-clip", str(path), quick_gelu=True)
        assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="not a state dict that fits wide-clip"):
        ClipTeacher("wide-clip", str(weights), quick_gelu=True)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.slow
def test_a_torchscript_archive_is_refused_with_a_cure_that_works(teacher, weights, tmp_path):
    archive = tmp_path / "openai.pt"
    inputs = torch.zeros(1, 3, 32, 32), torch.zeros(1, TEXT["context_length"], dtype=torch.int64)
    network = copy.deepcopy(teacher.network)
    network.attn_mask = network._buffers.pop("attn_mask")  # no buffer in OpenAI's archives either
    torch.jit.save(torch.jit.trace(network, inputs, strict=False, check_trace=False), archive)
    with pytest.raises(InputError, match="TorchScript archive") as caught:
        ClipTeacher("tiny-clip", str(archive), quick_gelu=True)
    cure = (
        str(caught.value).partition("once: ")[2].replace("'clip.safetensors'", repr(str(tmp_path / "clip.safetensors")))
    )
    eval(cure, {"safetensors": safetensors, "open_clip": open_clip})
    cured = ClipTeacher("tiny-clip", str(tmp_path / "clip.safetensors"), quick_gelu=True)
    assert cured.weights_sha256 == teacher.weights_sha256


def test_a_pickle_in_a_weights_file_is_never_run(tmp_path):
    class Malicious:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    torch.save({"weights": Malicious()}, tmp_path / "evil.pt")
    with pytest.raises(InputError, match=r"evil\.pt"):
        ClipTeacher("tiny-clip", str(tmp_path / "evil.pt"), quick_gelu=True)
    assert not (tmp_path / "ran").exists()


def test_a_lesson_ranks_the_photos_as_they_are(teacher, batch):
    lesson = teacher.lesson(batch, torch.Generator())
    assert lesson.images is batch and lesson.groups.tolist() == [0, 0, 0]
    assert lesson.labels.dtype == torch.float32 and not lesson.labels.requires_grad
    torch.testing.assert_close(lesson.labels, teacher.attributes(batch))


def test_photos_are_prepared_and_encoded_exactly_as_open_clip_does(teacher, pictures):
    prepared = [teacher.prepare(np.array(each)) for each in pictures]
    assert prepared[0].dtype == torch.uint8 and prepared[0].shape == (3, 32, 32)
    assert torch.equal(teacher._normalise(torch.stack(prepared))[1], teacher.preprocess(pictures[1]))
    expected = functional.normalize(embedded(teacher, pictures), dim=1)
    assert torch.equal(teacher.encode(prepared), expected)


@pytest.mark.slow
def test_bf16_is_close_and_texts_stay_fp32(teacher, weights, pictures):
    half = ClipTeacher("tiny-clip", str(weights), quick_gelu=True, precision="bf16")
    prepared = [teacher.prepare(np.array(each)) for each in pictures]
    assert functional.cosine_similarity(half.encode(prepared), teacher.encode(prepared)).min() > 0.999
    assert half.encode(prepared).dtype == torch.float32 and torch.equal(half.directions, teacher.directions)
    assert half.encoder()["weights_sha256"] == teacher.encoder()["weights_sha256"]
    assert half.encoder()["precision"] == "bf16" and same_encoder(teacher.golden(), half.golden(), "bf16")


def test_bf16_is_automatic_only_where_it_is_fast(monkeypatch):
    assert pick_precision(torch.device("cuda")) == "bf16"
    for amx, precision in ((True, "bf16"), (False, "fp32")):
        monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda amx=amx: amx)
        assert pick_precision(torch.device("cpu")) == precision


def test_the_golden_image_has_its_pixels_under_clips_preprocessing():
    usual = open_clip.image_transform(224, is_train=False)
    image = Image.fromarray(golden_image())
    for step in usual.transforms[:-2]:
        image = step(image)
    assert pixels_sha256(to_picture(np.array(image))) == CLIP_PIXELS_SHA256
    aliased = Image.fromarray(golden_image()).resize((299, 224), Image.Resampling.NEAREST).crop((37, 0, 261, 224))
    about = {"interpolation": "bicubic", "resize_mode": "shortest", "size": [224, 224]}
    check_pixels(CLIP_PIXELS_SHA256, about)
    with pytest.raises(InputError, match="golden image"):
        check_pixels(pixels_sha256(to_picture(np.array(aliased))), about)


@pytest.mark.slow
def test_the_golden_embedding_tells_encoders_apart(teacher, weights):
    again = ClipTeacher("tiny-clip", str(weights), quick_gelu=True)
    assert teacher.golden() == again.golden()
    gelu = ClipTeacher("tiny-clip", str(weights), quick_gelu=False)
    assert not same_encoder(teacher.golden(), gelu.golden(), "fp32")


@pytest.mark.slow
def test_one_prompt_pair_for_quality_is_one_column(teacher, weights, pictures):
    single = ClipTeacher("tiny-clip", str(weights), {"quality": PromptPair("Good image", "Bad image")}, quick_gelu=True)
    assert single.attribute_names == ("quality",) and teacher.attribute_names == ATTRIBUTES
    assert single.labels(embedded(single, pictures)).shape == (3, 1)


def test_provenance_is_ready_for_json(teacher):
    about = json.loads(json.dumps(teacher.provenance()))
    assert list(about["prompts"]) == list(ATTRIBUTES) and about["prompts"]["noisiness"][1] == "Grainy image"
    assert about["preprocessing"]["interpolation"] == "bicubic" and len(about["weights_sha256"]) == 64
    assert math.isclose(about["preprocessing"]["mean"][0], 0.48145466)
