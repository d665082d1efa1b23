package dev.fern.tools.torch;

import dev.fern.backbone.parameter.Tensor;
import java.io.IOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;

/**
 * A state dictionary of a {@link WeightsFile}: tensors by their names, of which only names and
 * shapes are in memory.
 */
public final class StateDict {

    private final String entry;
    private final Map<String, long[]> shapes;
    private final Reading reading;

    /** Reads one tensor. */
    @FunctionalInterface
    interface Reading {
        /** Returns the tensor of a name. */
        Tensor read(String name) throws IOException;
    }

    StateDict(String entry, Map<String, long[]> shapes, Reading reading) {
        this.entry = entry;
        this.shapes = Collections.unmodifiableMap(shapes);
        this.reading = reading;
    }

    /**
     * {@return the keys that lead from the file's top to this dictionary, joined by dots, such as
     * {@code model}; empty for the top itself}
     */
    public String entry() {
        return entry;
    }

    /**
     * {@return the shapes of the tensors by name, in the order of the file; not modifiable} Pickled
     * shapes are not checked before the tensor is read.
     */
    public Map<String, long[]> shapes() {
        return shapes;
    }

    /**
     * Reads tensors into memory, as float32.
     *
     * @param wanted says which, by name
     * @return the tensors by name, in the order of the file; not modifiable
     * @throws IOException if one is damaged, does not lie within its storage or can't be read; the
     *     message names the file and the tensor
     */
    public Map<String, Tensor> read(Predicate<String> wanted) throws IOException {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (String name : shapes.keySet()) {
            if (wanted.test(name)) {
                tensors.put(name, reading.read(name));
            }
        }
        return Collections.unmodifiableMap(tensors);
    }
}
