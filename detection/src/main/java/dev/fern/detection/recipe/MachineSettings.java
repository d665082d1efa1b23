package dev.fern.detection.recipe;

import ai.djl.Device;
import dev.fern.backbone.host.Devices;
import dev.fern.backbone.norm.Normalization;
import java.util.List;

/**
 * Where a training runs.
 *
 * @param engine DJL's name of the engine
 * @param devices see {@link Devices}
 */
public record MachineSettings(String engine, String devices) {

    /** Checks the devices' syntax, whatever devices there are. */
    public MachineSettings {
        Devices.requireKnown(devices);
    }

    /**
     * Returns the devices to train on, at least one; no more than one where a norm mixes the images
     * of a batch, which must then be together. Starts the engine unless the CPU is named.
     *
     * @param batchIndependent whether no norm of the network mixes images
     * @param norm the backbone's, for the message
     * @throws IllegalArgumentException if the engine does not see them, or one is too many
     */
    public List<Device> deviceList(boolean batchIndependent, Normalization norm) {
        List<Device> found = Devices.of(devices, engine);
        if (found.size() == 1 || batchIndependent) {
            return found;
        }
        if (!devices.equals(Devices.AUTO)) {
            throw new IllegalArgumentException(
                    "norm '"
                            + norm.id()
                            + "' mixes the images of a batch: name one device, not "
                            + devices);
        }
        return found.subList(0, 1);
    }
}
