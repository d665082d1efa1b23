package dev.fern.tools.format;

import dev.fern.cocoeval.Box;
import dev.fern.detection.image.ImageSize;
import dev.fern.tools.annotation.AnnotatedDataset;
import dev.fern.tools.annotation.AnnotatedImage;
import dev.fern.tools.annotation.AnnotatedObject;
import dev.fern.tools.annotation.AnnotationWriter;
import dev.fern.tools.annotation.Decimals;
import dev.fern.tools.annotation.ImageFiles;
import dev.fern.tools.console.BadInputException;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Writes a YOLO data set as ultralytics reads it: {@code data.yaml}, and the labels of each image
 * in {@code labels/SPLIT}, as fractions with ten decimals. The images belong into {@code
 * images/SPLIT}. YOLO has no crowds; they are objects like any other.
 *
 * @param split the name of the split, such as {@code train}
 */
public record YoloWriter(String split) implements AnnotationWriter {

    private static final int DIGITS = 10;

    @Override
    public boolean writesFolder() {
        return true;
    }

    @Override
    public void write(AnnotatedDataset dataset, Path output) throws IOException, BadInputException {
        ImageFiles.write(
                dataset,
                output,
                "labels/" + split,
                ".txt",
                (image, text) -> labels(dataset.categories(), image, text),
                folder ->
                        Files.writeString(folder.resolve("data.yaml"), yaml(dataset.categories())));
    }

    private String yaml(List<String> names) {
        StringBuilder yaml = new StringBuilder();
        for (String name : List.of("train", "val")) {
            yaml.append(name).append(": images/").append(split).append('\n');
        }
        if (!split.equals("train") && !split.equals("val")) {
            yaml.append(split).append(": images/").append(split).append('\n');
        }
        yaml.append("nc: ").append(names.size()).append('\n');
        yaml.append(names.isEmpty() ? "names: {}\n" : "names:\n");
        for (int i = 0; i < names.size(); i++) {
            yaml.append("  ").append(i).append(": ").append(quoted(names.get(i))).append('\n');
        }
        return yaml.toString();
    }

    /** A text in YAML's double quotes, in which every character can be written. */
    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        text.codePoints()
                .forEach(
                        c -> {
                            if (c == '"' || c == '\\') {
                                quoted.append('\\').append((char) c);
                            } else if (c < ' ' || Character.getType(c) == Character.CONTROL) {
                                quoted.append(String.format(Locale.ROOT, "\\u%04x", c));
                            } else {
                                quoted.appendCodePoint(c);
                            }
                        });
        return quoted.append('"').toString();
    }

    private static void labels(List<String> names, AnnotatedImage image, Writer text)
            throws IOException {
        ImageSize size = image.size().orElseThrow();
        for (AnnotatedObject object : image.objects()) {
            Box box = object.box();
            double[] fractions = {
                (box.x() + box.width() / 2) / size.width(),
                (box.y() + box.height() / 2) / size.height(),
                box.width() / size.width(),
                box.height() / size.height()
            };
            text.write(Integer.toString(names.indexOf(object.category())));
            for (double fraction : fractions) {
                text.write(" " + Decimals.text(fraction, DIGITS));
            }
            text.write("\n");
        }
    }
}
