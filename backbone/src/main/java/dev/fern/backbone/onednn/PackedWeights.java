package dev.fern.backbone.onednn;

import ai.djl.ndarray.NDArray;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.loop.FloatChunks;
import dev.fern.backbone.loop.Parallel;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import org.bytedeco.dnnl.memory;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;

/**
 * A network's weights in the precision and layouts that oneDNN wants, kept from pass to pass. Each
 * pass first looks whether the network still has the same values, and starts anew where it has not.
 * Several threads may use it at the same time, also with arrays of their own that {@linkplain
 * EngineBridge#share share} memory: what one has packed serves all.
 */
public final class PackedWeights implements AutoCloseable {

    /** Factors of the values' bits, by their place in a part of an array. */
    private static final int[] FACTORS =
            new SplittableRandom(1).ints(FloatChunks.SIZE).map(factor -> factor | 1).toArray();

    private Snapshot current = new Snapshot();

    /** Memory for weights in one layout. */
    private static final class Packed {
        final memory.desc layout;
        final memory values;

        /** Whether the values are those of the array as it is now. */
        boolean isFilled;

        Packed(memory.desc wanted) {
            layout = new memory.desc(wanted);
            values = new memory(wanted, OneDnn.cpu());
        }

        void close() {
            layout.close();
            values.close();
        }
    }

    /** What lays values out anew. */
    @FunctionalInterface
    interface Packing {
        /**
         * Writes the packed values.
         *
         * @param plain the array's values
         * @param packed receives them in the wanted layout
         */
        void pack(memory plain, memory packed);
    }

    /** The memory of an array's values, which several arrays may share. */
    private record Place(long address, long size) {}

    /** The packed forms of an array's values, with the fingerprint of these. */
    private static final class Entry {
        final List<Packed> forms = new ArrayList<>(2);
        NDArray array;
        long fingerprint;

        void read(NDArray from) {
            array = from;
            fingerprint = PackedWeights.fingerprint(floats(from));
        }

        boolean isCurrent() {
            return !array.isReleased() && PackedWeights.fingerprint(floats(array)) == fingerprint;
        }

        boolean isUsed() {
            return forms.stream().anyMatch(form -> form.isFilled);
        }

        /** {@return memory for a layout, filled or not} */
        Packed form(memory.desc wanted) {
            for (Packed form : forms) {
                if (form.layout.equals(wanted)) {
                    return form;
                }
            }
            Packed form = new Packed(wanted);
            forms.add(form);
            return form;
        }

        /** Keeps the memory of the forms that were used, and frees that of the others. */
        void empty() {
            forms.stream().filter(form -> !form.isFilled).forEach(Packed::close);
            forms.removeIf(form -> !form.isFilled);
            forms.forEach(form -> form.isFilled = false);
        }
    }

    /** What is packed of one state of the network, freed when no pass uses it any more. */
    static final class Snapshot {
        private final Map<Place, Entry> entries = new LinkedHashMap<>();
        private int users = 1;

        private synchronized boolean isCurrent() {
            List<Entry> all = entries.values().stream().filter(Entry::isUsed).toList();
            // a step of a training changes all of them
            if (!all.isEmpty() && !all.get(0).isCurrent()) {
                return false;
            }
            AtomicBoolean current = new AtomicBoolean(true);
            Parallel.forRows(
                    all.size(),
                    Integer.MAX_VALUE,
                    (from, to) -> {
                        for (int i = from; i < to && current.get(); i++) {
                            if (!all.get(i).isCurrent()) {
                                current.set(false);
                            }
                        }
                    });
            return current.get();
        }

        /**
         * {@return weights in a layout of their own}
         *
         * @param parameter float32, an array of the engine
         * @param plain its layout
         * @param wanted the layout of the result, which tells one packing of an array from another
         * @param packing makes the result
         */
        synchronized memory get(
                NDArray parameter, memory.desc plain, memory.desc wanted, Packing packing) {
            FloatBuffer floats = floats(parameter);
            try (FloatPointer pointer = new FloatPointer(floats)) {
                Entry entry =
                        entries.computeIfAbsent(
                                new Place(pointer.address(), floats.remaining()),
                                place -> new Entry());
                if (!entry.isUsed()) {
                    entry.read(parameter);
                }
                Packed form = entry.form(wanted);
                if (!form.isFilled) {
                    try (memory lent = new memory(plain, OneDnn.cpu(), pointer)) {
                        packing.pack(lent, form.values);
                    }
                    form.isFilled = true;
                }
                return form.values;
            }
        }

        /**
         * Starts anew in the same memory, since a training changes all weights at each step.
         *
         * @return whether no pass uses what is packed; else nothing is done
         */
        private synchronized boolean empty() {
            if (users > 1) {
                return false;
            }
            entries.values().forEach(Entry::empty);
            entries.values().removeIf(entry -> entry.forms.isEmpty());
            return true;
        }

        private synchronized Snapshot use() {
            users++;
            return this;
        }

        synchronized void release() {
            users--;
            if (users == 0) {
                entries.values().forEach(entry -> entry.forms.forEach(Packed::close));
            }
        }
    }

    private static FloatBuffer floats(NDArray array) {
        return EngineBridge.of(array).floats(array);
    }

    /** {@return a number that differs, but for a chance of 2^-32, where values differ} */
    private static long fingerprint(FloatBuffer values) {
        try (FloatPointer floats = new FloatPointer(values);
                IntPointer bits = new IntPointer(floats)) {
            IntBuffer all = bits.capacity(values.capacity()).asBuffer();
            int[] part = new int[Math.min(FloatChunks.SIZE, all.capacity())];
            long fingerprint = 0;
            for (int start = 0; start < all.capacity(); start += part.length) {
                int count = Math.min(part.length, all.capacity() - start);
                all.get(start, part, 0, count);
                fingerprint = 31 * fingerprint + sum(part, count);
            }
            return fingerprint;
        }
    }

    private static int sum(int[] part, int count) {
        int sum = 0;
        for (int i = 0; i < count; i++) {
            sum += part[i] * FACTORS[i];
        }
        return sum;
    }

    /** {@return what is packed of the network as it is now, which the caller releases} */
    synchronized Snapshot open() {
        if (!current.isCurrent() && !current.empty()) {
            current.release();
            current = new Snapshot();
        }
        return current.use();
    }

    /** Gives up the memory, once the passes that use it have ended. */
    @Override
    public synchronized void close() {
        current.release();
        current = new Snapshot();
    }
}
