package dev.fern.tools.console;

import dev.fern.backbone.host.LibTorch;
import dev.fern.tools.console.OptionSection.Section;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The option that names an installed libtorch, for commands that start an engine. */
@OptionSection(Section.MACHINE)
public final class LibTorchOption {

    @Option(
            names = "--libtorch",
            paramLabel = "DIR",
            description =
                    "With --engine PyTorch: the folder of an installed libtorch, of Python's"
                            + " package torch, or of a Python environment that has it, such as one"
                            + " with CUDA. Default: PYTORCH_LIBRARY_PATH, or else Fern's own, for"
                            + " the CPU.")
    private void use(Path folder) {
        if (folder != null) {
            System.setProperty(LibTorch.FOLDER, folder.toAbsolutePath().toString());
        }
    }

    /** {@return the folder that was named, by the option or Java's property; null if none was} */
    static String named() {
        return System.getProperty(LibTorch.FOLDER);
    }
}
