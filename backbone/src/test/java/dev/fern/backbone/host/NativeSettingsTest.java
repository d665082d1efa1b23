package dev.fern.backbone.host;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import com.sun.jna.Function;
import com.sun.jna.Platform;
import java.io.IOException;
import java.net.Proxy;
import java.net.URL;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What a program gets that has no launcher; each runs in a process of its own. */
@EnabledOnOs(OS.LINUX)
class NativeSettingsTest {

    private static final List<String> LAUNCHER =
            List.of("OMP_NUM_THREADS", "GOMP_SPINCOUNT", "MXNET_MKLDNN_CACHE_NUM");

    @TempDir private Path folder;

    /** Starts an engine as Fern does, and prints what native code sees of the environment. */
    static final class Program {

        private static int connections;

        private Program() {}

        public static void main(String[] names) throws IOException {
            URL.setURLStreamHandlerFactory(Program::noNetwork);
            try (NDManager manager = EngineBridge.of("MXNet").newManager()) {
                manager.create(new float[] {1, 2}).addi(1);
                Engine.getInstance().newBaseManager().close();
            }
            Function getenv = Function.getFunction(Platform.C_LIBRARY_NAME, "getenv");
            for (String name : names) {
                System.out.println(name + "=" + getenv.invokeString(new Object[] {name}, false));
            }
            System.out.println("offline=" + System.getProperty("ai.djl.offline"));
            System.out.println("opt-out=" + System.getProperty("OPT_OUT_TRACKING"));
            System.out.println("connections=" + connections);
        }

        /** Counts what asks for the network, in place of Java's way there. */
        private static URLStreamHandler noNetwork(String protocol) {
            if (!protocol.startsWith("http")) {
                return null;
            }
            return new URLStreamHandler() {
                @Override
                protected URLConnection openConnection(URL url) throws IOException {
                    connections++;
                    throw new IOException("no network");
                }

                @Override
                protected URLConnection openConnection(URL url, Proxy proxy) throws IOException {
                    return openConnection(url);
                }
            };
        }
    }

    private List<String> run(Map<String, String> environment, String... options)
            throws IOException, InterruptedException {
        List<String> command = JavaProcess.command(Program.class);
        command.removeIf(word -> word.startsWith("-Dai.djl.offline"));
        command.addAll(1, List.of(options));
        command.addAll(LAUNCHER);
        Path log = folder.resolve("log");
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(log.toFile());
        builder.environment()
                .keySet()
                .removeIf(name -> LAUNCHER.contains(name) || name.startsWith("DJL_"));
        builder.environment().remove("OPT_OUT_TRACKING");
        builder.environment().putAll(environment);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(Files.readString(log)).isZero();
        return output.lines().toList();
    }

    @Test
    void nativeLibrariesSeeWhatTheLauncherWouldSet() throws Exception {
        assertThat(run(Map.of()))
                .contains(
                        "OMP_NUM_THREADS=" + Runtime.getRuntime().availableProcessors(),
                        "GOMP_SPINCOUNT=3000",
                        "MXNET_MKLDNN_CACHE_NUM=256");
    }

    @Test
    void whatTheUserHasSetStays() throws Exception {
        assertThat(run(Map.of("OMP_NUM_THREADS", "1", "GOMP_SPINCOUNT", "77")))
                .contains("OMP_NUM_THREADS=1", "GOMP_SPINCOUNT=77", "MXNET_MKLDNN_CACHE_NUM=256");
        assertThat(run(Map.of("OMP_WAIT_POLICY", "passive"))).contains("GOMP_SPINCOUNT=null");
    }

    @Test
    void djlLooksForNoNetworkUnlessTheUserLetsIt() throws Exception {
        assertThat(run(Map.of())).contains("offline=true", "opt-out=true", "connections=0");
        List<String> open = run(Map.of(), "-Dai.djl.offline=false", "-DOPT_OUT_TRACKING=false");
        assertThat(open).contains("offline=false", "opt-out=false").doesNotContain("connections=0");
    }
}
