package dev.fern.tools.evaluate;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.fern.cocoeval.AtomicFile;
import dev.fern.cocoeval.CocoAdvice;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.Comparison;
import dev.fern.cocoeval.Comparison.Difference;
import dev.fern.cocoeval.EvaluationParameters;
import dev.fern.cocoeval.PairedBootstrap;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.JsonFile;
import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import dev.fern.tools.console.OutputFile;
import dev.fern.tools.console.VisibleText;
import dev.fern.tools.input.DataWarnings;
import dev.fern.tools.report.ComparisonReport;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Compares two COCO results files for one annotations file by a paired bootstrap over images.
 * Prints both files' numbers with the differences and their uncertainty; writes them as JSON and
 * draws them in an HTML page where that is asked for.
 */
@Command(
        name = "compare",
        sortOptions = false,
        description = {
            "Tells whether one set of detections is better than another, and how sure that is.",
            "",
            "Prints COCO's numbers of both (twelve; ten of keypoints), then AP and AP50 of each category,"
                    + " each with the difference B - A, its confidence interval and its p-value."
                    + " They come from a paired bootstrap over images: each draw takes as many"
                    + " images as the data set has, with replacement, and evaluates A and B on it"
                    + " exactly as if each image were in the data set as often as it was drawn.",
            "",
            "The 95%% interval of n differences, one per draw, reaches from the k-th"
                    + " lowest to the k-th highest with k = floor((n + 1) 0.05 / 2) (percentile"
                    + " interval). The two-sided p-value is min(1, 2 (1 + min(l, h)) / (n + 1)),"
                    + " where l of the differences are at most 0 and h at least 0. A draw without"
                    + " any object for a number is left out for that number. The p-values are not"
                    + " corrected for multiple comparisons."
        },
        footer = {
            "",
            "Example:",
            "  fern compare --annotations instances_val.json before.json after.json"
        })
public final class CompareCommand implements Callable<Integer> {

    @OptionSection(Section.DATA)
    @Option(
            names = "--annotations",
            required = true,
            paramLabel = "FILE",
            description = "COCO instances file, plain or gzip.")
    private Path annotations;

    @Parameters(
            index = "0",
            paramLabel = "DETECTIONS_A",
            description = "COCO results file, plain or gzip.")
    private Path first;

    @Parameters(
            index = "1",
            paramLabel = "DETECTIONS_B",
            description = "COCO results file to compare with A.")
    private Path second;

    @OptionSection(Section.EVALUATION)
    @Option(
            names = "--resamples",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Number of draws of the bootstrap. Default: ${DEFAULT-VALUE}.")
    private int resamples;

    @OptionSection(Section.EVALUATION)
    @Option(
            names = "--confidence",
            paramLabel = "X",
            defaultValue = "0.95",
            description =
                    "Confidence of the intervals, between 0 and 1. Default: ${DEFAULT-VALUE}.")
    private double confidence;

    @OptionSection(Section.EVALUATION)
    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "Seed of the draws; the same seed gives the same result. Default:"
                            + " ${DEFAULT-VALUE}.")
    private long seed;

    @OptionSection(Section.OUTPUT)
    @Option(
            names = "--json",
            paramLabel = "FILE",
            description =
                    "Write everything as JSON at full precision. Undefined numbers are -1,"
                            + " undefined differences null.")
    private Path json;

    @OptionSection(Section.OUTPUT)
    @Option(
            names = "--report",
            paramLabel = "FILE",
            description =
                    "Write one self-contained HTML page that draws the differences and their"
                            + " intervals.")
    private Path report;

