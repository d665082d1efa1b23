"""Forms of FRN + TLU as ONNX operators: processor time on one thread and error against float64.

Needs numpy, onnx and onnxruntime: python3 frn_forms.py
"""
import time

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

CHANNELS = 64
SHAPES = [(1, CHANNELS, 200, 272), (2, CHANNELS, 100, 136), (1, CHANNELS, 25, 34)]
RUNS = 30

# Name: operators that make nu2 of x. "places" stands for the number of places of a map, as a float.
FORMS = {
    "rows, then rows (exported)": [
        ("ReduceSumSquare", ["x"], "rows", {"axes": [3]}),
        ("ReduceMean", ["rows"], "row", {"axes": [2]}),
        ("Shape", ["x"], "side", {"start": 3, "end": 4}),
        ("Cast", ["side"], "width", {"to": TensorProto.FLOAT}),
        ("Div", ["row", "width"], "nu2", {}),
    ],
    "ReduceSumSquare": [("ReduceSumSquare", ["x"], "sum", {"axes": [2, 3]}), "places"],
    "ReduceL2": [("ReduceL2", ["x"], "root", {"axes": [2, 3]}), ("Mul", ["root", "root"], "sum", {}), "places"],
    "GlobalLpPool": [("GlobalLpPool", ["x"], "root", {"p": 2}), ("Mul", ["root", "root"], "sum", {}), "places"],
    "Mul, GlobalAveragePool": [("Mul", ["x", "x"], "square", {}), ("GlobalAveragePool", ["square"], "nu2", {})],
    "Mul, ReduceMean": [("Mul", ["x", "x"], "square", {}), ("ReduceMean", ["square"], "nu2", {"axes": [2, 3]})],
}
PLACES = [
    ("Shape", ["x"], "sides", {"start": 2, "end": 4}),
    ("ReduceProd", ["sides"], "count", {"axes": [0]}),
    ("Cast", ["count"], "places", {"to": TensorProto.FLOAT}),
    ("Div", ["sum", "places"], "nu2", {}),
]
REST = [
    ("Add", ["nu2", "epsilon"], "v", {}),
    ("Sqrt", ["v"], "deviation", {}),
    ("Div", ["gamma", "deviation"], "scale", {}),
    ("Mul", ["x", "scale"], "scaled", {}),
    ("Add", ["scaled", "beta"], "shifted", {}),
    ("Max", ["shifted", "tau"], "y", {}),
]


def session(form):
    steps = [step for part in form for step in (PLACES if part == "places" else [part])] + REST
    nodes = [helper.make_node(op, inputs, [output], **attributes) for op, inputs, output, attributes in steps]
    sides = ["N", CHANNELS, "H", "W"]
    constants = [helper.make_tensor("epsilon", TensorProto.FLOAT, [], [1e-6])] + [
        helper.make_tensor(name, TensorProto.FLOAT, [1, CHANNELS, 1, 1], [value] * CHANNELS)
        for name, value in (("gamma", 1.0), ("beta", 0.1), ("tau", -1.0))
    ]
    graph = helper.make_graph(
        nodes,
        "frn",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, sides)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, sides)],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options)


def main():
    sessions = {name: session(form) for name, form in FORMS.items()}
    for shape in SHAPES:
        x = np.random.default_rng(1).standard_normal(shape).astype(np.float32)
        exact = x.astype(np.float64)
        nu2 = (exact * exact).mean((2, 3), keepdims=True)
        expected = np.maximum(exact / np.sqrt(nu2 + 1e-6) + 0.1, -1)
        times = {name: [] for name in FORMS}
        errors = {}
        for _ in range(RUNS):
            for name, form in sessions.items():
                start = time.process_time()
                y = form.run(None, {"x": x})[0]
                times[name].append(time.process_time() - start)
                errors[name] = np.linalg.norm(y - expected) / np.linalg.norm(expected)
        for name in FORMS:
            print(f"{shape}  {name:28s}{1e3 * np.median(times[name]):9.3f} ms  error {errors[name]:.1e}")


if __name__ == "__main__":
    main()
