package dev.fern.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** Holds what the documents say against the project. */
class DocumentsTest {

    private static final Path ROOT = Path.of("..");
    private static final List<String> MODULES =
            List.of("cocoeval", "backbone", "detection", "onnx", "serve", "spark", "tools");
    private static final Pattern FERN_NAME =
            Pattern.compile("dev\\.fern((?:\\.[a-z]+)*)((?:\\.[A-Z][A-Za-z0-9]+)?)");
    private static final Pattern TEST_NAME = Pattern.compile("[A-Z][A-Za-z0-9]*Test");
    private static final Pattern ARTIFACT =
            Pattern.compile("<artifactId>([^<]+)</artifactId>\\s*<version>");

    static List<MarkdownFile> documents() throws IOException {
        List<MarkdownFile> documents = new ArrayList<>();
        for (Path folder : List.of(ROOT, ROOT.resolve("configs"), ROOT.resolve("docs"))) {
            try (Stream<Path> files = Files.walk(folder, folder.endsWith("docs") ? 9 : 1)) {
                for (Path file :
                        files.filter(f -> f.toString().endsWith(".md")).sorted().toList()) {
                    documents.add(MarkdownFile.read(file));
                }
            }
        }
        return documents;
    }

    private static MarkdownFile document(String name) throws IOException {
        return MarkdownFile.read(ROOT.resolve(name));
    }

    private static List<Path> sources(String kind) throws IOException {
        List<Path> sources = new ArrayList<>();
        for (String module : MODULES) {
            Path folder = ROOT.resolve(module).resolve("src").resolve(kind).resolve("java");
            try (Stream<Path> files = Files.walk(folder)) {
                files.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
            }
        }
        return sources;
    }

