package dev.fern.cocoeval;

import dev.fern.cocoeval.json.CocoFormatException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The evaluation of one category on one thread: matching, then accumulating. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class MatchingBenchmark {
    private static final int IMAGES = 1_000;

    /** The detections in all images together; there are a tenth as many truths. */
    @Param({"10000", "100000"})
    public int detections;

    private EvaluationInput input;
    private List<MatchedDetections> matched;
    private EvaluationArrays arrays;
    private boolean[][] wanted;
    private int[] once;

    @Setup
    public void generate() throws CocoFormatException {
        SyntheticCoco coco = SyntheticCoco.generate(1, IMAGES, 1, detections / 10, detections);
        EvaluationParameters parameters = EvaluationParameters.defaults();
        input = new EvaluationInput(coco.dataset(), coco.results(), parameters);
        matched = new CategoryMatching(input, 0).run();
        arrays = new EvaluationArrays(parameters, 1);
        wanted = new boolean[parameters.areaRng().size()][parameters.maxDets().size()];
        Arrays.stream(wanted).forEach(area -> Arrays.fill(area, true));
        once = new int[IMAGES];
        Arrays.fill(once, 1);
    }

    @Benchmark
    public List<MatchedDetections> match() throws CocoFormatException {
        return new CategoryMatching(input, 0).run();
    }

    @Benchmark
    public EvaluationArrays accumulate() {
        Accumulation accumulation = new Accumulation(arrays, wanted, once);
        matched.forEach(some -> accumulation.accumulate(0, some));
        return arrays;
    }
}
