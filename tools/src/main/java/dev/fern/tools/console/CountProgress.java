package dev.fern.tools.console;

import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Shows how many images are done, on standard error: a bar on a terminal, lines elsewhere. */
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
     * @param total number of images
     */
    public CountProgress(String task, int total) {
        this.task = task;
        this.total = total;
        this.bar =
                System.console() == null
                        ? null
                        : new ProgressBarBuilder()
                                .setTaskName(task)
                                .setInitialMax(total)
                                .setStyle(ProgressBarStyle.ASCII)
                                .setUnit(" images", 1)
                                .build();
    }

    /**
     * Shows how many images are done. Several threads may tell.
     *
     * @param done number of images, from 0 to the total
     */
    public synchronized void at(int done) {
        if (bar != null) {
            bar.stepTo(done);
            return;
        }
        long now = System.nanoTime();
        if (now - lastLineNanos > LINE_NANOS) {
            lastLineNanos = now;
            System.err.printf(
                    Locale.ROOT,
                    "%s: %d/%d images, %.1f images/s%n",
                    task,
                    done,
                    total,
                    done / ((now - startNanos) / 1e9));
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
