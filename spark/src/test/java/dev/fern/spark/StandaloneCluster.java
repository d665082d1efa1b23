package dev.fern.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.backbone.host.EngineThreads;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileUtil;
import org.apache.spark.launcher.JavaModuleOptions;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * A cluster of Spark's own kind: a master and workers with a core each, as processes of this
 * machine.
 */
final class StandaloneCluster implements AutoCloseable {

    private static final int START_SECONDS = 120;
    private static final String LOOPBACK = "127.0.0.1";
    private static final String MOST_CORES = "spark.cores.max";

    /** Where Fern, or a test, is on the class path, in the local repository's words. */
    private static final List<String> NOT_SPARK =
            List.of("/ai/djl/", "/org/bytedeco/", "/net/java/dev/jna/", "/org/junit/", "/assertj");

    private final Path folder;
    private final int workers;
    private final String url;
    private final List<Process> processes = new ArrayList<>();
    private SparkSession session;

    /** Starts the cluster and waits until all workers have joined. */
    private StandaloneCluster(Path folder, int workers) throws IOException, InterruptedException {
        this.folder = folder;
        this.workers = workers;
        Path jars = Files.createDirectories(folder.resolve("home/jars"));
        for (Path jar : classPath().filter(StandaloneCluster::isSparks).toList()) {
            Files.createSymbolicLink(jars.resolve(jar.getFileName()), jar);
        }
        start("master", "master.Master", "--port", "0");
        await("master", "I have been elected leader");
        url =
                Pattern.compile("Starting Spark master at (spark://\\S+)")
                        .matcher(read("master"))
                        .results()
                        .map(found -> found.group(1))
                        .findFirst()
                        .orElseThrow();
        for (int worker = 1; worker <= workers; worker++) {
            addWorker(worker);
        }
        for (int worker = 1; worker <= workers; worker++) {
            await("worker-" + worker, "Successfully registered with master");
        }
    }

    /** Starts one more worker, which joins when it is ready. */
    void addWorker() throws IOException {
        addWorker(processes.size()); // the master is the first process
    }

    private void addWorker(int number) throws IOException {
        String work = folder.resolve("worker-" + number).toString();
        start("worker-" + number, "worker.Worker", "-c", "1", "-m", "1g", "-d", work, url);
    }

    void killMaster() {
        kill(processes.get(0));
    }

    /** Kills all workers but one, and their executors. */
    void killWorkersButOne() {
        processes.subList(2, processes.size()).forEach(StandaloneCluster::kill);
    }

    private static void kill(Process process) {
        List<ProcessHandle> all =
                Stream.concat(process.descendants(), Stream.of(process.toHandle())).toList();
        all.forEach(ProcessHandle::destroyForcibly);
        process.onExit().join();
    }

    /** Gives a test class the cluster that all of them share, which ends with the last of them. */
    static final class Shared implements ParameterResolver {

        private static final int WORKERS = Math.max(2, Integer.getInteger("fern.spark.workers", 2));

        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType() == StandaloneCluster.class;
        }

        @Override
        public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
            return context.getRoot()
                    .getStore(ExtensionContext.Namespace.create(Shared.class))
                    .computeIfAbsent(
                            StandaloneCluster.class, type -> start(), StandaloneCluster.class);
        }

        private static StandaloneCluster start() {
            try {
                return new StandaloneCluster(Files.createTempDirectory("fern-cluster"), WORKERS);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
    }

    /** Returns the most tasks that run at the same time. */
    int workers() {
        return workers;
    }

    private static Stream<Path> classPath() {
        String entries =
                System.getProperty(
                        "surefire.test.class.path", System.getProperty("java.class.path"));
        return Stream.of(entries.split(File.pathSeparator)).map(Path::of).map(Path::toAbsolutePath);
    }

    private static boolean isSparks(Path entry) {
        return entry.toString().endsWith(".jar")
                && NOT_SPARK.stream().noneMatch(entry.toString()::contains);
    }

    private void start(String name, String type, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(JavaModuleOptions.defaultModuleOptions().trim().split(" +")));
        command.addAll(List.of("-Xmx256m", "-cp", folder.resolve("home/jars") + "/*"));
        command.add("org.apache.spark.deploy." + type);
        command.addAll(List.of("--host", LOOPBACK, "--webui-port", "0"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("SPARK_HOME", folder.resolve("home").toString());
        builder.environment().put("SPARK_SCALA_VERSION", "2.13");
        builder.environment().put("SPARK_LOCAL_IP", LOOPBACK);
        builder.environment().put("SPARK_LOCAL_DIRS", folder.resolve("local").toString());
        builder.redirectErrorStream(true).redirectOutput(Redirect.to(log(name).toFile()));
        processes.add(builder.start());
    }

    private Path log(String name) {
        return folder.resolve(name + ".log");
    }

    private void await(String name, String line) throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        while (!Files.readString(log(name)).contains(line)) {
            assertThat(System.nanoTime()).as(() -> read(name)).isLessThan(end);
            Thread.sleep(50);
        }
    }

    private String read(String name) {
        try {
            return Files.readString(log(name));
        } catch (IOException e) {
            return e.toString();
        }
    }

    /**
     * Returns the session of this process, whose executors have this test's class path. It ends
     * with the cluster, or when another one is asked for.
     *
     * @param executors how many, at most one for each worker
     */
    SparkSession session(int executors) {
        String classPath =
                classPath()
                        .filter(entry -> !isSparks(entry))
                        .map(Path::toString)
                        .collect(Collectors.joining(File.pathSeparator));
        String cores = Integer.toString(executors);
        if (session != null
                && !session.sparkContext().isStopped()
                && session.sparkContext().conf().get(MOST_CORES).equals(cores)) {
            return session;
        }
        SparkFixture.stop();
        session =
                SparkSession.builder()
                        .master(url)
                        .config("spark.ui.enabled", "false")
                        .config("spark.driver.host", LOOPBACK)
                        .config("spark.driver.bindAddress", LOOPBACK)
                        .config("spark.log.level", "ERROR")
                        .config("spark.executor.memory", "512m")
                        .config(MOST_CORES, cores)
                        // Until a lost executor is back, there is no room for a barrier stage.
                        .config("spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "1s")
                        .config(
                                "spark.executorEnv.OMP_NUM_THREADS",
                                Integer.toString(EngineThreads.cores()))
                        .config("spark.executor.extraClassPath", classPath)
                        .getOrCreate();
        return session;
    }

    /** Returns the executors that run now. */
    List<ProcessHandle> executors() {
        return processes.stream()
                .flatMap(process -> process.descendants())
                .filter(
                        process ->
                                process.info()
                                        .commandLine()
                                        .orElse("")
                                        .contains("CoarseGrainedExecutorBackend"))
                .toList();
    }

    @Override
    public void close() {
        SparkFixture.stop();
        processes.forEach(StandaloneCluster::kill);
        // What executors were writing when they were killed is of no use.
        FileUtil.fullyDelete(folder.toFile());
    }
}
