package dev.fern.tools;

import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Who may know whom. A new package gets its place in {@link #LAYERS}; a new library gets its module
 * in {@link #MODULES}. Long because the tables stand beside the rules that read them.
 */
class ArchitectureTest {

    private static final String ROOT = "dev.fern.";

    /** What each module may use beside Java and itself. */
    private static final Map<String, List<String>> MODULES =
            Map.of(
                    "cocoeval",
                    List.of("com.google.gson.."),
                    "backbone",
                    List.of("ai.djl..", "com.sun.jna..", "com.google.gson..", "org.bytedeco.."),
                    "detection",
                    List.of(
                            "dev.fern.backbone..",
                            "dev.fern.cocoeval..",
                            "ai.djl..",
                            "com.google.gson..",
                            "org.opencv..",
                            "org.bytedeco..",
                            "javax.crypto..",
                            "javax.imageio..",
                            "jdk.net.."),
                    "onnx",
                    List.of(
                            "dev.fern.detection..",
                            "dev.fern.backbone..",
                            "dev.fern.cocoeval..",
                            "ai.djl..",
                            "ai.onnx..",
                            "com.google.gson..",
                            "com.google.protobuf.."),
                    "serve",
                    List.of(
                            "dev.fern.detection..",
                            "dev.fern.cocoeval..",
                            "com.google.gson..",
                            "org.eclipse.jetty..",
                            "io.micrometer.."),
                    "spark",
                    List.of(
                            "dev.fern.detection..",
                            "dev.fern.backbone..",
                            "dev.fern.cocoeval..",
                            "com.google.gson..",
                            "org.apache.spark..",
                            "org.apache.hadoop..",
                            "scala.."),
                    "tools",
                    List.of(
                            "dev.fern.onnx..",
                            "dev.fern.serve..",
                            "dev.fern.spark..",
                            "dev.fern.detection..",
                            "dev.fern.backbone..",
                            "dev.fern.cocoeval..",
                            "ai.djl..",
                            "com.google.gson..",
                            "com.sun.management..",
                            "javax.imageio..",
                            "javax.xml.stream..",
                            "picocli..",
                            "me.tongfei.progressbar..",
                            "net.razorvine.pickle..",
                            "org.snakeyaml.engine..",
                            "de.siegmar.fastcsv.."));

    /**
     * The packages of each module from the ground up. A class knows its own package and those of
     * lower layers, so that packages of one layer do not know each other.
     */
    private static final Map<String, List<List<String>>> LAYERS =
            Map.of(
                    "cocoeval",
                    List.of(
                            List.of("cocoeval.json", "cocoeval.numpy"),
                            List.of("cocoeval.id", "cocoeval.mask", "cocoeval.keypoint"),
                            List.of("cocoeval.variant"),
                            List.of("cocoeval"),
                            List.of("cocoeval.analysis")),
                    "backbone",
                    List.of(
                            List.of("backbone.loop", "backbone.moment"),
                            List.of("backbone.host", "backbone.winograd"),
                            List.of("backbone.onednn"),
                            List.of("backbone.norm", "backbone.parameter"),
                            List.of("backbone"),
                            List.of("backbone.resnet"),
                            List.of("backbone.fpn", "backbone.classification")),
                    "detection",
                    List.of(
                            List.of(
                                    "detection.files",
                                    "detection.settings",
                                    "detection.worker",
                                    "detection.image",
                                    "detection.anchor"),
                            List.of(
                                    "detection.data",
                                    "detection.draw",
                                    "detection.loss",
                                    "detection.video"),
                            List.of("detection.device"),
                            List.of("detection.model"),
                            List.of("detection.recipe", "detection.evaluate"),
                            List.of("detection.train"),
                            List.of("detection.pretrain", "detection.verify"),
                            List.of("detection")),
                    "onnx",
                    List.of(List.of("onnx")),
                    "serve",
                    List.of(List.of("serve")),
                    "spark",
                    List.of(List.of("spark")),
                    "tools",
                    List.of(
                            List.of("tools.console", "tools.report", "tools.log", "tools.torch"),
                            List.of("tools.annotation", "tools.input"),
                            List.of("tools.format"),
                            List.of(
                                    "tools.dataset",
                                    "tools.weights",
                                    "tools.detect",
                                    "tools.doctor",
                                    "tools.evaluate",
                                    "tools.export",
                                    "tools.serve"),
                            List.of("tools.run"),
                            List.of("tools.explore", "tools.train", "tools.sweep.result"),
                            List.of(
                                    "tools.sweep",
                                    "tools.verify",
                                    "tools.benchmark",
                                    "tools.spark"),
                            List.of("tools")));

    /** The packages of commands, each with those of other commands that it may use. */
    private static final Map<String, List<String>> COMMANDS =
            Map.ofEntries(
                    Map.entry("tools.benchmark", List.of("tools.evaluate", "tools.train")),
                    Map.entry("tools.dataset", List.of()),
                    Map.entry("tools.detect", List.of()),
                    Map.entry("tools.doctor", List.of()),
                    Map.entry("tools.evaluate", List.of()),
                    Map.entry("tools.explore", List.of("tools.evaluate", "tools.run")),
                    Map.entry("tools.export", List.of()),
                    Map.entry("tools.run", List.of("tools.evaluate")),
                    Map.entry("tools.serve", List.of()),
                    Map.entry(
                            "tools.spark",
                            List.of("tools.detect", "tools.evaluate", "tools.train")),
                    Map.entry(
                            "tools.sweep",
                            List.of("tools.dataset", "tools.evaluate", "tools.train")),
                    Map.entry("tools.train", List.of("tools.evaluate", "tools.run")),
                    Map.entry("tools.verify", List.of("tools.train")),
                    Map.entry("tools.weights", List.of()));

    /** Libraries that few packages may see. */
    private static final Map<String, List<String>> ROOMS =
            Map.of(
                    "ai.djl.mxnet", List.of("backbone.host"),
                    "ai.djl.pytorch", List.of("backbone.host"),
                    "com.sun.jna", List.of("backbone.host"),
                    "org.opencv", List.of("detection.image", "detection.draw", "detection.video"),
                    "org.bytedeco.opencv", List.of("detection.image"),
                    "org.bytedeco.dnnl", List.of("backbone.onednn"));

    private static final Pattern PACKAGE =
            Pattern.compile("^package dev\\.fern\\.([\\w.]+);", Pattern.MULTILINE);

    private static final Pattern IMPORT =
            Pattern.compile("^import (?:static )?([a-z][a-z0-9.]*)\\.[A-Z]", Pattern.MULTILINE);

    private static final int MOST_CLASSES = 25;

    /** Packages with more classes, and how many they may have. */
    private static final Map<String, Integer> LARGE_PACKAGES =
            Map.of(
                    // The evaluator: most of it is seen by the package alone, and would be public
                    // if it were divided.
                    "cocoeval", 40);

    private static JavaClasses classes;

    @BeforeAll
    static void readClasses() {
        classes =
                new ClassFileImporter()
                        .importPaths(
                                MODULES.keySet().stream()
                                        .map(module -> Path.of("..", module, "target", "classes"))
                                        .toList());
    }

    /** The name of a package below {@link #ROOT}. */
    private static String place(JavaClass type) {
        return type.getPackageName().substring(ROOT.length());
    }

    private static String module(String place) {
        return place.split("\\.")[0];
    }

    private static boolean mayKnow(String from, String to) {
        return module(from).equals(module(to))
                ? from.equals(to) || layer(from) > layer(to)
                : MODULES.get(module(from)).contains(ROOT + module(to) + "..");
    }

    private static int layer(String place) {
        List<List<String>> layers = LAYERS.get(module(place));
        for (int i = 0; i < layers.size(); i++) {
            if (layers.get(i).contains(place)) {
                return i;
            }
        }
        throw new AssertionError("the package " + ROOT + place + " has no layer");
    }

    private static boolean mayUse(String command, String other) {
        return command.equals(other)
                || !COMMANDS.containsKey(other)
                || COMMANDS.get(command).contains(other);
    }

    @Test
    void everyModuleIsLookedAt() {
        assertThat(classes.stream().map(type -> module(place(type))).distinct())
                .containsExactlyInAnyOrderElementsOf(MODULES.keySet());
    }

    @ParameterizedTest
    @ValueSource(strings = {"cocoeval", "backbone", "detection", "onnx", "serve", "spark", "tools"})
    void aModuleUsesWhatItMayAndNoOther(String module) {
        String[] allowed =
                Stream.concat(
                                Stream.of("java..", ROOT + module + ".."),
                                MODULES.get(module).stream())
                        .toArray(String[]::new);
        classes()
                .that()
                .resideInAPackage(ROOT + module + "..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(allowed)
                .check(classes);
    }

    @Test
    void packagesMakeNoCircles() {
        slices().matching("dev.fern.(**)").should().beFreeOfCycles().check(classes);
    }

    @Test
    void packagesKnowThoseOfLowerLayersAlone() {
        classes()
                .should(dependOnFern("know lower layers alone", ArchitectureTest::mayKnow))
                .check(classes);
    }

    @Test
    void commandsUseThoseOtherCommandsThatAreListed() {
        classes()
                .that()
                .resideInAnyPackage(
                        COMMANDS.keySet().stream().map(ROOT::concat).toArray(String[]::new))
                .should(
                        dependOnFern(
                                "use no other commands than those listed",
                                ArchitectureTest::mayUse))
                .check(classes);
    }

    private static ArchCondition<JavaClass> dependOnFern(
            String description, BiPredicate<String, String> allowed) {
        return new ArchCondition<>(description) {
            @Override
            public void check(JavaClass from, ConditionEvents events) {
                for (Dependency dependency : from.getDirectDependenciesFromSelf()) {
                    JavaClass to = dependency.getTargetClass().getBaseComponentType();
                    if (to.getPackageName().startsWith(ROOT)
                            && !allowed.test(place(from), place(to))) {
                        events.add(
                                SimpleConditionEvent.violated(from, dependency.getDescription()));
                    }
                }
            }
        };
    }

    /** Class files don't tell what only a cast, a local variable or a comment names. */
    @Test
    void importsKeepToTheSameRules() throws IOException {
        List<String> wrong = new ArrayList<>();
        for (Path source : SourceFilesTest.sources("src/main/java")) {
            String text = Files.readString(source);
            String from = PACKAGE.matcher(text).results().findFirst().orElseThrow().group(1);
            Matcher imports = IMPORT.matcher(text);
            while (imports.find()) {
                String to = imports.group(1);
                boolean right =
                        to.startsWith(ROOT)
                                ? mayImport(from, to.substring(ROOT.length()))
                                : isInItsRoom(to, from);
                if (!right) {
                    wrong.add(source + " imports " + to);
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    private static boolean isInItsRoom(String library, String place) {
        return ROOMS.entrySet().stream()
                .filter(room -> (library + ".").startsWith(room.getKey() + "."))
                .allMatch(room -> room.getValue().contains(place));
    }

    private static boolean mayImport(String from, String to) {
        return mayKnow(from, to) && (!COMMANDS.containsKey(from) || mayUse(from, to));
    }

    @ParameterizedTest
    @MethodSource("librariesWithRooms")
    void aLibraryThatHasARoomIsSeenThereAlone(String library) {
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        ROOMS.get(library).stream().map(ROOT::concat).toArray(String[]::new))
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library + "..")
                .check(classes);
    }

    static Set<String> librariesWithRooms() {
        return ROOMS.keySet();
    }

    /** OpenCV's own release lets the garbage collector interfere. */
    @Test
    void matricesAreReleasedInOnePlace() {
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName(ROOT + "detection.image.OpenCv")
                .should()
                .callMethodWhere(
                        target(owner(assignableTo("org.opencv.core.Mat")))
                                .and(target(name("release"))))
                .check(classes);
    }

    @Test
    void nobodyKnowsTheEntryClass() {
        noClasses()
                .that()
                .doNotBelongToAnyOf(Fern.class)
                .should()
                .dependOnClassesThat()
                .belongToAnyOf(Fern.class)
                .check(classes);
    }

    @Test
    void noPackageIsLargerThanOneCanTakeIn() {
        Map<String, Long> sizes =
                classes.stream()
                        .filter(type -> !type.isNestedClass() && !isPackageInfo(type))
                        .collect(
                                Collectors.groupingBy(
                                        ArchitectureTest::place,
                                        TreeMap::new,
                                        Collectors.counting()));
        assertThat(sizes)
                .allSatisfy(
                        (name, size) ->
                                assertThat(size)
                                        .as("classes of %s%s", ROOT, name)
                                        .isLessThanOrEqualTo(
                                                LARGE_PACKAGES.getOrDefault(name, MOST_CLASSES)));
    }

    private static boolean isPackageInfo(JavaClass type) {
        return type.getSimpleName().equals("package-info");
    }
}
