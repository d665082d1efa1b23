package dev.fern.tools.doctor;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.fern.backbone.host.InstalledEngines;
import dev.fern.tools.console.ExitStatus;
import dev.fern.tools.console.JsonFile;
import dev.fern.tools.console.LibTorchOption;
import dev.fern.tools.console.VersionProvider;
import dev.fern.tools.console.VisibleText;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Looks at the machine and tries each native library, and tells what to do about what is amiss. */
@Command(
        name = "doctor",
        sortOptions = false,
        description = {
            "Tells what this machine gives Fern, and what to do about what is missing.",
            "",
            "Looks at Java, the processor, memory and GPUs, and tries OpenCV, oneDNN and each"
                    + " engine with a small piece of work, in a process of its own. Takes some"
                    + " seconds; the first time longer, since native libraries are extracted."
        },
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:Fern can work here, as well as the lines say.",
            "1:Images can't be read, or no engine works."
        },
        footer = {"", "Example:", "  fern doctor"})
public final class DoctorCommand implements Callable<Integer> {

    @Option(names = "--json", paramLabel = "FILE", description = "Write the findings as JSON.")
    private Path json;

    @Option(
            names = "--probe",
            hidden = true,
            description = "Try one library in this process and print the answer.")
    private SmokeTest probe;

    @Mixin private LibTorchOption libTorch;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        if (probe != null) {
            out.println(probe.run());
            return 0;
        }
        Probe openCv = Probe.of(SmokeTest.OPENCV);
        Probe oneDnn = Probe.of(SmokeTest.ONEDNN);
        Probe mxNet = Probe.of(SmokeTest.MXNET);
        List<Finding> findings = new ArrayList<>();
        findings.add(Machine.java());
        findings.add(Machine.cores());
        findings.add(Machine.memory());
        findings.add(Machine.libraries());
        Machine.Gpus gpus = Machine.gpus();
        findings.add(gpus.finding());
        findings.add(openCv(openCv));
        findings.add(oneDnn(oneDnn));
        findings.add(engine(mxNet, false));
        boolean hasEngine = mxNet.works();
        if (InstalledEngines.isInstalled("PyTorch")) {
            Probe pyTorch = Probe.of(SmokeTest.PYTORCH);
            findings.add(engine(pyTorch, !gpus.gpus().isEmpty()));
            hasEngine |= pyTorch.works();
        } else {
            findings.add(
                    Finding.ok(
                            SmokeTest.PYTORCH.part(),
                            "not here; --libtorch takes an installed one, in the sources ./fern"
                                    + " fetches it for --engine PyTorch, and the archive whose"
                                    + " name ends in -pytorch has it"));
        }
        print(findings, out);
        if (json != null) {
            write(findings);
        }
        return openCv.works() && hasEngine ? 0 : ExitStatus.FAULT;
    }

    private static Finding openCv(Probe probe) {
        return probe.works()
                ? Finding.ok(probe.part(), probe.summary())
                : Finding.fault(probe.part(), probe.failure());
    }

    private static Finding oneDnn(Probe probe) {
        if (!probe.works()) {
            return Finding.note(
                    probe.part(), probe.failure() + "; the engines' own convolutions are slower");
        }
        if (probe.flag(SmokeTest.AMX)) {
            return Finding.ok(
                    probe.part(),
                    probe.summary() + "; --precision bf16 is several times as fast as float32");
        }
        if (probe.flag(SmokeTest.MULTIPLIES_BFLOAT16)) {
            return Finding.ok(
                    probe.part(),
                    probe.summary() + "; --precision bf16 is some 1.5 times as fast as float32");
        }
        return Finding.ok(
                probe.part(),
                probe.summary()
                        + (probe.flag(SmokeTest.BFLOAT16)
                                ? "; --precision bf16 works, but is no faster than float32"
                                : "; no bf16"));
    }

    /**
     * Tells of an engine.
     *
     * @param shouldSeeGpu whether the machine has a GPU that this engine could use
     */
    private static Finding engine(Probe probe, boolean shouldSeeGpu) {
        if (!probe.works()) {
            return Finding.fault(probe.part(), probe.failure());
        }
        int gpus = probe.number(SmokeTest.GPUS);
        if (gpus == 0 && shouldSeeGpu) {
            return Finding.note(
                    probe.part(),
                    probe.summary() + "; sees no GPU: " + probe.text(SmokeTest.NO_GPU),
                    "install PyTorch 2.7.1 for CUDA 12.8, such as by pip, and name its folder:"
                            + " fern doctor --libtorch DIR");
        }
        return Finding.ok(
                probe.part(),
                probe.summary()
                        + (gpus == 0 ? "" : "; sees " + gpus + (gpus == 1 ? " GPU" : " GPUs")));
    }

    private static void print(List<Finding> findings, PrintWriter out) {
        out.println(VersionProvider.version());
        for (Finding finding : findings) {
            out.printf(
                    "%-6s %-10s %s%n",
                    finding.state().id(), finding.part(), VisibleText.of(finding.text()));
            for (String remedy : finding.remedies()) {
                out.printf("%18s%s%n", "", "-> " + VisibleText.of(remedy));
            }
        }
    }

    private void write(List<Finding> findings) throws IOException {
        JsonArray parts = new JsonArray();
        findings.forEach(finding -> parts.add(finding.toJson()));
        JsonObject document = new JsonObject();
        document.addProperty("fern", VersionProvider.version());
        document.add("findings", parts);
        JsonFile.write(json, document);
    }
}
