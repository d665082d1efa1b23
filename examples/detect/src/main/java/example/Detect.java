package example;

import dev.fern.detection.model.Detection;
import dev.fern.detection.model.Detector;
import java.io.IOException;
import java.nio.file.Path;

/** Finds objects in images. */
public final class Detect {

    private Detect() {}

    /**
     * Prints one line per object: the image, the category, the score and the box in pixels.
     *
     * @param arguments the folder of a model, and images
     */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length < 2) {
            System.err.println("usage: detect MODEL IMAGE...");
            System.exit(2);
        }
        try (Detector detector = Detector.load(Path.of(arguments[0]))) {
            for (int i = 1; i < arguments.length; i++) {
                for (Detection found : detector.detect(Path.of(arguments[i]))) {
                    System.out.println(arguments[i] + ": " + found);
                }
            }
        }
    }
}
