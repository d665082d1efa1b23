package dev.fern.tools.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fern.tools.CommandRun;
import dev.fern.tools.console.FernProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * {@code fern spark} without Spark and, where the property {@code fern.spark.home} or the variable
 * SPARK_HOME names one, with it, in processes of their own.
 */
class SparkCommandTest {

    private static final String HOME =
            System.getProperty("fern.spark.home", System.getenv("SPARK_HOME"));

    @TempDir private Path folder;

    @Test
    void nothingOfSparkIsOnTheClassPath() {
        assertThat(
                        System.getProperty(
                                "surefire.test.class.path", System.getProperty("java.class.path")))
                .contains("picocli")
                .doesNotContain("org/apache/spark", "scala-library", "hadoop-client");
    }

    @Test
    void withoutSparkOneLineSaysWhatToDo() {
        CommandRun run = detect("--spark-home", folder.toString());
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.complaints())
                .singleElement()
                .asString()
                .contains(folder.toString(), "has no Spark", "--spark-home");
    }

    @Test
    void anotherSparkIsRefusedByItsVersion() throws IOException {
        Path jars = Files.createDirectories(folder.resolve("jars"));
        Files.createFile(jars.resolve("spark-core_2.12-3.5.1.jar"));
        CommandRun run = detect("--spark-home", folder.toString());
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.complaints())
                .singleElement()
                .asString()
                .contains("needs Spark 4 with Scala 2.13", "spark-core_2.12-3.5.1.jar");
    }

    @Test
    void theLineForSparkSubmitHasTheOptionsInTheirPlaces() {
        CommandRun run =
                detect("--print-submit", "--master=yarn", "--conf", "spark.executor.memory=4g");
        assertThat(run.status()).isZero();
        assertThat(run.out().strip())
                .startsWith("spark-submit --master yarn --conf spark.executor.memory=4g --class ")
                .endsWith(" spark detect --model model --images 'a b/*.jpg' --output found");
    }

    @Test
    void whatWouldWriteNothingIsRefused() {
        CommandRun run = CommandRun.of("spark", "detect", "--model", "m", "--images", "i");
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.complaints()).singleElement().asString().contains("--output", "--json");
    }

    private static CommandRun detect(String... options) {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "spark",
                                "detect",
                                "--model",
                                "model",
                                "--images",
                                "a b/*.jpg",
                                "--output",
                                "found"));
        arguments.addAll(List.of(options));
        return CommandRun.of(arguments.toArray(String[]::new));
    }

    @ParameterizedTest
    @CsvSource({
        "--workers=0, --workers must be 1 to 1024",
        "--max-restarts=-1, --max-restarts must be at least 0",
        "--wait=-1, --wait must be at least 0",
        "--max-pixels=0, --max-pixels must be 1 to",
        "--batch-size=auto, only fern train takes --batch-size auto",
        "--orientation=stored, has no Spark"
    })
    void aTrainingSaysWhatIsWrongWithItsOptions(String option, String problem) {
        CommandRun run =
                CommandRun.of(
                        "spark",
                        "train",
                        "--train-annotations=a.json",
                        "--train-images=images",
                        "--output=run",
                        "--spark-home=" + folder,
                        option);
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.complaints()).singleElement().asString().contains(problem);
    }

    @Test
    void aTrainingLeavesTheFilesOfFernTrain() throws IOException, InterruptedException {
        assumeTrue(
                HOME != null && !HOME.isBlank(),
                "no Spark: neither fern.spark.home nor SPARK_HOME is set");
        run(
                List.of("dataset", "synthesize", "--output", "shapes"),
                "--train-images 8 --val-images 2 --width 64 --height 64");
        String training =
                "--train-annotations shapes/annotations/instances_train.json --train-images"
                        + " shapes/train --val-annotations shapes/annotations/instances_val.json"
                        + " --val-images shapes/val --backbone resnet18 --width 0.1 --set"
                        + " pyramidChannels=16 --set headConvolutions=1 --min-size 64 --max-size 64"
                        + " --epochs 2 --batch-size 4 --output ";
        run(List.of("train"), training + "alone");
        run(List.of("spark", "train", "--master", "local[2]", "--workers", "2"), training + "run");
        assertThat(names("run")).isEqualTo(names("alone")).contains("run.json", "loss.png");
        assertThat(Files.readString(folder.resolve("run/run.json"))).contains("\"spark\"");
        assertThat(Files.readAllLines(folder.resolve("run/metrics.csv"))).hasSize(1 + 4);
    }

    private List<String> names(String run) throws IOException {
        try (Stream<Path> files = Files.walk(folder.resolve(run))) {
            return files.map(file -> folder.resolve(run).relativize(file).toString())
                    .map(name -> name.replaceFirst("tfevents.*", "tfevents"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void theFilesAreThoseOfOneMachine() throws IOException, InterruptedException {
        assumeTrue(
                HOME != null && !HOME.isBlank(),
                "no Spark: neither fern.spark.home nor SPARK_HOME is set");
        String annotations = folder.resolve("shapes/annotations/instances_train.json").toString();
        String images = folder.resolve("shapes/train").toString();
        String model = folder.resolve("run/last").toString();
        run(
                List.of("dataset", "synthesize", "--output", folder.resolve("shapes").toString()),
                "--train-images 8 --val-images 2 --width 64 --height 64");
        run(
                List.of(
                        "train",
                        "--output",
                        folder.resolve("run").toString(),
                        "--train-annotations",
                        annotations,
                        "--train-images",
                        images),
                "--backbone resnet18 --width 0.1 --set pyramidChannels=16 --set headConvolutions=1"
                        + " --min-size 64 --max-size 64 --steps 1 --batch-size 2");
        Path configuration = Path.of(model, "model.json");
        Files.writeString(
                configuration,
                Files.readString(configuration)
                        .replaceAll("\"scoreThreshold\": *[0-9.]+", "\"scoreThreshold\": 0.0"));
        List<String> with = List.of("--model", model, "--score-threshold", "0", "--json");
        run(List.of("detect", images), with, "detected.json");
        run(List.of("spark", "detect", "--images", images), with, "spark-detected.json");
        assertSame("detected.json", "spark-detected.json");

        List<String> both =
                List.of("--annotations", annotations, "--images", images, "--model", model);
        for (String command : List.of("evaluate", "spark evaluate")) {
            String name = command.replace(' ', '-');
            run(
                    List.of(command.split(" ")),
                    both,
                    List.of("--json", name + ".json", "--save-detections", name + "-found.json"));
        }
        assertSame("evaluate.json", "spark-evaluate.json");
        assertSame("evaluate-found.json", "spark-evaluate-found.json");
    }

    private void assertSame(String file, String other) throws IOException {
        assertThat(folder.resolve(other)).hasSameBinaryContentAs(folder.resolve(file));
        assertThat(folder.resolve(file)).isNotEmptyFile();
    }

    private void run(List<String> command, String options)
            throws IOException, InterruptedException {
        run(command, List.of(options.split(" ")), List.of());
    }

    private void run(List<String> command, List<String> options, String last)
            throws IOException, InterruptedException {
        run(command, options, List.of(last));
    }

    private void run(List<String> command, List<String> options, List<String> last)
            throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(command);
        arguments.addAll(options);
        arguments.addAll(last);
        ProcessBuilder builder = FernProcess.of(List.of(), arguments);
        builder.directory(folder.toFile()).environment().put("SPARK_HOME", HOME);
        Process process = builder.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }
}
