package dev.fern.tools.detect;

import com.google.gson.JsonElement;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.data.Sample;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.ImageReadException;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.model.Detection;
import dev.fern.detection.model.Detector;
import dev.fern.detection.video.VideoException;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.ExitStatus;
import dev.fern.tools.console.OnInterrupt;
import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import dev.fern.tools.input.AnnotatedFiles;
import dev.fern.tools.input.InputImages;
import dev.fern.tools.input.InputImages.InputFile;
import dev.fern.tools.input.ModelOptions;
import dev.fern.tools.input.OrientationNote;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Runs a model on images and videos. Prints one line per object; draws the objects, cuts them out
 * and writes them in the formats that are asked for.
 */
@Command(
        name = "detect",
        sortOptions = false,
        description = {
            "Finds objects in images and videos.",
            "",
            "Beside images, folders and patterns it takes videos and cameras by their names, and '-'"
                    + " for standard input.",
            "",
            "Prints one line per object: file, category, score, and x, y, width and"
                    + " height in pixels, separated by tabs. Control characters in names are"
                    + " printed as escapes such as \\t, \\n or \\u001b; --json has the names as"
                    + " they are."
        },
        footer = {
            "",
            "Examples:",
            "  fern detect --model runs/a/best --output drawn --json found.json photographs",
            "  fern detect --model runs/a/best --output drawn.avi --every 5 clip.avi",
            "  ffmpeg -i clip.mp4 -f mjpeg -q:v 2 - | fern detect --model runs/a/best --stream -"
        })
public final class DetectCommand implements Callable<Integer> {

    private static final int MOST_LOOKED_AT_AGAIN = 8;

    @OptionSection(Section.MODEL)
    @Option(
            names = "--model",
            required = true,
            paramLabel = "DIR",
            description = "Model directory.")
    private Path model;

    @Mixin private InputImages images;

    @Mixin private OutputOptions outputs;

    @Mixin private DetectionOptions detection;

    @OptionSection(Section.DATA)
    @Option(
            names = "--every",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "Of a video, detect in the first frame and in every Nth from there. Default:"
                            + " ${DEFAULT-VALUE}.")
    private int every;

    @OptionSection(Section.DATA)
    @Option(
            names = "--stream",
            description =
                    "Standard input ('-') and pipes hold JPEG images one behind the other, the"
                            + " frames of a video, as 'ffmpeg -i VIDEO -f mjpeg -' writes them. Without this"
                            + " they hold one image or an AVI video.")
    private boolean stream;

