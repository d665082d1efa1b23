package dev.fern.tools.torch;

import dev.fern.backbone.parameter.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Writes tensors as {@code torch.save} does, for tests of other packages. */
public final class PickledStateDict {

    private PickledStateDict() {}

    /**
     * Writes one state dictionary.
     *
     * @param folder receives the file
     * @param entry keys that lead to the dictionary, joined by dots; empty for the top
     * @param tensors by name
     * @return the file
     */
    public static Path save(Path folder, String entry, Map<String, Tensor> tensors)
            throws IOException {
        return save(folder, Map.of(entry, tensors));
    }

    /** Writes several state dictionaries, each by its entry, with other objects beside them. */
    public static Path save(Path folder, Map<String, Map<String, Tensor>> entries)
            throws IOException {
        PickleBytes pickle = new PickleBytes();
        Map<String, float[]> storages = new LinkedHashMap<>();
        if (entries.containsKey("")) {
            addTensors(pickle, storages, entries.get(""));
        } else {
            pickle.raw("}(");
            entries.forEach(
                    (entry, tensors) -> {
                        String[] keys = entry.split("\\.");
                        for (int i = 0; i < keys.length; i++) {
                            pickle.raw(i == 0 ? "" : "}(").text(keys[i]);
                        }
                        addTensors(pickle, storages, tensors);
                        pickle.raw("u".repeat(keys.length - 1));
                    });
            pickle.text("args").global("argparse", "Namespace").raw(")\u0081}(");
            pickle.text("lr").integer(1).raw("ub").text("epoch").integer(3).raw("u");
        }
        return pickle.raw(".").save(folder, storages);
    }

    private static void addTensors(
            PickleBytes pickle, Map<String, float[]> storages, Map<String, Tensor> tensors) {
        pickle.global("collections", "OrderedDict").raw(")R(");
        tensors.forEach(
                (name, tensor) -> {
                    String key = String.valueOf(storages.size());
                    long[] strides = new long[tensor.shape().length];
                    long stride = 1;
                    for (int axis = strides.length - 1; axis >= 0; axis--) {
                        strides[axis] = stride;
                        stride *= tensor.shape()[axis];
                    }
                    int elements = tensor.data().length;
                    pickle.text(name).rebuilt(key, elements, 0, tensor.shape(), strides);
                    storages.put(key, tensor.data());
                });
        pickle.raw("u");
    }
}
