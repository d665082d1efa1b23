"""Writes the .pth and .pkl files beside it; run with any PyTorch from 2.6 on, in this folder."""

import argparse
import pickle
from collections import Counter, OrderedDict, defaultdict
from pathlib import Path

import numpy
import torch

grid = torch.arange(12, dtype=torch.float32).reshape(3, 4)
state = OrderedDict()
state["float64"] = torch.tensor([1.5, -2.25, 1 / 3], dtype=torch.float64)
state["float16"] = torch.tensor([1.0, -0.333251953125, 65504.0, 5.960464477539063e-08, float("-inf")], dtype=torch.float16)
state["bfloat16"] = torch.tensor([1.0, -3.140625, 2.0**100], dtype=torch.bfloat16)
state["int64"] = torch.tensor([-7, 1 << 40])
state["int32"] = torch.tensor([-70000, 70000], dtype=torch.int32)
state["int16"] = torch.tensor([-300, 300], dtype=torch.int16)
state["int8"] = torch.tensor([-128, 127], dtype=torch.int8)
state["uint8"] = torch.tensor([0, 255], dtype=torch.uint8)
state["bool"] = torch.tensor([True, False])
state["scalar"] = torch.tensor(42)
state["empty"] = torch.zeros(0, 3)
state["transposed"] = grid.t()
state["column"] = grid[:, 1]
state["window"] = grid[1:, 1:3]
state["expanded"] = torch.tensor([[5.0], [6.0]]).expand(2, 3)
state["permuted"] = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4).permute(2, 0, 1)
state["channels_last"] = torch.arange(12, dtype=torch.float32).reshape(1, 2, 2, 3).to(memory_format=torch.channels_last)
state["parameter"] = torch.nn.Parameter(torch.tensor([0.5]))
torch.save(state, "types.pth")

model = torch.nn.Linear(2, 1)
torch.nn.init.constant_(model.weight, 3.0)
torch.nn.init.constant_(model.bias, -1.0)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
model(torch.ones(1, 2)).sum().backward()
optimizer.step()
training = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3}
torch.save(training, "training.pth")
torch.save({"state_dict": model.state_dict()}, "protocol4.pth", pickle_protocol=4)
torch.save(model.state_dict(), "legacy.pth", _use_new_zipfile_serialization=False)
torch.save(model, "module.pth")

# What training programs save beside the weights.
beside = {
    "model": model.state_dict(),
    "optimizer": optimizer.state_dict(),
    "lr_scheduler": torch.optim.lr_scheduler.MultiStepLR(optimizer, [16, 22]).state_dict(),
    "args": argparse.Namespace(lr=0.1, output=Path("run")),
    "best_map": numpy.float64(0.3),
    "history": numpy.zeros(3),
    "counts": Counter("ab"),
    "lists": defaultdict(list, {1: [2]}),
    "sets": [{1, 2}, frozenset([3])],
    "keys": {(1, 2): 3, 1.5: 2, None: 1, True: 0},
    "types": [torch.float32, torch.device("cpu"), torch.Size([1, 2]), b"bytes"],
    "model_ema": {"module": {name: value + 1 for name, value in model.state_dict().items()}},
}
torch.save(beside, "beside.pth")
torch.save(beside, "beside_legacy.pth", _use_new_zipfile_serialization=False)
for protocol in 2, 3, 4, 5:
    arrays = {"model": {name: value.numpy() for name, value in model.state_dict().items()}, "__author__": "test"}
    arrays["model"]["columns"] = numpy.asfortranarray(numpy.arange(6, dtype=numpy.float64).reshape(2, 3))
    arrays["model"]["names"] = numpy.array(["a", None], dtype=object)
    with open(f"arrays{protocol}.pkl", "wb") as file:
        pickle.dump(arrays, file, protocol=protocol)

torch.serialization.set_crc32_options(False)
torch.save(model.state_dict(), "unchecked.pth")
