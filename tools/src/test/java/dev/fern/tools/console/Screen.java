package dev.fern.tools.console;

import java.util.ArrayList;
import java.util.List;

/**
 * What a terminal shows after a program has written to it: as much of a terminal as a progress bar
 * uses.
 */
final class Screen {

    private final int width;
    private final List<StringBuilder> lines = new ArrayList<>(List.of(new StringBuilder()));
    private int column;
    private boolean wraps = true;

    Screen(int width) {
        this.width = width;
    }

    /** Shows what a program wrote. */
    void write(String output) {
        for (int i = 0; i < output.length(); i++) {
            char c = output.charAt(i);
            if (c == '\n') {
                lines.add(new StringBuilder());
            } else if (c == '\r') {
                column = 0;
            } else if (c == '\u001b') {
                int end = i + 1;
                while (!Character.isLetter(output.charAt(end))) {
                    end++;
                }
                control(output.substring(i + 1, end + 1));
                i = end;
            } else {
                put(c);
            }
        }
    }

    private void control(String sequence) {
        switch (sequence) {
            case "[K" -> line().setLength(Math.min(column, line().length()));
            case "[?7l" -> wraps = false;
            case "[?7h" -> wraps = true;
            default -> throw new AssertionError("unknown control sequence " + sequence);
        }
    }

    private void put(char c) {
        if (column >= width) {
            if (!wraps) {
                column = width - 1;
            } else {
                lines.add(new StringBuilder());
                column = 0;
            }
        }
        while (line().length() <= column) {
            line().append(' ');
        }
        line().setCharAt(column++, c);
    }

    private StringBuilder line() {
        return lines.get(lines.size() - 1);
    }

    List<String> lines() {
        return lines.stream().map(line -> line.toString().stripTrailing()).toList();
    }

    /** Returns whether the cursor is at the left edge, in wrapping mode, as a shell wants it. */
    boolean isReadyForAPrompt() {
        return column == 0 && line().isEmpty() && wraps;
    }
}
