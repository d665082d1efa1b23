/**
 * Processes that train together. Each binds a {@link dev.fern.detection.worker.RingListener},
 * learns the addresses of all and a common secret from whoever started it, and joins them as a
 * {@link dev.fern.detection.worker.RingAllReduce}, which adds up gradients. The first worker leads:
 * it tells its {@link dev.fern.detection.worker.Followers} what to do next, and they answer with a
 * {@link dev.fern.detection.worker.WorkerReport}. Nothing here knows networks or images.
 */
package dev.fern.detection.worker;
