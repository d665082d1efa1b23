package dev.fern.tools.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What is found on machines that lack something, and that the remedies help. */
@EnabledOnOs(OS.LINUX)
class MachineTest {

    @TempDir Path folder;

    /** Prints what is found without loading a library. */
    static final class Program {

        private Program() {}

        public static void main(String[] arguments) {
            System.out.println(Machine.cores());
            System.out.println(Machine.memory());
            System.out.println(Machine.libraries());
            System.out.println(Machine.gpus().finding());
        }
    }

    private static String found(String home, Map<String, String> environment, String... launcher)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(launcher));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Duser.home=" + home);
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.add(Program.class.getName());
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeAll(List.of("XDG_CACHE_HOME", "OMP_NUM_THREADS"));
        builder.environment().putAll(environment);
        Process process = builder.redirectErrorStream(true).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(out).isZero();
        return out;
    }

    @Test
    void threadsThatAreWithheldAreToldWithARemedyThatGivesThemBack() throws Exception {
        assumeTrue(
                Runtime.getRuntime().availableProcessors() > 1,
                "only one processor: no thread can be withheld");
        assertThat(found("/proc/none", Map.of("OMP_NUM_THREADS", "1")))
                .contains("OMP_NUM_THREADS leaves 1", "unset OMP_NUM_THREADS");
        assertThat(found("/proc/none", Map.of()))
                .contains("part=processor, state=OK")
                .doesNotContain("OMP_NUM_THREADS");
    }

    @Test
    void littleMemoryIsToldUntilTheLimitIsRaised() throws Exception {
        Path groups = Path.of("/sys/fs/cgroup");
        boolean isFirstVersion = Files.isDirectory(groups.resolve("memory"));
        Path group =
                groups.resolve(isFirstVersion ? "memory" : "").resolve("fern-" + UUID.randomUUID());
        try {
            Files.createDirectory(group);
        } catch (IOException e) {
            assumeTrue(false, "no limit of memory can be set: " + e);
        }
        try {
            Path limit = group.resolve(isFirstVersion ? "memory.limit_in_bytes" : "memory.max");
            assumeTrue(Files.isWritable(limit), "no limit of memory can be set");
            String[] within = {
                "/bin/sh", "-c", "echo $$ >$0 && exec \"$@\"", group.resolve("cgroup.procs") + ""
            };
            Files.writeString(limit, Long.toString(3L << 29));
            assertThat(found("/proc/none", Map.of(), within))
                    .contains("part=memory, state=NOTE, text=1.5 GiB")
                    .contains("or raise the limit of the container");
            Files.writeString(limit, Long.toString(4L << 30));
            assertThat(found("/proc/none", Map.of(), within)).contains("part=memory, state=OK");
        } finally {
            Files.delete(group);
        }
    }

    @Test
    void withoutAHomeLibrariesAreKeptForOneProcessUntilAFolderIsNamed() throws Exception {
        assertThat(found("/proc/none", Map.of()))
                .contains("part=libraries, state=NOTE")
                .contains("for one process alone", "set XDG_CACHE_HOME to a folder of your own");
        assertThat(found("/proc/none", Map.of("XDG_CACHE_HOME", folder.toString())))
                .contains("part=libraries, state=OK", "are kept in " + folder.resolve("fern"));
    }

    @Test
    void aSmallDiskIsToldUntilALargerOneIsNamed() throws Exception {
        Path small = Files.createDirectory(folder.resolve("small"));
        assumeTrue(
                new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=64m", "none", small + "")
                                .start()
                                .waitFor()
                        == 0,
                "no disk can be mounted");
        try {
            assertThat(found("/proc/none", Map.of("XDG_CACHE_HOME", small.toString())))
                    .contains("part=libraries, state=NOTE", "0.1 GiB free")
                    .contains("set XDG_CACHE_HOME to a folder on a larger disk");
        } finally {
            new ProcessBuilder("umount", small.toString()).start().waitFor();
        }
    }

    @Test
    void whatNvidiaSmiSaysIsTold() throws Exception {
        Map<String, String> environment = Map.of("PATH", folder.toString());
        assertThat(found("/proc/none", environment)).contains("none that nvidia-smi lists");
        writeNvidiaSmi(folder, "echo 'Failed to initialize NVML: mismatch'; exit 18");
        assertThat(found("/proc/none", environment))
                .contains("part=GPU, state=NOTE, text=nvidia-smi fails: Failed to initialize NVML")
                .contains("mend NVIDIA's driver");
        writeNvidiaSmi(folder, "echo 'Some GPU, 81559 MiB, 570.1'");
        assertThat(found("/proc/none", environment))
                .contains("part=GPU, state=OK, text=Some GPU, 81559 MiB, 570.1, remedies=[]");
    }

    /** Makes a program that takes the part of NVIDIA's. */
    static void writeNvidiaSmi(Path folder, String script) throws IOException {
        Path program = folder.resolve("nvidia-smi");
        Files.writeString(program, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    }
}
