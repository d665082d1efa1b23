package dev.fern.tools.doctor;

import ai.djl.ndarray.NDManager;
import com.google.gson.JsonObject;
import dev.fern.backbone.host.Devices;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.onednn.OneDnn;
import dev.fern.backbone.onednn.Precision;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.OpenCv;
import dev.fern.detection.model.Detector;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.Engines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A small piece of real work with a native library. */
enum SmokeTest {
    /** Writes an image and reads it again. */
    OPENCV("OpenCV", "libopencv_core") {
        @Override
        void run(JsonObject answer) throws IOException, BadInputException {
            Path file = Files.createTempFile("fern-doctor-", ".png");
            byte[] pixels = new byte[3 * SIDE * SIDE];
            for (int i = 0; i < pixels.length; i++) {
                pixels[i] = (byte) (31 * i);
            }
            try (BgrImage image = BgrImage.of(SIDE, SIDE, pixels)) {
                image.write(file);
                try (BgrImage read = ImageReader.standard().read(file)) {
                    require(read.width() == SIDE, "an image that was written is read otherwise");
                }
            } finally {
                Files.delete(file);
            }
            answer.addProperty(VERSION, OpenCv.version());
            answer.addProperty(DONE, "an image written and read");
        }
    },
    /** Asks what the processor can do. */
    ONEDNN("oneDNN", "libdnnl") {
        @Override
        void run(JsonObject answer) throws BadInputException {
            require(OneDnn.isAvailable(), "can't be loaded");
            answer.addProperty(VERSION, OneDnn.version());
            answer.addProperty(DONE, "code made for " + OneDnn.instructionSet());
            answer.addProperty(BFLOAT16, OneDnn.supports(Precision.BFLOAT16));
            answer.addProperty(MULTIPLIES_BFLOAT16, OneDnn.multipliesBfloat16());
            answer.addProperty(AMX, OneDnn.hasAmx());
        }
    },
    /** Detects with MXNet. */
    MXNET("MXNet", "libmxnet") {
        @Override
        void run(JsonObject answer) throws BadInputException {
            detect(part(), answer);
        }
    },
    /** Detects with PyTorch. */
    PYTORCH("PyTorch", "libtorch_cpu") {
        @Override
        void run(JsonObject answer) throws BadInputException {
            detect(part(), answer);
        }
    };

    /** Names of an answer's values. */
    static final String VERSION = "version";

    static final String DONE = "done";
    static final String SECONDS = "seconds";
    static final String FILE = "file";
    static final String GPUS = "gpus";
    static final String NO_GPU = "no_gpu";
    static final String BFLOAT16 = "bfloat16";
    static final String MULTIPLIES_BFLOAT16 = "multiplies_bfloat16";
    static final String AMX = "amx";

    private static final int SIDE = 64;

    private final String part;
    private final String library;

    SmokeTest(String part, String library) {
        this.part = part;
        this.library = library;
    }

    /** {@return the library's name} */
    String part() {
        return part;
    }

    /** Works with the library and tells what it did. */
    abstract void run(JsonObject answer) throws IOException, BadInputException;

    /**
     * Runs the test in this process.
     *
     * @return version, what was done, in how many seconds, and the library's file
     * @throws IOException if a file can't be written
     * @throws BadInputException if the library does not do what it should
     */
    JsonObject run() throws IOException, BadInputException {
        JsonObject answer = new JsonObject();
        long start = System.nanoTime();
        run(answer);
        answer.addProperty(SECONDS, (System.nanoTime() - start) / 1e9);
        answer.addProperty(FILE, loadedFile());
        return answer;
    }

    /** Returns where the system has loaded the library from, or nothing where it does not tell. */
    private String loadedFile() {
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            return maps.filter(line -> line.contains("/" + library + "."))
                    .map(line -> line.substring(line.indexOf('/')))
                    .findFirst()
                    .orElse("");
        } catch (IOException e) {
            return ""; // not Linux
        }
    }

    private static void require(boolean holds, String otherwise) throws BadInputException {
        if (!holds) {
            throw new BadInputException(otherwise);
        }
    }

    /** Finds objects by a small network with fresh parameters. */
    private static void detect(String engine, JsonObject answer) throws BadInputException {
        try {
            Engines.requireInstalled(engine);
        } catch (IllegalArgumentException e) {
            throw new BadInputException(e.getMessage(), e);
        }
        try (NDManager manager = EngineBridge.of(engine).newManager()) {
            answer.addProperty(VERSION, manager.getEngine().getVersion());
            answer.addProperty(GPUS, manager.getEngine().getGpuCount());
            answer.addProperty(NO_GPU, Devices.whyNone(manager.getEngine()));
        }
        JsonObject settings = new JsonObject();
        settings.addProperty("engine", engine);
        settings.addProperty("devices", "cpu");
        settings.addProperty("backbone", "resnet18");
        settings.addProperty("width", 0.25);
        settings.addProperty("pyramidChannels", 16);
        settings.addProperty("headConvolutions", 1);
        TrainingConfiguration configuration = TrainingConfiguration.of(List.of(settings));
        try (Detector detector =
                        configuration.newDetector(List.of(new CocoCategory(1, "object", "")));
                BgrImage image = BgrImage.of(SIDE, SIDE, new byte[3 * SIDE * SIDE])) {
            detector.detect(image);
        }
        answer.addProperty(DONE, "a small network run on the processor");
    }
}
