package dev.fern.tools.input;

import dev.fern.detection.data.LoaderOptions;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import java.util.stream.Stream;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say how a training reads images. */
public final class LoadingOptions {

    private static final int MAX_LOADER_THREADS = 256;

    @OptionSection(Section.DATA)
    @Option(
            names = "--skip-bad-images",
            description =
                    "Leave out images that can't be used and count them, rather than stop at the"
                            + " first.")
    private boolean skipBadImages;

    @OptionSection(Section.MACHINE)
    @Option(
            names = "--loader-threads",
            paramLabel = "N",
            defaultValue = "2",
            description =
                    "Number of threads that read images ahead of the training. Default:"
                            + " ${DEFAULT-VALUE}.")
    private int loaderThreads;

    @Mixin private ImageOptions images;

    /**
     * Checks the numbers.
     *
     * @throws BadInputException if one is out of its range
     */
    public void requireValid() throws BadInputException {
        if (loaderThreads < 1 || loaderThreads > MAX_LOADER_THREADS) {
            throw new BadInputException(
                    "--loader-threads must be 1 to "
                            + MAX_LOADER_THREADS
                            + ", not "
                            + loaderThreads);
        }
        images.reader();
    }

    /** {@return how image files are read} */
    public ImageOptions images() {
        return images;
    }

    /** {@return whether images that can't be used are left out} */
    public boolean skipBadImages() {
        return skipBadImages;
    }

    /** {@return how images are read ahead} */
    public LoaderOptions loading() {
        return new LoaderOptions(loaderThreads, 2 * loaderThreads + 1, skipBadImages);
    }

    /** {@return the options as another command takes them} */
    public Stream<String> arguments() {
        String threads = "--loader-threads=" + loaderThreads;
        Stream<String> arguments = Stream.concat(Stream.of(threads), images.arguments());
        return skipBadImages ? Stream.concat(arguments, Stream.of("--skip-bad-images")) : arguments;
    }
}
