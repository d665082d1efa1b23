package dev.fern.tools.spark;

import com.google.gson.JsonPrimitive;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.model.PostProcessing;
import dev.fern.spark.DetectionJob;
import dev.fern.spark.SparkDetection;
import dev.fern.spark.SparkDetectionBuilder;
import dev.fern.spark.SparkDriver;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.CountProgress;
import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import dev.fern.tools.console.OutputFile;
import dev.fern.tools.console.VisibleText;
import dev.fern.tools.console.WithoutOptions;
import dev.fern.tools.detect.CocoResultsFile;
import dev.fern.tools.detect.DetectionOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs a model over images on Spark, and writes what it finds as Parquet and as COCO results. */
@Command(
        name = "detect",
        sortOptions = false,
        description = {
            "Finds objects in images on the machines of a Spark cluster.",
            "",
            "Every executor must be able to read the images under the name that is given. An image"
                    + " that can't be used has an error in the table in place of detections, and is told"
                    + " of on standard error. What is found is what 'fern detect' finds."
        },
        footer = {
            "",
            "Examples:",
            "  fern spark detect --model runs/a/best --images 'shots/*.jpg' --output found",
            "  fern spark detect --master spark://host:7077 --model runs/a/best \\",
            "                    --images hdfs://host/shots --output hdfs://host/found",
            "  fern spark detect --model runs/a/best --annotations instances_val.json \\",
            "                    --images val --json found.json --score-threshold 0.05"
        })
public final class SparkDetectCommand implements Callable<Integer> {

    private static final int MOST_TOLD = 20;

    @OptionSection(Section.DATA)
    @Option(
            names = "--images",
            required = true,
            paramLabel = "FILE|DIR|GLOB",
            description =
                    "An image file, a folder with its sub-folders, or a pattern such as"
                            + " 'shots/*.jpg': a path, or a URI that Hadoop reads. With --annotations,"
                            + " the folder of the annotated images.")
    private String images;

    @OptionSection(Section.DATA)
    @Option(
            names = "--annotations",
            paramLabel = "FILE",
            description =
                    "COCO instances file whose images are detected in, under the ids that they have"
                            + " there.")
    private Path annotations;

    @OptionSection(Section.OUTPUT)
    @Option(
            names = "--output",
            paramLabel = "DIR",
            description =
                    "Write a folder of Parquet files with the columns id, path, detections and"
                            + " error: a path that every executor can write to, or a URI of Hadoop's,"
                            + " where nothing is yet.")
    private String output;

    @OptionSection(Section.OUTPUT)
    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = "Write a COCO results file on this machine, gzip if it ends in .gz.")
    private Path json;

    @WithoutOptions({"--tile", "--overlap"})
    @Mixin
    private DetectionOptions detection;

    @WithoutOptions({"--skip-bad-images", "--libtorch"})
    @Mixin
    private SparkModelOptions model;

    @Mixin private SparkOptions spark;

    @Override
    public Integer call() throws Exception {
        detection.requireValid();
        model.requireValid();
        if (output == null && json == null) {
            throw new BadInputException(
                    "nothing would be written; name a folder (--output) or a file (--json)");
        }
        OutputFile.require(json, Arrays.asList(annotations));
        return spark.run(this::detect);
    }

    private int detect(SparkDriver driver) throws IOException, BadInputException {
        if (json != null && detection.isUnfitForEvaluation()) {
            System.err.println(
                    "note: the results hold scores above 0.3 alone; to evaluate them (AP) or to"
                            + " compare models, add --score-threshold 0.05");
        }
        CocoDataset coco = annotations == null ? null : CocoDataset.read(annotations);
        SparkDetectionBuilder builder = model.load(driver, detection::applyTo);
        DetectorConfiguration own = builder.configuration();
        PostProcessing changed = detection.applyTo(own.postProcessing());
        SparkDetection found =
                builder.optKept(detection.categories(own.categories()), detection.most(changed))
                        .load();
        try (DetectionJob job =
                coco == null
                        ? driver.files(found, images, model.partitions())
                        : driver.annotated(found, coco, images, model.partitions())) {
            int total = job.images().images().size();
            try (CountProgress progress = new CountProgress("detect", total)) {
                if (output == null) {
                    job.run(progress::at);
                } else {
                    job.writeParquet(output, progress::at);
                }
            }
            return gather(job, coco, own);
        }
    }

    /** Writes the file of results, and tells of the images that could not be used. */
    private int gather(DetectionJob job, CocoDataset coco, DetectorConfiguration own)
            throws IOException, BadInputException {
        LeftOut leftOut = new LeftOut();
        if (json == null) {
            job.forEach((image, detections, error) -> error.ifPresent(leftOut::add));
        } else {
            try (CocoResultsFile results = new CocoResultsFile(json, own.categories())) {
                job.forEach(
                        (image, detections, error) -> {
                            error.ifPresent(leftOut::add);
                            results.add(
                                    coco == null
                                            ? new JsonPrimitive(image.id())
                                            : coco.idJson(image.id()),
                                    image.name(),
                                    detections);
                        });
                leftOut.requireFewerThan(job.images().images().size());
                results.end();
            }
        }
        leftOut.requireFewerThan(job.images().images().size());
        leftOut.report();
        return 0;
    }

    /** The images that could not be used. */
    private static final class LeftOut {
        private final List<String> first = new ArrayList<>();
        private int count;

        void add(String error) {
            if (first.size() < MOST_TOLD) {
                first.add(error);
            }
            count++;
        }

        void requireFewerThan(int all) throws BadInputException {
            if (count == all) {
                throw new BadInputException(
                        "no image could be used, the first: "
                                + first.get(0)
                                + "; every executor must see the images under this name");
            }
        }

        void report() {
            first.forEach(line -> System.err.println("left out: " + VisibleText.of(line)));
            if (count > first.size()) {
                System.err.printf("left out: %d more%n", count - first.size());
            }
            if (count > 0) {
                System.err.printf("%d images were left out%n", count);
            }
        }
    }
}
