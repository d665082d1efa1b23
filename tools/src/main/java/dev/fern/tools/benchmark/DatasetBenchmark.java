package dev.fern.tools.benchmark;

import com.google.gson.JsonObject;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.cocoeval.SyntheticCoco;
import dev.fern.detection.image.BgrImage;
import dev.fern.tools.console.FernProcess;
import dev.fern.tools.console.JsonFile;
import dev.fern.tools.console.OutputFile;
import dev.fern.tools.console.OutputFolder;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code fern benchmark dataset}: writes a made-up data set of the size of COCO's train2017, and
 * prints how long whole processes take that check it and that train a small network on it for one
 * step, with the most memory that they hold; writes the figures as JSON where that is asked for.
 */
@Command(
        name = "dataset",
        sortOptions = false,
        description = {
            "Times the start of work on a data set of COCO's size.",
            "",
            "The defaults make as many images and boxes as train2017 has. The images are 640x480"
                    + " JPEGs, 100 different ones with as many names (hard links) as are needed, so"
                    + " that they take little space. Whole processes are timed: fern dataset check,"
                    + " and a fern train of one step with a small network."
        },
        footer = {"", "Example:", "  fern benchmark dataset --output big"})
final class DatasetBenchmark implements Callable<Integer> {

    private static final int CATEGORIES = 80;
    private static final int WIDTH = 640;
    private static final int HEIGHT = 480;
    private static final int DIFFERENT_IMAGES = 100;

    /** Colours change once in so many pixels, which gives files of about 30 KB. */
    private static final int PATCH = 16;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "DIR",
            description = "Folder for the data set. If it is there, it must be empty.")
    private Path output;

    @Option(
            names = "--images",
            paramLabel = "N",
            defaultValue = "118287",
            description = "Number of images. Default: ${DEFAULT-VALUE}.")
    private int images;

    @Option(
            names = "--boxes",
            paramLabel = "N",
            defaultValue = "1200000",
            description = "Number of boxes in all images together. Default: ${DEFAULT-VALUE}.")
    private int boxes;

    @Option(names = "--json", paramLabel = "FILE", description = "Write all figures as JSON.")
    private Path json;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (images < 1 || boxes < 1) {
            throw new ParameterException(
                    spec.commandLine(), "--images and --boxes must be at least 1");
        }
        OutputFile.require(json, List.of());
        OutputFolder.requireFree(output);
        System.err.println("making the data set ...");
        Path annotations = output.resolve("annotations.json");
        Path folder = Files.createDirectories(output.resolve("images"));
        CocoDataset coco = SyntheticCoco.generate(1, images, CATEGORIES, boxes, 0).dataset();
        coco.write(annotations);
        Path validation = output.resolve("validation.json");
        SyntheticCoco.generate(1, 1, CATEGORIES, 10, 0).dataset().write(validation);
        writeImages(coco, folder);

        PrintWriter out = spec.commandLine().getOut();
        out.printf(
                "%d images, %d boxes%n%-20s%12s%14s%n", images, boxes, "", "seconds", "peak MiB");
        JsonObject figures = new JsonObject();
        figures.addProperty("images", images);
        figures.addProperty("boxes", boxes);
        System.err.println("checking it ...");
        report(
                out,
                figures,
                "dataset check",
                FernProcess.measure(
                        "dataset", "check", "--annotations=" + annotations, "--images=" + folder));
        System.err.println("training on it ...");
        report(
                out,
                figures,
                "train, one step",
                FernProcess.measure(
                        "train",
                        "--train-annotations=" + annotations,
                        "--train-images=" + folder,
                        "--val-annotations=" + validation,
                        "--val-images=" + folder,
                        "--backbone=resnet18",
                        "--width=0.25",
                        "--min-size=128",
                        "--max-size=128",
                        "--batch-size=2",
                        "--steps=1",
                        "--output=" + output.resolve("run")));
        if (json != null) {
            JsonFile.write(json, figures);
        }
        return 0;
    }

    private static void writeImages(CocoDataset coco, Path folder) throws IOException {
        SplittableRandom random = new SplittableRandom(1);
        List<CocoImage> all = coco.images();
        for (int i = 0; i < all.size(); i++) {
            Path file = folder.resolve(all.get(i).fileName());
            if (i < DIFFERENT_IMAGES) {
                try (BgrImage picture = picture(random)) {
                    picture.write(file);
                }
            } else {
                link(file, folder.resolve(all.get(i % DIFFERENT_IMAGES).fileName()));
            }
        }
    }

    private static void link(Path file, Path existing) throws IOException {
        try {
            Files.createLink(file, existing);
        } catch (UnsupportedOperationException | FileSystemException e) {
            Files.copy(existing, file); // no links here, or too many to one file
        }
    }

    private static BgrImage picture(SplittableRandom random) {
        byte[] colours = new byte[3 * (WIDTH / PATCH) * (HEIGHT / PATCH)];
        random.nextBytes(colours);
        byte[] pixels = new byte[3 * WIDTH * HEIGHT];
        for (int i = 0; i < pixels.length; i++) {
            int x = i / 3 % WIDTH;
            int y = i / 3 / WIDTH;
            pixels[i] = colours[3 * (y / PATCH * (WIDTH / PATCH) + x / PATCH) + i % 3];
        }
        return BgrImage.of(WIDTH, HEIGHT, pixels);
    }

    private static void report(
            PrintWriter out, JsonObject figures, String name, FernProcess.Cost cost) {
        JsonObject entry = new JsonObject();
        entry.addProperty("seconds", cost.millis() / 1e3);
        out.printf("%-20s%12.1f", name, cost.millis() / 1e3);
        cost.peakMemoryMib()
                .ifPresent(
                        peak -> {
                            out.printf("%14.0f", peak);
                            entry.addProperty("peak_memory_mib", peak);
                        });
        out.println();
        out.flush();
        figures.add(name.replaceAll("\\W+", "_"), entry);
    }
}
