"""Writes parity/torchvision-resnet for ClassificationResNetTest; needs torchvision; run it in the folder `shared`."""

from pathlib import Path

import numpy
import torch
import torchvision

folder = Path("parity/torchvision-resnet")
folder.mkdir(parents=True, exist_ok=True)
torch.manual_seed(0)
model = torchvision.models.resnet50()
for module in model.modules():
    if isinstance(module, torch.nn.BatchNorm2d):
        module.running_mean.uniform_(-0.2, 0.2)
        module.running_var.uniform_(0.5, 1.5)
        module.weight.data.uniform_(0.5, 1.2)
        module.bias.data.uniform_(-0.2, 0.2)
model.eval()
torch.save(model.state_dict(), folder / "resnet50.pth")
x = torch.randn(1, 3, 160, 192)
numpy.save(folder / "input.npy", x.numpy())
with torch.no_grad():
    y = model.maxpool(model.relu(model.bn1(model.conv1(x))))
    for index in range(4):
        y = getattr(model, f"layer{index + 1}")(y)
        numpy.save(folder / f"feature_{index}.npy", y.numpy())
