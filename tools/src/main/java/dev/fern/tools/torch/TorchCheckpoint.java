package dev.fern.tools.torch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The tensors of a file that {@code torch.save} wrote, by name: a state dict, or a training
 * checkpoint that holds one under {@code model} or {@code state_dict}.
 *
 * <p>It reads both of PyTorch's formats: the zip archive since version 1.6 and the one before it. A
 * pickle can ask for any class to be built and any function to be called; this reader knows only
 * those that rebuild tensors. The file's own size limits what it allocates.
 */
public final class TorchCheckpoint {

    private final Map<String, TorchTensor> tensors;

    private TorchCheckpoint(Map<String, TorchTensor> tensors) {
        this.tensors = Collections.unmodifiableMap(tensors);
    }

    /**
     * Reads all tensors of the file's state dict into memory, as float32. Entries of the state dict
     * that are not tensors are left out.
     *
     * @param path the file
     * @return its tensors
     * @throws TorchCheckpointException if the file is damaged, asks for a class other than the
     *     tensor builders, describes a tensor that does not lie within its storage, or holds no
     *     tensors
     * @throws IOException if it can't be read
     */
    public static TorchCheckpoint read(Path path) throws IOException {
        try (CheckpointFile file = CheckpointFile.open(path)) {
            Map<?, ?> stateDict = stateDict(path, file.root());
            TensorReader reader = new TensorReader(path, file, Files.size(path));
            Map<String, TorchTensor> tensors = new LinkedHashMap<>();
            for (Map.Entry<?, ?> entry : stateDict.entrySet()) {
                if (entry.getValue() instanceof TensorReference tensor) {
                    String name = String.valueOf(entry.getKey());
                    tensors.put(name, reader.read(name, tensor));
                }
            }
            if (tensors.isEmpty()) {
                throw new TorchCheckpointException(
                        path, "holds no tensors; save model.state_dict()");
            }
            return new TorchCheckpoint(tensors);
        }
    }

    /** {@return the tensors by name, in the order of the file; not modifiable} */
    public Map<String, TorchTensor> tensors() {
        return tensors;
    }

    private static Map<?, ?> stateDict(Path path, Object root) throws TorchCheckpointException {
        if (!(root instanceof Map<?, ?> map)) {
            throw new TorchCheckpointException(
                    path, "holds no state dict; save model.state_dict()");
        }
        for (String key : List.of("model", "state_dict")) {
            if (map.get(key) instanceof Map<?, ?> nested) {
                return nested;
            }
        }
        return map;
    }
}
