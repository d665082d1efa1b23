package dev.fern.backbone.onednn;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.dnnl.memory;
import org.bytedeco.javacpp.Pointer;

/**
 * Memory for what a pass through a network computes. All blocks are free after each pass, so that
 * the next one starts with one gap; in a general heap smaller blocks that live on would divide it.
 * One thread uses it at a time; its memory is kept for the pass that takes it next.
 */
final class MemoryArena {

    /** The least size of a part: more than glibc puts into its heap. */
    private static final long SMALLEST_PART = 64 << 20;

    /** oneDNN's vectors are as wide; blocks start at multiples of it. */
    private static final long ALIGNMENT = 64;

    private static final Deque<MemoryArena> IDLE = new ArrayDeque<>();

    private final List<Part> parts = new ArrayList<>();

    /** What the parts held together when there were several. */
    private long wanted;

    private MemoryArena() {}

    /** {@return an arena that nobody else uses} */
    static MemoryArena take() {
        synchronized (IDLE) {
            return IDLE.isEmpty() ? new MemoryArena() : IDLE.pop();
        }
    }

    /** Gives the arena back after a pass. What a pass that failed has not freed is free now. */
    void giveBack() {
        if (parts.size() > 1 || parts.stream().anyMatch(part -> part.blocks > 0)) {
            // next time in one part, which has no borders
            wanted = parts.stream().mapToLong(part -> part.size).sum();
            parts.forEach(part -> Pointer.free(part.memory));
            parts.clear();
        }
        synchronized (IDLE) {
            IDLE.push(this);
        }
    }

    /**
     * {@return memory of a layout, whose values are anything} Its {@code close} frees it.
     *
     * @throws OutOfMemoryError if the system has no more
     */
    memory memory(memory.desc layout) {
        long size = (layout.get_size() / ALIGNMENT + 2) * ALIGNMENT; // a line between neighbours
        for (Part part : parts) {
            long offset = part.take(size);
            if (offset >= 0) {
                return new Block(layout, part, offset, size);
            }
        }
        Part part = addPart(size);
        return new Block(layout, part, part.take(size), size);
    }

    private Part addPart(long size) {
        long all = parts.stream().mapToLong(part -> part.size).sum();
        long bytes = Math.max(Math.max(SMALLEST_PART, wanted), Math.max(all, size));
        Pointer memory = Pointer.malloc(bytes + ALIGNMENT);
        if (memory == null || memory.isNull()) {
            throw new OutOfMemoryError("the system has no " + (bytes >> 20) + " MiB for maps");
        }
        Part part = new Part(memory, bytes);
        parts.add(part);
        return part;
    }

    /** A stretch of memory with its gaps. */
    private static final class Part {
        final Pointer memory;
        final long start;
        final long size;

        /** How many are in use. */
        int blocks;

        /** Lengths by offset; no two touch. */
        final TreeMap<Long, Long> gaps = new TreeMap<>();

        Part(Pointer memory, long size) {
            this.memory = memory;
            this.size = size;
            start = (memory.address() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
            gaps.put(0L, size);
        }

        /** {@return the offset of the first gap that is large enough, which is filled; or -1} */
        long take(long wanted) {
            for (Map.Entry<Long, Long> gap : gaps.entrySet()) {
                long offset = gap.getKey();
                long length = gap.getValue();
                if (length >= wanted) {
                    gaps.remove(offset);
                    if (length > wanted) {
                        gaps.put(offset + wanted, length - wanted);
                    }
                    return offset;
                }
            }
            return -1;
        }

        void free(long offset, long length) {
            long from = offset;
            long to = offset + length;
            Map.Entry<Long, Long> before = gaps.lowerEntry(offset);
            if (before != null && before.getKey() + before.getValue() == from) {
                from = before.getKey();
            }
            Long after = gaps.remove(to);
            if (after != null) {
                to += after;
            }
            gaps.put(from, to - from);
        }
    }

    /** Memory of oneDNN's that lies in a part. */
    private static final class Block extends memory {
        private final Part part;
        private final long offset;
        private final long length;
        private boolean closed;

        Block(memory.desc layout, Part part, long offset, long length) {
            super(layout, OneDnn.cpu(), new Place(part.start + offset));
            this.part = part;
            this.offset = offset;
            this.length = length;
            part.blocks++;
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                part.blocks--;
                super.close();
                part.free(offset, length);
            }
        }
    }

    /** An address, as JavaCPP passes it on. */
    private static final class Place extends Pointer {
        Place(long address) {
            this.address = address;
        }
    }
}
