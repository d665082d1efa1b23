package dev.fern.detection.recipe;

import ai.djl.Device;
import dev.fern.backbone.host.Devices;
import dev.fern.backbone.norm.Normalization;
import dev.fern.backbone.onednn.Precision;
import java.util.List;
import java.util.Optional;

/**
 * Where a training runs.
 *
 * @param engine DJL's name of the engine, such as {@code MXNet}
 * @param devices names of the devices, as in {@code auto} or {@code gpu:0,1}, see {@link Devices}
 * @param precision in which numbers the convolutions are computed
 */
public record MachineSettings(String engine, String devices, Precision precision) {

    /**
     * Checks the syntax of the devices, whatever devices there are.
     *
     * @param engine is not checked, since that would start it
     * @param devices of a form that {@link Devices} knows
     * @param precision is not checked, since another machine may know it
     * @throws IllegalArgumentException if the devices are of no known form or one is named twice
     */
    public MachineSettings {
        Devices.requireKnown(devices);
    }

    /**
     * Finds the devices to train on, and starts the engine for that unless the CPU is named. Where
     * a norm mixes the images of a batch, they must stay together on one device.
     *
     * @param mixingNorm a norm of the network that mixes images, if there is one
     * @return at least one device, and only one if there is such a norm
     * @throws IllegalArgumentException if the engine does not see a device, or if several are named
     *     for a network that mixes images
     */
    public List<Device> deviceList(Optional<Normalization> mixingNorm) {
        List<Device> found = Devices.of(devices, engine);
        if (found.size() == 1 || mixingNorm.isEmpty()) {
            return found;
        }
        if (!devices.equals(Devices.AUTO)) {
            throw new IllegalArgumentException(
                    "norm '"
                            + mixingNorm.get().id()
                            + "' mixes the images of a batch: name one device, not "
                            + devices);
        }
        return found.subList(0, 1);
    }
}