    @ParameterizedTest
    @MethodSource("documents")
    void everyLinkLeadsSomewhere(MarkdownFile document) throws IOException {
        for (String link : document.links()) {
            if (link.matches("https?://.*")) {
                continue;
            }
            String[] parts = link.split("#", 2);
            Path target =
                    parts[0].isEmpty()
                            ? document.path()
                            : document.path().resolveSibling(parts[0]).normalize();
            assertThat(target).as(link).exists();
            if (parts.length == 2) {
                assertThat(MarkdownFile.read(target).anchors()).as(link).contains(parts[1]);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("documents")
    void everyPackageClassAndTestThatIsNamedIsThere(MarkdownFile document) throws IOException {
        Set<String> packages = new TreeSet<>();
        Set<String> classes = new TreeSet<>();
        Set<String> tests = new TreeSet<>();
        for (String kind : List.of("main", "test")) {
            for (Path source : sources(kind)) {
                String name = source.toString().replaceAll(".*/java/|\\.java$", "");
                classes.add(name.replace('/', '.'));
                tests.add(name.substring(name.lastIndexOf('/') + 1));
                for (int end = name.lastIndexOf('/');
                        end > 0;
                        end = name.lastIndexOf('/', end - 1)) {
                    packages.add(name.substring(0, end).replace('/', '.'));
                }
            }
        }
        String text = Files.readString(document.path());
        Matcher matcher = FERN_NAME.matcher(text);
        while (matcher.find()) {
            if (text.startsWith(":", matcher.end())) {
                continue; // an artefact, as in dev.fern:fern-cocoeval
            }
            assertThat(matcher.group(2).isEmpty() ? packages : classes).contains(matcher.group());
        }
        for (String code : document.inlineCode()) {
            if (TEST_NAME.matcher(code).matches()) {
                assertThat(tests).contains(code);
            }
        }
    }

    @Test
    void everyJavaExampleIsOneThatATestRuns() throws IOException {
        List<List<String>> printed = new ArrayList<>();
        for (MarkdownFile document : documents()) {
            for (MarkdownFile.Block block : document.blocks()) {
                if (block.language().equals("java")) {
                    printed.add(block.lines());
                }
            }
        }
        List<List<String>> tested = new ArrayList<>();
        for (Path source : sources("test")) {
            if (source.getParent().endsWith(Path.of("dev", "fern", "example"))) {
                tested.addAll(examples(source));
            }
        }
        assertThat(printed).containsAll(tested);
        assertThat(tested).isNotEmpty().containsAll(printed);
    }

    /** Returns the lines between the marks, which a method's body has eight spaces to the right. */
    private static List<List<String>> examples(Path source) throws IOException {
        List<List<String>> examples = new ArrayList<>();
        List<String> example = null;
        for (String line : Files.readAllLines(source)) {
            if (line.equals("        // example begins")) {
                example = new ArrayList<>();
            } else if (line.equals("        // example ends")) {
                examples.add(example);
                example = null;
            } else if (example != null) {
                example.add(line.isEmpty() ? line : line.substring(8));
            }
        }
        return examples;
    }

    @ParameterizedTest
    @MethodSource("documents")
    void everyCommandAndOptionIsThere(MarkdownFile document) {
        Set<String> options = new TreeSet<>();
        collectOptions(Fern.allCommands(), options);
        for (String code : document.inlineCode()) {
            if (code.startsWith("--")) {
                assertThat(options).as(code).contains(code.split("[ =]")[0]);
            }
        }
        Stream.concat(document.commandLines().stream(), document.inlineCode().stream())
                .filter(line -> line.matches("(\\./)?fern [a-z].*"))
                .forEach(DocumentsTest::checkCommand);
    }

    private static void collectOptions(CommandLine command, Set<String> options) {
        options.addAll(command.getCommandSpec().optionsMap().keySet());
        command.getSubcommands().values().forEach(sub -> collectOptions(sub, options));
    }

    private static void checkCommand(String line) {
        CommandLine command = Fern.allCommands();
        boolean named = false;
        for (String word : line.split(" # ")[0].split("[\\s\\[\\]]+")) {
            CommandLine sub = command.getSubcommands().get(word);
            if (sub != null) {
                command = sub;
                named = true;
            } else if (word.startsWith("-")) {
                assertThat(command.getCommandSpec().optionsMap())
                        .as(line)
                        .containsKey(word.split("=")[0]);
            }
        }
        assertThat(named).as("a command in: " + line).isTrue();
    }

    @Test
    void everyCommandIsListed() throws IOException {
        Set<String> listed = new TreeSet<>();
        document("docs/commands.md")
                .forEachTableRow(
                        cells -> {
                            if (cells.get(0).startsWith("`fern ")) {
                                listed.add(cells.get(0).replace("`", ""));
                            }
                        });
        Set<String> commands = new TreeSet<>();
        collectCommands(Fern.allCommands(), commands);
        assertThat(listed).isEqualTo(commands);
    }

    private static void collectCommands(CommandLine command, Set<String> names) {
        if (command.getSubcommands().isEmpty()) {
            names.add(command.getCommandSpec().qualifiedName(" "));
        }
        command.getSubcommands().values().forEach(sub -> collectCommands(sub, names));
    }

    @Test
    void everySettingIsExplainedWithItsDefault() throws IOException {
        MarkdownFile training = document("docs/training.md");
        MarkdownFile pretraining = document("docs/pretraining.md");
        JsonObject ofDetectors = defaults("recipe/defaults.json");
        assertThat(settings(training)).isEqualTo(ofDetectors.asMap());

        Map<String, JsonElement> explained = settings(pretraining);
        Map<String, JsonElement> ofClassifiers =
                new LinkedHashMap<>(defaults("pretrain/pretraining-defaults.json").asMap());
        assertThat(ofClassifiers.keySet()).containsAll(explained.keySet());
        ofClassifiers
                .keySet()
                .removeIf(
                        name ->
                                !explained.containsKey(name)
                                        && ofClassifiers.get(name).equals(ofDetectors.get(name)));
        assertThat(explained).isEqualTo(ofClassifiers);
    }

    private static JsonObject defaults(String name) throws IOException {
        Path file = ROOT.resolve("detection/src/main/resources/dev/fern/detection").resolve(name);
        return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
    }

    /** Returns the rows of the tables whose first cell is a name and whose second is a value. */
    private static Map<String, JsonElement> settings(MarkdownFile document) {
        Map<String, JsonElement> settings = new LinkedHashMap<>();
        document.forEachTableRow(
                cells -> {
                    if (cells.get(0).matches("`[a-z][A-Za-z0-9]*`")
                            && cells.get(1).matches("`.*`")) {
                        settings.put(
                                cells.get(0).replace("`", ""),
                                JsonParser.parseString(cells.get(1).replace("`", "")));
                    }
                });
        return settings;
    }

    @Test
    void everyDependencyHasItsReason() throws IOException {
        String pom = Files.readString(ROOT.resolve("pom.xml"));
        int end = pom.indexOf("</dependencyManagement>");
        Set<String> artifacts = new LinkedHashSet<>();
        Matcher matcher =
                ARTIFACT.matcher(pom.substring(pom.indexOf("<dependencyManagement>"), end));
        while (matcher.find()) {
            artifacts.add(matcher.group(1));
        }
        artifacts.removeIf(name -> name.startsWith("fern-"));
        Set<String> explained = new LinkedHashSet<>();
        document("docs/dependencies.md")
                .forEachTableRow(
                        cells -> explained.addAll(Arrays.asList(cells.get(0).split("[`, ]+"))));
        assertThat(explained).containsAll(artifacts);
    }

    @Test
    void everyJarOfTheClassPathIsExplainedAndNoneThatIsLeftOut() throws IOException {
        Set<String> explained = new TreeSet<>();
        Set<String> leftOut = new TreeSet<>();
        MarkdownFile dependencies = document("docs/dependencies.md");
        dependencies
                .section("Dependencies")
                .forEachTableRow(cells -> explained.addAll(names(cells.get(0))));
        dependencies
                .section("Left out")
                .forEachTableRow(cells -> leftOut.addAll(names(cells.get(0))));
        Set<String> jars = new TreeSet<>();
        String classPath =
                System.getProperty(
                        "surefire.test.class.path", System.getProperty("java.class.path"));
        for (String entry : classPath.split(File.pathSeparator)) {
            Path file = Path.of(entry);
            if (entry.endsWith(".jar") && !file.getFileName().toString().startsWith("fern-")) {
                // ARTEFACT/VERSION/ARTEFACT-VERSION.jar in the local repository
                jars.add(file.getParent().getParent().getFileName().toString());
            }
        }
        assertThat(jars).contains("gson").doesNotContainAnyElementsOf(leftOut);
        assertThat(explained).containsAll(jars);
        assertThat(leftOut).isNotEmpty();
        explained.removeAll(jars);
        // provided by others, in profiles, and of the tests of detection and serve alone
        explained.removeAll(
                Set.of(
                        "spark-sql_2.13",
                        "pytorch-jni",
                        "pytorch-native-cpu",
                        "onnxruntime-engine",
                        "onnxruntime",
                        "h2",
                        "swagger-parser-v3"));
        assertThat(explained).as("explained, but on no class path").isEmpty();
    }

    /** Returns what stands between backticks, without groups such as {@code org.bytedeco}. */
    private static List<String> names(String cell) {
        return MarkdownFile.INLINE_CODE
                .matcher(cell.replaceAll("\\(of [^)]*\\)", ""))
                .results()
                .map(match -> match.group(1))
                .toList();
    }
}
