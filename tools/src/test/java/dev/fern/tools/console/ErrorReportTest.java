package dev.fern.tools.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.List;
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

    /** The messages are those of MXNet, oneDNN, PyTorch and glibc. */
    @Test
    void aLackOfNativeMemoryIsNamed() {
        for (Throwable failure :
                List.of(
                        new OutOfMemoryError("the system has no 64 MiB for maps"),
                        new IllegalStateException(
                                "MXNet engine call failed: MXNetError: Failed to allocate CPU"
                                        + " Memory\nStack trace:\n  File \"a.cc\", line 1"),
                        new RuntimeException("could not create a primitive"),
                        new RuntimeException("could not create a memory object"),
                        new RuntimeException(
                                "[enforce fail at alloc_cpu.cpp:119] err == 0."
                                        + " DefaultCPUAllocator: can't allocate memory: you tried"
                                        + " to allocate 8 bytes."),
                        new ExceptionInInitializerError(
                                new UnsatisfiedLinkError(
                                        "libmxnet.so: failed to map segment from shared object")))) {
            assertThat(report(failure))
                    .as(failure.toString())
                    .matches(report -> report.status() == 1)
                    .extracting(ErrorReport::message)
                    .asString()
                    .contains("memory", "ulimit -v")
                    .doesNotContain("internal fault", "Xmx", "Stack trace");
        }
    }

    @Test
    void aFullDiskIsAFaultOfTheMachine() {
        assertThat(report(new IOException("a.json: can't be written: No space left on device")))
                .isEqualTo(new ErrorReport(1, "a.json: can't be written: No space left on device"));
    }

    @Test
    void aFaultOfFernNamesItsKindAndItsPlace() {
        IllegalStateException fault = new IllegalStateException("a\nb");
        int line = fault.getStackTrace()[0].getLineNumber();
        assertThat(report(fault))
                .isEqualTo(
                        new ErrorReport(
                                1,
                                "internal fault: java.lang.IllegalStateException: a b at"
                                        + " ErrorReportTest.java:"
                                        + line
                                        + " (--debug shows the whole trace)"));
        Throwable elsewhere = new IllegalStateException("c");
        elsewhere.setStackTrace(new StackTraceElement[0]);
        assertThat(report(elsewhere).message())
                .isEqualTo(
                        "internal fault: java.lang.IllegalStateException: c (--debug shows the"
                                + " whole trace)");
    }
}