    @Mixin private ModelOptions options;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        detection.requireValid();
        if (detection.tiling().isPresent()
                && spec.commandLine().getParseResult().hasMatchedOption("--batch-size")) {
            throw new BadInputException(
                    "--tile detects in one tile at a time; leave out --batch-size");
        }
        if (every < 1) {
            throw new BadInputException("--every must be at least 1, not " + every);
        }
        outputs.requireValid();
        Inputs inputs = Inputs.of(images.findNamed());
        outputs.requireFree(inputs);
        ImageReader reader = options.reader();
        DetectionDataset dataset =
                DetectionDataset.unlabelled(
                        inputs.images().stream().map(InputFile::path).toList(),
                        reader,
                        options.skipBadImages());
        Map<Long, JsonElement> ids = null;
        AnnotatedFiles annotated = annotated(inputs);
        if (annotated != null) {
            ids = annotated.idsOf(dataset.samples());
            dataset = annotated.sized(dataset, options.skipBadImages());
            OrientationNote.print("images", dataset);
        }
        if (outputs.hasResults() && detection.isUnfitForEvaluation()) {
            System.err.println(
                    "note: the results hold scores above 0.3 alone; to evaluate them (AP) or to"
                            + " compare models, add --score-threshold 0.05");
        }
        AtomicBoolean stopped = new AtomicBoolean();
        OnInterrupt interrupt = new OnInterrupt(() -> stopped.set(true));
        try (interrupt;
                Detector detector = options.load(model, detection::applyTo)) {
            return detect(detector, inputs, dataset, ids, reader, stopped);
        }
    }

    /** Returns the annotations that give the images their ids, or null without. */
    private AnnotatedFiles annotated(Inputs inputs) throws IOException, BadInputException {
        Path file = outputs.annotations();
        if (file == null) {
            return null;
        }
        if (!inputs.videos().isEmpty()) {
            throw new BadInputException(
                    inputs.videos().get(0).path()
                            + ": --annotations gives ids to image files, not to videos and pipes");
        }
        return new AnnotatedFiles(file, CocoDataset.read(file));
    }

    private int detect(
            Detector detector,
            Inputs inputs,
            DetectionDataset dataset,
            Map<Long, JsonElement> ids,
            ImageReader reader,
            AtomicBoolean stopped)
            throws IOException, InterruptedException, BadInputException {
        List<CocoCategory> categories = detector.configuration().categories();
        DetectionRun.Rules rules =
                new DetectionRun.Rules(
                        detector,
                        detection.tiling(),
                        detection.filter(categories),
                        detection.most(detector.configuration().postProcessing()));
        int broken = 0;
        try (DetectionRun run =
                new DetectionRun(
                        rules,
                        reader,
                        new LinePrinter(spec.commandLine().getOut(), categories),
                        outputs.drawings(categories),
                        outputs.open(categories),
                        stopped)) {
            dataset.badImages().forEach(run::leaveOut);
            if (!inputs.images().isEmpty()) {
                run.detect(inputs, dataset, ids, options);
            }
            int leftOut = run.leftOut();
            for (InputFile file : inputs.videos()) {
                detectOnce(run, inputs, file, reader);
            }
            broken = run.leftOut() - leftOut;
            run.finish();
            run.reportLeftOut();
            if (run.foundNothing()) {
                tellOfNothing(run.images(), dataset, categories);
            }
        } catch (InterruptedIOException e) {
            return ExitStatus.INTERRUPTED;
        }
        return broken > 0 && !options.skipBadImages() ? ExitStatus.BAD_INPUT : 0;
    }

    /** Says that nothing was found, and how near to it the first images came. */
    private void tellOfNothing(long images, DetectionDataset dataset, List<CocoCategory> categories)
            throws IOException, BadInputException {
        List<Sample> looked = dataset.samples().stream().limit(MOST_LOOKED_AT_AGAIN).toList();
        double highest = 0;
        try (Detector detector = options.load(model, own -> own.withScoreThreshold(0))) {
            CategoryFilter filter = detection.filter(categories);
            for (Sample sample : looked) {
                try (BgrImage image = options.reader().read(sample.path(), sample.size())) {
                    highest =
                            Math.max(
                                    highest,
                                    filter.apply(detector.detect(image), 1).stream()
                                            .mapToDouble(Detection::score)
                                            .max()
                                            .orElse(0));
                } catch (ImageReadException e) {
                    continue; // it was left out before
                }
            }
        }
        String seen =
                looked.isEmpty()
                        ? ""
                        : String.format(
                                Locale.ROOT,
                                "; the highest score%s is %.3f",
                                looked.size() < images ? " in the first " + looked.size() : "",
                                highest);
        System.err.printf(
                Locale.ROOT,
                "note: nothing was found in %d %s with a score above %s%s (see --score-threshold)%n",
                images,
                images == 1 ? "image" : "images",
                detection.scoreThreshold(),
                seen);
    }

    private void detectOnce(DetectionRun run, Inputs inputs, InputFile file, ImageReader reader)
            throws IOException {
        long firstId = inputs.images().size() + run.onceRead() + 1;
        try {
            new OneTimeInput(file.path(), stream)
                    .open(
                            reader,
                            image -> run.detect(inputs, file, image, firstId),
                            frames ->
                                    run.detect(
                                            inputs,
                                            file,
                                            frames,
                                            every,
                                            firstId,
                                            outputs.draws()
                                                    ? outputs.video(inputs.stem(file))
                                                    : null));
        } catch (ImageReadException | VideoException e) {
            if (!options.skipBadImages()) {
                throw e;
            }
            run.leaveOut(e);
        }
    }
}
