package dev.fern.detection;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.detection.settings.RecordJson;
import dev.fern.detection.train.DataIdentity;
import dev.fern.detection.worker.RingAllReduce;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * What the worker that leads a training tells the others before it begins, so that all make the
 * same network and plan the same batches.
 *
 * @param configuration every setting
 * @param detector what is trained
 * @param data the training images
 */
record WorkerSetup(
        TrainingConfiguration configuration,
        DetectorConfiguration detector,
        DataIdentity.Part data) {

    /**
     * Tells the other workers, and waits until each is ready.
     *
     * @throws TrainingRefusedException naming the first worker that can't take part, and why
     */
    void give(RingAllReduce ring) throws IOException, InterruptedException {
        JsonObject json = new JsonObject();
        json.add("configuration", JsonParser.parseString(configuration.toJson()));
        json.add("detector", RecordJson.write(detector));
        json.add("data", RecordJson.write(data));
        ring.broadcast(json.toString().getBytes(StandardCharsets.UTF_8));
        List<byte[]> answers = ring.gather(new byte[0]);
        for (int i = 1; i < answers.size(); i++) {
            if (answers.get(i).length > 0) {
                throw new TrainingRefusedException(
                        "worker "
                                + i
                                + " can't take part: "
                                + new String(answers.get(i), StandardCharsets.UTF_8));
            }
        }
    }

    /**
     * Receives what the leading worker tells.
     *
     * @throws IOException if this worker does not understand it
     */
    static WorkerSetup receive(RingAllReduce ring) throws IOException, InterruptedException {
        String text = new String(ring.broadcast((byte[]) null), StandardCharsets.UTF_8);
        try {
            JsonObject json = JsonParser.parseString(text).getAsJsonObject();
            return new WorkerSetup(
                    TrainingConfiguration.of(List.of(json.getAsJsonObject("configuration"))),
                    RecordJson.read(json.get("detector"), DetectorConfiguration.class),
                    RecordJson.read(json.get("data"), DataIdentity.Part.class));
        } catch (RuntimeException e) { // whatever reading it comes to
            throw new IOException(
                    "what worker 0 tells of the training can't be understood; run the same Fern on"
                            + " all machines: "
                            + e.getMessage(),
                    e);
        }
    }

    /**
     * Answers the leading worker.
     *
     * @param problem why this worker can't take part; empty if it can
     * @return whether all workers take part
     */
    static boolean answer(RingAllReduce ring, String problem)
            throws IOException, InterruptedException {
        return ring.gather(problem.getBytes(StandardCharsets.UTF_8)).stream()
                .allMatch(answer -> answer.length == 0);
    }
}