    @Mixin private EvaluationOptions evaluated;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        List<Path> inputs = Arrays.asList(annotations, first, second, evaluated.file());
        OutputFile.requireAll(Arrays.asList(json, report), inputs);
        PairedBootstrap bootstrap;
        try {
            bootstrap = new PairedBootstrap(resamples, seed, confidence);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        CocoFiles files = evaluated.read(annotations, first, second);
        EvaluationParameters parameters = evaluated.parameters(files.dataset());
        Comparison comparison;
        try {
            comparison =
                    bootstrap.compare(
                            files.dataset(),
                            files.results().get(0),
                            files.results().get(1),
                            parameters);
        } catch (IllegalArgumentException e) {
            throw new BadInputException(e.getMessage(), e);
        }
        DataWarnings.print(annotations, CocoAdvice.of(files.dataset(), parameters));
        DataWarnings.print(first, CocoAdvice.of(files.dataset(), files.results().get(0)));
        DataWarnings.print(second, CocoAdvice.of(files.dataset(), files.results().get(1)));
        print(
                comparison,
                files.results().stream()
                        .map(results -> CocoAdvice.coverage(files.dataset(), results, parameters))
                        .toList());
        if (json != null) {
            JsonFile.write(json, json(comparison, files.dataset()));
        }
        if (report != null) {
            AtomicFile.write(
                    report,
                    new ComparisonReport(first.toString(), second.toString(), comparison)
                            .html()
                            .getBytes(StandardCharsets.UTF_8));
        }
        return 0;
    }

    private void print(Comparison comparison, List<CocoAdvice.Coverage> coverages) {
        PrintWriter out = spec.commandLine().getOut();
        print(out, "A", first, coverages.get(0));
        print(out, "B", second, coverages.get(1));
        out.printf(
                Locale.ROOT,
                "%d images, %d resamples, seed %d, intervals of confidence %s%n%n",
                comparison.images(),
                resamples,
                seed,
                confidence);
        out.printf("%-30s%8s%8s%9s   %-18s%8s%n", "", "A", "B", "B - A", "interval", "p");
        comparison
                .metrics()
                .forEach((metric, difference) -> print(out, metric.label(), difference));
        for (Comparison.Category category : comparison.categories()) {
            category.metrics()
                    .forEach(
                            (metric, difference) ->
                                    print(
                                            out,
                                            metric.label()
                                                    + " "
                                                    + VisibleText.of(category.category().name()),
                                            difference));
        }
        out.flush();
    }

    private static void print(
            PrintWriter out, String name, Path file, CocoAdvice.Coverage coverage) {
        out.printf(
                "%s: %s, with detections in %d of %d images%n",
                name, VisibleText.of(file), coverage.detected(), coverage.evaluated());
        coverage.advice().ifPresent(line -> DataWarnings.print(file, List.of(line)));
    }

    private static void print(PrintWriter out, String name, Difference d) {
        out.printf(Locale.ROOT, "%-30s%8.3f%8.3f", name, d.a(), d.b());
        if (d.resamples() == 0 || Double.isNaN(d.difference())) {
            out.printf("%9s%n", "-");
        } else {
            out.printf(
                    Locale.ROOT,
                    "%+9.3f   [%+.3f, %+.3f]%9.3f%n",
                    d.difference(),
                    d.low(),
                    d.high(),
                    d.pValue());
        }
    }

    private JsonObject json(Comparison comparison, CocoDataset dataset) {
        JsonObject root = new JsonObject();
        root.addProperty("a", first.toString());
        root.addProperty("b", second.toString());
        root.addProperty("images", comparison.images());
        root.addProperty("resamples", resamples);
        root.addProperty("seed", seed);
        root.addProperty("confidence", confidence);
        root.add("parameters", ParametersJson.of(comparison.parameters(), dataset));
        root.add("stats", DifferenceJson.of(comparison.metrics()));
        JsonArray categories = new JsonArray();
        for (Comparison.Category category : comparison.categories()) {
            JsonObject entry = new JsonObject();
            entry.add("id", dataset.idJson(category.category().id()));
            entry.addProperty("name", category.category().name());
            entry.add("stats", DifferenceJson.of(category.metrics()));
            categories.add(entry);
        }
        root.add("per_category", categories);
        return root;
    }
}
