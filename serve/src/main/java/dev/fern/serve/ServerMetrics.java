package dev.fern.serve;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.function.IntSupplier;

/** What a server counts, for Prometheus. */
final class ServerMetrics {

    private final PrometheusMeterRegistry registry =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    private final DistributionSummary batchSizes =
            DistributionSummary.builder("fern.batch.size")
                    .description("Images that passed the network together")
                    .serviceLevelObjectives(1, 2, 4, 8, 16, 32)
                    .register(registry);

    ServerMetrics(IntSupplier waiting) {
        Gauge.builder("fern.queue.length", waiting::getAsInt)
                .description("Requests that wait for their turn")
                .register(registry);
    }

    /** Counts an answer. */
    void answered(String route, String model, int status, long nanos) {
        Timer.builder("fern.requests")
                .description("Time from a request's first byte to its answer")
                .tags("route", route, "model", model, "status", Integer.toString(status))
                .serviceLevelObjectives(
                        Duration.ofMillis(5),
                        Duration.ofMillis(10),
                        Duration.ofMillis(25),
                        Duration.ofMillis(50),
                        Duration.ofMillis(100),
                        Duration.ofMillis(250),
                        Duration.ofMillis(500),
                        Duration.ofSeconds(1),
                        Duration.ofMillis(2500),
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(10))
                .register(registry)
                .record(Duration.ofNanos(nanos));
    }

    /** Counts a batch. */
    void batch(int images) {
        batchSizes.record(images);
    }

    /** Counts the loading of a model that has changed. */
    void reloaded(String model, boolean succeeded) {
        Counter.builder("fern.model.reloads")
                .description("Changed model directories that were loaded, or could not be")
                .tags("model", model, "outcome", succeeded ? "loaded" : "failed")
                .register(registry)
                .increment();
    }

    /** {@return all numbers in Prometheus's text format} */
    String text() {
        return registry.scrape();
    }
}
