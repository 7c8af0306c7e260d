"""What follows rightly from a wrong cell is carried on and not marked a second time."""

from __future__ import annotations

from tests.grading.sheets import cell_of, filled, marked, marks, network


def test_a_wrong_size_is_carried_on():
    """54×54 after conv1: pool1 makes 26 of it, pool2 12, pool5 5, and fc6 has 6,400 inputs; all of that is one slip."""
    side = {"conv1": 54, "relu1": 54, "norm1": 54, "pool1": 26, "conv2": 26, "relu2": 26, "norm2": 26, "pool2": 12}
    side |= dict.fromkeys(("conv3", "relu3", "conv4", "relu4", "conv5", "relu5"), 12) | {"pool5": 5}
    channels = {row.name: row.output[0] for row in network("alexnet").rows}
    wrong = {(name, "output"): f"{channels[name]}x{n}x{n}" for name, n in side.items()}
    wrong |= {("flatten", "output"): 6400, ("fc6", "weights"): 6400 * 4096, ("fc6", "params"): 6400 * 4096 + 4096}
    wrong |= {("fc6", "macs"): 6400 * 4096, ("conv2", "macs"): 5 * 5 * 48 * 256 * 26 * 26}
    wrong |= {("pool5", "activations"): 256 * 5 * 5, ("conv2", "flops"): 2 * 5 * 5 * 48 * 256 * 26 * 26}
    found = marked(network("alexnet"), filled(network("alexnet"), wrong))
    verdicts = marks(found)

    assert verdicts.pop(("conv1", "output")) == "wrong"
    assert set(verdicts) == set(wrong) - {("conv1", "output")}
    assert set(verdicts.values()) == {"carried on"}
    assert {cell.carried for cell in found.cells if cell.verdict == "carried on"} == {("conv1",)}


def test_wrong_channels_are_carried_on():
    """46 filters in place of 64 have 46·27 weights, and the next layer 64·9·46."""
    places = 224 * 224
    lines = [
        "name,output,weights,biases,params,macs,activations",
        f"conv1_1,46x224x224,{46 * 27},46,{46 * 27 + 46},{46 * 27 * places},{46 * places}",
        f"conv1_2,64x224x224,{64 * 9 * 46},64,{64 * 9 * 46 + 64},{64 * 9 * 46 * places},{64 * places}",
    ]
    verdicts = marks(marked(network("vgg16"), "\n".join(lines)))

    assert verdicts.pop(("conv1_1", "output")) == "wrong"
    assert set(verdicts.values()) == {"carried on"}
    assert len(verdicts) == 8


def test_what_is_left_open_is_carried_through():
    """With relu1 to pool1 left blank, conv2 is still worked out from the wrong size of conv1."""
    text = "name,output,macs\nconv1,54x54x96,\nrelu1,,\npool1,-,\nconv2,26x26x256,207667200\n"
    found = marked(network("alexnet"), text)

    assert 5 * 5 * 48 * 256 * 26 * 26 == 207_667_200
    assert cell_of(found, "conv2", "output").verdict == cell_of(found, "conv2", "macs").verdict == "carried on"
    assert cell_of(found, "relu1", "output").verdict == "unanswered"


def test_a_new_slip_on_a_wrong_size_is_told_from_what_is_carried_on():
    """From 26×26 without padding conv2 has 22×22: a slip of its own on what conv1 made wrong."""
    text = "name,output\nconv1,96x54x54\npool1,96x26x26\nconv2,256x22x22\nrelu2,256x22x22\n"
    found = marked(network("alexnet"), text)
    conv2, relu2 = cell_of(found, "conv2", "output"), cell_of(found, "relu2", "output")

    assert (conv2.verdict, conv2.carried) == ("wrong", ("conv1",))
    assert "no padding" in conv2.slips
    assert (relu2.verdict, relu2.carried) == ("carried on", ("conv2",))


def test_cells_that_follow_from_a_wrong_cell_of_their_line():
    """Weights without groups are one mistake: params, MACs and FLOPs that follow from them are right from there."""
    weights = 5 * 5 * 96 * 256
    text = f"name,params,weights,biases,macs,flops\nconv2,{weights + 256},{weights},256,{weights * 729},{2 * weights * 729}\n"
    found = marked(network("alexnet"), text)

    assert marks(found) == {
        ("conv2", "weights"): "wrong",
        **{("conv2", column): "carried on" for column in ("params", "macs", "flops")},
    }
    assert cell_of(found, "conv2", "macs").carried == ("the weights of conv2",)


def test_a_wrong_receptive_field_grows_rightly():
    """pool1 adds 2·4 and conv2 4·8 to whatever was had before."""
    text = "name,rf\nconv1,12\nrelu1,12\nnorm1,12\npool1,20\nconv2,52\npool2,52\n"
    verdicts = marks(marked(network("alexnet"), text))

    assert verdicts.pop(("conv1", "rf")) == verdicts.pop(("pool2", "rf")) == "wrong"
    assert set(verdicts.values()) == {"carried on"}
