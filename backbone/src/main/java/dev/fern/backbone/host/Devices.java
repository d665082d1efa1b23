package dev.fern.backbone.host;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * The devices that a setting names: {@code cpu}, {@code gpu} for every GPU that the engine sees,
 * {@code gpu:0,2} for the GPUs of these numbers, and {@code auto} for every GPU, or for the CPU
 * where there is none.
 */
public final class Devices {

    /** Every GPU that the engine sees, or the CPU if it sees none. */
    public static final String AUTO = "auto";

    private static final String GPU_LIST = "gpu:";
    private static final Pattern SYNTAX =
            Pattern.compile("auto|cpu|gpu|gpu:[0-9]{1,3}(,[0-9]{1,3})*");

    private Devices() {}

    /**
     * Checks the form of a setting, without asking which devices there are.
     *
     * @param setting as a user wrote it
     * @throws IllegalArgumentException if it has none of the forms above or names a GPU twice
     */
    public static void requireKnown(String setting) {
        if (!SYNTAX.matcher(setting).matches()) {
            throw new IllegalArgumentException(
                    "devices must be auto, cpu, gpu, or a list such as gpu:0,1, not '"
                            + setting
                            + "'");
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
     * {@return the devices that a setting names, at least one} The engine is started unless the
     * setting is {@code cpu}.
     *
     * @param setting in one of the forms above
     * @param engine DJL's name of the engine
     * @throws IllegalArgumentException if the setting has none of the forms above or names a GPU
     *     that the engine does not see
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

    /**
     * Checks that an engine sees a device.
     *
     * @param device the CPU or a GPU
     * @param engine a started engine
     * @throws IllegalArgumentException if it does not
     */
    public static void requireSeen(Device device, Engine engine) {
        if (device.isGpu() && device.getDeviceId() >= engine.getGpuCount()) {
            throw notThere(device.toString(), engine);
        }
    }

    private static IllegalArgumentException notThere(String named, Engine engine) {
        int gpus = engine.getGpuCount();
        return new IllegalArgumentException(
                "devices: '"
                        + named
                        + "' names a GPU that is not there: engine '"
                        + engine.getEngineName()
                        + "' sees "
                        + (gpus == 0
                                ? "no GPU: " + whyNone(engine)
                                : gpus + " GPU(s), numbered from 0"));
    }

    /**
     * {@return why an engine sees no GPU, as far as can be told, and what would help} Asked of an
     * engine that sees none.
     *
     * @param engine a started engine
     */
    public static String whyNone(Engine engine) {
        return engine.getEngineName().equals(TorchBridge.ENGINE)
                ? LibTorch.whyNoGpu()
                : "its library is for the processor alone; GPUs are for --engine PyTorch";
    }

    private static List<Device> of(String setting, Engine engine) {
        int gpus = engine.getGpuCount();
        if (gpus == 0 && setting.equals(AUTO)) {
            if (engine.getEngineName().equals(TorchBridge.ENGINE)
                    && LibTorch.named().filter(LibTorch::hasCuda).isPresent()) {
                System.getLogger(Devices.class.getName())
                        .log(
                                Level.WARNING,
                                "libtorch has CUDA, but runs on the processor: {0}",
                                LibTorch.whyNoGpu());
            }
            return List.of(Device.cpu());
        }
        IntStream wanted =
                setting.startsWith(GPU_LIST)
                        ? listed(setting)
                        : IntStream.range(0, Math.max(gpus, 1));
        return wanted.mapToObj(
                        gpu -> {
                            if (gpu >= gpus) {
                                throw notThere(setting, engine);
                            }
                            return Device.gpu(gpu);
                        })
                .toList();
    }
}
