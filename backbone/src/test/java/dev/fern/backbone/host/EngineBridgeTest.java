package dev.fern.backbone.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.engine.EngineException;
import ai.djl.mxnet.engine.MxNDArray;
import ai.djl.mxnet.jna.JnaUtils;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Long because it is one contract, tested on every engine: functions, tape, memory and failures.
 */
@Tag("engine")
class EngineBridgeTest {

    private NDManager manager;

    @BeforeEach
    void openManager() {
        manager = NDManager.newBaseManager();
    }

    @AfterEach
    void nothingStaysRecorded() {
        manager.close();
        assertThat(MxNetBridge.recorded()).isZero();
    }

    private NDArray variable(float... values) {
        NDArray array = manager.create(values);
        array.setRequiresGradient(true);
        return array;
    }

    private GradientCollector record() {
        return EngineBridge.of(manager).newGradientCollector(manager);
    }

    private static int recorded(GradientCollector collector) {
        return collector instanceof TorchBridge.Tape tape ? tape.size() : MxNetBridge.recorded();
    }

    private static NDArray product(NDArray a, NDArray b) {
        return EngineBridge.of(a).apply(new Product(), a, b);
    }

    @Test
    void createTakesABuffersRemainingValues() {
        FloatBuffer values = FloatBuffer.wrap(new float[] {0, 1, 2, 3, 4, 5, 6}).position(1);
        NDArray array = EngineBridge.of(manager).create(manager, values, new Shape(2, 3));
        assertThat(array.getShape()).isEqualTo(new Shape(2, 3));
        assertThat(array.toFloatArray()).containsExactly(1, 2, 3, 4, 5, 6);
        assertThat(values.position()).isEqualTo(1);
        assertThat(EngineBridge.of(manager).create(manager, new float[0], new Shape(0, 3)).size())
                .isZero();
        assertThatThrownBy(() -> EngineBridge.of(manager).create(manager, values, new Shape(7)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("6 values for shape (7)");
    }

    @Test
    void functionsInOneGraphPassGradientsToEachOtherAndToOperators() {
        NDArray a = variable(2, -3, 0.5f);
        NDArray b = variable(5, 7, -1);
        try (GradientCollector collector = record()) {
            // sum(2 (a b) (b + 1)) = 2 sum(a b^2 + a b)
            NDArray result = product(product(a, b), b.add(1)).mul(2).sum();
            assertThat(result.getFloat()).isEqualTo(2 * (2 * 30 - 3 * 56));
            collector.backward(result);
        }
        assertThat(a.getGradient().toFloatArray()).containsExactly(60, 112, -0f);
        // 2 (2 a b + a)
        assertThat(b.getGradient().toFloatArray()).containsExactly(44, -90, -1);
    }

    @Test
    void anArrayUsedBySeveralFunctionsGetsTheSumOfTheirGradients() {
        NDArray a = variable(3, 4);
        NDArray b = variable(10, 20);
        try (GradientCollector collector = record()) {
            // a^2 + a b + a
            collector.backward(product(a, a).add(product(a, b)).add(a).sum());
        }
        assertThat(a.getGradient().toFloatArray()).containsExactly(17, 29);
        assertThat(b.getGradient().toFloatArray()).containsExactly(3, 4);
    }

    @Test
    void aGradientThatNobodyWantsIsNotStored() {
        NDArray a = variable(3, 4);
        NDArray constant = manager.create(new float[] {10, 20});
        try (GradientCollector collector = record()) {
            collector.backward(product(a, constant).sum());
        }
        assertThat(a.getGradient().toFloatArray()).containsExactly(10, 20);
        assertThat(constant.hasGradient()).isFalse();
        assertThat(constant.toFloatArray()).containsExactly(10, 20);
    }

    @Test
    void gradientsAreThoseOfTheLastStepOnceThoseBeforeAreCleared() {
        NDArray a = variable(3, 4);
        NDArray b = manager.create(new float[] {10, 20});
        for (int step = 0; step < 3; step++) {
            EngineBridge.of(a).clearGradient(a);
            try (GradientCollector collector = record()) {
                collector.backward(product(a, b).sum());
            }
        }
        assertThat(a.getGradient().toFloatArray()).containsExactly(10, 20);
    }

    @Test
    void gradientsAccumulateWhereMxNetIsToldSo() {
        NDArray a = manager.create(new float[] {3, 4});
        assumeTrue(a instanceof MxNDArray, "PyTorch adds always");
        NDArray sums = manager.create(new float[] {100, 200});
        int add = 3;
        JnaUtils.autogradMarkVariables(
                1,
                ((MxNDArray) a).getHandle(),
                IntBuffer.wrap(new int[] {add}),
                ((MxNDArray) sums).getHandle());
        NDArray b = manager.create(new float[] {10, 20});
        try (GradientCollector collector = record()) {
            collector.backward(product(a, b).sum());
        }
        assertThat(sums.toFloatArray()).containsExactly(110, 220);
    }

    @Test
    void headGradientsGiveTheGradientOfTheWeightedSum() {
        NDArray a = variable(2, 3);
        NDArray b = variable(5, 7);
        try (GradientCollector collector = record()) {
            NDArray first = product(a, b);
            NDArray second = a.mul(4);
            EngineBridge.of(manager)
                    .backward(
                            collector,
                            new NDList(first, second),
                            new NDList(
                                    manager.create(new float[] {1, 10}),
                                    manager.create(new float[] {100, 1000})));
        }
        assertThat(a.getGradient().toFloatArray()).containsExactly(405, 4070);
        assertThat(b.getGradient().toFloatArray()).containsExactly(2, 30);
    }

    @Test
    void withoutRecordingNothingIsKept() {
        NDArray a = variable(2, 3);
        NDArray result = product(a, a);
        assertThat(result.toFloatArray()).containsExactly(4, 9);
        assertThat(MxNetBridge.recorded()).isZero();
    }

    @Test
    void whatWasRecordedIsReleasedOnceItsResultsAreClosed() {
        NDArray a = variable(2, 3);
        try (NDManager step = manager.newSubManager();
                GradientCollector collector = record()) {
            NDArray x = step.create(new float[] {1, 1});
            NDArray result = product(product(x, a), a);
            assertThat(recorded(collector)).isEqualTo(2);
            collector.backward(result.sum());
        }
        assertThat(MxNetBridge.recorded()).isZero();
    }

    @Test
    void aGraphDroppedWithoutABackwardPassIsReleased() {
        NDArray a = variable(2, 3);
        try (NDManager step = manager.newSubManager();
                GradientCollector collector = record()) {
            NDArray x = step.create(new float[] {1, 1});
            product(product(x, a), a);
            assertThat(collector).isNotNull();
            assertThat(recorded(collector)).isEqualTo(2);
        }
        assertThat(MxNetBridge.recorded()).isZero();
    }

    @Test
    void arraysMayBeClosedBetweenForwardAndBackward() {
        NDArray a = variable(2, 3);
        NDArray b = variable(5, 7);
        try (GradientCollector collector = record()) {
            NDArray loss;
            try (NDManager step = manager.newSubManager()) {
                NDArray input = a.mul(10);
                input.attach(step);
                loss = product(input, b).sum();
                loss.attach(manager);
            }
            collector.backward(loss);
        }
        assertThat(a.getGradient().toFloatArray()).containsExactly(50, 70);
        assertThat(b.getGradient().toFloatArray()).containsExactly(20, 30);
    }

    @Test
    void thousandsOfFunctionsInAChainAreReleasedWithoutExhaustingTheStack() {
        NDArray one = variable(1, 1);
        for (boolean backward : new boolean[] {true, false}) {
            try (NDManager step = manager.newSubManager();
                    GradientCollector collector = record()) {
                NDArray x = step.create(new float[] {2, 3});
                for (int i = 0; i < 2000; i++) {
                    NDArray next = product(x, one);
                    x.close();
                    x = next;
                }
                if (backward) {
                    collector.backward(x.sum());
                    assertThat(one.getGradient().toFloatArray()).containsExactly(4000, 6000);
                }
            }
            assertThat(MxNetBridge.recorded()).isZero();
        }
    }

    @Test
    void anExceptionInTheForwardPassReachesTheCaller() {
        NDArray a = variable(2, 3);
        NDArray shorter = manager.create(new float[] {1});
        try (GradientCollector collector = record()) {
            assertThatThrownBy(() -> product(a, shorter))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThat(collector).isNotNull();
        }
        assertThat(MxNetBridge.recorded()).isZero();
    }

    @Test
    void anExceptionInTheBackwardPassIsTheCauseOfTheOneThrownAndTheNextStepWorks() {
        NDArray a = variable(2, 3);
        try (GradientCollector collector = record()) {
            NDList results =
                    new NDList(EngineBridge.of(a).apply(new FailingFunction(), product(a, a)));
            NDList heads = new NDList(manager.ones(new Shape(2)));
            assertThatThrownBy(() -> EngineBridge.of(manager).backward(collector, results, heads))
                    .isInstanceOf(EngineException.class)
                    .hasMessageContaining("host function")
                    .hasRootCauseInstanceOf(UnsupportedOperationException.class)
                    .hasRootCauseMessage(FailingFunction.MESSAGE);
            results.close();
        }
        assertNextStepWorks(a);
    }

    @Test
    void threadsThatFailAtTheSameTimeAreEachToldTheirOwnFailure() throws InterruptedException {
        int count = 4;
        CyclicBarrier start = new CyclicBarrier(count);
        Map<String, Throwable> told = new ConcurrentHashMap<>();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < count; t++) {
            String own = "failure " + t;
            threads.add(new Thread(() -> told.put(own, failure(own, start))));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(told).hasSize(count);
        told.forEach(
                (own, failure) ->
                        assertThat(failure)
                                .isInstanceOf(EngineException.class)
                                .hasRootCauseMessage(own));
    }

    /** Returns what a backward pass throws whose function fails with this message. */
    private static Throwable failure(String message, CyclicBarrier start) {
        try (NDManager own = NDManager.newBaseManager()) {
            EngineBridge engine = EngineBridge.of(own);
            NDArray a = own.create(new float[] {2, 3});
            a.setRequiresGradient(true);
            try (GradientCollector collector = engine.newGradientCollector(own)) {
                NDArray failing = engine.apply(new FailingFunction(message, start), product(a, a));
                engine.backward(collector, new NDList(failing), new NDList(own.ones(new Shape(2))));
                return null;
            } catch (EngineException e) {
                return e;
            }
        }
    }

    @Test
    void anExceptionInTheBackwardPassOfDjlsCollectorIsThrownAndTheNextStepWorks() {
        NDArray a = variable(2, 3);
        try (NDManager step = manager.newSubManager();
                GradientCollector collector = record()) {
            NDArray input = a.mul(1);
            input.attach(step);
            NDArray loss = EngineBridge.of(input).apply(new FailingFunction(), input).sum();
            assertThatThrownBy(() -> collector.backward(loss)).isInstanceOf(EngineException.class);
        }
        assertNextStepWorks(a);
    }

    private void assertNextStepWorks(NDArray a) {
        try (NDManager step = manager.newSubManager();
                GradientCollector collector = record()) {
            NDArray input = a.mul(1);
            input.attach(step);
            EngineBridge.of(manager)
                    .backward(
                            collector,
                            new NDList(product(input, a)),
                            new NDList(step.ones(new Shape(2))));
        }
        assertThat(a.getGradient().toFloatArray()).containsExactly(4, 6);
    }

    @Test
    void stepsLeaveNoMemoryBehind() throws IOException {
        assumeTrue(Files.exists(Path.of("/proc/self/status")), "needs Linux's /proc");
        NDArray weights = manager.ones(new Shape(64 * 1024));
        weights.setRequiresGradient(true);
        for (int i = 0; i < 300; i++) {
            step(weights, i);
        }
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 3; round++) {
            long before = residentBytes();
            for (int i = 0; i < 500; i++) {
                step(weights, i);
            }
            least = Math.min(least, residentBytes() - before);
        }
        // Java grows now and then, a leak always: one array per step would be 125 MiB a round
        assertThat(least).isLessThan(30L << 20);
    }

    /**
     * Runs a step with a few arrays of 256 KiB; every fourth step is dropped before its backward
     * pass.
     */
    private void step(NDArray weights, int index) {
        try (NDManager step = manager.newSubManager();
                GradientCollector collector = record()) {
            NDArray scaled = weights.mul(2);
            scaled.attach(step);
            NDArray result = product(product(scaled, weights), weights);
            if (index % 4 != 0) {
                EngineBridge.of(manager)
                        .backward(
                                collector,
                                new NDList(result),
                                new NDList(step.ones(weights.getShape())));
            }
        }
    }

    private static long residentBytes() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void writingToTheBufferOfAnArrayChangesIt() {
        NDArray array = manager.create(new float[] {1, 2, 3, 4}, new Shape(2, 2));
        FloatBuffer floats = EngineBridge.of(array).floats(array);
        assertThat(floats.capacity()).isEqualTo(4);
        assertThat(floats.get(2)).isEqualTo(3);
        floats.put(2, 30);
        assertThat(array.toFloatArray()).containsExactly(1, 2, 30, 4);
        assertThat(EngineBridge.of(array).copy(array)).containsExactly(1, 2, 30, 4);
    }

    @Test
    void onlyFloat32ArraysAreSupported() {
        for (DataType type : List.of(DataType.FLOAT64, DataType.INT32)) {
            assertThat(EngineBridge.of(manager).supports(manager.zeros(new Shape(2), type)))
                    .isFalse();
        }
        assertThat(EngineBridge.of(manager).supports(manager.zeros(new Shape(2)))).isTrue();
    }

    @Test
    void emptyArraysPassThrough() {
        NDArray a = manager.zeros(new Shape(0));
        assertThat(product(a, a).toFloatArray()).isEmpty();
    }

    @Test
    void underDjlsOwnCollectorPyTorchIsNotSupported() {
        NDArray a = variable(2, 3);
        assumeTrue(!(a instanceof MxNDArray), "MXNet is");
        try (GradientCollector collector = manager.getEngine().newGradientCollector()) {
            assertThat(collector).isNotNull();
            assertThat(EngineBridge.of(a).supports(a)).isFalse();
            assertThat(EngineBridge.of(a).lendsMemory(a)).isTrue();
        }
        assertThat(EngineBridge.of(a).supports(a)).isTrue();
    }

    @Test
    void onAnotherThreadNothingIsRecordedOnceItWasToldSo() throws Exception {
        NDArray a = variable(2, 3);
        CompletableFuture<NDArray> result = new CompletableFuture<>();
        Thread thread =
                new Thread(
                        () -> {
                            EngineBridge.of(manager).recordNothing();
                            result.complete(product(a.mul(2), a));
                        });
        thread.start();
        assertThat(result.get().toFloatArray()).containsExactly(8, 18);
        assertThat(result.get().hasGradient()).isFalse();
        thread.join();
    }

    @Test
    void threadsRecordBesideEachOther() throws Exception {
        NDArray a = variable(2, 3);
        try (GradientCollector collector = record()) {
            NDArray mine = product(a, a);
            CompletableFuture<float[]> others =
                    CompletableFuture.supplyAsync(
                            () -> {
                                NDArray b = variable(5, 7);
                                try (GradientCollector own = record()) {
                                    own.backward(product(b, b).sum());
                                }
                                return b.getGradient().toFloatArray();
                            });
            assertThat(others.get()).containsExactly(10, 14);
            collector.backward(mine.sum());
        }
        assertThat(a.getGradient().toFloatArray()).containsExactly(4, 6);
    }
}
