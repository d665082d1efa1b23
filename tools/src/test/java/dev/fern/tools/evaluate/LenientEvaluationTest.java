package dev.fern.tools.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.fern.cocoeval.SyntheticCoco;
import dev.fern.tools.CommandRun;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files of users, beside the sound ones that they should be. */
class LenientEvaluationTest {

    private static final Path CASES =
            Path.of(System.getProperty("fern.shared", "../shared"), "cases");

    @TempDir Path folder;

    private String truth;
    private String detections;
    private String sound;

    @BeforeEach
    void writeSoundFiles() throws IOException {
        SyntheticCoco coco = SyntheticCoco.generate(3, 8, 3, 40, 90);
        coco.dataset().write(folder.resolve("gt.json"));
        coco.results().write(folder.resolve("dt.json"));
        truth = Files.readString(folder.resolve("gt.json"));
        detections = Files.readString(folder.resolve("dt.json"));
        CommandRun run = evaluate(truth, detections);
        assertThat(run.errors()).containsExactly("");
        sound = run.out();
        assertThat(sound)
                .contains("Average Precision")
                .doesNotContain("all | maxDets=100 ] = 0.000");
    }

    private CommandRun evaluate(String truth, String detections, String... more)
            throws IOException {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "evaluate",
                                "--annotations="
                                        + Files.writeString(folder.resolve("gt.json"), truth),
                                "--detections="
                                        + Files.writeString(
                                                folder.resolve("dt.json"), detections)));
        arguments.addAll(Arrays.asList(more));
        return CommandRun.of(arguments.toArray(String[]::new));
    }

    @Test
    void missingIscrowdIsRefusedWithTheOptionThatTakesIt() throws IOException {
        String without = truth.replaceAll(",\"iscrowd\":0", "");
        CommandRun refused = evaluate(without, detections);
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.complaints()).singleElement().asString().contains("--lenient");
        CommandRun lenient = evaluate(without, detections, "--lenient");
        assertThat(lenient.status()).isZero();
        assertThat(lenient.out()).isEqualTo(sound);
    }

    @ParameterizedTest
    @CsvSource({"category_id", "image_id"})
    void idsInQuotesAreToldAndTakenLeniently(String member) throws IOException {
        String quoted = truth.replaceAll("\"" + member + "\":(\\d+)", "\"" + member + "\":\"$1\"");
        CommandRun strict = evaluate(quoted, detections);
        assertThat(strict.status()).isZero();
        assertThat(strict.out()).contains("= -1.000");
        assertThat(strict.errors())
                .satisfiesExactly(
                        line -> assertThat(line).contains("40 of 40", member, "--lenient"),
                        line -> assertThat(line).contains("every number is -1"));
        CommandRun lenient = evaluate(quoted, detections, "--lenient");
        assertThat(lenient.out()).isEqualTo(sound);
        assertThat(lenient.errors()).singleElement().asString().contains(member, "taken for");
    }

    @Test
    void annotationIdsThatRestartAreToldAndCorrected() throws IOException {
        String restarting =
                truth.replaceAll("\"id\":(\\d*)(\\d),\"image_id\"", "\"id\":$2,\"image_id\"");
        CommandRun strict = evaluate(restarting, detections);
        assertThat(strict.out()).isNotEqualTo(sound);
        assertThat(strict.errors()).anyMatch(line -> line.contains("only 10 different ids"));
        CommandRun corrected = evaluate(restarting, detections, "--corrected");
        assertThat(corrected.out()).isEqualTo(sound);
        assertThat(corrected.errors()).containsExactly("");
    }

    @Test
    void unknownImagesAndCategoriesOfDetectionsAreCounted() throws IOException {
        String more =
                detections.replaceFirst(
                        "]\\s*$",
                        ",{\"image_id\":5,\"category_id\":1,\"bbox\":[1,1,9,9],\"score\":1}"
                                + ",{\"image_id\":139,\"category_id\":77,\"bbox\":[1,1,9,9],"
                                + "\"score\":1}]");
        CommandRun strict = evaluate(truth, more);
        assertThat(strict.status()).isEqualTo(2);
        assertThat(strict.complaints())
                .singleElement()
                .asString()
                .contains("1 of 92 detections", "--lenient leaves them out");
        CommandRun lenient = evaluate(truth, more, "--lenient");
        assertThat(lenient.out()).isEqualTo(sound);
        assertThat(lenient.errors())
                .satisfiesExactly(
                        line ->
                                assertThat(line)
                                        .contains("dt.json", "1 of 92 detections are left out"),
                        line -> assertThat(line).contains("dt.json", "1 of 91", "category_id"));
    }

    @Test
    void boxesOfAnotherLayoutAreTold() throws IOException {
        assertThat(
                        evaluate(
                                        truth,
                                        "[{\"image_id\":139,\"category_id\":1,"
                                                + "\"bbox\":[0.1,0.2,0.5,0.5],\"score\":1}]")
                                .errors())
                .satisfiesExactly(
                        line -> assertThat(line).contains("dt.json", "fractions"),
                        line -> assertThat(line).contains("dt.json", "1 of 8 images"));
    }

    @Test
    void utf16AndByteOrderMarksAreReadWithoutAnOption() throws IOException {
        Path gt = folder.resolve("gt16.json");
        Path dt = folder.resolve("dtbom.json");
        Files.write(gt, ("\ufeff" + truth).getBytes(StandardCharsets.UTF_16LE));
        Files.writeString(dt, "\ufeff" + detections);
        CommandRun run = CommandRun.of("evaluate", "--annotations=" + gt, "--detections=" + dt);
        assertThat(run.out()).isEqualTo(sound);
    }

    @Test
    void compareWarnsToo() throws IOException {
        String zero = truth.replaceFirst("\"id\":1,\"image_id\"", "\"id\":0,\"image_id\"");
        Path gt = Files.writeString(folder.resolve("gt.json"), zero);
        Path dt = Files.writeString(folder.resolve("dt.json"), detections);
        CommandRun run =
                CommandRun.of(
                        "compare",
                        "--annotations=" + gt,
                        "--resamples=100",
                        dt.toString(),
                        dt.toString());
        assertThat(run.status()).isZero();
        assertThat(run.errors()).singleElement().asString().contains("1 annotation has the id 0");
    }

    @ParameterizedTest
    @CsvSource({
        "annotation-ids/gt_ids_per_image.json, annotation-ids/dt.json, --corrected, 0.460",
        "annotation-ids/all_ids_0/gt.json, annotation-ids/all_ids_0/dt.json, --corrected, 1.000",
        "annotation-ids/one_id_0/gt.json, annotation-ids/one_id_0/dt.json, --corrected, 1.000",
        "ids-of-other-type/gt.json, ids-of-other-type/dt.json, --lenient, 0.460",
        "ids-of-other-type/gt_image_id_string.json, ids-of-other-type/dt.json, --lenient, 0.460",
        "ids-of-other-type/gt_iscrowd_string.json, ids-of-other-type/dt.json, --lenient, 0.460",
        "json-encodings/gt.json, json-encodings/dt.json, --class-agnostic=false, 0.460",
        "json-encodings/gt_utf16.json, json-encodings/dt.json, --class-agnostic=false, 0.460",
        "no-iscrowd-no-area/gt.json, no-iscrowd-no-area/dt.json, --lenient, 0.460",
        "no-iscrowd-no-area/gt_no_area.json, no-iscrowd-no-area/dt.json, --lenient, 0.460"
    })
    void filesOfUsersScoreAsTheyShould(String gt, String dt, String option, String ap) {
        assumeThat(CASES.resolve(gt)).exists();
        CommandRun run =
                CommandRun.of(
                        "evaluate",
                        "--annotations=" + CASES.resolve(gt),
                        "--detections=" + CASES.resolve(dt),
                        option);
        assertThat(run.status()).as(run.errors().toString()).isZero();
        assertThat(run.out())
                .startsWith(
                        " Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = "
                                + ap);
    }
}
