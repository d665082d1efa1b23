package dev.fern.tools.report;

import dev.fern.cocoeval.AtomicFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.XYChart;

/** A finished plot. */
public final class Figure {

    private final XYChart chart;

    /** Takes the chart as it is to be shown. */
    public Figure(XYChart chart) {
        this.chart = chart;
    }

    /** The plot as a PNG file's bytes. */
    public byte[] png() {
        try {
            return BitmapEncoder.getBitmapBytes(chart, BitmapFormat.PNG);
        } catch (IOException e) {
            throw new UncheckedIOException("no PNG writer in this Java", e);
        }
    }

    /** The plot as one {@code <svg>} element, to stand by itself or within an HTML page. */
    public String svg() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            VectorGraphicsEncoder.saveVectorGraphic(chart, bytes, VectorGraphicsFormat.SVG);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        String document = bytes.toString(StandardCharsets.UTF_8);
        return document.substring(document.indexOf("<svg"));
    }

    /**
     * Writes the plot, whole or not at all: as SVG if the name ends in {@code .svg}, else as PNG.
     *
     * @throws IOException if the file cannot be written
     */
    public void write(Path file) throws IOException {
        byte[] bytes =
                file.toString().endsWith(".svg") ? svg().getBytes(StandardCharsets.UTF_8) : png();
        AtomicFile.write(file, bytes);
    }
}
