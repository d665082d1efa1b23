package dev.fern.tools.format;

import de.siegmar.fastcsv.writer.CsvWriter;
import de.siegmar.fastcsv.writer.LineDelimiter;
import dev.fern.cocoeval.AtomicFile;
import dev.fern.cocoeval.Box;
import dev.fern.detection.image.ImageSize;
import dev.fern.tools.annotation.AnnotatedDataset;
import dev.fern.tools.annotation.AnnotatedImage;
import dev.fern.tools.annotation.AnnotatedObject;
import dev.fern.tools.annotation.AnnotationWriter;
import dev.fern.tools.annotation.Decimals;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * Writes a table of boxes in CSV (RFC 4180), corners in pixels with six decimals at most. An image
 * without objects has a row without a box and category.
 */
public final class TableWriter implements AnnotationWriter {

    private static final List<String> HEADER =
            List.of(
                    "filename",
                    "width",
                    "height",
                    "class",
                    "xmin",
                    "ymin",
                    "xmax",
                    "ymax",
                    "iscrowd");
    private static final int DIGITS = 6;

    @Override
    public boolean writesFolder() {
        return false;
    }

    @Override
    public void write(AnnotatedDataset dataset, Path output) throws IOException {
        AtomicFile.write(
                output,
                out -> {
                    Writer text = new OutputStreamWriter(out, StandardCharsets.UTF_8);
                    CsvWriter csv = CsvWriter.builder().lineDelimiter(LineDelimiter.LF).build(text);
                    csv.writeRecord(HEADER);
                    dataset.images().forEach(image -> rows(image, csv));
                    csv.flush();
                    text.flush();
                });
    }

    private static void rows(AnnotatedImage image, CsvWriter csv) {
        String width = image.size().map(ImageSize::width).map(String::valueOf).orElse("");
        String height = image.size().map(ImageSize::height).map(String::valueOf).orElse("");
        if (image.objects().isEmpty()) {
            csv.writeRecord(image.fileName(), width, height, "", "", "", "", "", "");
        }
        for (AnnotatedObject object : image.objects()) {
            Box box = object.box();
            csv.writeRecord(
                    image.fileName(),
                    width,
                    height,
                    object.category(),
                    Decimals.text(box.x(), DIGITS),
                    Decimals.text(box.y(), DIGITS),
                    Decimals.text(box.x2(), DIGITS),
                    Decimals.text(box.y2(), DIGITS),
                    object.crowd() ? "1" : "0");
        }
    }
}
