package dev.fern.tools.input;

import ai.djl.Device;
import dev.fern.backbone.host.Devices;
import dev.fern.backbone.host.EngineThreads;
import dev.fern.backbone.onednn.Precision;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.model.ModelDirectory;
import dev.fern.detection.model.PostProcessing;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.Engines;
import dev.fern.tools.console.LibTorchOption;
import dev.fern.tools.console.Messages;
import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of commands that run a model over images. */
public final class ModelOptions {

    private static final int LOADER_THREADS = 2;

    @OptionSection(Section.MACHINE)
    @Option(
            names = "--batch-size",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "Number of images that pass the network together. Default: ${DEFAULT-VALUE}.")
    private int batchSize = 1;

    @OptionSection(Section.MODEL)
    @Option(
            names = "--min-size",
            paramLabel = "N",
            description =
                    "Length in pixels to which the shorter side of an image is resized. Default:"
                            + " the model's.")
    private Integer minSize;

    @OptionSection(Section.MODEL)
    @Option(
            names = "--max-size",
            paramLabel = "N",
            description =
                    "Largest length in pixels of the longer side of a resized image. Default: the"
                            + " model's, or --min-size where that is larger.")
    private Integer maxSize;

    @OptionSection(Section.MACHINE)
    @Option(
            names = "--engine",
            paramLabel = "NAME",
            defaultValue = Engines.DEFAULT,
            description = "DJL engine: MXNet or PyTorch. Default: ${DEFAULT-VALUE}.")
    private String engine;

    @OptionSection(Section.MACHINE)
    @Option(
            names = "--devices",
            paramLabel = "NAME",
            defaultValue = Devices.AUTO,
            description =
                    "Device that runs the model: cpu, gpu, gpu:N, or auto for the first GPU that"
                            + " the engine sees, else the CPU. Default: ${DEFAULT-VALUE}.")
    private String devices;

    @OptionSection(Section.MACHINE)
    @Option(
            names = "--precision",
            paramLabel = "NAME",
            defaultValue = "float32",
            description =
                    "Numbers that the network is computed in: float32, bf16 (faster on GPUs and on"
                            + " processors that multiply it, less exact), or auto for bf16 where the"
                            + " processor multiplies it and else float32. Default: ${DEFAULT-VALUE}.")
    private String precision;

    @OptionSection(Section.DATA)
    @Option(
            names = "--skip-bad-images",
            description =
                    "Leave out images that can't be used and count them, rather than stop at the"
                            + " first.")
    private boolean skipBadImages;

    @Mixin private LibTorchOption libTorch;

    @Mixin private ImageOptions images;

    /** {@return how many images pass the network together} */
    public int batchSize() {
        return batchSize;
    }

    /**
     * Makes the reader of the images.
     *
     * @return what reads them
     * @throws BadInputException if an option is out of range
     */
    public ImageReader reader() throws BadInputException {
        return images.reader();
    }

    /** {@return whether images that can't be used are left out} */
    public boolean skipBadImages() {
        return skipBadImages;
    }

    /**
     * Checks the number of images that pass the network together.
     *
     * @throws BadInputException if it is less than 1
     */
    public void requireValidBatchSize() throws BadInputException {
        if (batchSize < 1) {
            throw new BadInputException("--batch-size must be at least 1, not " + batchSize);
        }
    }

    /** {@return DJL's name of the engine} */
    public String engine() {
        return engine;
    }

    /** {@return the setting of the devices} */
    public String devices() {
        return devices;
    }

    /**
     * {@return in which numbers the network is computed}
     *
     * @throws IllegalArgumentException if there is no such precision
     */
    public Precision precision() {
        return Precision.parse(precision);
    }

    /**
     * {@return how images are resized and padded}
     *
     * @param own the model's rule, which the options change
     * @throws IllegalArgumentException if a size is out of range
     */
    public CanvasRule canvas(CanvasRule own) {
        int min = minSize == null ? own.minSize() : minSize;
        int max = maxSize == null ? Math.max(own.maxSize(), min) : maxSize;
        return new CanvasRule(min, max, own.stride());
    }

    /** {@return how images are read ahead} */
    public LoaderOptions loading() {
        return new LoaderOptions(LOADER_THREADS, 2 * LOADER_THREADS, skipBadImages);
    }

    /**
     * Loads a model directory with the changes that the options make to it.
     *
     * @param directory the model directory
     * @return the detector, which the caller closes
     * @throws IOException naming the file of the model that can't be used
     * @throws BadInputException if an option is out of range or the engine or its device is not
     *     available
     */
    public Detector load(Path directory) throws IOException, BadInputException {
        return load(directory, UnaryOperator.identity());
    }

    /**
     * Loads a model directory with the changes that the options make to it, and others.
     *
     * @param directory the model directory
     * @param postProcessing changes the model's; an {@link IllegalArgumentException} of it is bad
     *     input
     * @return the detector, which the caller closes
     * @throws IOException naming the file of the model that can't be used
     * @throws BadInputException if an option is out of range or the engine or its device is not
     *     available
     */
    public Detector load(Path directory, UnaryOperator<PostProcessing> postProcessing)
            throws IOException, BadInputException {
        requireValidBatchSize();
        DetectorConfiguration configuration = ModelDirectory.readConfiguration(directory);
        Device device;
        Precision wanted;
        Detector detector;
        try {
            configuration = configuration.withCanvas(canvas(configuration.canvas()));
            configuration =
                    configuration.withPostProcessing(
                            postProcessing.apply(configuration.postProcessing()));
            Engines.require(engine);
            device = Devices.of(devices, engine).get(0);
            wanted = precision();
            PrecisionAdvice.print(wanted, device);
            detector =
                    Detector.builder(directory)
                            .optCanvas(configuration.canvas())
                            .optPostProcessing(configuration.postProcessing())
                            .optEngine(engine)
                            .optDevice(device)
                            .optPrecision(wanted)
                            .load();
        } catch (IllegalArgumentException e) {
            throw new BadInputException(e.getMessage(), e);
        }
        Messages.detail(
                () ->
                        String.format(
                                "model %s with %s on %s, %d threads, %s, images resized to %d at most %d,"
                                        + " %d at a time, %d categories",
                                directory,
                                detector.configuration().architecture().backbone().norm().id(),
                                engine + " " + device,
                                EngineThreads.cores(),
                                wanted.id(),
                                detector.configuration().canvas().minSize(),
                                detector.configuration().canvas().maxSize(),
                                batchSize,
                                detector.configuration().categories().size()));
        return detector;
    }
}
