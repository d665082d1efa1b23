package dev.fern.tools.console;

import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;

/**
 * Shows on standard error how many images are done, how many in a second, and how long the others
 * will take: a bar on a terminal, lines elsewhere.
 */
public final class CountProgress implements AutoCloseable {

    private static final long LINE_NANOS = 10_000_000_000L;

    private final String task;
    private final int total;
    private final ProgressBar bar;
    private final long startNanos = System.nanoTime();
    private long lastLineNanos = startNanos;

    /**
     * Starts to show progress.
     *
     * @param task what is done, in a word
     * @param total number of images; 0 or less where it is not known
     */
    public CountProgress(String task, int total) {
        this.task = task;
        this.total = total;
        this.bar =
                Messages.bar(task, total, " images")
                        .map(
                                builder ->
                                        builder.showSpeed(
                                                        new DecimalFormat(
                                                                "0.0",
                                                                DecimalFormatSymbols.getInstance(
                                                                        Locale.ROOT)))
                                                .build())
                        .orElse(null);
    }

    /**
     * Shows how many images are done. Several threads may tell.
     *
     * @param done number of images, at least 0, to the total where it is known
     */
    public synchronized void at(int done) {
        if (bar != null) {
            bar.stepTo(done);
            return;
        }
        long now = System.nanoTime();
        if (now - lastLineNanos > LINE_NANOS) {
            lastLineNanos = now;
            double rate = done / ((now - startNanos) / 1e9);
            String line =
                    total < 1
                            ? String.format(Locale.ROOT, "%d images, %.1f images/s", done, rate)
                            : String.format(
                                    Locale.ROOT,
                                    "%d/%d images, %.1f images/s, %s left",
                                    done,
                                    total,
                                    rate,
                                    rate == 0 ? "?" : time((total - done) / rate));
            System.err.println(task + ": " + line);
        }
    }

    private static String time(double seconds) {
        long whole = Math.round(seconds);
        return String.format(
                Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
