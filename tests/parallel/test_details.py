"""What devices hold and send beside the figures that are published: whole weights, buffers, groups, latents, names."""

from archcalc.language import load
from archcalc.parallel.plan import Plan
from archcalc.parallel.sharding import sharded
from archcalc.profiling.engine import profile
from tests.parallel.networks import small


def test_gradients_of_weights_that_each_device_has_whole():
    """Of nine norms of 24 values with tokens split over two devices, once a step, or once a microbatch where parts are scattered."""
    graph = profile(small("llama"))
    for zero, microbatches, times in ((0, 3, 1), (1, 3, 1), (2, 3, 3)):
        plan = Plan(recipe="fp32", data=2, tensor=2, sequence=True, zero=zero, microbatches=microbatches)
        [sent] = [one for one in sharded(graph, plan).sends if one.what == "gradients of whole weights"]
        assert (sent.collective, sent.group, sent.devices, sent.times) == ("all-reduce", "tensor", 2, times)
        assert sent.bytes == 2 * (9 * 24 // 2) * 4 * times


def test_what_is_sent_has_its_name():
    """Weights are updated and gathered once, or gathered whenever they are needed."""
    graph = profile(small("llama"))
    names = [{one.what for one in sharded(graph, Plan(data=2, zero=zero)).sends} for zero in range(4)]
    assert names == [
        {"gradients of weights"},
        {"gradients of weights", "updated weights"},
        {"gradients of weights", "updated weights"},
        {"gradients of weights", "weights"},
    ]
    mixture = sharded(profile(load("mixtral_8x7b", T=8, depth=1)), Plan(data=4, context=2, experts=2))
    assert {one.group for one in mixture.sends if one.what == "gradients of weights"} == {
        "data·context",
        "data·context/experts",
    }


def test_keys_and_values_of_latent_attention_go_round_as_they_are_multiplied():
    """Of each of four heads on two devices a key of 6 + 4 values and a value of 5, for 8 of 16 tokens."""
    found = sharded(profile(small("latent"), 3), Plan(recipe="fp32", context=2))
    own = 3 * 8 * 4 * (6 + 4 + 5) * 4
    assert {one.what: one.bytes for one in found.sends if one.collective == "point to point"} == {
        "keys and values, forward": own,
        "keys and values, again": own,
        "gradients of keys and values": 2 * own,
    }


def test_layers_of_one_name_are_counted_together():
    found = sharded(profile(load("gpt2", T=8)), Plan(tensor=2, pad_vocabulary=1))
    rows = {one.pattern: (one.way, one.layers, one.params, one.own) for one in found.divided}
    width = 768
    assert rows["layers/*/mlp/linear"] == (
        "column",
        12,
        12 * (width + 1) * 4 * width,
        12 * (width + 1) * 4 * width // 2,
    )
    assert rows["layers/*/mlp/layernorm"] == ("whole", 12, 12 * 2 * width, 12 * 2 * width)
    assert rows["places/learned"] == ("whole", 1, 1024 * width, 1024 * width)


def test_buffers_and_groups_are_not_divided():
    """Statistics of batch normalisation are on each device, and so are weights in groups that share a scale."""
    graph = load("resnet50")
    one = profile(graph)
    found = sharded(one, Plan(data=8, zero=3))
    params, buffers = one.totals.params, one.totals.buffers
    assert found.devices[0].params == params
    assert found.devices[0].parts["weights"] == 2 * (-(-params // 8) + buffers)

    served = sharded(profile(load("llama3_8b_awq", T=8)), Plan(recipe="inference"))
    assert served.devices[0].parts["weights"] == 5_727_854_592


def test_shared_weights_are_summed_once_a_step():
    found = sharded(profile(small("gpt")), Plan(recipe="fp32", pipeline=2, microbatches=6))
    shared = [one for one in found.sends if one.what == "gradients of shared weights"]
    assert [(one.stage, one.devices, one.times, one.bytes) for one in shared] == [
        (0, 2, 1, 2 * (40 * 24 // 2) * 4),
        (1, 2, 1, 2 * (40 * 24 // 2) * 4),
    ]
