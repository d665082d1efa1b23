package dev.fern.backbone.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.bytedeco.dnnl.memory;
import org.bytedeco.javacpp.FloatPointer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
class MemoryArenaTest {

    private static final int MIB = 1 << 20;

    @BeforeAll
    static void needsOneDnn() {
        assumeTrue(OneDnn.isAvailable());
    }

    private static memory block(MemoryArena arena, int floats) {
        try (memory.desc layout =
                new memory.desc(new long[] {floats}, memory.data_type.f32, memory.format_tag.a)) {
            return arena.memory(layout);
        }
    }

    private static long address(memory block) {
        return block.get_data_handle().address();
    }

    /**
     * Fills each block with a number of its own, and looks whether it is still there at its end.
     */
    @Test
    void blocksKeepTheirValues() {
        SplittableRandom random = new SplittableRandom(1);
        MemoryArena arena = MemoryArena.take();
        List<memory> blocks = new ArrayList<>();
        List<float[]> values = new ArrayList<>();
        for (int i = 0; i < 5000; i++) {
            if (blocks.size() < 40 && random.nextInt(5) < 3) {
                float[] own = new float[random.nextInt(10) == 0 ? MIB : 1 + random.nextInt(9000)];
                Arrays.fill(own, i);
                memory block = block(arena, own.length);
                assertThat(address(block) % 64).isZero();
                new FloatPointer(block.get_data_handle()).put(own);
                blocks.add(block);
                values.add(own);
            } else if (!blocks.isEmpty()) {
                int which = random.nextInt(blocks.size());
                memory block = blocks.remove(which);
                float[] expected = values.remove(which);
                float[] found = new float[expected.length];
                new FloatPointer(block.get_data_handle()).get(found);
                assertThat(found).isEqualTo(expected);
                block.close();
            }
        }
        blocks.forEach(memory::close);
        arena.giveBack();
    }

    @Test
    void freedBlocksMakeRoomAgain() {
        MemoryArena arena = MemoryArena.take();
        memory first = block(arena, 1000);
        memory second = block(arena, 3000);
        memory third = block(arena, 1000);
        long start = address(first);
        third.close();
        first.close();
        second.close();
        memory large = block(arena, 5000);
        assertThat(address(large)).isEqualTo(start);
        large.close();
        large.close(); // as closing twice may happen to any of JavaCPP's pointers
        arena.giveBack();
    }

    @Test
    void whatDidNotFitOnePartFitsOneTheNextTime() {
        MemoryArena arena = MemoryArena.take();
        List<memory> blocks = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            blocks.add(block(arena, 10 * MIB));
        }
        blocks.forEach(memory::close);
        arena.giveBack();
        assertThat(MemoryArena.take()).isSameAs(arena);
        List<Long> addresses = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            blocks.set(i, block(arena, 10 * MIB));
            addresses.add(address(blocks.get(i)));
        }
        for (int i = 1; i < 5; i++) {
            assertThat(addresses.get(i) - addresses.get(i - 1)).isEqualTo(40L * MIB + 128);
        }
        blocks.forEach(memory::close);
        arena.giveBack();
    }

    @Test
    void aPassThatFailsLeavesNothingBehind() {
        MemoryArena arena = MemoryArena.take();
        memory lost = block(arena, 100);
        arena.giveBack();
        assertThat(MemoryArena.take()).isSameAs(arena);
        memory next = block(arena, 100);
        lost.close();
        memory other = block(arena, 100);
        assertThat(address(other)).isNotEqualTo(address(next));
        next.close();
        other.close();
        arena.giveBack();
    }
}
