"""Makes results.json and results.md of what tools/gpu-check.sh has measured.

usage: report.py OUT gpu|cpu EPOCHS
"""

import json
import pathlib
import platform
import re
import statistics
import subprocess
import sys

out, device, epochs = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])


def last_line(file):
    lines = file.read_text(errors="replace").split("\n")
    return next((line for line in reversed(lines) if line.strip()), "")


def gpu_use(name):
    """The mean utilisation in per cent in the second half of the time, and the most memory in MiB."""
    file = out / f"{name}.gpu"
    lines = re.findall(r"^(\d+), (\d+)$", file.read_text(), re.M) if file.exists() else []
    if not lines:
        return {}
    late = [int(utilisation) for utilisation, _ in lines[len(lines) // 2 :]]
    return {
        "gpu_utilisation_percent": round(statistics.mean(late)),
        "gpu_memory_mib": max(int(memory) for _, memory in lines),
    }


runs = []
for log in sorted(out.glob("*-*-*-*-*.log")):
    task, program, norm, precision, turn = log.stem.split("-")
    run = {"task": task, "program": program, "norm": norm, "precision": precision, "round": int(turn)}
    figures = log.with_suffix(".json")
    if figures.exists():
        document = json.loads(figures.read_text())
        run["images_per_second"] = 1000 / document["results"][0]["median_ms_per_image"]
        run.update(gpu_use(log.stem))
        if "versions" in document:
            run["versions"] = document["versions"]
    else:
        run["refused"] = last_line(log)
    runs.append(run)

trainings = []
for seconds in sorted(out.glob("bccd-*.seconds")):
    training = {"device": seconds.stem[5:], "epochs": epochs, "seconds": int(seconds.read_text())}
    metrics = seconds.with_suffix("") / "metrics.jsonl"
    scores = re.findall(r'"AP": *([-0-9.eE]+)', metrics.read_text()) if metrics.exists() else []
    if scores:
        training["ap"] = float(scores[-1])
        training.update(gpu_use(seconds.stem))
    else:
        training["refused"] = last_line(seconds.with_suffix(".log"))
    trainings.append(training)

machine = {"system": platform.platform(), "processor": platform.processor(), "device": device}
if device == "gpu":
    query = ["nvidia-smi", "-i", "0", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
    machine["gpu"] = subprocess.run(query, capture_output=True, text=True).stdout.strip()
document = {"machine": machine, "runs": runs, "bccd": trainings}
(out / "results.json").write_text(json.dumps(document, indent=2) + "\n")


def use(result):
    if "gpu_memory_mib" not in result:
        return "| |"
    return f"{result['gpu_utilisation_percent']} % | {result['gpu_memory_mib']} MiB |"


lines = [f"{', '.join(str(value) for value in machine.values() if value)}", ""]
lines += ["| task | program | norm | precision | images/s, by round | median | GPU | memory |"]
lines += ["|---|---|---|---|---|---|---|---|"]
for key in dict.fromkeys((r["task"], r["program"], r["norm"], r["precision"]) for r in runs):
    same = [r for r in runs if (r["task"], r["program"], r["norm"], r["precision"]) == key]
    done = [r for r in same if "images_per_second" in r]
    row = "| " + " | ".join(key) + " | "
    if done:
        rates = [r["images_per_second"] for r in done]
        row += ", ".join(f"{rate:.1f}" for rate in rates) + f" | {statistics.median(rates):.1f} | "
        lines.append(row + use(done[-1]))
    else:
        lines.append(row + same[0]["refused"].replace("|", "\\|") + " | | | |")
lines += ["", "| blood cells on | epochs | seconds | AP | GPU | memory |", "|---|---|---|---|---|---|"]
for training in trainings:
    score = f"{training['ap']:.3f}" if "ap" in training else training["refused"].replace("|", "\\|")
    lines.append(f"| {training['device']} | {epochs} | {training['seconds']} | {score} | " + use(training))
(out / "results.md").write_text("\n".join(lines) + "\n")
