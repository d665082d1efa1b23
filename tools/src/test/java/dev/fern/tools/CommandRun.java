package dev.fern.tools;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * What a command left behind.
 *
 * @param status its exit status
 * @param out what it printed
 * @param errors its lines on standard error
 */
public record CommandRun(int status, String out, List<String> errors) {

    /** Runs a command in this process. */
    public static CommandRun of(String... arguments) {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
        ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
        System.setOut(new PrintStream(outBytes, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(errBytes, true, StandardCharsets.UTF_8));
        try {
            int status = Fern.run(arguments);
            return new CommandRun(
                    status,
                    outBytes.toString(StandardCharsets.UTF_8),
                    Arrays.asList(errBytes.toString(StandardCharsets.UTF_8).split("\\R")));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }

    /** The lines that report an error. */
    public List<String> complaints() {
        return errors.stream().filter(line -> line.startsWith("fern: ")).toList();
    }
}
