package dev.fern.tools.torch;

import dev.fern.backbone.parameter.SafeTensorsFile;
import dev.fern.backbone.parameter.Tensor;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import net.razorvine.pickle.PickleException;

/**
 * An open file of weights: a checkpoint that {@code torch.save} wrote (a state dict, a training
 * checkpoint with one or more of them, or a whole module), a pickle of numpy arrays, or a
 * safetensors file.
 *
 * <p>It reads both formats of {@code torch.save}: the zip archive since version 1.6 and the one
 * before it. A pickle can ask for any class to be built and any function to be called; this reader
 * knows only those that rebuild tensors, and skips all others without building anything. The file's
 * own size limits what it allocates.
 */
public final class WeightsFile implements Closeable {

    private static final int START_BYTES = 64;

    private final Closeable file;
    private final List<StateDict> stateDicts;
    private final List<String> skippedClasses;

    private WeightsFile(Closeable file, List<StateDict> stateDicts, List<String> skippedClasses) {
        this.file = file;
        this.stateDicts = List.copyOf(stateDicts);
        this.skippedClasses = skippedClasses;
    }

    /**
     * Opens a file and finds the state dictionaries in it.
     *
     * @param path may come from anywhere
     * @return the file, which the caller closes
     * @throws TorchCheckpointException if the file is damaged, of none of the formats, or holds no
     *     tensors
     * @throws IOException if it can't be read
     */
    public static WeightsFile open(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            throw new TorchCheckpointException(path, "is a folder, not a file");
        }
        byte[] start;
        try (InputStream in = Files.newInputStream(path)) {
            start = in.readNBytes(START_BYTES);
        }
        if (start.length > 8 && start[8] == '{' && start[7] == 0) {
            return openSafeTensors(path);
        }
        if (start.length >= 2 && start[0] == 'P' && start[1] == 'K') {
            return openPickled(path, new ZipCheckpointFile(path));
        }
        if (start.length >= 2 && start[0] == (byte) 0x80) {
            return openPickled(
                    path,
                    LegacyCheckpointFile.isStart(start)
                            ? new LegacyCheckpointFile(path)
                            : new PickleFile(path));
        }
        throw new TorchCheckpointException(
                path,
                "not a PyTorch checkpoint, a pickle of arrays or a safetensors file"
                        + whatElse(start));
    }

    private static String whatElse(byte[] start) {
        String text = new String(start, StandardCharsets.ISO_8859_1).strip();
        if (text.startsWith("version https://git-lfs")) {
            return "; it is a Git LFS pointer: run 'git lfs pull'";
        }
        String lower = text.toLowerCase(Locale.ROOT);
        return lower.startsWith("<!doctype") || lower.startsWith("<html")
                ? "; it is a web page: download the file again"
                : "";
    }

    private static WeightsFile openSafeTensors(Path path) throws IOException {
        SafeTensorsFile file = SafeTensorsFile.openConverting(path);
        Map<String, long[]> shapes = file.shapes();
        StateDict.Reading reading =
                name -> {
                    long[] shape = shapes.get(name);
                    long size = 1;
                    for (long side : shape) {
                        size *= side; // opening has checked that it fits an array
                    }
                    float[] data = new float[(int) size];
                    try {
                        file.read(name, FloatBuffer.wrap(data));
                    } catch (UncheckedIOException e) {
                        throw e.getCause();
                    }
                    return new Tensor(shape, data);
                };
        if (shapes.isEmpty()) {
            file.close();
            throw new TorchCheckpointException(path, "holds no tensors");
        }
        return new WeightsFile(file, List.of(new StateDict("", shapes, reading)), List.of());
    }

    private static WeightsFile openPickled(Path path, CheckpointFile file) throws IOException {
        try {
            List<StateDict> stateDicts = new ArrayList<>();
            TensorReader reader = new TensorReader(path, file, Files.size(path));
            for (StateDictSearch.Found found : StateDictSearch.in(file.root())) {
                Map<String, long[]> shapes = new LinkedHashMap<>();
                found.tensors().forEach((name, tensor) -> shapes.put(name, tensor.shape()));
                stateDicts.add(
                        new StateDict(
                                found.entry(),
                                shapes,
                                name -> reader.read(name, found.tensors().get(name))));
            }
            if (stateDicts.isEmpty()) {
                throw new TorchCheckpointException(path, noTensors(file.skipped()));
            }
            return new WeightsFile(file, stateDicts, file.skipped());
        } catch (PickleException e) {
            file.close();
            throw new TorchCheckpointException(path, e.getMessage(), e);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private static String noTensors(List<String> skipped) {
        return "holds no tensors"
                + (skipped.isEmpty()
                        ? ""
                        : ", but the Python class or function "
                                + skipped.get(0)
                                + ", which is not built")
                + "; save model.state_dict()";
    }

    /**
     * Reads all tensors of a file's first state dictionary into memory, as float32.
     *
     * @param path the file
     * @return its tensors by name, in the order of the file; not modifiable
     * @throws TorchCheckpointException as {@link #open}, and if a tensor does not lie within its
     *     storage
     * @throws IOException if it can't be read
     */
    public static Map<String, Tensor> read(Path path) throws IOException {
        try (WeightsFile file = open(path)) {
            return file.stateDicts().get(0).read(name -> true);
        }
    }

    /**
     * {@return the state dictionaries, at least one} The weights of a model come before moving
     * averages of them, and usual places (such as {@code model}) before others.
     */
    public List<StateDict> stateDicts() {
        return stateDicts;
    }

    /** {@return the names of up to a hundred classes and functions whose objects were skipped} */
    public List<String> skippedClasses() {
        return skippedClasses;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
