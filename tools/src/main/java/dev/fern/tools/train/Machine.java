package dev.fern.tools.train;

import ai.djl.Device;
import dev.fern.backbone.host.EngineThreads;
import dev.fern.detection.recipe.MachineSettings;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.Engines;
import dev.fern.tools.console.Messages;
import dev.fern.tools.input.PrecisionAdvice;
import java.util.List;
import java.util.function.Supplier;

/** Whether a machine can do what settings ask for. */
final class Machine {

    private Machine() {}

    /**
     * Checks that an engine and its devices are available, and says so where another precision
     * would be much faster.
     *
     * @param settings name the engine
     * @param devices throws an IllegalArgumentException if they are not available
     * @throws BadInputException if the engine or a device is not available
     */
    static void require(MachineSettings settings, Supplier<List<Device>> devices)
            throws BadInputException {
        try {
            Engines.require(settings.engine());
            List<Device> used = devices.get();
            PrecisionAdvice.print(settings.precision(), used.get(0));
            Messages.detail(
                    () ->
                            String.format(
                                    "engine %s on %s, %d threads, %s",
                                    settings.engine(),
                                    used,
                                    EngineThreads.cores(),
                                    settings.precision().id()));
        } catch (IllegalArgumentException e) {
            throw new BadInputException(e.getMessage(), e);
        }
    }
}
