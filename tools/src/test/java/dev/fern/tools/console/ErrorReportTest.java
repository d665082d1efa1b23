package dev.fern.tools.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;

class ErrorReportTest {

    private static ErrorReport report(Throwable failure) {
        return ErrorReport.of(failure, false);
    }

    @Test
    void aFailureWithoutAMessageIsToldInWords() {
        assertThat(report(new EOFException()))
                .isEqualTo(new ErrorReport(2, "a file ends too early"));
        assertThat(report(new ClosedByInterruptException()))
                .isEqualTo(new ErrorReport(2, "closed by interrupt"));
        assertThat(report(new BadInputException(null)).message()).isEqualTo("bad input");
        assertThat(report(new NoSuchFileException("a.json")))
                .isEqualTo(new ErrorReport(2, "a.json: no such file"));
    }

    @Test
    void aFailureOfAStreamIsThatOfItsFile() {
        assertThat(report(new UncheckedIOException(new IOException("a.jpg: can't be read"))))
                .isEqualTo(new ErrorReport(2, "a.jpg: can't be read"));
    }

    /** The messages are those of OpenJDK. */
    @Test
    void aLimitOfTheSystemIsNamed() {
        assertThat(
                        report(
                                new OutOfMemoryError(
                                        "unable to create native thread: possibly out of memory or"
                                                + " process/resource limits reached")))
                .matches(report -> report.status() == 1)
                .extracting(ErrorReport::message)
                .asString()
                .contains("ulimit -u")
                .doesNotContain("Xmx");
        assertThat(report(new OutOfMemoryError("Java heap space")).message()).contains("-Xmx8g");
        IOException files =
                new IOException(
                        "a.jpg: can't be opened",
                        new FileSystemException("a.jpg", null, "Too many open files"));
        assertThat(report(files))
                .isEqualTo(
                        new ErrorReport(
                                1,
                                "a.jpg: can't be opened; raise the limit of open files (ulimit"
                                        + " -n)"));
        assertThat(report(new UnsatisfiedLinkError("no temporary file: Too many open files")))
                .isEqualTo(
                        new ErrorReport(
                                1,
                                "too many open files; raise the limit of open files (ulimit -n)"));
    }

    @Test
    void aFaultOfFernNamesItsKindAndTheWayToTheTrace() {
        assertThat(report(new IllegalStateException("a\nb")))
                .isEqualTo(
                        new ErrorReport(
                                1,
                                "internal fault: java.lang.IllegalStateException: a b (run again"
                                        + " with --debug to see where)"));
    }
}
