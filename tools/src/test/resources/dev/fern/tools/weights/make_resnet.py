"""Writes resnet18.json and resnet50.json beside this script, for ClassificationResNetTest.

    pip install torch torchvision
    python make_resnet.py

They hold what torchvision's networks make of weights and pixels that both sides compute from a formula (see `uniform`).
"""

import json
import math
import sys
import zlib
from pathlib import Path

import numpy
import torch
import torchvision

VALUES = 150  # how many values of a tensor are kept, at even distances


def uniform(name, shape, low, high):
    """Evenly distributed values: SplitMix64, whose seed is the checksum of the name, to 24 bits each."""
    with numpy.errstate(over="ignore"):
        z = numpy.arange(1, numpy.prod(shape, dtype=int) + 1, dtype=numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15)
        z += numpy.uint64(zlib.crc32(name.encode()))
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        z ^= z >> numpy.uint64(31)
    values = low + (high - low) * ((z >> numpy.uint64(40)).astype(numpy.float64) / 2**24)
    return torch.from_numpy(values.astype(numpy.float32).reshape(shape))


def parameter(name, shape):
    """A tensor of the state dict; the ranges keep the size of the activations from layer to layer."""
    if len(shape) == 4:
        bound = math.sqrt(6 / (shape[1] * shape[2] * shape[3]))
    elif len(shape) == 2:
        bound = math.sqrt(6 / shape[1])
    elif name.endswith("running_var"):
        return uniform(name, shape, 0.5, 1.5)
    elif name.endswith("weight"):
        return uniform(name, shape, 0.3, 0.9)
    else:
        bound = 0.2
    return uniform(name, shape, -bound, bound)


def summary(tensor):
    values = tensor.double().flatten()
    step = max(1, len(values) // VALUES)
    return {
        "shape": list(tensor.shape),
        "sum": values.sum().item(),
        "squares": values.square().sum().item(),
        "step": step,
        "values": [float(f"{value:.7g}") for value in values[::step][:VALUES].tolist()],
    }


@torch.no_grad()
def write(name):
    model = getattr(torchvision.models, name)().eval()
    shapes = {key: list(value.shape) for key, value in model.state_dict().items() if not key.endswith("num_batches_tracked")}
    model.load_state_dict({key: parameter(key, shape) for key, shape in shapes.items()}, strict=False)
    reference = {"torch": torch.__version__, "torchvision": torchvision.__version__, "shapes": shapes}
    x = uniform("input", [1, 3, 64, 96], -2, 2)
    y = model.maxpool(model.relu(model.bn1(model.conv1(x))))
    for index in range(4):
        y = getattr(model, f"layer{index + 1}")(y)
        reference[f"layer{index + 1}"] = summary(y)
        print(name, index + 1, "RMS", y.square().mean().sqrt().item(), file=sys.stderr)
    reference["logits"] = summary(model(uniform("square input", [1, 3, 224, 224], -2, 2)))
    print(name, "logits", reference["logits"]["values"][:3], file=sys.stderr)
    lines = ",\n".join(f'  "{key}": {json.dumps(value)}' for key, value in reference.items())
    Path(__file__).with_name(f"{name}.json").write_text("{\n" + lines + "\n}\n")


write("resnet18")
write("resnet50")
