package dev.fern.tools.log;

import dev.fern.detection.train.TrainingListener.Step;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;

/**
 * An event file for TensorBoard in the run's folder, one for each process that trains. With the
 * folder of several runs as its {@code --logdir}, TensorBoard shows each run under its name.
 *
 * <p>A file begins with its version and with the start of a session at its first step. TensorBoard
 * then forgets what earlier files hold of that step and of later ones: steps that an earlier
 * process took after its last checkpoint, and that are taken again. The fields are those of
 * TensorFlow's {@code event.proto} and {@code summary.proto}.
 */
final class TensorBoardLog implements RunLog {

    private static final String VERSION = "brain.Event:2";

    private static final int EVENT_WALL_TIME = 1;
    private static final int EVENT_STEP = 2;
    private static final int EVENT_FILE_VERSION = 3;
    private static final int EVENT_SUMMARY = 5;
    private static final int EVENT_SESSION_LOG = 7;
    private static final int SUMMARY_VALUE = 1;
    private static final int VALUE_TAG = 1;
    private static final int VALUE_SIMPLE_VALUE = 2;
    private static final int SESSION_LOG_STATUS = 1;
    private static final long SESSION_START = 1;

    private final Path folder;
    private final Clock clock;
    private EventFile file;

    TensorBoardLog(Path folder, Clock clock) {
        this.folder = folder;
        this.clock = clock;
    }

    @Override
    public void started(long firstStep) throws IOException {
        file = EventFile.createIn(folder, clock);
        file.write(event(0).add(EVENT_FILE_VERSION, VERSION).toBytes());
        file.write(
                event(firstStep)
                        .add(
                                EVENT_SESSION_LOG,
                                new ProtobufMessage().add(SESSION_LOG_STATUS, SESSION_START))
                        .toBytes());
    }

    @Override
    public void step(Step step) throws IOException {
        ProtobufMessage summary = new ProtobufMessage();
        add(summary, "loss/total", step.loss());
        step.losses().forEach((name, loss) -> add(summary, "loss/" + name, loss));
        add(summary, "training/learning_rate", step.learningRate());
        add(summary, "training/gradient_norm", step.gradientNorm());
        add(summary, "training/images_per_second", step.images() / step.seconds());
        add(summary, "training/epoch", step.epoch());
        write(step.step(), summary);
    }

    @Override
    public void evaluated(long step, Map<String, Double> numbers) throws IOException {
        ProtobufMessage summary = new ProtobufMessage();
        numbers.forEach((name, number) -> add(summary, "evaluation/" + name, number));
        write(step, summary);
    }

    private static void add(ProtobufMessage summary, String tag, double value) {
        summary.add(
                SUMMARY_VALUE,
                new ProtobufMessage().add(VALUE_TAG, tag).add(VALUE_SIMPLE_VALUE, (float) value));
    }

    private void write(long step, ProtobufMessage summary) throws IOException {
        file.write(event(step).add(EVENT_SUMMARY, summary).toBytes());
    }

    private ProtobufMessage event(long step) {
        Instant now = clock.instant();
        ProtobufMessage event =
                new ProtobufMessage()
                        .add(EVENT_WALL_TIME, now.getEpochSecond() + now.getNano() / 1e9);
        return step == 0 ? event : event.add(EVENT_STEP, step); // 0 goes without saying
    }

    @Override
    public void close() throws IOException {
        if (file != null) {
            file.close();
        }
    }

    @Override
    public String toString() {
        return file == null ? folder + ": TensorBoard's event file" : file.path().toString();
    }
}
