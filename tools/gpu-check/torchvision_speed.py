"""Times torchvision's RetinaNet with a ResNet-50: training steps or detection, on random images.

usage: torchvision_speed.py train|detect bn|frn float32|bf16 cuda|cpu SIZE BATCH WARM_UP REPEATS FILE

Writes the median in milliseconds per image as JSON. With frn, Filter Response Normalization and TLU,
written with torch's operators, take the place of batch norm and ReLU.
"""

import json
import statistics
import sys
import time

import torch
import torchvision
from torchvision.models.detection import RetinaNet
from torchvision.models.detection.backbone_utils import _resnet_fpn_extractor
from torchvision.ops.feature_pyramid_network import LastLevelP6P7

CATEGORIES = 91


class Frn(torch.nn.Module):
    """y = max(gamma x / sqrt(mean(x^2) + eps) + beta, tau), where the mean is over a channel's map."""

    def __init__(self, channels):
        super().__init__()
        self.gamma = torch.nn.Parameter(torch.ones(1, channels, 1, 1))
        self.beta = torch.nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.tau = torch.nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x):
        nu2 = x.pow(2).mean(dim=(2, 3), keepdim=True)
        return torch.maximum(self.gamma * x * torch.rsqrt(nu2 + 1e-6) + self.beta, self.tau)


def new_network(norm, size):
    trunk = torchvision.models.resnet50(norm_layer=Frn if norm == "frn" else None)
    if norm == "frn":
        for module in trunk.modules():
            if hasattr(module, "relu"):
                module.relu = torch.nn.Identity()
    pyramid = _resnet_fpn_extractor(
        trunk, 5, returned_layers=[2, 3, 4], extra_blocks=LastLevelP6P7(256, 256)
    )
    return RetinaNet(pyramid, CATEGORIES, min_size=size, max_size=size)


def main():
    task, norm, precision, device = sys.argv[1:5]
    size, batch, warm_up, repeats = map(int, sys.argv[5:9])
    torch.manual_seed(0)
    network = new_network(norm, size).to(device)
    images = [torch.rand(3, size, size, device=device) for _ in range(batch)]
    box = torch.tensor([[size * 0.1, size * 0.2, size * 0.6, size * 0.7]], device=device)
    targets = [{"boxes": box, "labels": torch.ones(1, dtype=torch.int64, device=device)}] * batch
    half = torch.autocast(device, dtype=torch.bfloat16, enabled=precision == "bf16")
    network.train(task == "train")
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-4, momentum=0.9)

    def step():
        optimizer.zero_grad()
        with half:
            loss = sum(network(images, targets).values())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 10)
        optimizer.step()

    def detect():
        with torch.no_grad(), half:
            network(images)

    times = []
    for _ in range(warm_up + repeats):
        start = time.perf_counter()
        (step if task == "train" else detect)()
        if device == "cuda":
            torch.cuda.synchronize()
        times.append(1000 * (time.perf_counter() - start) / batch)
    median = statistics.median(times[warm_up:])
    versions = f"torch {torch.__version__}, torchvision {torchvision.__version__}"
    with open(sys.argv[9], "w") as file:
        json.dump({"results": [{"median_ms_per_image": median}], "versions": versions}, file)
    print(f"{median:.1f} ms per image, {versions}")


main()
