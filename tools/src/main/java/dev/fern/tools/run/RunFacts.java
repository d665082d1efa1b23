package dev.fern.tools.run;

import dev.fern.detection.train.RunDirectory;
import dev.fern.tools.console.ShellWords;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What a report says about where a run comes from. */
final class RunFacts {

    private RunFacts() {}

    /** Returns texts by heading: the folder and, where there is a record, what it says. */
    static Map<String, String> of(RunDirectory run, Optional<RunRecord> record) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("Folder", run.path().toAbsolutePath().normalize().toString());
        record.ifPresent(known -> add(known, facts));
        return facts;
    }

    private static void add(RunRecord record, Map<String, String> facts) {
        List<RunRecord.Start> starts = record.starts();
        RunRecord.Start last = starts.get(starts.size() - 1);
        facts.put("Started", starts.get(0).time());
        if (starts.size() > 1) {
            facts.put(
                    "Started again",
                    starts.size() == 2
                            ? last.time()
                            : (starts.size() - 1) + " times, last " + last.time());
        }
        facts.put("Command", ShellWords.of(last.command()));
        facts.put("Training data", text(record.train()));
        facts.put("Validation data", record.validation().map(RunFacts::text).orElse("none"));
        facts.put("Versions", last.fern() + ", " + last.engine() + ", Java " + last.java());
        facts.put("Machine", last.system());
    }

    /** Returns how long the training was, in a sentence. */
    static String trained(RunHistory history) {
        Duration time = Duration.ofMillis(Math.round(1000 * history.curves().seconds()));
        return String.format(
                Locale.ROOT,
                "%,d steps, %,d images seen, %d evaluations. The steps took %d:%02d:%02d.",
                history.curves().lastStep(),
                history.curves().images(),
                history.evaluations().size(),
                time.toHours(),
                time.toMinutesPart(),
                time.toSecondsPart());
    }

    private static String text(RunRecord.Data data) {
        return String.format(
                Locale.ROOT,
                "%,d images%s with %,d objects; %s, %s",
                data.imageCount(),
                data.limit() > 0 ? " (the first ones of more)" : "",
                data.objectCount(),
                data.annotations(),
                data.images());
    }
}
