package dev.fern.detection.train;

import ai.djl.Device;
import dev.fern.backbone.host.Devices;
import java.util.List;

/** The devices of a training. */
public final class TrainingDevices {

    private TrainingDevices() {}

    /**
     * Returns the devices to train on, at least one; no more than one where a norm mixes the images
     * of a batch, which must then be together.
     *
     * @param setting see {@link Devices}
     * @param engine DJL's name of the engine
     * @param batchIndependent whether no norm mixes images
     * @param norm the network's, for the message
     * @throws IllegalArgumentException if the engine does not see them, or one is too many
     */
    public static List<Device> of(
            String setting, String engine, boolean batchIndependent, String norm) {
        List<Device> devices = Devices.of(setting, engine);
        if (devices.size() == 1 || batchIndependent) {
            return devices;
        }
        if (!setting.equals(Devices.AUTO)) {
            throw new IllegalArgumentException(
                    "norm '"
                            + norm
                            + "' mixes the images of a batch: name one device, not "
                            + setting);
        }
        return devices.subList(0, 1);
    }
}
