package dev.fern.backbone.host;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * The devices that a setting names: {@code cpu}, {@code gpu} for every GPU that the engine sees,
 * {@code gpu:0,2} for those, and {@code auto} for {@code gpu} where there is one, else {@code cpu}.
 */
public final class Devices {

    /** The setting that takes what there is. */
    public static final String AUTO = "auto";

    private static final String GPU_LIST = "gpu:";
    private static final Pattern SYNTAX =
            Pattern.compile("auto|cpu|gpu|gpu:[0-9]{1,3}(,[0-9]{1,3})*");

    private Devices() {}

    /**
     * Checks a setting, whatever devices there are.
     *
     * @throws IllegalArgumentException if it is none of those that are known, or names one twice
     */
    public static void requireKnown(String setting) {
        if (!SYNTAX.matcher(setting).matches()) {
            throw new IllegalArgumentException(
                    "devices must be auto, cpu, gpu, or some as in gpu:0,1, not '" + setting + "'");
        }
        if (setting.startsWith(GPU_LIST)
                && listed(setting).distinct().count() < listed(setting).count()) {
            throw new IllegalArgumentException("devices: '" + setting + "' names a GPU twice");
        }
    }

    private static IntStream listed(String setting) {
        return Arrays.stream(setting.substring(GPU_LIST.length()).split(","))
                .mapToInt(Integer::parseInt);
    }

    /**
     * Returns the devices that a setting names, at least one; starts the engine.
     *
     * @param engine DJL's name of the engine
     * @throws IllegalArgumentException if the engine does not see them
     */
    public static List<Device> of(String setting, String engine) {
        requireKnown(setting);
        if (setting.equals("cpu")) {
            return List.of(Device.cpu());
        }
        try (NDManager started = EngineBridge.of(engine).newManager()) {
            return of(setting, started.getEngine());
        }
    }

    private static List<Device> of(String setting, Engine engine) {
        int gpus = engine.getGpuCount();
        if (gpus == 0 && setting.equals(AUTO)) {
            return List.of(Device.cpu());
        }
        IntStream wanted =
                setting.startsWith(GPU_LIST)
                        ? listed(setting)
                        : IntStream.range(0, Math.max(gpus, 1));
        return wanted.mapToObj(
                        gpu -> {
                            if (gpu >= gpus) {
                                throw new IllegalArgumentException(
                                        "devices: engine '"
                                                + engine.getEngineName()
                                                + "' sees "
                                                + (gpus == 0 ? "no GPU" : gpus + " GPU(s), from 0")
                                                + ", not '"
                                                + setting
                                                + "'");
                            }
                            return Device.gpu(gpu);
                        })
                .toList();
    }
}
