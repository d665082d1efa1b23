package dev.fern.tools.console;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import me.tongfei.progressbar.ProgressBarConsumer;

/**
 * The line at the foot of a terminal that a progress bar redraws. What is printed meanwhile,
 * through the streams of {@link #above}, stands above it. Thread-safe.
 */
final class StatusLine {

    private static final String ERASE_LINE = "\r\u001b[K";

    /**
     * While the line is drawn, the terminal cuts it off at its edge rather than wrap it, so that it
     * stays one line in a window that has become narrower.
     */
    private static final String WRAP_OFF = "\u001b[?7l";

    private static final String WRAP_ON = "\u001b[?7h";

    private final PrintStream terminal;
    private final int width;
    private String text = "";
    private boolean drawn;
    private boolean withinLine;
    private boolean closed;

    /**
     * Makes a line that shows nothing yet.
     *
     * @param terminal where it is drawn
     * @param width of the terminal in characters
     */
    StatusLine(PrintStream terminal, int width) {
        this.terminal = terminal;
        this.width = width;
    }

    /** Returns what a progress bar draws to. At its end, the bar stays on the screen. */
    ProgressBarConsumer bar() {
        return new ProgressBarConsumer() {
            @Override
            public int getMaxRenderedLength() {
                return width - 1;
            }

            @Override
            public void accept(String rendered) {
                show(rendered);
            }

            @Override
            public void close() {
                end();
            }
        };
    }

    /** Shows a text in place of the one before. */
    synchronized void show(String line) {
        text = line;
        draw();
    }

    /** Leaves the text on the screen as it is and goes to the next line. */
    synchronized void end() {
        if (drawn) {
            draw(); // over what was typed meanwhile
            terminal.println();
            terminal.flush();
        }
        drawn = false;
        text = "";
    }

    /** Ends the line for good, as the process is about to end. */
    synchronized void close() {
        end();
        closed = true;
    }

    private void draw() {
        if (closed || withinLine || text.isEmpty()) {
            return;
        }
        // The cursor goes back, so that what is typed, such as ^C, does not wrap to another line.
        terminal.print(ERASE_LINE + WRAP_OFF + text + WRAP_ON + "\r");
        terminal.flush();
        drawn = true;
    }

    /**
     * Returns a stream whose lines go to the same terminal, above this line.
     *
     * @param target the stream that takes them there
     */
    OutputStream above(PrintStream target) {
        return new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                if (length > 0) {
                    print(target, bytes, offset, length);
                }
            }
        };
    }

    private synchronized void print(PrintStream target, byte[] bytes, int offset, int length)
            throws IOException {
        if (drawn) {
            terminal.print(ERASE_LINE);
            terminal.flush();
            drawn = false;
        }
        target.write(bytes, offset, length);
        // Ask the stream, since it hides its errors: standard output may be lost.
        if (target.checkError()) {
            throw new IOException("the terminal can't be written to");
        }
        withinLine = bytes[offset + length - 1] != '\n';
        draw();
    }
}
