package dev.fern.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A Markdown document, taken apart as far as tests of the documentation need it.
 *
 * @param path the file
 * @param prose the lines outside code blocks
 * @param blocks the code blocks, in order
 */
record MarkdownFile(Path path, List<String> prose, List<Block> blocks) {

    private static final String FENCE = "```";
    private static final Pattern LINK = Pattern.compile("\\[[^\\]]*\\]\\(([^)\\s]+)\\)");
    static final Pattern INLINE_CODE = Pattern.compile("`([^`]+)`");

    /**
     * A code block.
     *
     * @param language what stands after the opening fence, perhaps empty
     * @param lines the lines between the fences
     */
    record Block(String language, List<String> lines) {}

    static MarkdownFile read(Path path) throws IOException {
        List<String> prose = new ArrayList<>();
        List<Block> blocks = new ArrayList<>();
        List<String> block = null;
        for (String line : Files.readAllLines(path)) {
            if (line.startsWith(FENCE)) {
                if (block == null) {
                    block = new ArrayList<>();
                    blocks.add(new Block(line.substring(FENCE.length()).strip(), block));
                } else {
                    block = null;
                }
            } else {
                (block == null ? prose : block).add(line);
            }
        }
        if (block != null) {
            throw new IOException(path + ": a code block has no end");
        }
        return new MarkdownFile(path, prose, blocks);
    }

    /** Returns the targets of all links and pictures. */
    List<String> links() {
        return found(LINK);
    }

    /** Returns what stands between backticks in the prose. */
    List<String> inlineCode() {
        return found(INLINE_CODE);
    }

    private List<String> found(Pattern pattern) {
        List<String> found = new ArrayList<>();
        for (String line : prose) {
            Matcher matcher = pattern.matcher(line);
            while (matcher.find()) {
                found.add(matcher.group(1));
            }
        }
        return found;
    }

    /** Returns the anchors of the headings, as GitHub makes them. */
    List<String> anchors() {
        List<String> anchors = new ArrayList<>();
        for (String line : prose) {
            if (line.matches("#{1,6} .*")) {
                anchors.add(
                        line.replaceFirst("#+ ", "")
                                .toLowerCase(Locale.ROOT)
                                .replaceAll("[^\\p{L}\\p{N} _-]", "")
                                .replace(' ', '-'));
            }
        }
        return anchors;
    }

    /** Returns the prose under a heading, up to the next one; without blocks. */
    MarkdownFile section(String heading) {
        List<String> lines = new ArrayList<>();
        boolean inside = false;
        for (String line : prose) {
            if (line.matches("#{1,6} .*")) {
                inside = line.replaceFirst("#+ ", "").equals(heading);
            } else if (inside) {
                lines.add(line);
            }
        }
        return new MarkdownFile(path, lines, List.of());
    }

    /** Gives the cells of every row of every table, without the spaces around them. */
    void forEachTableRow(Consumer<List<String>> consumer) {
        for (String line : prose) {
            if (line.startsWith("| ")) {
                List<String> cells = new ArrayList<>();
                for (String cell : line.substring(1).split("\\|", -1)) {
                    cells.add(cell.strip());
                }
                consumer.accept(cells);
            }
        }
    }

    /** Returns the lines of the code blocks, those that end in a backslash joined to the next. */
    List<String> commandLines() {
        return blocks.stream()
                .flatMap(block -> String.join("\n", block.lines()).replace("\\\n", " ").lines())
                .map(String::strip)
                .toList();
    }

    /** Names the file in a test's report. */
    @Override
    public String toString() {
        return path.toString();
    }
}
